"""The check of predictions, with real fits and with hand-made ones."""

from pathlib import Path

import pytest

from npfs.analysis.prediction import Beyond, Estimate, Predictor
from npfs.backends.registry import load_backend
from npfs.schema import Size
from npfs.suite import advice_check
from npfs.suite.advice_check import Checked
from tests.analysis.test_prediction import evidence, numpy


def test_real_fits_are_timed_between_and_beyond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Predictions that are a thousand times too short: every interval fails, the errors say so."""
    monkeypatch.setattr(advice_check, "SECONDS", 0.0)
    monkeypatch.setattr(advice_check, "EPOCHS", (1, 3))
    monkeypatch.setattr(advice_check, "INSIDE", 3)
    monkeypatch.setattr(advice_check, "BEYOND", 1)
    monkeypatch.setattr(advice_check, "MOST_FEATURES", 16)
    found = evidence(tmp_path, runs=3, works={"numpy": lambda n, d: (1e-9, 1e-13 * n * (d + 1))})
    predictor = Predictor(found)
    backends = {"numpy": load_backend("numpy"), "not-predicted": load_backend("python")}
    tasks = advice_check.draw(predictor, backends, seed=0)
    assert len(tasks) == 4
    repetitions = list(advice_check.check(predictor, tasks, seed=0))
    assert len(repetitions) == advice_check.REPETITIONS * len(tasks)
    checked = [one for some in repetitions for one in some]
    assert sorted(one.epochs for one in checked) == [1, 1, 1, 1, 3, 3, 3, 3]
    assert sum(one.beyond.is_inside for one in checked) == 6
    assert not any(one.is_covered for one in checked)
    assert min(one.error for one in checked) > 0.9


def test_the_less_disturbed_repetition_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor(evidence(tmp_path, runs=3, works={"numpy": numpy}))
    seconds = iter([2.0, 1.0])
    monkeypatch.setattr(advice_check, "_time", lambda *task: {1: next(seconds)})
    tasks = [(load_backend("numpy"), Size(100, 1))]
    first, [checked] = advice_check.check(predictor, tasks, seed=0)
    assert first == []
    assert checked.measured_s == 1.0


def test_a_fit_that_would_take_too_long_is_not_timed(tmp_path: Path) -> None:
    works = {"numpy": lambda n, d: (1e-9, 10.0 * n)}
    predictor = Predictor(evidence(tmp_path, runs=1, works=works))
    tasks = [(load_backend("numpy"), Size(100, 1))]
    assert list(advice_check.check(predictor, tasks, seed=0)) == [[], []]


def test_errors_are_medians_by_epochs_of_each_backend_and_of_all() -> None:
    def of(backend: str, predicted_s: float, epochs: int, beyond: Beyond) -> Checked:
        return Checked(backend, Size(100, 1), epochs, beyond, Estimate(predicted_s, 0.05), 1.0)

    inside, outside = Beyond(1, 1), Beyond(5, 1)
    checked = [of("numpy", 1 + off / 100, 10, inside) for off in (-20, 2, 4)]
    checked += [of("numba", 1.08, 1, inside), of("numpy", 1.3, 10, outside)]
    numba, numpy_inside, everything, numpy_outside, all_outside = advice_check.summaries(checked)
    assert numba.backend == "numba"
    assert numba.median_errors == pytest.approx({1: 0.08})
    assert numpy_inside.median_errors == {10: pytest.approx(0.04)}
    assert numpy_inside.largest_error == pytest.approx(0.2)
    assert numpy_inside.covered == 2
    assert (everything.backend, everything.fits) == ("", 4)
    assert everything.median_error == pytest.approx(0.06)
    assert not numpy_outside.is_inside
    assert all_outside.median_error == pytest.approx(0.3)
