"""The second number of epochs of a case, and the check of its fits, by backends of known speed."""

from typing import Any

import numpy as np
import pytest

from npfs.backends.base import Backend, Fit
from npfs.backends.conformance import ConformanceError, reference_fit
from npfs.regression.problem import Problem
from npfs.schema import Size
from npfs.suite import timing
from npfs.suite.own_data import Synthetic

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
    tool = backend(clock, call_s, 1e-6)
    assert timing.second_epochs(tool, Size(10, 1), SOURCE, epochs) == expected


def test_a_call_that_few_samples_show_is_looked_for_at_all_of_them(clock: Clock) -> None:
    tool = backend(clock, 1e-3, 1e-6)
    assert timing.second_epochs(tool, Size(1_000, 1), SOURCE, 10) == 100
    assert timing.second_epochs(tool, Size(100_000, 1), SOURCE, 10) is None


def fitted(size: Size, epochs: int) -> Fit:
    X, y, rate = timing.fresh_data(size, SOURCE)
    return reference_fit(Problem(X, y), epochs, rate)


def test_the_first_losses_of_many_epochs_are_checked(clock: Clock) -> None:
    tool, size = backend(clock, 0, 0), Size(20, 2)
    many = fitted(size, 200)
    timing.validate_first(many, tool, size, 10, 200, SOURCE)
    timing.validate_first(fitted(size, 10), tool, size, 10, 10, SOURCE)
    losses = np.array(many.loss_history)
    losses[4] *= 1.01
    with pytest.raises(ConformanceError, match="epoch 4"):
        timing.validate_first(many._replace(loss_history=losses), tool, size, 10, 200, SOURCE)


@pytest.mark.parametrize("last", [np.nan, np.inf, 1e6])
def test_losses_that_rise_after_them_are_an_error(clock: Clock, last: float) -> None:
    tool, size = backend(clock, 0, 0), Size(20, 2)
    many = fitted(size, 200)
    wrong = many._replace(loss_history=[*many.loss_history[:-1], last])
    with pytest.raises(ConformanceError, match="the last is"):
        timing.validate_first(wrong, tool, size, 10, 200, SOURCE)


def test_too_few_losses_are_an_error(clock: Clock) -> None:
    tool, size = backend(clock, 0, 0), Size(20, 2)
    with pytest.raises(ConformanceError, match="10 losses"):
        timing.validate_first(fitted(size, 10), tool, size, 10, 200, SOURCE)
