"""The report of a suite of benchmarks that is not of npfs, on hand-made runs."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import scipy.stats

from npfs.analysis.suites import NoBaseline
from npfs.drawing.charts import Lines, Rows
from npfs.report import suite
from npfs.report.build import build_report
from npfs.report.provenance import NoRuns
from npfs.report.suite import read
from npfs.report.suite_page import MOST_ROWS, SuiteReport, build, figure
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated
from tests.report.test_page_content import NAMES, Seen

NOISE = np.array([1.0, 1.02, 0.97, 1.01, 0.99])  # of five runs
OF_NUMPY = np.array([1.01, 0.98, 1.02, 0.99, 1.0])
SIZES = (10, 100, 1_000)
# Lists take as long as NumPy for the fewest, and five times as long for the most.
SORTING = {
    **{f"sort.py::test_sort[lists-{n}]": n**1.35 * 4.47e-8 * NOISE for n in SIZES},
    **{f"sort.py::test_sort[numpy-{n}]": n * 1e-7 * OF_NUMPY for n in SIZES},
}
MANY = {f"many.py::test_{k:02}": (1 + k) * 1e-3 * NOISE for k in range(40)}
Seconds = Mapping[str, Sequence[float | None] | np.ndarray[Any, Any]]


def write(folder: Path, seconds: Seconds, names: Sequence[str] = ("how", "n"), **ours: Any) -> None:
    """Write a run for each number that benchmarks have; one without a number did not run.

    What stands in brackets are the values of the parameters of these ``names``.
    """
    runs = len(next(iter(seconds.values())))
    documents = []
    for k in range(runs):
        timed = [
            run_files.benchmark(case, "benchmark", params(case, names), [float(value)])
            for case, values in seconds.items()
            if (value := values[k]) is not None
        ]
        documents.append(run_files.document({}, k + 1, timed, **ours))
    run_files.write(folder, documents)


def params(case: str, names: Sequence[str]) -> dict[str, str | int | float]:
    of = case.partition("[")[2].removesuffix("]").split("-")
    return {name: json.loads(v) if v.isdecimal() else v for name, v in zip(names, of, strict=False)}


@pytest.fixture
def report(tmp_path: Path) -> SuiteReport:
    write(tmp_path, SORTING)
    return build(tmp_path, baseline="how=numpy")


def records(folder: Path) -> dict[str, Any]:
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return {record["id"].partition("::")[2]: record for record in document["benchmarks"]}


def panel(folder: Path, seconds: Seconds, names: Sequence[str] = ("how", "n")) -> Lines | Rows:
    write(folder, seconds, names)
    [of] = figure(read(folder))[0].chart.panels
    assert isinstance(of, Lines | Rows)
    return of


@pytest.mark.usefixtures("no_images")
def test_times_ratios_and_what_is_significant_are_those_of_scipy(
    tmp_path: Path, report: SuiteReport
) -> None:
    found = records(tmp_path)
    p_values, called = [], []
    for n in SIZES:
        lists, numpy = (
            np.asarray(SORTING[f"sort.py::test_sort[{w}-{n}]"]) for w in ("lists", "numpy")
        )
        record = found[f"test_sort[lists-{n}]"]
        for name, values in (("seconds", lists), ("times_as_fast", numpy / lists)):
            logs = np.log(values)
            low, high = scipy.stats.t.interval(0.95, 4, logs.mean(), scipy.stats.sem(logs))
            expected = np.exp([low, logs.mean(), high])
            bounds = [record[f"{name}{end}"] for end in ("_low", "", "_high")]
            assert bounds == pytest.approx(expected, rel=1e-5)
        p_values.append(scipy.stats.ttest_1samp(np.log(numpy / lists), 0).pvalue)
        called.append(record["significant"])
    assert (
        called == list(scipy.stats.false_discovery_control(p_values) <= 0.05) == [False, True, True]
    )
    assert (
        "Compared with how=numpy, 0 of 3 benchmarks are faster and 2 slower; 1 without significant"
        in text(report)
    )


def text(report: SuiteReport) -> str:
    """Return what a terminal shows, without its line breaks."""
    return " ".join(report.terminal_text().split())


@pytest.mark.usefixtures("no_images")
@pytest.mark.parametrize(
    ("baseline", "of_lists"),
    [
        ("how=numpy", "test_sort[numpy-1000]"),
        ("test_sort[numpy-10]", "test_sort[numpy-10]"),
        ("n=10", "test_sort[lists-10]"),
    ],
)
def test_a_baseline_is_a_benchmark_or_the_value_of_a_parameter(
    tmp_path: Path, baseline: str, of_lists: str
) -> None:
    write(tmp_path, SORTING)
    report = build(tmp_path, baseline=baseline)
    assert records(tmp_path)["test_sort[lists-1000]"]["baseline"] == f"sort.py::{of_lists}"
    assert report.page.numbers is not None
    assert report.page.numbers.columns[2] == f"times as fast as {baseline}"


def test_what_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoRuns, match=r"no runs in .*; make some with: pytest FILE"):
        build(tmp_path)
    write(tmp_path, SORTING)
    with pytest.raises(NoBaseline, match="how is one of lists, numpy"):
        build(tmp_path, baseline="how=tuples")


@pytest.mark.usefixtures("no_images")
def test_one_run_gives_no_interval_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, {case: values[:1] for case, values in SORTING.items()})
    report = build(tmp_path, baseline="how=numpy")
    seen = text(report)
    assert seen.startswith("! This is one run: it gives no interval")
    assert "95 % interval" not in seen
    assert "significant" not in seen
    [drawn] = report.page.figures
    assert drawn.title == "In one run, lists was 5.0× slower than numpy at n = 1,000"
    record = records(tmp_path)["test_sort[lists-1000]"]
    assert [record[f"seconds{end}"] is None for end in ("", "_low", "_high")] == [False, True, True]
    for entry in json.loads((tmp_path / "github-action-benchmark.json").read_text()):
        assert (entry["unit"], "range" in entry, entry["extra"]) == ("s", False, "1 run")


@pytest.mark.usefixtures("no_images")
def test_what_failed_was_skipped_or_has_another_id_is_named(tmp_path: Path) -> None:
    partly = [None, *SORTING["sort.py::test_sort[numpy-10]"][1:]]
    random = {
        f"sort.py::test_sort[{k}]": [1.0 if k == run else None for run in range(5)]
        for k in range(5)
    }
    write(
        tmp_path,
        SORTING | {"sort.py::test_fails": partly, "sort.py::test_skipped": partly} | random,
        failed={"sort.py::test_fails": "AssertionError: 1 == 2"},
        skipped={"sort.py::test_skipped": "no data"},
    )
    report = build(tmp_path)
    seen = text(report)
    assert "! Not in all runs: test_sort[0], test_sort[1]" in seen
    assert "fixed ids" in seen
    assert "! sort.py::test_fails failed: AssertionError: 1 == 2." in seen
    assert "sort.py::test_skipped was not timed in every run: no data." in seen
    assert "sort.py::test_skipped was not timed in every run: no data." in report.page.not_timed
    assert re.search(r"test_fails \S+ \S+ \([^)]*\) 4 ", seen)  # runs


@pytest.mark.usefixtures("no_images")
def test_a_reader_is_told_how_much_was_disturbed(tmp_path: Path) -> None:
    """Of six repetitions of each benchmark, every second one."""
    rounds = [1.0, 1.5] * 3
    timed = [
        run_files.benchmark(f"a.py::test_{k}", "benchmark", {}, rounds, repetitions=[1] * 6)
        for k in range(2)
    ]
    order = ["a.py::test_0", "a.py::test_1"] * 6
    run_files.write(tmp_path, [run_files.document({}, k, timed, order=order) for k in (1, 2)])
    assert "50 % of the repetitions were disturbed (more than 10 % longer" in text(build(tmp_path))


@pytest.mark.parametrize(
    ("scale", "log"),
    [((1, 2, 5), (False, False)), ((1, 10, 1_000), (True, True)), ((0, 10, 1_000), (False, True))],
)
def test_an_axis_is_logarithmic_where_it_spans_a_decade(
    tmp_path: Path, scale: Sequence[int], log: tuple[bool, bool]
) -> None:
    seconds = {f"a.py::test_a[x-{n}]": (n + 0.5) * NOISE for n in scale}
    of = panel(tmp_path, seconds)
    assert isinstance(of, Lines)
    assert (of.x_log, of.y_log) == log
    assert [at for at, _ in of.series[0].points] == list(scale)


@pytest.mark.parametrize(("slowest", "log"), [(9.0, False), (11.0, True)])
def test_without_a_numeric_parameter_there_are_bars_or_dots_the_fastest_first(
    tmp_path: Path, slowest: float, log: bool
) -> None:
    seconds = {
        "a.py::test_b": slowest * NOISE,
        "a.py::test_a[x]": NOISE,
        "a.py::test_a[y]": 2 * NOISE,
    }
    of = panel(tmp_path, seconds)
    assert isinstance(of, Rows)
    assert [row.label for row in of.rows] == ["test_a[x]", "test_a[y]", "test_b"]
    assert of.log == bool(of.rows[0].dots) == log


def test_lines_are_of_the_parameter_with_the_most_values(tmp_path: Path) -> None:
    seconds = {f"a.py::test_a[{d}-{n}]": n * d * NOISE for n in SIZES for d in (1, 2)}
    of = panel(tmp_path, seconds, ("d", "n"))
    assert isinstance(of, Lines)
    assert (of.x_label, len(of.series)) == ("n", 2)
    assert [line.label for line in of.series] == ["d=1 998 s", "d=2 2,000 s"]


@pytest.mark.parametrize(
    ("seconds", "baseline", "title"),
    [
        (SORTING, "how=numpy", "lists is 5.0× slower than numpy at n = 1,000"),
        (SORTING, None, "From 100 µs (numpy) to 500 µs (lists) at n = 1,000"),
        ({"a.py::test_a": NOISE, "a.py::test_b": OF_NUMPY}, "test_a", "No significant differences from test_a"),
        ({"a.py::test_a": 2 * NOISE, "a.py::test_b": NOISE}, "test_a", "test_b is 2.0× faster than test_a"),
        ({"a.py::test_a": NOISE}, None, "test_a takes 1.0 s"),
        (MANY, None, "From 1.0 ms (test_00) to 40 ms (test_39)"),
    ],
)  # fmt: skip
def test_the_title_states_what_was_found(
    tmp_path: Path, seconds: Seconds, baseline: str | None, title: str
) -> None:
    write(tmp_path, seconds)
    [drawn] = figure(read(tmp_path, baseline))
    assert drawn.chart.title == title


def test_a_figure_of_many_has_those_of_its_title_and_says_what_it_leaves_out(
    tmp_path: Path,
) -> None:
    write(tmp_path, MANY)
    [drawn] = figure(read(tmp_path))
    [rows] = drawn.chart.panels
    assert isinstance(rows, Rows)
    assert len(rows.rows) == MOST_ROWS
    assert (rows.rows[0].label, rows.rows[-1].label) == ("test_00", "test_39")
    assert "30 of 40 benchmarks are shown" in drawn.caption


def test_the_files_are_written_and_those_of_another_report_go(tmp_path: Path) -> None:
    write(tmp_path, SORTING)
    (tmp_path / "hero.svg").touch()
    names = {path.name for path in build(tmp_path).paths}
    texts = {
        "index.html",
        "verdict.md",
        "results.csv",
        "results.json",
        "github-action-benchmark.json",
    }
    assert names == texts | {"suite.svg", "suite-dark.svg", "suite.png"}
    assert {path.name for path in tmp_path.iterdir()} == {*names, "runs"}
    for address in re.findall(r'href="\./([^"]+)"', (tmp_path / "index.html").read_text("utf-8")):
        assert address in names
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10, runs=5))
    build_report(tmp_path)
    assert not (tmp_path / "suite.svg").exists()


@pytest.mark.usefixtures("no_images", "report")
def test_the_table_is_in_sight_in_the_verdict(tmp_path: Path) -> None:
    before_folded = (tmp_path / "verdict.md").read_text(encoding="utf-8").partition("<details>")[0]
    assert "| benchmark | time of a call | times as fast as how=numpy |" in before_folded
    assert r"| test_sort\[numpy-10\] | 1.00 µs (0.980 to 1.02) | baseline |" in before_folded
    assert "[![" in before_folded


@pytest.mark.usefixtures("no_images", "report")
def test_the_csv_has_a_row_for_each(tmp_path: Path) -> None:
    rows = list(csv.DictReader((tmp_path / "results.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["id"] for row in rows] == list(SORTING)
    [row] = [row for row in rows if row["id"].endswith("[lists-1000]")]
    assert json.loads(row["params"]) == {"how": "lists", "n": 1000}
    assert float(row["times_as_fast_low"]) < 0.2 < float(row["times_as_fast_high"])
    assert row["significant"] == "true"


@pytest.mark.usefixtures("no_images", "report")
def test_a_page_has_no_heading_without_content(tmp_path: Path) -> None:
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    parts = re.findall(r"</(?:summary|h2)>(.*?)</(?:details|section|figure|div)>", html, re.DOTALL)
    assert parts
    assert all(Seen(part).text.strip() for part in parts)
    for heading in ("Time to result", "Why it is so", "More figures", "Startup", "times add up"):
        assert heading not in html


def odd(folder: Path) -> Iterator[str]:
    """Write runs whose benchmarks and parameters have odd names."""
    names = [*NAMES, "$x$ & \\frac", "two\nlines"]
    cases = {f"{name}::{name}[{name}]": (1 + k) * NOISE for k, name in enumerate(names)}
    timed = [
        [
            run_files.benchmark(case, "benchmark", {name: name, "n": k % 2}, [values[run]])
            for k, (name, (case, values)) in enumerate(zip(names, cases.items(), strict=True))
        ]
        for run in range(5)
    ]
    run_files.write(folder, [run_files.document({}, k + 1, of) for k, of in enumerate(timed)])
    yield from cases


@pytest.mark.parametrize("baseline", [None, '"><img src=x onerror=alert(1)>'])
def test_a_name_is_text(tmp_path: Path, baseline: str | None) -> None:
    cases = list(odd(tmp_path))
    report = build(tmp_path, baseline=baseline)
    seen = Seen((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert (seen.tags.count("script"), seen.tags.count("img")) == (1, 0)
    assert "alert(1)" not in "".join(name for name, _ in seen.attributes)
    assert "::{{ 7*7 }}[{{ 7*7 }}]" in seen.text
    for name in ("suite.svg", "suite-dark.svg"):
        ET.parse(tmp_path / name)
    shown = report.terminal_text()
    assert "T" * 100 not in shown
    assert max(map(len, shown.splitlines()[:-1])) <= suite.WIDTH  # the last one is a path
    assert "\u202e" not in shown
    assert {record["id"] for record in records_of(tmp_path)} == set(cases)


def records_of(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "results.json").read_text("utf-8"))[
        "benchmarks"
    ]
    return found


@pytest.mark.usefixtures("no_images")
def test_runs_of_which_the_newest_timed_nothing_give_a_page(tmp_path: Path) -> None:
    write(tmp_path, SORTING)
    newest = run_files.document({}, 9, failed={"sort.py::test_sort[lists-10]": "broken"}, epochs=3)
    run_files.write(tmp_path, [newest])
    report = build(tmp_path)
    assert text(report).startswith("! No benchmark was timed in the runs that count")
    assert (report.page.figures, report.page.numbers) == ((), None)
