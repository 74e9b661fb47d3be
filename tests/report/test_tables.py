"""The tables of jobs and of numbers, on runs written by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.context import Context
from npfs.report.tables import (
    JOBS,
    fit_lines,
    job_notes,
    job_table,
    left_out_of_totals,
    memory_line,
    numbers_table,
    other_lines,
    terminal_table,
    without,
)
from npfs.schema import Size
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, Cell, repeated

# Of 100 epochs: lists take 0.1 s a row, NumPy a tenth of that, Numba a tenth of NumPy.
FITS = {
    (name, n, 1): s * n
    for name, s in (("python", 0.1), ("numpy", 0.01), ("numba", 0.001))
    for n in (10, 1000)
}
STARTS = [  # 0.25 s of the interpreter are in each
    run_files.startup("python", 0.75),
    run_files.startup("numpy", 1.75),
    run_files.startup("numba", 9.75),
]
CONVERSIONS = [run_files.conversion("to_lists", 10, 1e-3), run_files.conversion("to_array", 10, 1)]


def context(
    folder: Path, seconds: dict[Cell, float], once: Sequence[dict[str, Any]] = (), runs: int = 3
) -> Context:
    documents = [run_files.document(seconds, k, once, epochs=100) for k in range(1, runs + 1)]
    run_files.write(folder, documents)
    return Context(Evidence(read_runs(folder)))


def of_jobs(found: Context) -> dict[str, list[str]]:
    """The cells of each job by its name, as Markdown."""
    table = job_table(found)
    assert table is not None
    assert table.columns[:4] == ("job", "lists", "NumPy", "Numba")
    return {row[0].text.partition(":")[0]: [cell.marked for cell in row[1:]] for row in table.rows}


def test_a_job_has_the_time_to_result_of_each_and_the_choice(tmp_path: Path) -> None:
    """Startup and 100 epochs of 10 rows: 1 + 1 s, 2 + 0.1 s and 10 + 0.01 s."""
    found = context(tmp_path, FITS, [*STARTS, *CONVERSIONS])
    jobs = of_jobs(found)
    assert len(jobs) == 6
    assert jobs["a formula"] == [
        "**2.00 s** (2.00 to 2.00)", "2.10 s (2.10 to 2.10)", "10.0 s (10.0 to 10.0)",
        "lists", "1.1× (1.1 to 1.1)", "lists",
    ]  # fmt: skip
    assert jobs["many models"] == [
        "100,000 s (100,000 to 100,000)", "10,000 s (10,000 to 10,000)",
        "**1,010 s** (1,010 to 1,010)", "Numba", "9.9× (9.9 to 9.9)", "Numba",
    ]  # fmt: skip
    assert terminal_table(found)[1:] == [
        ("10 rows, 100 epochs", "2.0 s*", "2.1 s ", "10 s ", "lists"),
        ("1,000 rows, 1,000 epochs", "1,000 s ", "100 s ", "20 s*", "Numba"),
        ("1,000 fits of 1,000 rows, 100 epochs", "100,000 s ", "10,000 s ", "1,000 s*", "Numba"),
    ]
    notes = " ".join(job_notes(found))
    assert "lists pay their conversion: 1.00 ms (1.00 to 1.00) at 10 rows." in notes
    assert "cost NumPy and Numba 1.00 s (1.00 to 1.00) to convert." in notes
    assert other_lines(found)[1:] == [
        "In a notebook with everything imported, NumPy is good enough for a formula; Numba for a "
        "lesson and many models."
    ]


def test_one_run_has_no_interval(tmp_path: Path) -> None:
    jobs = of_jobs(context(tmp_path, FITS, STARTS, runs=1))
    assert jobs["a lesson"] == ["1,000 s", "102 s", "**20.0 s**", "Numba", "5.1×", "Numba"]


def test_parts_that_no_run_measured_are_named(tmp_path: Path) -> None:
    """Without startup, NumPy takes 100 ms and Numba 10 ms: a limit of 50 ms is another choice."""
    found = context(tmp_path, FITS)
    assert of_jobs(found)["a formula"][3] == "NumPy"
    [leave_out], (_, otherwise) = left_out_of_totals(found), job_notes(found)
    assert leave_out.startswith("Times to a result leave out startup and conversion, which the")
    assert other_lines(found)[0].startswith("Time to result: without startup to the last result")
    assert "Without startup; plain NumPy" in JOBS("good_enough_is", without=without(found))
    assert otherwise == (
        "With a limit of 50 ms in place of 100 ms, Numba would be good enough for a formula."
    )


def test_jobs_far_from_all_that_was_measured_are_not_predicted(tmp_path: Path) -> None:
    found = context(tmp_path, {("python", 10, 1): 4.0, ("numpy", 10, 1): 2.0})
    jobs = of_jobs(found)
    assert jobs["a formula"][2] == "not measured"
    assert jobs["a large data set"] == ["not measured"] * 3 + [""] * 3
    assert [row[0] for row in terminal_table(found)[1:]] == ["10 rows, 100 epochs"]
    beyond = of_jobs(context(tmp_path, {("python", 50, 1): 4.0, ("numpy", 10, 1): 2.0}))
    assert "extrapolated" in beyond["a formula"][0]
    assert "extrapolated" not in beyond["a formula"][1]


def test_backends_without_significant_difference_are_named_together(tmp_path: Path) -> None:
    names = ("python", "numpy", "numba-simd", "numba-parallel", "mine")
    one = of_jobs(context(tmp_path, {(name, 10, 1): 2.0 for name in names}))["a formula"]
    assert one[3:5] == ["lists", "first"]
    assert one[5].endswith("; 3 others (no significant difference)")
    documents = [
        run_files.document({("python", 10, 1): s, ("numpy", 10, 1): 2.0}, k, epochs=100)
        for k, s in enumerate((1.0, 9.0, 3.0), start=1)
    ]
    run_files.write(tmp_path, documents)
    wide = Context(Evidence(read_runs(tmp_path)))
    assert of_jobs(wide)["a formula"][3] == "NumPy, perhaps lists"
    assert of_jobs(wide)["a formula"][0].endswith(" (too uncertain)")
    assert terminal_table(wide)[1][-1] == "NumPy (lists?)"
    assert "too uncertain" in fit_lines(wide)[2]


@pytest.mark.parametrize("seconds", [{("numpy", 10, 1): 2.0}, {("mine", 10, 1): 2.0}])
def test_one_backend_leaves_no_choice(tmp_path: Path, seconds: dict[Cell, float]) -> None:
    found = context(tmp_path, seconds)
    assert job_table(found) is None
    assert [*job_notes(found), *other_lines(found), *terminal_table(found)] == []


def test_memory_has_a_line_of_its_own(tmp_path: Path) -> None:
    """Lists need no arrays; beside them NumPy needs 40 MB, and the 16 MB of the arrays."""
    once = [
        run_files.memory("python", 10**6, 80e6, 80e6),
        run_files.memory("numpy", 10**6, 16e6, 40e6),
    ]
    assert memory_line(context(tmp_path, FITS, once)) == (
        "Memory at 1,000,000 rows: 80 MB with lists and 56 MB with NumPy, the data included."
    )


def rows(found: Context) -> list[list[str]]:
    return [[cell.text for cell in row] for row in numbers_table(found).rows]


def test_the_numbers_have_a_row_for_each_case(tmp_path: Path) -> None:
    """A read pass of 3 ms is a quarter of an epoch of 12 ms, and says nothing of a shortcut."""
    documents = repeated({("python", 1000, 1): 1.0, ("numpy", 1000, 1): 0.12})
    for document in documents:
        document["benchmarks"].append(run_files.read_pass("one", Size(1000, 1), 3e-3))
    shortcut = repeated({("numpy-gram", 1000, 1): 0.06})
    for document, more in zip(documents, shortcut, strict=True):
        document["benchmarks"] += more["benchmarks"]
        document["npfs"]["backends"] |= more["npfs"]["backends"]
    run_files.write(tmp_path, documents)
    found = Context(Evidence(read_runs(tmp_path)))
    assert numbers_table(found).columns[0] == "backend"
    assert rows(found)[1:] == [
        ["NumPy", "1,000 × 1", "120 ms (119 to 122)", "12,000", "8.33× (8.33 to 8.33)", "",
         "25 % (25 to 25)", "3"],
        ["numpy-gram, a shortcut", "1,000 × 1", "60.2 ms (59.3 to 61.1)", "6,020",
         "16.7× (16.7 to 16.7)", "2.00× (2.00 to 2.00)", "", "3"],
    ]  # fmt: skip


def test_numbers_of_one_run_and_of_float32_say_so(tmp_path: Path) -> None:
    documents = repeated({("python", 10, 4): 2.0, ("numpy", 10, 4): 1.0}, runs=1)
    for benchmark in documents[0]["benchmarks"]:
        benchmark["extra_info"]["params"]["dtype"] = "float32"
    run_files.write(tmp_path, documents)
    one_run = "(one run, so no interval)"
    assert rows(Context(Evidence(read_runs(tmp_path)))) == [
        ["Python lists", "10 × 4, float32", "2.00 s", "20,000,000", "", f"0.500× {one_run}", "",
         "1"],
        ["NumPy", "10 × 4, float32", "1.00 s", "10,000,000", f"2.00× {one_run}", "", "", "1"],
    ]  # fmt: skip


def test_the_terminal_shows_one_fit_of_the_largest_size_that_all_have(tmp_path: Path) -> None:
    documents = repeated(LISTS_WIN_AT_10 | {("numpy", 10**6, 1): 9.0})
    run_files.write(tmp_path, documents)
    heading, columns, *lines = fit_lines(Context(Evidence(read_runs(tmp_path))))
    assert heading == "One fit of 1,000 rows, 10 epochs"
    assert columns.split() == ["time", "margin", "over", "lists"]
    assert [line.split() for line in lines] == [
        ["Python", "lists", "100", "s", "±", "1.4", "%", "1×"],
        ["NumPy", "12.0", "s", "±", "1.4", "%", "8.3×"],
    ]
    one = fit_lines(context(tmp_path / "one", {("numpy", 10, 1): 2.0}, runs=1))
    assert [line.split() for line in one[1:]] == [["time", "margin"], ["NumPy", "2.00", "s"]]
