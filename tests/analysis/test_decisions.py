"""What to choose, on runs written by hand: the least number wins, whoever has it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.decisions import Decision, Quantity, Situation, decisions
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.schema import Size
from tests import run_files

Cell = tuple[str, int, int]
LINES = {"python": 70, "numpy": 40, "numba": 60}


def decided(
    folder: Path,
    seconds: Mapping[Cell, float],
    *,
    runs: int = 5,
    once: Sequence[dict[str, Any]] = (),
    lines: Mapping[str, int] = LINES,
) -> dict[Situation, Decision]:
    """Runs that differ by 1 %, alike in all their cases."""
    documents = []
    for k in range(runs):
        scattered = {cell: s * (1 + 0.01 * (k % 2)) for cell, s in seconds.items()}
        document = run_files.document(scattered, number=k + 1, once=once if k == 0 else ())
        for name, backend in document["npfs"]["backends"].items():
            backend |= {"lines_of_code": lines[name], "installed_bytes": {}}
        documents.append(document)
    run_files.write(folder, documents)
    return {found.situation: found for found in decisions(Evidence(read_runs(folder)))}


def at(n_samples: int, **seconds: float) -> dict[Cell, float]:
    return wide(n_samples, 1, **seconds)


def wide(n_samples: int, n_features: int, **seconds: float) -> dict[Cell, float]:
    return {(name, n_samples, n_features): s for name, s in seconds.items()}


@pytest.mark.parametrize("winner", ["python", "numpy", "numba"])
def test_whoever_is_fastest_is_chosen(tmp_path: Path, winner: str) -> None:
    seconds: dict[Cell, float] = {}
    for n_samples in (10, 1_000, 1_000_000):
        seconds |= at(n_samples, python=6.0, numpy=6.0, numba=6.0) | at(n_samples, **{winner: 2.0})
    found = decided(tmp_path, seconds)
    for situation in (Situation.HANDFUL, Situation.THOUSANDS, Situation.MILLIONS):
        assert found[situation].choices == (winner,)
        for factor in found[situation].factors.values():
            assert factor.value == pytest.approx(3.0)
        assert winner not in found[situation].factors
    assert found[Situation.HANDFUL].size == Size(10, 1)
    assert found[Situation.MILLIONS].size == Size(1_000_000, 1)


def test_of_those_without_significant_difference_the_one_with_the_fewest_lines_comes_first(
    tmp_path: Path,
) -> None:
    found = decided(tmp_path, at(10, python=3.0, numba=1.0, numpy=1.0))[Situation.HANDFUL]
    assert found.choices == ("numpy", "numba")
    lines = LINES | {"numba": 10}
    found = decided(tmp_path, at(10, python=3.0, numba=1.0, numpy=1.0), lines=lines)[
        Situation.HANDFUL
    ]
    assert found.choices == ("numba", "numpy")
    assert found.factors["python"].value == pytest.approx(3.0)


def test_the_size_suits_the_situation_or_there_is_none(tmp_path: Path) -> None:
    both = {"python": 2.0, "numpy": 1.0}
    found = decided(
        tmp_path,
        at(100, **both) | at(20_000, **both) | wide(1_000, 4, **both) | wide(9_000, 64, **both)
        | wide(50_000, 64, **both),
    )  # fmt: skip
    sizes = {situation: str(decision.size) for situation, decision in found.items()}
    assert sizes == {
        Situation.HANDFUL: "100",
        Situation.THOUSANDS: "20000",
        Situation.MILLIONS: "None",
        Situation.MANY_FEATURES: "9000x64",
        Situation.ONCE: "None",
        Situation.SERVICE: "20000",
        Situation.MEMORY: "None",
    }
    assert found[Situation.MILLIONS].choices == ()


def test_a_script_chooses_by_its_first_result_alone(tmp_path: Path) -> None:
    """Lists: 0.25 + 0.25 + 0.5 = 1 s; NumPy: 0.25 + 3.25 + 0.5 = 4 s, with faster fits."""
    once = [run_files.startup("python", 0.25), run_files.startup("numpy", 3.25)]
    found = decided(tmp_path, at(1_000, python=2.0, numpy=1.0), once=once)[Situation.ONCE]
    assert (found.choices, found.quantity) == (("python",), Quantity.FIRST_RESULT)
    assert found.factors["numpy"].value == pytest.approx(4.0)
    assert found.size == Size(1_000, 1)


def test_a_service_says_after_how_many_fits_it_has_paid(tmp_path: Path) -> None:
    once = [
        run_files.startup("numpy", 1.0), run_files.startup("numba", 21.0)
    ]  # fmt: skip
    found = decided(tmp_path, at(10_000, numpy=3.0, numba=1.0), once=once)[Situation.SERVICE]
    assert found.choices == ("numba",)
    assert found.break_even is not None
    assert found.break_even.fits is not None
    assert found.break_even.fits.value == pytest.approx(20.0 / 2.0)


def test_memory_is_the_data_and_what_is_taken_beside_them(tmp_path: Path) -> None:
    """1e6 samples are 16 MB: lists take 96 MB, without them; NumPy 56 with them, Numba 32.

    A small difference is none.
    """
    once = [
        run_files.memory("python", 10**6, 96e6, 96e6),
        run_files.memory("numpy", 10**6, 16e6, 40e6),
        run_files.memory("numba", 10**6, 16e6, 16e6),
    ]
    found = decided(tmp_path, at(10**6, python=9.0, numpy=1.0, numba=2.0), once=once)
    memory = found[Situation.MEMORY]
    assert memory.choices == ("numba",)
    assert {name: f.value for name, f in memory.factors.items()} == {
        "python": pytest.approx(3.0),
        "numpy": pytest.approx(1.75),
    }
    once[1] = run_files.memory("numpy", 10**6, 16e6, 17e6)  # 33 MB in all, and faster
    found = decided(tmp_path, at(10**6, python=9.0, numpy=1.0, numba=2.0), once=once)
    assert found[Situation.MEMORY].choices == ("numpy", "numba")  # by lines of code


def test_one_run_chooses_by_its_values_and_gives_no_interval(tmp_path: Path) -> None:
    found = decided(tmp_path, at(10, python=1.0, numpy=2.0), runs=1)[Situation.HANDFUL]
    assert found.choices == ("python",)
    assert not found.factors["numpy"].is_known


def test_one_backend_leaves_every_choice_open(tmp_path: Path) -> None:
    found = decided(tmp_path, at(10, numpy=1.0) | at(10**6, numpy=1.0))
    assert not any(decision.choices for decision in found.values())


def test_a_shortcut_is_no_choice(tmp_path: Path) -> None:
    seconds = at(10, python=3.0, numpy=2.0) | {("numpy-gram", 10, 1): 0.1}
    found = decided(tmp_path, seconds, lines=LINES | {"numpy-gram": 5})
    assert found[Situation.HANDFUL].choices == ("numpy",)


def test_a_tool_that_another_beats_is_no_choice_though_the_best_is_noisy(tmp_path: Path) -> None:
    """Numba is best on average and varies, so that lists cannot be told from it.

    NumPy beats lists in every run.
    """
    noisy = ((0.45, 1.0), (2.12, 1.01), (0.45, 0.99), (2.12, 1.0), (0.67, 1.01))
    documents = [
        run_files.document(
            {("python", 10, 1): 2.0 * f, ("numpy", 10, 1): 1.0 * f, ("numba", 10, 1): s}, number=k
        )
        for k, (s, f) in enumerate(noisy, start=1)
    ]
    run_files.write(tmp_path, documents)
    evidence = Evidence(read_runs(tmp_path))
    lists = evidence.speedup("numba", "python", Size(10, 1))
    assert lists is not None
    assert not lists.is_significant
    found = {decision.situation: decision for decision in decisions(evidence)}
    assert set(found[Situation.HANDFUL].choices) == {"numpy", "numba"}


def test_a_fifth_more_memory_is_a_difference(tmp_path: Path) -> None:
    once = [
        run_files.memory("numpy", 10**6, 16e6, 24e6),  # 40 MB in all, against 32
        run_files.memory("numba", 10**6, 16e6, 16e6),
    ]
    found = decided(tmp_path, at(10**6, numpy=1.0, numba=1.0), once=once)
    assert found[Situation.MEMORY].choices == ("numba",)


def test_a_million_is_not_thousands(tmp_path: Path) -> None:
    found = decided(tmp_path, at(100_000, python=2.0, numpy=1.0))
    assert found[Situation.THOUSANDS].size is None
    assert found[Situation.MILLIONS].size is None


def test_few_features_are_not_many(tmp_path: Path) -> None:
    both = {"python": 2.0, "numpy": 1.0}
    found = decided(tmp_path, wide(10_000, 2, **both) | wide(10_000, 4, **both))
    assert found[Situation.MANY_FEATURES].size is None
