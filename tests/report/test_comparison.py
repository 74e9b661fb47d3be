import io
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.calibration import Summary
from npfs.analysis.comparison import READ_PASS, Comparison, Label, compare
from npfs.analysis.runs import RunFolder, read_runs
from npfs.analysis.statistics import Interval
from npfs.report import comparison as report
from npfs.report.comparison import Format, differences, document, notes, print_terminal, text
from npfs.report.formatting import Sentences, environment
from npfs.schema import Size, write_whole
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
    assert report.summary(compared(tmp_path)) == (
        "1 of 3 cases is slower, 1 faster, 1 without significant difference."
    )


@pytest.mark.parametrize(("new", "significant"), [(NEW, True), (TWO, False)])
def test_significant_differences_have_a_level_and_a_share_of_chance(
    tmp_path: Path, new: Times, significant: bool
) -> None:
    method = report.method(compared(tmp_path, new))
    assert ("significant differences at 96.67 %" in method) == significant
    assert ("At most 5 % of the significant differences" in method) == significant


def test_one_run_is_reported_as_one(tmp_path: Path) -> None:
    comparison = compared(tmp_path, base_runs=1)
    assert report.summary(comparison).endswith("3 not known (one run).")
    assert any(note.startswith("BASE has one run") for note in notes(comparison))
    assert {row[-1] for row in report.rows(comparison)} == {"not known (one run)"}
    assert "nan" not in report.plain(comparison)


def test_plain_text_has_the_summary_first_and_a_row_for_each_case(tmp_path: Path) -> None:
    lines = report.plain(compared(tmp_path)).splitlines()
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
    lines = report.plain(comparison).splitlines()
    assert max(map(len, lines)) <= 100
    assert f"{long}-1000000x64" in "".join(lines)


def test_markdown_is_a_table_of_equal_rows(tmp_path: Path) -> None:
    markdown = report.markdown(compared(tmp_path))
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
    assert (read["schema"], read["threshold"]) == (2, None)
    cases = [case["case"] for case in read["cases"]]
    assert read["fail_on_slower"] == {"tolerance": 0.05, "failed": [], "not_ruled_out": cases}


def test_json_agrees_with_the_comparison(tmp_path: Path) -> None:
    comparison = compared(tmp_path)
    read = json.loads(text(comparison, Format.JSON, 0.05))
    assert read["counts"] == {
        "slower": 1,
        "faster": 1,
        "no_significant_difference": 1,
        "not_known": 0,
    }
    assert [case["label"] for case in read["cases"]] == list(read["counts"])[:3]
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
    assert "1.00× (too uncertain)" in report.plain(comparison)


def test_what_is_on_one_side_only_is_named_with_its_reason(tmp_path: Path) -> None:
    comparison = compared(tmp_path, failed={"numpy-inplace-10x16": "wrong weights"})
    assert "numpy-inplace-10x16 is only in BASE; in NEW: wrong weights." in notes(comparison)
    assert "Only in BASE: numpy-inplace-10x16." in notes(compared(tmp_path / "plain"))


def test_other_machines_and_versions_are_named(tmp_path: Path) -> None:
    environment = {**run_files.ENVIRONMENT, "machine": "Other", "python": "CPython 3.13.1"}
    sentences = differences(compared(tmp_path, environment=environment))
    assert sentences[0] == (
        "BASE ran on Linux-x86_64-Test-2cpu and NEW on Other: this compares machines, not code alone."
    )
    assert "Python: CPython 3.11.7 in BASE, CPython 3.13.1 in NEW." in sentences
    assert sentences[-1] == "Both sides time the same source code."


def test_what_was_left_out_is_named(tmp_path: Path) -> None:
    side(tmp_path / "b", NEW, runs=2, job="older", timing={"timer": "other"})
    (tmp_path / "b" / "bad.json").write_text("{}")
    found = notes(compared(tmp_path, interrupted=True))
    assert any(
        re.match(r"NEW: runs 1 and 2 were left out: timing, timer: .* newest", n) for n in found
    )
    assert any(n.startswith("NEW: runs 6, 7, 8, 9 and 10 were interrupted;") for n in found)
    assert any(note.startswith("NEW: bad.json was left out: was not written") for note in found)


def test_an_interval_is_never_rounded_into_a_contradiction(tmp_path: Path) -> None:
    change = compared(tmp_path).changes[0]
    object.__setattr__(change, "ratio", Interval(1.01, 1.0004, 1.02, 5))
    assert report.factor(change) == "1.01× (1.0004 to 1.02)"
    object.__setattr__(change, "ratio", Interval(3e7, 2.0, math.inf, 2))
    assert report.factor(change) == "3.0e+07× (2.00 to inf)"


def test_a_pipe_gets_plain_text_and_a_terminal_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = compared(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout", pipe := io.StringIO())
    print_terminal(comparison)
    assert pipe.getvalue() == report.plain(comparison)
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


def test_what_a_passed_judgement_does_not_rule_out_is_counted(tmp_path: Path) -> None:
    """A ratio of 1.04 with bounds of about 1.5 per cent may be 1.05, and is not 1.10."""
    comparison = compared(tmp_path, {("numpy", 1000, 1): 2.08, ("numba", 1000, 1): 1.0})
    [sentence] = report.judgement(comparison, 0.05)
    assert sentence.startswith("No case is clearly slower by more than 5 %. 1 of 2 cases may be")
    assert [change.case for change in comparison.not_ruled_out(0.05)] == ["numpy-1000"]
    assert report.judgement(comparison, 0.1) == ["No case is clearly slower by more than 10 %."]
    assert report.judgement(comparison, None) == []
    assert "No case is clearly slower by more than 10 %." in report.plain(comparison, 0.1)
    assert "No case is clearly slower by more than 10 %." in report.markdown(comparison, 0.1)


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


def test_what_a_reader_must_know_of_the_numbers_is_noted(tmp_path: Path) -> None:
    """A bimodal side, another bandwidth limit, and an interval that leaves out 1 by chance."""
    states = (10e-6, 10.1e-6, 10.05e-6, 22e-6, 22.1e-6, 22.2e-6)
    spread = (1.0, 1.02, 0.98, 1.01, 0.99, 1.0)

    def written(folder: Path, first: int, factor: float, read_s: float) -> RunFolder:
        documents = []
        for k, (state, scatter) in enumerate(zip(states, spread, strict=True)):
            times = {("numba", 10, 1): state, ("numpy", 10, 1): factor * scatter}
            documents.append(run_files.document(times, number=first + k))
            read = run_files.read_pass("one", Size(10, 1), read_s * scatter)
            documents[-1]["benchmarks"].append(read)
        run_files.write(folder, documents)
        return read_runs(folder)

    a, b = written(tmp_path / "a", 1, 1.0, 1e-6), written(tmp_path / "b", 10, 1.02, 2e-6)
    comparison = compare(a, b)
    found = notes(comparison)
    assert comparison.apart_by_chance == 1
    assert [note.partition(".")[0].partition(",")[0] for note in found] == [
        "The memory bandwidth limit differs at 1 size",
        "BASE: the runs of numba-10 are bimodal",
        "NEW: the runs of numba-10 are bimodal",
        "1 interval excludes 1 without a significant difference: among many cases",
    ]


def test_every_sentence_of_comparison_and_calibration_is_written(tmp_path: Path) -> None:
    """Each macro once, in both numbers where it has two; nothing is left open or written twice."""
    summary = Summary(0.97, 0.98, 0.91, 0.0, 0.04, 0.1)
    no_speedups = Summary(0.97, None, 0.91, 0.0, 0.04, None)
    counts = dict(zip(Label, (1, 2, 3, 4), strict=True))
    comparison = compared(tmp_path)
    values: dict[str, dict[str, list[dict[str, Any]]]] = {
        "calibration": {
            "coverage": [{"half": 5, "found": summary}, {"half": 5, "found": no_speedups}],
            "method": [{"half": 5, "runs": 20, "found": summary}],
            "percent": [{"share": share} for share in (8e-16, 0.0042, 0.97, 1.03)],
        },
        "comparison": {
            "level": [{"share": 0.025}],
            "few": [{"names": ["a"]}, {"names": list("abcdefghij")}],
            "backend": [{"backend": READ_PASS}, {"backend": "numba"}],
            "label": [{"label": label} for label in Label],
            "summary": [{"counts": counts, "total": 10}],
            "method": [{"of": comparison, "rate": 0.05}],
            "failure": [{"slower": names, "tolerance": 0.05} for names in (["a 2×"], ["a", "b"])],
            "judgement": [
                {"slower": names, "possible": possible, "total": 9, "tolerance": 0.05}
                for names, possible in (([], 0), (["a 2×"], 1), ([], 2))
            ],
            "other_machine": [{"base": "A", "new": "B"}],
            "condition": [{"of": ("Python", "3.11", "3.13")}],
            "sources": [{"changed": []}, {"changed": ["numpy", "numba"]}],
            "one_run": [{"side": "BASE"}],
            "interrupted": [{"side": "BASE", "runs": ["1"]}, {"side": "NEW", "runs": ["1", "2"]}],
            "rejected": [{"side": "BASE", "file": "x.json", "why": "it is empty"}],
            "left_out": [{"side": "BASE", "runs": ["1"], "why": "timer: a there, b now"}],
            "older_source": [{"side": "BASE", "runs": ["1"], "backend": "numpy"}],
            "only_in": [{"side": "BASE", "cases": ["a"]}],
            "only_in_because": [{"side": "BASE", "case": "a", "other": "NEW", "why": "it failed"}],
            "bandwidth": [{"sizes": 1}, {"sizes": 2}],
            "bimodal": [{"side": "BASE", "cases": ["a", "b"]}],
            "apart_by_chance": [{"number": 1}, {"number": 2}],
        },
    }
    for topic, of_topic in values.items():
        module = environment().get_template(f"sentences/{topic}.j2").module
        assert {name for name in vars(module) if not name.startswith("_")} == of_topic.keys()
        texts = [Sentences(topic)(name, **v) for name, each in of_topic.items() for v in each]
        assert len(set(texts)) == len(texts)
        for text_ in texts:
            assert not re.search(r"[{}%]{2}|None| [.,;]|\.\.|\(\)", text_), text_
