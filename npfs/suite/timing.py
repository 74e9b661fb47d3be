"""One case, from fresh data to rounds: limit, validation, warm-up, then the timed call."""

import gc
import time
from functools import lru_cache
from typing import Any

import numpy as np

from npfs.backends.base import Backend, Fit
from npfs.backends.conformance import TOLERANCES, check_fit, loss_floor, reference_fit
from npfs.harness import environment
from npfs.regression.learning_rate import safe_learning_rate
from npfs.regression.problem import Problem
from npfs.suite.own_data import OwnData, Source
from npfs.suite.plan import COPIES, PROBE_SAMPLES, Size

PROBES = 3
# Of a slow fit two steps must agree before the rounds (the second sees the first one's update), and
# all after them.
VALIDATED_EPOCHS = 2
# A fit for which benchmark(...) would have time for no more rounds than this is slow: it calls it
# twice besides.
CALLS_AROUND_ROUNDS = 4


def reason_not_to_allocate(size: Size, copies: int = COPIES) -> str | None:
    """Return why data of that size, ``copies`` times over, are not made here, None if they are.

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
    X, y, _ = fresh_data(size._replace(n_samples=samples), source)
    data = backend.prepare(X, y)
    seconds = []
    for _ in range(1 + PROBES):
        start = time.perf_counter()
        backend.fit(data, 1, 0.0)
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:]) * epochs * size.n_samples / samples


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


def fresh_data(size: Size, source: Source) -> tuple[Any, Any, float]:
    """Return newly allocated ``X`` and ``y``, and a learning rate that is stable on them."""
    problem = source.problem(size.n_samples, size.n_features)
    is_shared = isinstance(source, OwnData)  # the others make it anew
    X = problem.X.astype(size.dtype, copy=is_shared)
    y = problem.y.astype(size.dtype, copy=is_shared)
    return X, y, source.learning_rate or safe_learning_rate(problem.X)


def quiet_collector() -> None:
    """Hide the harness's objects from the garbage collector: it stays on, for the backend's alone.

    They stay hidden, so that the next call has little to look through.
    """
    gc.collect()
    gc.freeze()


@lru_cache(maxsize=64)
def _reference(size: Size, epochs: int, source: Source) -> Fit:
    X, y, rate = fresh_data(size, source)
    return reference_fit(Problem(X, y), epochs, rate)
