"""The backend that ``backend="auto"`` chooses, on hand-made runs."""

from pathlib import Path

import pytest

from npfs.estimator.auto import choose_backend
from tests import run_files
from tests.analysis.test_prediction import Work, evidence, lists, numpy


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Stored runs of lists, NumPy and a shortcut whose speed is known."""
    evidence(tmp_path, runs=3)
    return tmp_path


def test_the_fastest_that_is_no_shortcut_is_chosen(runs: Path) -> None:
    chosen = choose_backend(100_000, 1, 1000, reports=runs)
    assert chosen.backend == "numpy"
    assert "predicted from stored runs" in chosen.reason
    assert "measure anew" not in chosen.reason


def test_without_runs_it_is_numpy_with_the_reason(tmp_path: Path) -> None:
    chosen = choose_backend(100, 1, 10, reports=tmp_path)
    assert chosen.backend == "numpy"
    assert "holds no runs" in chosen.reason


def test_new_runs_are_read_again(tmp_path: Path) -> None:
    assert choose_backend(10**6, 1, 1000, reports=tmp_path).backend == "numpy"
    evidence(tmp_path, runs=3, works={"python": lambda n, d: (1e-12, 1e-9), "numpy": numpy})
    assert choose_backend(10**6, 1, 1000, reports=tmp_path).backend == "python"


def test_a_backend_that_is_not_installed_here_is_not_chosen(tmp_path: Path) -> None:
    works: dict[str, Work] = {
        "gone": lambda n, d: (1e-12, 1e-12),
        "numpy": numpy,
        "python": lists,
    }
    evidence(tmp_path, runs=3, works=works)
    assert choose_backend(10**5, 1, 1000, reports=tmp_path).backend == "numpy"


def test_one_fit_and_many_may_ask_for_different_backends(tmp_path: Path) -> None:
    """NumPy is ten times as fast and takes 10 ms to convert."""
    works: dict[str, Work] = {
        "python": lambda n, d: (1e-12, 1e-6 * n),
        "numpy": lambda n, d: (1e-12, 1e-7 * n),
    }
    evidence(tmp_path, runs=1, works=works, conversion_s={"python": 1e-6, "numpy": 1e-2})
    assert choose_backend(1_000, 1, 1, reports=tmp_path).backend == "python"
    assert choose_backend(1_000, 1, 1, fits=100, reports=tmp_path).backend == "numpy"


def test_runs_of_another_machine_are_said_to_be(runs: Path) -> None:
    for path in runs.rglob("*.json"):
        path.write_text(path.read_text().replace('"numba": "0.68.1"', '"numba": "0.1"'))
    assert "numba 0.1 there" in choose_backend(10, 1, 1, reports=runs).reason


def test_runs_of_several_sizes_are_taken_rather_than_a_later_one(runs: Path) -> None:
    """Such as one on a table, of other epochs, in which NumPy is very slow."""
    run_files.write(runs, [run_files.document({("numpy", 10, 1): 1e3}, 9, epochs=50)])
    assert choose_backend(100_000, 1, 1000, reports=runs).backend == "numpy"
