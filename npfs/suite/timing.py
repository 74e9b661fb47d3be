"""Data and checks around a timed fit: everything but the timing."""

import time
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np

from npfs.analysis.prediction import CALL_EPOCHS, CALL_SHARE
from npfs.backends.base import Backend, Fit
from npfs.backends.conformance import (
    TOLERANCES,
    ConformanceError,
    check_fit,
    loss_floor,
    reference_fit,
)
from npfs.harness import environment
from npfs.regression.learning_rate import safe_learning_rate
from npfs.regression.problem import Problem
from npfs.schema import Size
from npfs.suite.plan import COPIES, PROBE_NUMBERS, Source

PROBES, PROBE_S = 3, 5e-3
VALIDATED_EPOCHS = 2  # of a slow fit before its rounds: the second step sees the first one's update
MANY_EPOCHS = (100, 1_000, 10_000, 100_000)
LONGEST_FIT_S = 0.05  # where a call takes as long as very many epochs, its share stays larger
# Fewer epochs stand for a whole fit only where a call is a smaller share of them than this.
NEGLIGIBLE_CALL = 0.005
# Larger data are made anew in every fifth repetition alone: making lists of a million numbers takes
# as long as an epoch. docs/measuring.md shows that the spread over allocations stays in.
FRESH_BYTES, USES = 800_000, 5
KEPT_BYTES = 20_000_000  # what is larger is not kept from repetition to repetition
LAST_BYTES = 200_000_000  # but up to here the last problem is, for the next backend
SLOW_EPOCH_S = 0.006  # it warms up by itself: what a cache would hold is a small share of it


class Pace(NamedTuple):
    """The seconds of a call and of an epoch; a fit takes call + epochs * epoch."""

    call_s: float
    epoch_s: float

    def fit_s(self, epochs: int) -> float:
        """Return the seconds of a fit."""
        return self.call_s + epochs * self.epoch_s


def measure_pace(
    backend: Backend, size: Size, source: Source, numbers: int = PROBE_NUMBERS
) -> Pace:
    """Measure a call and an epoch on at most so many ``numbers``, in proportion to the size.

    A shortcut does in its call what others do in their epochs, which then cost the same at any
    size.
    """
    samples = min(size.n_samples, max(1, numbers // (size.n_features + 1)))
    X, y, rate = fresh_data(msgspec.structs.replace(size, n_samples=samples), source)
    data = backend.prepare(X, y)
    one_s, ten_s = (_fastest(backend, data, count, rate) for count in (1, CALL_EPOCHS))
    epoch_s = max(ten_s - one_s, one_s / 1000) / (CALL_EPOCHS - 1)  # noise may make it negative
    call_s, larger = max(0.0, one_s - epoch_s), size.n_samples / samples
    return Pace(call_s, epoch_s * larger) if backend.same_work else Pace(call_s * larger, epoch_s)


def _fastest(backend: Backend, data: Any, epochs: int, learning_rate: float) -> float:
    """Return the least seconds of a few fits: others were held up by other programs."""
    backend.fit(data, epochs, learning_rate)  # some compile for each number of epochs
    seconds: list[float] = []
    while len(seconds) < PROBES and sum(seconds) < PROBE_S:
        start = time.perf_counter()
        backend.fit(data, epochs, learning_rate)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def timed_epochs(pace: Pace, epochs: int, repetition_s: float) -> int:
    """Choose the epochs that are timed for a fit of ``epochs``: fewer where one is long.

    As many as fill a repetition, and so many that a call is negligible; each number is the same
    work an epoch.
    """
    if pace.fit_s(epochs) <= 2 * repetition_s:
        return epochs
    fill = round(repetition_s / pace.epoch_s)
    tell = int(pace.call_s / (NEGLIGIBLE_CALL * pace.epoch_s)) + 1
    return min(epochs, max(1, fill, tell))


def second_epochs(pace: Pace, epochs: int) -> int | None:
    """Choose the second number of epochs that tells a call from an epoch; None if it is negligible.

    It is the least of ``MANY_EPOCHS`` in which the share of a call is small, or ten where it is
    small in ``epochs``.
    """

    def share(count: int) -> float:
        return pace.call_s / pace.fit_s(count)

    if share(CALL_EPOCHS) <= CALL_SHARE:
        return None
    for many in (epochs, *(many for many in MANY_EPOCHS if many > epochs)):
        if many > CALL_EPOCHS and (share(many) <= CALL_SHARE or pace.fit_s(many) > LONGEST_FIT_S):
            return CALL_EPOCHS if many == epochs else many
    return many


def reason_not_to_allocate(size: Size, copies: int = COPIES) -> str | None:
    """Return the reason not to make data of that size, ``copies`` times over; None to make them.

    A system that promises more memory than it has would end the process, and not with an error.
    """
    needed = size.n_samples * (size.n_features + 1) * np.dtype(size.dtype).itemsize * copies
    available = environment.available_bytes()
    if available is None or needed <= available:
        return None
    return f"it needs up to {needed / 1e9:,.0f} GB of memory, {available / 1e9:,.0f} GB are free"


class Allocations:
    """What the repetitions of a case work on: made anew, of large data in every fifth alone."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[Any, int]] = {}

    def take(self, key: Hashable, size: Size, make: Callable[[], Any]) -> tuple[Any, bool]:
        """Return what ``make`` makes for a ``key``, and whether it was made now."""
        made, uses = self._kept.pop(key, (None, 0))
        is_new = uses == 0
        if is_new:
            del made  # its memory may serve again
            made = make()
            uses = USES if FRESH_BYTES < size.data_bytes <= KEPT_BYTES else 1
        if uses > 1:
            self._kept[key] = made, uses - 1
        return made, is_new


def prepare(backend: Backend, X: Any, y: Any) -> tuple[Any, float]:
    """Prepare newly allocated ``X`` and ``y``; return the data and the seconds that it took."""
    X, y = X.copy(), y.copy()
    start = time.perf_counter()
    data = backend.prepare(X, y)
    return data, time.perf_counter() - start


def fresh_data(size: Size, source: Source) -> tuple[Any, Any, float]:
    """Return ``X``, ``y`` and a learning rate that is stable on them; large ones are made anew."""
    if size.data_bytes > KEPT_BYTES:
        return (_data if size.data_bytes > LAST_BYTES else _last_data)(size, source)
    return _kept_data(size, source)


def _data(size: Size, source: Source) -> tuple[Any, Any, float]:
    problem = source.problem(size.n_samples, size.n_features)
    X, y = problem.X.astype(size.dtype, copy=False), problem.y.astype(size.dtype, copy=False)
    return X, y, source.learning_rate or safe_learning_rate(problem.X)


_kept_data = lru_cache(maxsize=64)(_data)
_last_data = lru_cache(maxsize=1)(_data)


def validate(
    result: Fit, backend: Backend, size: Size, epochs: int, known: int, source: Source
) -> None:
    """Compare the first ``known`` of ``epochs`` steps with the reference; the last are no larger.

    The reference of very many epochs would take longer than the fits that are timed.

    Raises
    ------
    ConformanceError
        If the backend does not do the work that it is timed for.
    """
    known = min(known, epochs)
    expected = _reference(size, known, source)
    where = f"{backend.name} on {size}, {epochs} epochs"
    tolerance, floor = TOLERANCES[size.dtype], loss_floor(backend)
    if known == epochs:
        check_fit(result, expected, where, tolerance=tolerance, floor=floor)
        return
    losses = list(result.loss_history)
    first = Fit(expected.weights, expected.bias, losses[:known])
    check_fit(first, expected, where, tolerance=tolerance, floor=floor)
    highest = losses[known - 1] + floor * losses[0]
    if len(losses) != epochs or not losses[-1] <= highest:
        raise ConformanceError(f"{where}: {len(losses)} losses, the last is {losses[-1]!r}")


@lru_cache(maxsize=128)
def _reference(size: Size, epochs: int, source: Source) -> Fit:
    X, y, rate = fresh_data(size, source)
    return reference_fit(Problem(X, y), epochs, rate)
