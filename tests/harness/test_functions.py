"""Functions that are compared without pytest: what is checked first, and what the result says."""

import html
import importlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import npfs
from npfs.plugin.functions import (
    VARIABLE,
    FunctionComparison,
    FunctionsDisagree,
    compare_functions,
    difference,
)

LOCAL, ODD = "<b>é local</b>", "by [value]::=1"
SIZES = (30, 10)


@pytest.fixture(scope="module")
def compared() -> FunctionComparison:
    """Four functions: one sorts in place and needs unsorted data, and one fails at the larger size."""

    def by_insertion(values: list[int]) -> list[int]:
        found: list[int] = []
        for value in values:
            place = next((k for k, other in enumerate(found) if other > value), len(found))
            found.insert(place, value)
        return found

    def in_place(values: list[int]) -> None:
        assert values[0] == len(values), "it was given sorted data"
        values.sort()

    def fails(values: list[int]) -> list[int]:
        if len(values) > 10:
            raise OverflowError("too many")
        return sorted(values)

    return compare_functions(
        {LOCAL: by_insertion, "in place": in_place, ODD: lambda v: sorted(v)[:], "fails": fails},
        sizes=SIZES, make=lambda n: list(range(n, 0, -1)), runs=2, progress=False, _repetitions=2,
    )  # fmt: skip


def test_the_table_is_ordered_by_size_and_by_the_order_given(compared: FunctionComparison) -> None:
    names = [LOCAL, "in place", ODD]
    expected = [*((10, name) for name in (*names, "fails")), *((30, name) for name in names)]
    assert [(row["n"], row["function"]) for row in compared.table] == expected
    assert compared.baseline == LOCAL


def test_numbers_are_those_of_the_runs(compared: FunctionComparison) -> None:
    runs = compared.suite.runs
    assert len(runs) == 2
    seconds = [
        {
            (case.case.params["function"], case.case.params["n"]): min(case.of_repetitions)
            for case in run.others
        }
        for run in runs
    ]
    for row in compared.table:
        key, base = (row["function"], row["n"]), (LOCAL, row["n"])
        of_runs = np.log([of[key] for of in seconds])
        assert row["seconds"] == pytest.approx(np.exp(of_runs.mean()), rel=1e-5)
        assert row["seconds_low"] <= row["seconds"] <= row["seconds_high"]
        if key == base:
            assert row["times_as_fast"] is row["significant"] is None
        else:
            ratio = np.exp((np.log([of[base] for of in seconds]) - of_runs).mean())
            assert row["times_as_fast"] == pytest.approx(ratio, rel=1e-5)
            assert row["times_as_fast_low"] <= row["times_as_fast"] <= row["times_as_fast_high"]
            assert row["significant"] in (False, True)
    assert all(len(case.of_repetitions) == 2 for run in runs for case in run.others)


def test_a_function_that_fails_at_a_size_is_named_and_the_rest_is_kept(
    compared: FunctionComparison,
) -> None:
    assert compared.failed == {"fails-30": "OverflowError: too many"}
    assert "fails-30 could not be timed: OverflowError: too many" in str(compared)


def test_the_text_has_a_line_for_each_row(compared: FunctionComparison) -> None:
    lines = str(compared).splitlines()
    assert lines[0].split() == f"n function time of a call times as fast as {LOCAL}".split()
    assert [line.split()[0] for line in lines[1:8]] == ["10"] * 4 + ["30"] * 3
    assert "2 runs, each in a fresh process" in lines[-1]


def test_a_notebook_shows_names_as_text(compared: FunctionComparison) -> None:
    shown = compared._repr_html_()
    assert "<b>" not in shown
    table = shown[shown.index("<table>") :]
    cells = [html.unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", table)]
    assert cells[1::4] == [row["function"] for row in compared.table]
    assert html.unescape(table).count(f"times as fast as {LOCAL}</th>") == 1
    assert shown.startswith("<svg")


def test_a_plot_is_drawn_on_the_axes_given(compared: FunctionComparison) -> None:
    figure, ax = plt.subplots()
    try:
        assert compared.plot(ax) is ax
        assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
        drawn = [np.asarray(line.get_xdata()).tolist() for line in ax.lines[:4]]
        assert drawn == [[10, 30]] * 3 + [[10]]
        written = {text.get_text() for text in ax.texts}
        assert {LOCAL, "in place", ODD, "fails"} <= written
        figure.draw_without_rendering()
        new = compared.plot()
        assert new is not ax
    finally:
        plt.close("all")


def test_one_function_and_one_run_have_neither_ratios_nor_intervals(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("def total(values):\n    return values.sum()\n")
    monkeypatch.syspath_prepend(tmp_path)
    mine = importlib.import_module("mine")
    # What pytest would read of the user's.
    (tmp_path / "conftest.py").write_text("raise RuntimeError('conftest.py was read')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    alone = npfs.compare_functions(
        {"sum": mine.total}, sizes=[1], make=np.ones, runs=1, _repetitions=2
    )
    [row] = alone.table
    assert row["seconds"] > 0
    assert row["seconds_low"] is row["times_as_fast"] is None
    assert "no number has an interval" in str(alone)
    assert capfd.readouterr().out == ""
    written = {path.name for path in tmp_path.iterdir()}
    assert written - {"__pycache__"} == {"conftest.py", "mine.py", "pytest.ini"}
    alone.plot()
    assert "<svg" in alone._repr_html_()
    plt.close("all")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda x: x + 1, r"'a' and 'b' disagree at n = 3: 0\.0 and 1\.0 at \[0\]"),
        (lambda x: x[:2], r"shapes \(3,\) and \(2,\)"),
        (lambda x: "text", r"shapes"),
    ],
)
def test_results_that_differ_are_refused(other: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(FunctionsDisagree, match=message):
        compare_functions(
            {"a": lambda x: x, "b": other}, sizes=[3], make=lambda n: np.arange(float(n))
        )


def test_a_rule_of_ones_own_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    def compare(agree: Any) -> None:
        functions = {"a": lambda n: n, "b": lambda n: n + 1}
        compare_functions(functions, sizes=[3], make=lambda n: n, agree=agree)

    with pytest.raises(FunctionsDisagree, match="by the rule given"):
        compare(lambda a, b: a == b)
    timed = RuntimeError("it would be timed now")
    monkeypatch.setattr(
        "npfs.plugin.functions._time", lambda *_, **__: (_ for _ in ()).throw(timed)
    )
    for agree in (False, lambda a, b: abs(a - b) < 2):
        with pytest.raises(RuntimeError, match="timed now"):
            compare(agree)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (0.1 + 0.2, 0.3),
        ([1, 2.0], np.array([1.0, 2])),
        ((np.ones(2), 0.1 + 0.2), [[1, 1], 0.3]),
        (float("nan"), float("nan")),
        ([[1], [2, 3]], [[1], [2, 3]]),
        ({"a": 1}, {"a": 1}),
        ("text", "text"),
        (None, None),
    ],
)
def test_values_that_agree(a: object, b: object) -> None:
    assert difference(a, b) == ""


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        (1, 2, "1 and 2"),
        (2**60, 2**60 + 1, f"{2**60} and {2**60 + 1}"),
        (["a", "b"], ["a", "c"], "'b' and 'c' at [1]"),
        ([[1], [2, 3]], [[1], [2, 4]], "3 and 4 at [1]"),
        ([[1], [2, 3]], [[1], [2, 3], [4]], "lengths 2 and 3"),
        ("1", 1, "'1' and 1"),
        ({"a": np.ones(2)}, {"a": np.ones(2)}, "cannot be compared"),
    ],
)
def test_values_that_differ(a: object, b: object, found: str) -> None:
    assert found in difference(a, b)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"functions": {}}, "functions must map names to functions"),
        ({"functions": {"a": 1}}, "functions must map names to functions"),
        ({"make": None}, "make be a function of a size"),
        ({"sizes": []}, "sizes must name at least one"),
        ({"sizes": [0]}, "sizes must be at least 1; got 0"),
        ({"sizes": [1.5]}, r"sizes takes integers .* got '1\.5'"),
        ({"runs": 0}, "runs must be at least 1; got 0"),
        ({"runs": True}, "runs takes integers"),
        ({"budget": 0}, "budget takes a number of seconds above 0"),
        ({"baseline": "b"}, r"baseline must be one of \['a'\]; got 'b'"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(given: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"functions": {"a": len}, "sizes": [1], "make": list} | given
    with pytest.raises(ValueError, match=message):
        compare_functions(arguments.pop("functions"), **arguments)


def test_a_function_that_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    with (
        (tmp_path / "file").open("w") as file,
        pytest.raises(ValueError, match="'writes' cannot be"),
    ):
        compare_functions({"writes": lambda x: file.write(str(x))}, sizes=[1], make=int)


def test_a_call_while_functions_are_imported_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, os.devnull)
    with pytest.raises(RuntimeError, match="__main__"):
        compare_functions({"a": len}, sizes=[1], make=range)


def test_functions_that_all_fail_are_an_error_with_the_reason() -> None:
    def fails(n: int) -> None:
        raise ValueError(f"no {n}")

    with pytest.raises(RuntimeError, match="nothing could be timed: ValueError: no 1"):
        compare_functions({"fails": fails}, sizes=[1], make=int, runs=2, progress=False)
