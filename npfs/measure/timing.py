"""One case, from fresh data to rounds: limit, validation, warm-up, then the timed call."""

import gc
import time
from functools import lru_cache
from typing import Any

from npfs.backends.base import Backend, Fit
from npfs.conformance import TOLERANCES, check_fit, loss_floor, reference_fit
from npfs.loss import safe_learning_rate
from npfs.measure.plan import Size
from npfs.problem import Problem, make_problem

PROBE_SAMPLES = 10_000
# Before the rounds two steps must agree (the second sees the first one's update); after them all must.
VALIDATED_EPOCHS = 2


def predicted_fit_seconds(backend: Backend, size: Size, epochs: int, seed: int) -> float:
    """Predict a fit from one epoch on at most 10,000 samples, in proportion to samples and epochs.

    It runs twice, so that the prediction is not a JIT compiler's; the case is compiled after it.
    """
    samples = min(size.n_samples, PROBE_SAMPLES)
    X, y, _ = fresh_data(size._replace(n_samples=samples), seed)
    data = backend.prepare(X, y)
    for _ in range(2):
        start = time.perf_counter()
        backend.fit(data, 1, 0.0)
        seconds = time.perf_counter() - start
    return seconds * epochs * size.n_samples / samples


def validate(result: Fit, backend: Backend, size: Size, epochs: int, seed: int) -> None:
    """Compare the result of ``epochs`` steps on ``fresh_data(size, seed)`` with the reference.

    Raises
    ------
    ConformanceError
        If the backend does not do the work that it is timed for.
    """
    check_fit(
        result,
        _reference(size, epochs, seed),
        f"{backend.name} on {size}, {epochs} epochs",
        tolerance=TOLERANCES[size.dtype],
        floor=loss_floor(backend),
    )


def fresh_data(size: Size, seed: int) -> tuple[Any, Any, float]:
    """Return newly allocated ``X`` and ``y``, and a learning rate that is stable on them."""
    problem = make_problem(size.n_samples, size.n_features, seed=seed)
    X, y = problem.X.astype(size.dtype), problem.y.astype(size.dtype)
    return X, y, safe_learning_rate(problem.X)


def quiet_collector() -> None:
    """Hide the harness's objects from the garbage collector: it stays on, for the backend's alone.

    They stay hidden, so that the next call has little to look through.
    """
    gc.collect()
    gc.freeze()


@lru_cache(maxsize=64)
def _reference(size: Size, epochs: int, seed: int) -> Fit:
    X, y, rate = fresh_data(size, seed)
    return reference_fit(Problem(X, y), epochs, rate)
