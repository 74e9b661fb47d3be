"""The survey looks at every size, spread over the runs of a set, and tells calls from epochs."""

from typing import Any

import numpy as np
import pytest

from npfs.backends.base import Backend, Fit
from npfs.backends.registry import load_backend
from npfs.suite import survey
from npfs.suite.plan import Size


class Clock:
    """A clock that a backend moves on by the seconds it is meant to take."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def backend(self, call_s: float, epoch_s: float) -> Backend:
        def fit(data: Any, epochs: int, learning_rate: float) -> Fit:
            self.now += call_s + epochs * epoch_s
            return Fit([0.0], 0.0, [0.0] * epochs)

        def prepare(X: Any, y: Any) -> None:
            self.now += 7e-5

        return Backend("clocked", "Clocked", prepare, fit)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.perf_counter", clock)
    return clock


@pytest.mark.parametrize("parts", [1, 2, 5, 20])
def test_all_runs_of_a_set_together_look_at_every_size(parts: int) -> None:
    seen = [size for part in range(parts) for size in survey.sizes(part, parts)]
    assert set(seen) == set(survey.sizes())
    assert max(map(seen.count, seen)) <= 2
    assert {size.n_features for size in seen} == set(survey.FEATURES)
    counts = [len(survey.sizes(part, parts)) for part in range(parts)]
    assert max(counts) - min(counts) <= 3, "no run takes much longer than another"


@pytest.mark.parametrize(
    ("call_s", "epoch_s"),
    [(3e-4, 1e-4), (3e-3, 1e-6), (0.0, 2e-3), (1e-7, 1e-7), (0.1, 1e-5)],
)
def test_a_call_is_told_from_its_epochs(clock: Clock, call_s: float, epoch_s: float) -> None:
    numbers = survey.made_up(1_000)
    seen = survey.look(clock.backend(call_s, epoch_s), Size(10, 1), numbers, 10 * epoch_s)
    assert seen.epoch_s == pytest.approx(epoch_s, rel=1e-6)
    assert seen.call_s == pytest.approx(call_s, rel=1e-6, abs=1e-12)
    assert seen.prepare_s == pytest.approx(7e-5)


def test_time_is_bounded_and_slow_sizes_are_left_out(clock: Clock) -> None:
    looks = list(survey.survey(clock.backend(0.0, 4e-3), seconds=0.2))
    assert 0 < len(looks) < len(survey.sizes())
    assert clock.now < 0.2 + 3 * 0.2, (
        "two looks come before, to compile, and the last may end after the bound"
    )


def test_what_would_take_too_long_is_not_looked_at(clock: Clock) -> None:
    def fit(data: tuple[int, int], epochs: int, learning_rate: float) -> Fit:
        clock.now += epochs * 50e-9 * data[0] * (data[1] + 1)
        return Fit([0.0], 0.0, [0.0] * epochs)

    lists = Backend("lists", "Lists", lambda X, y: X.shape, fit)
    looks = list(survey.survey(lists, seconds=1e9))
    assert max(look.epoch_s for look in looks) <= survey.LONGEST_EPOCH_S
    assert {look.size.n_features for look in looks} == set(survey.FEATURES)


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
