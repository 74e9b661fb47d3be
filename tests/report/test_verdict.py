"""The answer in three sentences, on runs written by hand: every number can be checked by eye."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.verdict import answer, lists_or_numpy, numpy_or_numba, what_it_costs
from tests import run_files
from tests.analysis.test_evidence import Cell, repeated


def made(
    folder: Path,
    seconds: Mapping[Cell, float],
    *,
    runs: int = 3,
    once: Sequence[dict[str, Any]] = (),
) -> Evidence:
    documents = repeated(seconds, runs)
    for document in documents:
        document["benchmarks"] += once
    run_files.write(folder, documents)
    return Evidence(read_runs(folder))


def of(name: str, **seconds: float) -> dict[Cell, float]:
    """Seconds by the number of samples, such as ``n10``."""
    return {(name, int(n.removeprefix("n")), 1): s for n, s in seconds.items()}


STARTS = [
    run_files.startup("python", 0.25),
    run_files.startup("numpy", 1.25),
    run_files.startup("numba", 11.25),
]


def test_the_answer_has_three_sentences(tmp_path: Path) -> None:
    seconds = (
        of("python", n10=1.0, n1000=100.0)
        | of("numpy", n10=2.0, n1000=10.0)
        | of("numba", n10=1.0, n1000=5.0)
        | {("numpy", 1000, 64): 1.0, ("numba", 1000, 64): 4.0}
    )
    assert answer(made(tmp_path, seconds, once=STARTS)) == [
        "Use NumPy in place of lists from 1,000 samples on: on 1,000 a fit is 10.0× (10.0 to 10.0) as fast; on 10 "
        "samples lists are 2.00× (2.00 to 2.00) as fast.",
        "Numba is faster still: a plain compiled loop is 2.00× (2.00 to 2.00) as fast as NumPy at 10 samples; on "
        "1,000 samples of 64 features NumPy is 4.00× (4.00 to 4.00) as fast as Numba.",
        "The price is the start: the first result takes 1.00 s (1.00 to 1.00) with Python lists, 2.00 s (2.00 to "
        "2.00) with NumPy and 12.0 s (12.0 to 12.0) with Numba, which 1.99 (1.97 to 2.02) fits of 1,000 samples "
        "repay.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("numpy", "sentence"),
    [
        ({"n10": 0.5, "n1000": 10.0}, "Use NumPy in place of lists at every measured number of samples: on 1,000 a fit is 10.0× (10.0 to 10.0) as fast."),
        ({"n10": 2.0, "n1000": 400.0}, "Stay with lists here: on 1,000 samples a fit is 4.00× (4.00 to 4.00) as fast as with NumPy."),
        ({"n10": 2.0, "n1000": 100.0}, "On 1,000 samples fits with NumPy and with Python lists are within noise of each other: 1.00× (1.00 to 1.00)."),
        ({"n500": 2.0}, ""),
    ],
)  # fmt: skip
def test_lists_are_not_disfavoured(tmp_path: Path, numpy: dict[str, float], sentence: str) -> None:
    found = made(tmp_path, of("python", n10=1.0, n1000=100.0) | of("numpy", **numpy))
    assert lists_or_numpy(found) == sentence


@pytest.mark.parametrize(
    ("numba", "sentence"),
    [
        ({"n10": 0.5, "n1000": 2.5}, "Numba is faster still: a plain compiled loop is 2.00× (2.00 to 2.00) as fast as NumPy at 10 samples and 4.00× (4.00 to 4.00) at 1,000."),
        ({"n10": 2.0, "n1000": 2.5}, "Numba is faster than NumPy at 1,000 samples, not at the others: a plain compiled loop is 4.00× (4.00 to 4.00) as fast as NumPy at 1,000 samples."),
        ({"n10": 2.0, "n1000": 20.0}, "On one feature you do not need Numba: NumPy is faster at every measured number of samples, 2.00× (2.00 to 2.00) on 1,000 samples."),
        ({"n10": 2.0, "n1000": 10.0}, "On 1,000 samples fits with Numba and with NumPy are within noise of each other: 1.00× (1.00 to 1.00)."),
    ],
)  # fmt: skip
def test_numba_is_not_disfavoured_nor_favoured(
    tmp_path: Path, numba: dict[str, float], sentence: str
) -> None:
    found = made(tmp_path, of("numpy", n10=1.0, n1000=10.0) | of("numba", **numba))
    assert numpy_or_numba(found) == sentence


def test_features_alone_are_compared_too(tmp_path: Path) -> None:
    seconds = {("numpy", 1000, 64): 1.0, ("numba", 1000, 64): 4.0}
    assert numpy_or_numba(made(tmp_path, seconds)) == (
        "On 1,000 samples of 64 features a fit with NumPy is 4.00× (4.00 to 4.00) as fast as with Numba."
    )


def test_one_run_says_so_in_every_sentence(tmp_path: Path) -> None:
    seconds = (
        of("python", n10=1.0, n1000=100.0)
        | of("numpy", n10=2.0, n1000=10.0)
        | of("numba", n1000=5.0)
    )
    sentences = answer(made(tmp_path, seconds, runs=1))
    assert len(sentences) == 2
    assert all("(one run, so no interval)" in sentence for sentence in sentences)


def test_what_was_not_measured_is_not_said(tmp_path: Path) -> None:
    assert answer(made(tmp_path, of("numpy", n10=1.0))) == []
    assert what_it_costs(made(tmp_path, of("numpy", n10=1.0), once=STARTS[1:2])) == ""


def test_no_factor_stands_without_its_interval(tmp_path: Path) -> None:
    """On the committed runs: after each factor comes its interval, or in words why there is none."""
    import re

    reference = Path(__file__).parents[2] / "reports" / "reference" / "runs"
    sentences = answer(Evidence(read_runs(reference)))
    assert len(sentences) == 3
    for sentence in sentences:
        factors = re.findall(r"\d×(.{0,2})", sentence)
        assert factors or "ms" in sentence
        assert all(after == " (" for after in factors)


@pytest.mark.parametrize(
    ("numba", "clause"),
    [
        (0.5, "on 10,000 samples of 64 features Numba is 2.00× (2.00 to 2.00) as fast as NumPy."),
        (4.0, "on 10,000 samples of 64 features NumPy is 4.00× (4.00 to 4.00) as fast as Numba."),
        (1.0, "the two are within noise of each other, 1.00× (1.00 to 1.00) for NumPy."),
    ],
)
def test_the_clause_on_many_features_names_who_is_ahead(
    tmp_path: Path, numba: float, clause: str
) -> None:
    """Of several sizes with the most features the one nearest to 10,000 samples."""
    seconds = of("numpy", n10=1.0) | of("numba", n10=2.0)
    for n_samples in (1_000, 10_000, 100_000):
        right = n_samples == 10_000
        seconds |= {
            ("numpy", n_samples, 64): 1.0,
            ("numba", n_samples, 64): numba if right else 9.0,
        }
    assert numpy_or_numba(made(tmp_path, seconds)).endswith(clause)
