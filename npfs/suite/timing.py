"""One case, from fresh data to rounds: limit, validation, warm-up, then the timed call."""

import time
from functools import lru_cache
from typing import Any

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
from npfs.suite.own_data import OwnData, Source
from npfs.suite.plan import COPIES, PROBE_SAMPLES

PROBES = 3
# Of a slow fit two steps must agree before the rounds (the second sees the first one's update), and
# all after them.
VALIDATED_EPOCHS = 2
# A fit for which benchmark(...) would have time for no more rounds than this is slow: it calls it
# twice besides.
CALLS_AROUND_ROUNDS = 4
MANY_EPOCHS = (100, 1_000, 10_000, 100_000)
LONGEST_FIT_S = 0.05  # where a call takes as long as very many epochs, its share stays larger
CALL_PROBE_NUMBERS, CALL_PROBE_S = 2_000, 5e-3


def reason_not_to_allocate(size: Size, copies: int = COPIES) -> str | None:
    """Return the reason not to make data of that size, ``copies`` times over; None to make them.

    A system that promises more memory than it has would end the process, and not with an error.
    """
    needed = size.n_samples * (size.n_features + 1) * np.dtype(size.dtype).itemsize * copies
    available = environment.available_bytes()
    if available is None or needed <= available:
        return None
    return f"it needs up to {needed / 1e9:,.0f} GB of memory, {available / 1e9:,.0f} GB are free"


def predicted_fit_seconds(
    backend: Backend, size: Size, epochs: int, source: Source, at_most: int = PROBE_SAMPLES
) -> float:
    """Predict a fit from one epoch on ``at_most`` samples, in proportion to samples and epochs.

    The first call is a JIT compiler's, so the case is compiled after this; of the others the
    fastest counts, since one that was held up by another program would be multiplied.
    """
    samples = min(size.n_samples, at_most)
    X, y, _ = fresh_data(msgspec.structs.replace(size, n_samples=samples), source)
    data = backend.prepare(X, y)
    seconds = []
    for _ in range(1 + PROBES):
        start = time.perf_counter()
        backend.fit(data, 1, 0.0)
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:]) * epochs * size.n_samples / samples


def second_epochs(backend: Backend, size: Size, source: Source, epochs: int) -> int | None:
    """Choose the second number of epochs that tells a call from an epoch; None if it is negligible.

    It is the least of ``MANY_EPOCHS`` in which the share of a call is small, or ten where it is
    small in ``epochs``.
    """
    fewest = max(1, CALL_PROBE_NUMBERS // (size.n_features + 1))
    steps = [fewest * 10**step for step in range(9) if fewest * 10**step < size.n_samples]
    for samples in (*steps, size.n_samples):  # with each step the share of a call is smaller
        X, y, rate = fresh_data(Size(samples, size.n_features, size.dtype), source)
        data = backend.prepare(X, y)
        one_s, ten_s = (_fastest(backend, data, count, rate) for count in (1, CALL_EPOCHS))
        if _call_seconds(one_s, 1, ten_s, CALL_EPOCHS) <= CALL_SHARE * ten_s:
            return None
    for many in (epochs, *(many for many in MANY_EPOCHS if many > epochs)):
        if many <= CALL_EPOCHS:
            continue
        many_s = _fastest(backend, data, many, rate)
        is_small = _call_seconds(ten_s, CALL_EPOCHS, many_s, many) <= CALL_SHARE * many_s
        if is_small or many_s > LONGEST_FIT_S:
            return CALL_EPOCHS if many == epochs else many
    return many


def _fastest(backend: Backend, data: Any, epochs: int, learning_rate: float) -> float:
    """Return the least seconds of a few fits."""
    backend.fit(data, epochs, learning_rate)  # some compile for each number of epochs
    seconds: list[float] = []
    while len(seconds) < PROBES and sum(seconds) < CALL_PROBE_S:
        start = time.perf_counter()
        backend.fit(data, epochs, learning_rate)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _call_seconds(few_s: float, few: int, many_s: float, many: int) -> float:
    """Return the seconds of a call, from fits of two numbers of epochs."""
    return few_s - few * (many_s - few_s) / (many - few)


def validate(result: Fit, backend: Backend, size: Size, epochs: int, source: Source) -> None:
    """Compare the result of ``epochs`` steps on ``fresh_data(size, source)`` with the reference.

    Raises
    ------
    ConformanceError
        If the backend does not do the work that it is timed for.
    """
    check_fit(
        result,
        _reference(size, epochs, source),
        f"{backend.name} on {size}, {epochs} epochs",
        tolerance=TOLERANCES[size.dtype],
        floor=loss_floor(backend),
    )


def validate_first(
    result: Fit, backend: Backend, size: Size, epochs: int, many: int, source: Source
) -> None:
    """Compare the first ``epochs`` losses of ``many`` with the reference; the last are no larger.

    The reference of very many epochs would take longer than the fits that are timed.

    Raises
    ------
    ConformanceError
        If the backend does not do the work that it is timed for.
    """
    if many == epochs:
        validate(result, backend, size, epochs, source)
        return
    expected, losses = _reference(size, epochs, source), list(result.loss_history)
    where = f"{backend.name} on {size}, {epochs} of {many} epochs"
    first = Fit(expected.weights, expected.bias, losses[:epochs])
    tolerance, floor = TOLERANCES[size.dtype], loss_floor(backend)
    check_fit(first, expected, where, tolerance=tolerance, floor=floor)
    highest = losses[epochs - 1] + floor * losses[0]
    if len(losses) != many or not losses[-1] <= highest:
        raise ConformanceError(f"{where}: {len(losses)} losses, the last is {losses[-1]!r}")


@lru_cache(maxsize=1)
def kept_data(size: Size, source: Source) -> tuple[Any, Any, float]:
    """Return ``fresh_data`` made once: making large data takes longer than fitting them."""
    return fresh_data(size, source)


def fresh_data(size: Size, source: Source) -> tuple[Any, Any, float]:
    """Return newly allocated ``X`` and ``y``, and a learning rate that is stable on them."""
    problem = source.problem(size.n_samples, size.n_features)
    is_shared = isinstance(source, OwnData)  # the others make it anew
    X = problem.X.astype(size.dtype, copy=is_shared)
    y = problem.y.astype(size.dtype, copy=is_shared)
    return X, y, source.learning_rate or safe_learning_rate(problem.X)


@lru_cache(maxsize=64)
def _reference(size: Size, epochs: int, source: Source) -> Fit:
    X, y, rate = fresh_data(size, source)
    return reference_fit(Problem(X, y), epochs, rate)
