import io
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.comparison import Comparison, compare
from npfs.analysis.runs import read_runs
from npfs.analysis.statistics import Interval
from npfs.report import comparison as words
from npfs.report.comparison import Format, differences, document, notes, print_terminal, text
from npfs.schema import write_whole
from tests import run_files
from tests.analysis.test_comparison import TWO, Times, side

BASE: Times = {**TWO, ("python", 10, 1): 3.0, ("numpy-inplace", 10, 16): 1.0}
NEW: Times = {("numpy", 1000, 1): 2.4, ("numba", 1000, 1): 0.5, ("python", 10, 1): 3.0}


def compared(folder: Path, new: Times = NEW, *, base_runs: int = 5, **ours: Any) -> Comparison:
    return compare(
        side(folder / "a", BASE, runs=base_runs),
        side(folder / "b", new, first=6, **ours),
        names=("a", "b"),
    )


def test_the_summary_counts_every_case(tmp_path: Path) -> None:
    assert words.summary(compared(tmp_path)) == (
        "1 of 3 cases is slower, 1 faster, 1 within noise; of the differences called, at most 5 % in "
        "expectation are chance (Benjamini and Hochberg)."
    )


def test_nothing_called_leaves_no_chance_to_speak_of(tmp_path: Path) -> None:
    assert words.summary(compared(tmp_path, TWO)) == (
        "0 of 2 cases are slower, 0 faster, 2 within noise."
    )


def test_one_run_is_said_to_be_one(tmp_path: Path) -> None:
    comparison = compared(tmp_path, base_runs=1)
    assert words.summary(comparison) == (
        "0 of 3 cases are slower, 0 faster, 0 within noise, 3 not known (one run)."
    )
    assert any(note.startswith("BASE is one run") for note in notes(comparison))
    assert "not known (one run)" in words.plain(comparison)
    assert "nan" not in words.plain(comparison)


def test_plain_text_has_the_summary_first_and_a_row_for_each_case(tmp_path: Path) -> None:
    lines = words.plain(compared(tmp_path)).splitlines()
    assert lines[0].startswith("1 of 3 cases is slower")
    cells = [re.split(r"\s{2,}", line) for line in lines if line.startswith(("num", "python"))]
    assert [row[0] for row in cells] == ["numpy-1000", "numba-1000", "python-10"]
    assert cells[0][1:3] == ["2.00 s", "2.40 s"]
    assert re.fullmatch(r"1\.20× \(1\.1\d to 1\.2\d\)", cells[0][3])
    assert cells[0][4:] == ["5, 5", "slower"]


def test_plain_text_fits_100_columns_whatever_a_plug_in_is_called(tmp_path: Path) -> None:
    long = "a-backend-of-another-package-with-a-very-long-name-" * 2
    times: Times = {(long, 1_000_000, 64): 1.0, ("numpy", 10, 1): 1.0}
    comparison = compare(side(tmp_path / "a", times), side(tmp_path / "b", times, first=6))
    lines = words.plain(comparison).splitlines()
    assert max(map(len, lines)) <= 100
    assert f"{long}-1000000x64" in "".join(lines)


def test_markdown_is_a_table_of_equal_rows(tmp_path: Path) -> None:
    markdown = words.markdown(compared(tmp_path))
    assert markdown.startswith("**1 of 3 cases is slower")
    table = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {7}
    assert table[2].startswith("| numpy-1000 | 2.00 s | 2.40 s | 1.20× (")
    assert table[2].endswith("| slower |")


def test_json_holds_the_numbers_and_never_nan(tmp_path: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    comparison = compared(tmp_path, base_runs=1)
    read = json.loads(text(comparison, Format.JSON, 0.05), parse_constant=refuse)
    assert read == document(comparison, 0.05)
    case = read["cases"][0]
    assert [case[name] for name in ("low", "high", "p_value", "degrees", "confidence")] == [
        None
    ] * 5
    assert (read["schema"], read["threshold"]) == (1, None)
    cases = [case["case"] for case in read["cases"]]
    assert read["fail_on_slower"] == {"tolerance": 0.05, "failed": [], "not_ruled_out": cases}


def test_json_agrees_with_the_comparison(tmp_path: Path) -> None:
    comparison = compared(tmp_path)
    read = json.loads(text(comparison, Format.JSON, 0.05))
    assert read["counts"] == {"slower": 1, "faster": 1, "within_noise": 1, "not_known": 0}
    first = read["cases"][0]
    assert (first["case"], first["backend"], first["label"]) == ("numpy-1000", "numpy", "slower")
    assert (first["n_samples"], first["n_features"], first["dtype"]) == (1000, 1, "float64")
    assert first["low"] == comparison.changes[0].ratio.low
    assert first["ratio"] == pytest.approx(1.2)
    assert read["fail_on_slower"]["failed"] == ["numpy-1000"]
    assert read["base"]["only_here"] == ["numpy-inplace-10x16"]
    assert [run["number"] for run in read["new"]["runs"]] == [6, 7, 8, 9, 10]
    assert json.loads(text(comparison, Format.JSON))["fail_on_slower"] is None


def test_an_infinite_bound_is_null(tmp_path: Path) -> None:
    for folder, first in (("a", 1), ("b", 3)):
        run_files.write(
            tmp_path / folder,
            [
                run_files.document({("numpy", 10, 1): value}, number=first + k)
                for k, value in enumerate((1e-150, 1e150))
            ],
        )
    comparison = compare(read_runs(tmp_path / "a"), read_runs(tmp_path / "b"))
    [case] = json.loads(text(comparison, Format.JSON))["cases"]
    assert case["high"] is None
    assert "1.00× (too uncertain)" in words.plain(comparison)


def test_what_is_on_one_side_only_is_named_with_its_reason(tmp_path: Path) -> None:
    comparison = compared(tmp_path, failed={"numpy-inplace-10x16": "wrong weights"})
    assert "numpy-inplace-10x16 is only in BASE; in NEW: wrong weights." in notes(comparison)
    plain = compared(tmp_path / "plain")
    assert "Only in BASE: numpy-inplace-10x16." in notes(plain)


def test_sides_of_other_machines_and_versions_are_said_to_be_so(tmp_path: Path) -> None:
    environment = {**run_files.ENVIRONMENT, "machine": "Other", "python": "CPython 3.13.1"}
    sentences = differences(compared(tmp_path, environment=environment))
    assert sentences[0] == (
        "BASE was measured on Linux-x86_64-Test-2cpu and NEW on Other: this compares machines, "
        "and not code alone."
    )
    assert "Python: CPython 3.11.7 in BASE, CPython 3.13.1 in NEW." in sentences
    assert sentences[-1] == "The source of everything timed on both sides is the same."


def test_what_was_left_out_is_named(tmp_path: Path) -> None:
    side(tmp_path / "b", NEW, runs=2, job="older", timing={"timer": "other"})
    (tmp_path / "b" / "bad.json").write_text("{}")
    found = notes(compared(tmp_path, interrupted=True))
    assert any(
        re.match(r"NEW: runs 1 and 2 were left out: timing, timer: .* newest", n) for n in found
    )
    assert (
        "NEW: runs 6, 7, 8, 9 and 10 were interrupted; the cases finished by then count." in found
    )
    assert any(note.startswith("NEW: bad.json was left out: was not written") for note in found)


def test_an_interval_is_never_rounded_into_a_contradiction(tmp_path: Path) -> None:
    change = compared(tmp_path).changes[0]
    object.__setattr__(change, "ratio", Interval(1.01, 1.0004, 1.02, 5))
    assert words.factor(change) == "1.01× (1.0004 to 1.02)"
    object.__setattr__(change, "ratio", Interval(3e7, 2.0, math.inf, 2))
    assert words.factor(change) == "3.0e+07× (2.00 to inf)"


def test_a_pipe_gets_plain_text_and_a_terminal_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = compared(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout", pipe := io.StringIO())
    print_terminal(comparison)
    assert pipe.getvalue() == words.plain(comparison)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("sys.stdout", terminal := io.StringIO())
    print_terminal(comparison)
    assert "\x1b[31m" in terminal.getvalue()  # red: slower
    assert "numpy-1000" in terminal.getvalue()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.md"
    target.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(target, "half \ud800")
    assert target.read_text() == "before"
    (tmp_path / "link.md").hardlink_to(target)
    write_whole(target, "after")
    assert target.read_text() == "after"
    assert (tmp_path / "link.md").read_text() == "before"  # a new file took the name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.md", "out.md"]
    with pytest.raises(OSError, match="is no plain file"):
        write_whole(tmp_path, "text")


def test_what_a_passed_judgement_does_not_rule_out_is_said(tmp_path: Path) -> None:
    """A ratio of 1.04 with bounds of about 1.5 per cent may be 1.05, and is not 1.10."""
    comparison = compared(tmp_path, {("numpy", 1000, 1): 2.08, ("numba", 1000, 1): 1.0})
    [sentence] = words.judgement(comparison, 0.05)
    assert sentence.startswith("No case is clearly slower by more than 5 %. In 1 of 2 cases that")
    assert [change.case for change in comparison.not_ruled_out(0.05)] == ["numpy-1000"]
    assert words.judgement(comparison, 0.1) == ["No case is clearly slower by more than 10 %."]
    assert words.judgement(comparison, None) == []
    assert "No case is clearly slower by more than 10 %." in words.plain(comparison, 0.1)
    assert "No case is clearly slower by more than 10 %." in words.markdown(comparison, 0.1)


def test_a_case_called_despite_an_infinite_bound(tmp_path: Path) -> None:
    """Welch's bounds decide, and not the p-value that one sample with such bounds would have."""
    documents = [run_files.document({("numpy", 10, 1): 1e-160}, number=k) for k in (1, 2, 3)]
    run_files.write(tmp_path / "a", documents)
    documents = [
        run_files.document({("numpy", 10, 1): value}, number=4 + k)
        for k, value in enumerate((1e80, 1e120, 1e100))
    ]
    run_files.write(tmp_path / "b", documents)
    [change] = compare(read_runs(tmp_path / "a"), read_runs(tmp_path / "b")).changes
    assert (change.label, change.ratio.high) == ("slower", math.inf)


def test_runs_around_two_values_are_said_to_be_so(tmp_path: Path) -> None:
    values = (10e-6, 10.1e-6, 10.05e-6, 22e-6, 22.1e-6, 22.2e-6)
    documents = [
        run_files.document({("numba", 10, 1): value}, number=k)
        for k, value in enumerate(values, start=1)
    ]
    run_files.write(tmp_path / "a", documents)
    new = side(tmp_path / "b", {("numba", 10, 1): 22e-6}, first=10)
    found = notes(compare(read_runs(tmp_path / "a"), new))
    assert [note.partition(", as of")[0] for note in found] == [
        "BASE: the runs of numba-10 lie around two values"
    ]
