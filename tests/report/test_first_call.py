"""The section "What comes once", on runs written by hand."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.build import build_report
from npfs.report.exports import first_call_csv
from npfs.report.first_call import notes, once_table, sentences
from tests import run_files

Cell = tuple[str, int, int]
FITS: Mapping[Cell, float] = {
    ("python", 1000, 1): 4.0,
    ("numpy", 1000, 1): 2.0,
    ("python", 10**6, 1): 4000.0,
    ("numpy", 10**6, 1): 20.0,
}


def starts(**import_s: float) -> list[dict[str, Any]]:
    return [run_files.startup(name, seconds) for name, seconds in import_s.items()]


def made(
    folder: Path, *onces: Sequence[dict[str, Any]], fits: Sequence[Mapping[Cell, float]] = ()
) -> Evidence:
    run_files.write(
        folder,
        [
            run_files.document(fits[k] if fits else FITS, number=k + 1, once=run_once)
            for k, run_once in enumerate(onces)
        ],
    )
    return Evidence(read_runs(folder))


def test_after_how_many_fits_a_start_has_paid(tmp_path: Path) -> None:
    both = starts(python=1.0, numpy=21.0)
    assert sentences(made(tmp_path, both, both)) == [
        "A program with NumPy starts later than one with Python lists; it is ahead after "
        "10.0 (10.0 to 10.0) fits of 1,000 samples.",
        "A program with NumPy starts later than one with Python lists; it is ahead before both have "
        "done one fit of 1,000,000 samples.",
    ]


def test_the_one_that_starts_later_is_the_subject_whichever_that_is(tmp_path: Path) -> None:
    """Fits with NumPy are slower: lists, which start later here, are ahead after (21 - 1) / 2."""
    fits = {("python", 1000, 1): 2.0, ("numpy", 1000, 1): 4.0}
    both = starts(python=21.0, numpy=1.0)
    assert sentences(made(tmp_path, both, both, fits=[fits, fits])) == [
        "A program with Python lists starts later than one with NumPy; it is ahead after "
        "10.0 (10.0 to 10.0) fits of 1,000 samples."
    ]


@pytest.mark.parametrize(
    ("numpy_starts", "numpy_fits", "said"),
    [
        ((21.0, 21.0), (9.0, 9.0), "A program with Python lists starts sooner than one with NumPy, and"),
        ((0.5, 0.5), (2.0, 2.0), "A program with NumPy starts sooner than one with Python lists, and"),
        ((0.9, 1.1), (2.0, 2.0), "These runs cannot tell which starts sooner, a program with NumPy"),
        ((21.0, 21.0), (3.6, 4.4), "These runs cannot tell fits of 1,000 samples with NumPy from those"),
    ],
)  # fmt: skip
def test_what_gives_no_number_is_said_in_words(
    tmp_path: Path, numpy_starts: Sequence[float], numpy_fits: Sequence[float], said: str
) -> None:
    found = made(
        tmp_path,
        *(starts(python=1.0, numpy=s) for s in numpy_starts),
        fits=[{("python", 1000, 1): 4.0, ("numpy", 1000, 1): s} for s in numpy_fits],
    )
    [sentence] = sentences(found)
    assert sentence.startswith(said)


def test_runs_that_disagree_give_no_number(tmp_path: Path) -> None:
    found = made(tmp_path, *(starts(python=1.0, numpy=s) for s in (*[11.0] * 8, 0.8)))
    assert sentences(found)[0] == (
        "A program with NumPy starts later than one with Python lists; after how many fits of 1,000 "
        "samples it is ahead the runs differ too much to tell."
    )


def test_runs_that_agree_on_the_sign_alone_give_a_range(tmp_path: Path) -> None:
    found = made(tmp_path, *(starts(python=1.0, numpy=s) for s in (11.0, 1001.0, 11.0, 1001.0)))
    assert "it is ahead after 5.00 to 500 fits of 1,000 samples, which" in sentences(found)[0]


def test_one_run_says_that_it_has_no_interval(tmp_path: Path) -> None:
    found = made(tmp_path, starts(python=1.0, numpy=21.0))
    assert "after 10.0 (one run, so no interval) fits of 1,000 samples." in sentences(found)[0]


def test_the_table_holds_times_and_memory(tmp_path: Path) -> None:
    once = [
        *starts(python=1.0, numpy=21.0),
        run_files.startup("numpy", 3.0, first_fit_s=30.0, cache="cold"),
        run_files.memory("numpy", 10**6, 16e6, 40e6),
        run_files.memory("python", 10**6, 80e6, None),
        run_files.memory("numpy", 10**7, 16e7, 40e7),
    ]
    found = made(tmp_path, once)
    table = once_table(found)
    assert table is not None
    assert table.columns == (
        "backend", "import", "first result", "nothing compiled yet",
        "memory held for 1,000,000 samples",  # the largest that both were looked at
        "at most in a fit",
    )  # fmt: skip
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Python lists", "1.00 s", "1.75 s", "", "80.0 MB (5.00×)", "not known"],
        ["NumPy", "21.0 s", "21.8 s", "33.2 s", "16.0 MB (1.00×)", "40.0 MB (2.50×)"],
    ]
    assert "nobody looked" in notes(found)[-1]
    assert "of 1,000 samples" in notes(found)[0]


def test_conversions_are_said_at_the_largest_size(tmp_path: Path) -> None:
    once = [run_files.conversion("to_array", n, s) for n, s in ((1000, 1.0), (10**6, 1000.0))]
    once.append(run_files.conversion("to_lists", 10**6, 2000.0))
    [sentence] = sentences(made(tmp_path, once, once))
    assert sentence == (
        "Turning lists of 1,000,000 samples into arrays takes 1,000 s (1,000 to 1,000), as long as "
        "0.250 (0.250 to 0.250) fits with lists; the way back takes 2,000 s (2,000 to 2,000)."
    )


def test_the_csv_holds_every_number(tmp_path: Path) -> None:
    once = [
        *starts(python=1.0, numpy=21.0),
        run_files.memory("numpy", 10**6, 16e6, None),
        run_files.conversion("to_array", 1000, 3.0),
    ]
    rows = list(csv.DictReader(first_call_csv(made(tmp_path, once, once)).splitlines()))
    values = {(row["backend"], row["quantity"]): row["value"] for row in rows}
    assert values["numpy", "first_result_s"] == "21.75"
    assert values["numpy", "import_s"] == "21"
    assert values["numpy", "held_bytes"] == "16000000"
    assert ("numpy", "peak_bytes") not in values
    assert values["", "to_array_s"] == "3"
    assert len(rows) == 2 * 5 + 1 + 1


@pytest.mark.usefixtures("no_figures")
def test_files_without_it_give_no_section_and_an_old_csv_goes(tmp_path: Path) -> None:
    run_files.write(tmp_path, [run_files.document(FITS, once=starts(python=1.0, numpy=2.0))])
    names = {path.name for path in build_report(tmp_path).paths}
    assert "first_call.csv" in names
    verdict = (tmp_path / "verdict.md").read_text(encoding="utf-8")
    assert verdict.index("## What comes once") < verdict.index("Every case's numbers")
    run_files.write(tmp_path, [run_files.document(FITS)])
    build_report(tmp_path)
    assert not (tmp_path / "first_call.csv").exists()
    assert "What comes once" not in (tmp_path / "verdict.md").read_text(encoding="utf-8")
