"""The epochs that are timed for a case, and the check of its fits, by backends of known speed."""

from typing import Any

import numpy as np
import pytest

from npfs.backends.base import Backend, Fit
from npfs.backends.conformance import ConformanceError, reference_fit
from npfs.regression.problem import Problem
from npfs.schema import Size
from npfs.suite import timing
from npfs.suite.plan import Synthetic

SOURCE = Synthetic(0)


class Clock:
    """A clock that only fits advance."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timing, "time", made)
    return made


def shortcut(clock: Clock, sample_s: float, epoch_s: float) -> Backend:
    """A backend that does all of its work in the call."""

    def fit(data: int, epochs: int, learning_rate: float) -> Fit:
        clock.now += sample_s * data + epochs * epoch_s
        return Fit([0.0], 0.0, [1.0] * epochs)

    return Backend("short", "Shortcut", lambda X, y: len(y), fit, same_work=False)


def backend(clock: Clock, call_s: float, sample_s: float) -> Backend:
    """A backend whose call and samples take these seconds; it computes nothing."""

    def prepare(X: Any, y: Any) -> int:
        return len(y)

    def fit(data: int, epochs: int, learning_rate: float) -> Fit:
        clock.now += call_s + epochs * sample_s * data
        return Fit([0.0], 0.0, [1.0] * epochs)

    return Backend("known", "Known", prepare, fit)


@pytest.mark.parametrize(
    ("call_s", "epochs", "expected"),
    [
        (5e-6, 10, None),  # 5 of 105 µs
        (6e-6, 10, 100),  # of which it takes 0.6 %
        (60e-6, 10, 1_000),  # 6 % of 100 epochs, 0.6 % of 1,000
        (60e-6, 1_000, 10),  # 1,000 epochs are timed already
        (60e-6, 100, 1_000),
        (10e-3, 10, 10_000),  # a fit of 100,000 epochs would take a second
    ],
)
def test_in_the_second_number_of_epochs_a_call_is_a_small_part(
    clock: Clock, call_s: float, epochs: int, expected: int | None
) -> None:
    pace = timing.measure_pace(backend(clock, call_s, 1e-6), Size(10, 1), SOURCE)
    assert timing.second_epochs(pace, epochs) == expected


@pytest.mark.parametrize("samples", [10, 1_000, 10_000_000])
def test_the_pace_of_few_samples_tells_that_of_all(clock: Clock, samples: int) -> None:
    pace = timing.measure_pace(backend(clock, 1e-3, 1e-6), Size(samples, 1), SOURCE)
    assert pace == pytest.approx((1e-3, samples * 1e-6))
    assert pace.fit_s(10) == pytest.approx(1e-3 + samples * 1e-5)


def test_a_shortcut_is_never_timed_by_fewer_epochs(clock: Clock) -> None:
    """Its call grows with the size and its epochs do not: two epochs would count for ten calls."""
    pace = timing.measure_pace(shortcut(clock, 1e-8, 1e-6), Size(1_000_000, 1), SOURCE)
    assert pace == pytest.approx((1e-2, 1e-6))
    assert timing.timed_epochs(pace, 10, 1.5e-3) == 10
    assert timing.second_epochs(pace, 10) == 100_000


@pytest.mark.parametrize(
    ("call_s", "epoch_s", "expected"),
    [
        (1e-6, 1e-5, 10),  # a fit of 0.1 ms is timed as a whole
        (1e-6, 2.9e-4, 10),  # two repetitions' time is not worth fewer epochs
        (1e-6, 5e-4, 3),  # three epochs fill 1.5 ms
        (1e-6, 0.09, 1),
        (1e-3, 0.09, 3),  # a call is half a per cent of three epochs, not of one
        (0.1, 1e-3, 10),  # where a call is most of a fit, nothing less stands for it
    ],
)
def test_a_slow_fit_is_timed_by_fewer_epochs_in_which_a_call_is_negligible(
    call_s: float, epoch_s: float, expected: int
) -> None:
    epochs = timing.timed_epochs(timing.Pace(call_s, epoch_s), 10, 1.5e-3)
    assert epochs == expected
    if epochs < 10:
        assert call_s <= timing.NEGLIGIBLE_CALL * epochs * epoch_s


def test_small_data_are_allocated_each_time_and_larger_ones_every_fifth() -> None:
    allocations, made = timing.Allocations(), list[int]()

    def take(size: Size) -> bool:
        return allocations.take(size, size, lambda: made.append(1))[1]

    assert [take(Size(1_000, 1)) for _ in range(6)] == [True] * 6
    assert [take(Size(1_000_000, 1)) for _ in range(11)] == [k % 5 == 0 for k in range(11)]
    assert [take(Size(10_000_000, 1)) for _ in range(3)] == [True] * 3
    assert len(made) == 6 + 3 + 3


def fitted(size: Size, epochs: int) -> Fit:
    X, y, rate = timing.fresh_data(size, SOURCE)
    return reference_fit(Problem(X, y), epochs, rate)


def test_the_first_losses_of_many_epochs_are_checked(clock: Clock) -> None:
    tool, size = backend(clock, 0, 0), Size(20, 2)
    many = fitted(size, 200)
    timing.validate(many, tool, size, 200, 10, SOURCE)
    timing.validate(fitted(size, 10), tool, size, 10, 10, SOURCE)
    losses = np.array(many.loss_history)
    losses[4] *= 1.01
    with pytest.raises(ConformanceError, match="epoch 4"):
        timing.validate(many._replace(loss_history=losses), tool, size, 200, 10, SOURCE)


@pytest.mark.parametrize("last", [np.nan, np.inf, 1e6])
def test_losses_that_rise_after_them_are_an_error(clock: Clock, last: float) -> None:
    tool, size = backend(clock, 0, 0), Size(20, 2)
    many = fitted(size, 200)
    wrong = many._replace(loss_history=[*many.loss_history[:-1], last])
    with pytest.raises(ConformanceError, match="the last is"):
        timing.validate(wrong, tool, size, 200, 10, SOURCE)


def test_too_few_losses_are_an_error(clock: Clock) -> None:
    tool, size = backend(clock, 0, 0), Size(20, 2)
    with pytest.raises(ConformanceError, match="10 losses"):
        timing.validate(fitted(size, 10), tool, size, 200, 10, SOURCE)
