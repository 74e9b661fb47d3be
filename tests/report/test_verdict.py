"""The rules on runs written by hand: every sentence and number can be checked by eye."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from npfs.evidence.analysis import Evidence
from npfs.evidence.runs import read_runs
from npfs.report.verdict import caveats, verdict
from tests import run_files
from tests.evidence.test_analysis import LISTS_WIN_AT_10, Cell, repeated


def made(folder: Path, documents: list[dict[str, Any]]) -> Evidence:
    run_files.write(folder, documents)
    return Evidence(read_runs(folder))


def sentences(folder: Path, seconds: Mapping[Cell, float]) -> list[str]:
    return verdict(made(folder, repeated(seconds)))


def test_where_lists_win_is_said(tmp_path: Path) -> None:
    found = sentences(tmp_path, LISTS_WIN_AT_10 | {("numpy", 100, 1): 20.0})
    assert found == [
        "On 1,000 samples a fit with NumPy is 8.33× (8.33 to 8.33) as fast as with Python lists.",
        "NumPy is faster than lists from 1,000 samples on; at 100 it is not yet.",
        "On 10 samples a fit with Python lists is 9.00× (9.00 to 9.00) as fast as with NumPy.",
        "Fastest per fit at 10 to 100 samples: Python lists.",
        "Fastest per fit at 1,000 samples: NumPy.",
        "These are times of a fit alone: importing a library and compiling come once, on top.",
    ]


def test_numpy_is_not_favoured_over_numba(tmp_path: Path) -> None:
    seconds = {("numpy", n, 1): 1.0 * n for n in (10, 1000)} | {
        ("numba", 10, 1): 2.0,
        ("numba", 1000, 1): 500.0,
        ("numpy", 1000, 64): 10.0,
        ("numba", 1000, 64): 30.0,
    }
    found = sentences(tmp_path, seconds)
    assert found[:2] == [
        "Numba is faster than NumPy at every measured number of samples of one feature: from "
        "2.00× (2.00 to 2.00) at 1,000 to 5.00× (5.00 to 5.00) at 10.",
        "On 1,000 samples of 64 features a fit with NumPy is 3.00× (3.00 to 3.00) as fast as with "
        "Numba.",
    ]


def test_what_cannot_be_told_apart_is_within_noise(tmp_path: Path) -> None:
    documents = [
        run_files.document({("python", 10, 1): 1.0, ("numpy", 10, 1): s}, number=k)
        for k, s in enumerate((0.9, 1.1, 1.0), 1)
    ]
    found = verdict(made(tmp_path, documents))
    assert found[0].startswith(
        "On 10 samples fits with NumPy and with Python lists are within noise of each other: 1.00× ("
    )
    assert "NumPy is not faster than lists anywhere in the measured range." in found
    assert any(re.match("Fastest per fit at 10 samples: .* or .*", sentence) for sentence in found)


def test_a_plug_in_gets_a_sentence(tmp_path: Path) -> None:
    found = sentences(tmp_path, {("numpy", 10, 1): 4.0, ("mine", 10, 1): 2.0})
    assert "On 10 samples a fit with mine is 2.00× (2.00 to 2.00) as fast as with NumPy." in found


def test_one_backend_gives_no_comparison(tmp_path: Path) -> None:
    assert sentences(tmp_path, {("numpy", 10, 1): 4.0}) == []


def test_one_run_says_that_it_has_no_interval(tmp_path: Path) -> None:
    found = made(tmp_path, [run_files.document(LISTS_WIN_AT_10)])
    assert "8.33× (one run, so no interval)" in verdict(found)[0]
    assert caveats(found)[0].startswith("This is one run: it gives no interval")


def test_every_factor_has_an_interval(tmp_path: Path) -> None:
    for sentence in sentences(tmp_path, LISTS_WIN_AT_10):
        for match in re.finditer("×", sentence):
            assert sentence[match.end() :].startswith(" ("), sentence


def test_what_was_left_out_is_said(tmp_path: Path) -> None:
    older = run_files.document({("numpy", 10, 1): 1.0}, number=1, epochs=20)
    slow = run_files.ENVIRONMENT | {"speed_variables": {"OPENBLAS_CORETYPE": "Haswell"}}
    newer = run_files.document(
        {("numpy", 10, 1): 1.0},
        number=2,
        interrupted=True,
        skipped={"python-10000000": "one fit would take 9 s, the limit is 3 s"},
        environment=slow,
    )
    run_files.write(tmp_path, [older, newer])
    (tmp_path / "runs" / "broken.json").write_text("{")
    found = " ".join(caveats(Evidence(read_runs(tmp_path))))
    for part in (
        "OPENBLAS_CORETYPE=Haswell was set, which can make NumPy slower",
        "1 of the runs were interrupted",
        "broken.json was left out: is not valid JSON",
        "Run 1 was left out: epochs: 20 there, 10 now",
        "python-10000000 was not timed: one fit would take 9 s, the limit is 3 s.",
    ):
        assert part in found


@pytest.mark.parametrize("reverse", [False, True])
def test_the_rules_do_not_care_about_the_order_of_runs(tmp_path: Path, reverse: bool) -> None:
    documents = repeated(LISTS_WIN_AT_10)
    run_files.write(tmp_path, list(reversed(documents)) if reverse else documents)
    assert len(verdict(Evidence(read_runs(tmp_path)))) == 6
