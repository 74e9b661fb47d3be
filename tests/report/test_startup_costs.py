"""Startup, memory and conversions, on runs written by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.context import Context
from npfs.report.startup_costs import notes, sentences, startup_table
from tests import run_files
from tests.analysis.test_evidence import Cell

FITS: Mapping[Cell, float] = {
    ("python", 1000, 1): 4.0,
    ("numpy", 1000, 1): 2.0,
    ("python", 10**6, 1): 4000.0,
    ("numpy", 10**6, 1): 20.0,
}


def starts(**import_s: float) -> list[dict[str, Any]]:
    return [run_files.startup(name, seconds) for name, seconds in import_s.items()]


def made(
    folder: Path,
    *once: Sequence[dict[str, Any]],
    fits: Sequence[Mapping[Cell, float]] = (),
    costs: Mapping[str, Any] | None = None,
) -> Context:
    """One run for each of ``once``; all have ``FITS`` unless given."""
    documents = [
        run_files.document(fits[k] if fits else FITS, number=k + 1, once=of_run)
        for k, of_run in enumerate(once)
    ]
    for name, of in (costs or {}).items():
        documents[-1]["npfs"]["backends"][name] |= of
    run_files.write(folder, documents)
    return Context(Evidence(read_runs(folder)))


def test_after_how_many_fits_a_later_start_breaks_even(tmp_path: Path) -> None:
    both = starts(python=1.0, numpy=21.0)
    start = "A program with NumPy starts later than one with lists and breaks even"
    assert sentences(made(tmp_path, both, both)) == [
        f"{start} after 10.0 (10.0 to 10.0) fits of 1,000 rows.",
        f"{start} within the first fit of 1,000,000 rows.",
    ]
    assert sentences(made(tmp_path / "one", both))[0] == (
        f"{start} after 10.0 (one run, so no interval) fits of 1,000 rows."
    )


def test_the_one_that_starts_later_is_the_subject_whichever_that_is(tmp_path: Path) -> None:
    """Fits with NumPy are slower: lists, which start later here, are ahead after (21 - 1) / 2."""
    fits = {("python", 1000, 1): 2.0, ("numpy", 1000, 1): 4.0}
    both = starts(python=21.0, numpy=1.0)
    assert sentences(made(tmp_path, both, both, fits=[fits, fits])) == [
        "A program with lists starts later than one with NumPy and breaks even after "
        "10.0 (10.0 to 10.0) fits of 1,000 rows."
    ]


SOONER = "A program with {} starts sooner than one with {}, and its fits of 1,000 rows are faster."


@pytest.mark.parametrize(
    ("numpy_starts", "numpy_fits", "sentence"),
    [
        ((21.0, 21.0), (9.0, 9.0), SOONER.format("lists", "NumPy")),
        ((0.5, 0.5), (2.0, 2.0), SOONER.format("NumPy", "lists")),
        (
            (0.9, 1.1),
            (2.0, 2.0),
            "The startup of NumPy and lists shows no significant difference; fits of 1,000 rows "
            "are faster with NumPy.",
        ),
        (
            (21.0, 21.0),
            (3.6, 4.4),
            "Fits of 1,000 rows show no significant difference between NumPy and lists, so there "
            "is no break-even.",
        ),
    ],
)
def test_without_a_break_even_there_is_no_number(
    tmp_path: Path, numpy_starts: Sequence[float], numpy_fits: Sequence[float], sentence: str
) -> None:
    found = made(
        tmp_path,
        *(starts(python=1.0, numpy=s) for s in numpy_starts),
        fits=[{("python", 1000, 1): 4.0, ("numpy", 1000, 1): s} for s in numpy_fits],
    )
    assert sentences(found) == [sentence]


@pytest.mark.parametrize(
    ("numpy_starts", "end"),
    [
        (
            (*[11.0] * 8, 0.8),
            "; the runs differ too much to tell after how many fits of 1,000 rows it breaks even.",
        ),
        (
            (11.0, 1001.0, 11.0, 1001.0),
            " and breaks even after 5.00 to 500 fits of 1,000 rows; the runs differ widely.",
        ),
    ],
)
def test_runs_that_disagree_give_a_range_or_nothing(
    tmp_path: Path, numpy_starts: Sequence[float], end: str
) -> None:
    found = made(tmp_path, *(starts(python=1.0, numpy=s) for s in numpy_starts))
    assert sentences(found)[0] == "A program with NumPy starts later than one with lists" + end


def test_the_table_holds_times_memory_and_costs(tmp_path: Path) -> None:
    """Memory at the largest size that both have, not at the largest of all."""
    once = [
        *starts(python=1.0, numpy=21.0),
        run_files.startup("numpy", 3.0, first_fit_s=30.0, cache="cold"),
        run_files.memory("numpy", 10**6, 16e6, 40e6),
        run_files.memory("python", 10**6, 80e6, None),
        run_files.memory("numpy", 10**7, 16e7, 40e7),
    ]
    packages = {"numba": 15_000_000, "llvmlite": 180_000_000, "a": 1, "b": 2}
    costs = {
        "python": {"fit_lines": 15, "installed_bytes": {}},
        "numpy": {"fit_lines": None, "installed_bytes": packages},
    }
    found = made(tmp_path, once, costs=costs)
    table = startup_table(found)
    assert table is not None
    assert table.columns == (
        "backend", "import", "first result", "nothing compiled yet",
        "memory held at 1,000,000 rows", "peak in a fit", "to install", "lines of the fit",
    )  # fmt: skip
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Python lists", "1.00 s", "1.75 s", "", "80.0 MB (5.00×)", "unknown", "nothing", "15"],
        ["NumPy", "21.0 s", "21.8 s", "33.2 s", "16.0 MB (1.00×)", "40.0 MB (2.50×)",
         "195 MB (llvmlite, numba, b and 1 more)", ""],
    ]  # fmt: skip
    assert "first fit, of 1,000 rows," in notes(found)[0]
    assert notes(found)[-1] == "Some of the memory is unknown: nobody looked."


def test_what_one_of_several_runs_measured_is_marked(tmp_path: Path) -> None:
    """A cold start is measured in the first run of a command alone; older files have no costs."""
    cold = run_files.startup("numpy", 3.0, cache="cold")
    table = startup_table(made(tmp_path, [*starts(numpy=1.0), cold], starts(numpy=1.0)))
    assert table is not None
    [row] = table.rows
    assert [cell.text for cell in row[2:]] == [
        "1.75 s (1.75 to 1.75)", "3.75 s (one measurement)", "unknown", "unknown", "", ""
    ]  # fmt: skip


def test_conversions_are_those_of_the_largest_size(tmp_path: Path) -> None:
    there = [run_files.conversion("to_array", n, s) for n, s in ((1000, 1.0), (10**6, 1000.0))]
    both = [*there, run_files.conversion("to_lists", 10**6, 2000.0)]
    assert sentences(made(tmp_path, both, both)) == [
        "Converting lists of 1,000,000 rows to arrays takes 1,000 s (1,000 to 1,000), as long as "
        "0.250 (0.250 to 0.250) fits with lists; converting back takes 2,000 s (2,000 to 2,000)."
    ]


def test_without_any_of_it_nothing_is_shown(tmp_path: Path) -> None:
    found = made(tmp_path, [])
    assert (sentences(found), startup_table(found), notes(found)) == ([], None, [])
