"""The survey looks at every size, spread over the runs of a set, and tells calls from epochs."""

import time
from typing import Any

import numpy as np
import pytest

from npfs.backends.base import Backend, Fit
from npfs.backends.registry import load_backend
from npfs.measure import survey
from npfs.measure.plan import Size


def waiting(call_s: float, epoch_s: float) -> Backend:
    """A backend that takes known seconds."""

    def fit(data: Any, epochs: int, learning_rate: float) -> Fit:
        until = time.perf_counter() + call_s + epochs * epoch_s
        while time.perf_counter() < until:
            pass
        return Fit([0.0], 0.0, [0.0] * epochs)

    return Backend("waiting", "Waiting", lambda X, y: None, fit)


@pytest.mark.parametrize("parts", [1, 2, 5, 20])
def test_all_runs_of_a_set_together_look_at_every_size(parts: int) -> None:
    seen = [size for part in range(parts) for size in survey.sizes(part, parts)]
    assert set(seen) == set(survey.sizes())
    assert max(map(seen.count, seen)) <= 2
    assert {size.n_features for size in seen} == set(survey.FEATURES)
    counts = [len(survey.sizes(part, parts)) for part in range(parts)]
    assert max(counts) - min(counts) <= 3, "no run takes much longer than another"


def test_a_call_is_told_from_its_epochs() -> None:
    numbers = survey.made_up(1_000)
    look = survey.look(waiting(3e-4, 1e-4), Size(10, 1), numbers, 0.0)
    assert look.epoch_s == pytest.approx(1e-4, rel=0.2)
    assert look.call_s == pytest.approx(3e-4, rel=0.2)
    mostly_call = survey.look(waiting(3e-3, 1e-6), Size(10, 1), numbers, 0.0)
    assert mostly_call.epoch_s == pytest.approx(1e-6, rel=0.5)


def test_time_is_bounded_and_slow_sizes_are_left_out() -> None:
    start = time.perf_counter()
    list(survey.survey(waiting(0.0, 4e-3), seconds=0.2))
    assert time.perf_counter() - start < 2, "a bound that is forgotten takes 20 times as long"


def test_a_real_backend_is_seen_at_sizes_from_the_cache_to_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(survey, "IN_CACHE", 20_000)
    monkeypatch.setattr(survey, "IN_MEMORY", 50_000)
    looks = list(survey.survey(load_backend("numpy")))
    assert {look.size for look in looks} == set(survey.sizes())
    assert all(look.call_s >= 0 and look.prepare_s > 0 for look in looks)
    assert max(look.size.n_samples for look in looks) == 25_000


def test_the_problem_is_a_stable_one_and_views_one_array() -> None:
    numbers = survey.made_up(100_000)
    X, y, rate = survey.synthetic(Size(1_000, 64), numbers)
    assert np.shares_memory(X, numbers)
    assert not np.shares_memory(X, y)
    losses = load_backend("numpy").fit(load_backend("numpy").prepare(X, y), 1000, rate).loss_history
    assert np.all(np.isfinite(np.asarray(losses, float)))
    assert float(losses[-1]) < float(losses[0])
