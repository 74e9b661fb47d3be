"""The check that every backend must pass, importable by those who write one.

``check_backend(my_backend)`` compares it with a reference written from the formulas of
``npfs.regression.loss``.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from npfs.backends.base import Backend, Fit
from npfs.regression.learning_rate import safe_learning_rate
from npfs.regression.loss import gradients, mean_squared_error, predict
from npfs.regression.problem import Array, Problem, make_problem

SHAPES = tuple((n, d) for n in (1, 2, 3, 10, 127, 1_000, 10_000) for d in (1, 2, 16))
EPOCHS = (0, 1, 25)
# Relative, of losses and of parameters. float64: sums in another order differ by a few units in the
# last place times the root of n, and a stable rate does not amplify that; 1e-9 leaves room for
# cancellation and none for another formula. float32: a unit is 1.2e-7, and a vector of 16 partial
# sums of 1e7 numbers each carries about the root of 1e6 of them; another formula still shows at
# once.
TOLERANCES = {"float64": 1e-9, "float32": 5e-4}
# A loss this small beside the first one is rounding; it is compared with the first.
LOSS_FLOOR = 1e-6
# A shortcut takes the loss as a difference of sums of the size of the first loss (see numpy_gram).
LOSS_FLOOR_OF_SHORTCUTS = 1e-2
# Samples at once: what the formulas leave behind stays in the cache, so that 1e8 samples take
# seconds and not minutes.
REFERENCE_PART = 1 << 17


class ConformanceError(AssertionError):
    """A backend does not do the work that its siblings do."""


def reference_fit(problem: Problem, epochs: int, learning_rate: float) -> Fit:
    """Fit with the formulas of ``npfs.regression.loss``, in float64.

    Means over many samples are weighted means of parts that stay in the cache.
    """
    weights, bias = np.zeros(problem.n_features), 0.0
    loss_history = []
    for _ in range(epochs):
        loss, dw, db = 0.0, np.zeros(problem.n_features), 0.0
        for first in range(0, problem.n_samples, REFERENCE_PART):
            part = slice(first, first + REFERENCE_PART)
            X, y = problem.X[part], problem.y[part]
            share = len(y) / problem.n_samples
            y_pred = predict(X, weights, bias)
            loss += share * mean_squared_error(y, y_pred)
            part_dw, part_db = gradients(X, y, y_pred)
            dw += share * part_dw
            db += share * part_db
        loss_history.append(loss)
        weights = weights - learning_rate * dw
        bias -= learning_rate * db
    return Fit(weights.tolist(), bias, loss_history)


def check_backend(
    backend: Backend,
    *,
    shapes: Iterable[tuple[int, int]] = SHAPES,
    epochs: Sequence[int] = EPOCHS,
) -> None:
    """Check ``backend`` on problems of the given ``(n_samples, n_features)``.

    It must agree with the reference in loss history, weights and bias, leave its inputs as they
    were, and give the same answer when the same prepared data are fitted again.

    Raises
    ------
    ConformanceError
        Names the backend, the case, and for a loss the first epoch that differs.
    """
    if not {"float64"} <= set(backend.dtypes) <= set(TOLERANCES):
        raise ConformanceError(
            f"{backend.name}: dtypes must be float64 and perhaps float32, got {backend.dtypes}"
        )
    for dtype in backend.dtypes:
        for n_samples, n_features in shapes:
            _check_shape(backend, n_samples, n_features, dtype, epochs)


def _check_shape(
    backend: Backend, n_samples: int, n_features: int, dtype: str, epochs: Sequence[int]
) -> None:
    made = make_problem(n_samples, n_features, intercept=0.5, seed=n_samples + n_features)
    X, y = made.X.astype(dtype), made.y.astype(dtype)
    problem = Problem(X.copy(), y.copy())
    case = f"{backend.name} on {n_samples} x {n_features}" + (
        "" if dtype == "float64" else f", {dtype}"
    )
    data = _call(f"{case}: prepare", backend.prepare, X, y)
    for count in epochs:
        rate = safe_learning_rate(problem.X)
        where = f"{case}, {count} epochs"
        result = _call(f"{where}: fit", backend.fit, data, count, rate)
        check_fit(
            result,
            reference_fit(problem, count, rate),
            where,
            tolerance=TOLERANCES[dtype],
            floor=loss_floor(backend),
        )
        again = _call(f"{where}: fit", backend.fit, data, count, rate)
        check_fit(again, result, f"{where}, fitted again", tolerance=0.0)
    if not (np.array_equal(X, problem.X) and np.array_equal(y, problem.y)):
        raise ConformanceError(f"{case}: the inputs X and y were changed; prepare must copy")


def _call(what: str, function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except Exception as error:  # whatever a backend raises is named with the case
        raise ConformanceError(f"{what} raised {type(error).__name__}: {error}") from error


def loss_floor(backend: Backend) -> float:
    """Return the share of the first loss below which a loss is compared with the first."""
    return LOSS_FLOOR if backend.same_work else LOSS_FLOOR_OF_SHORTCUTS


def check_fit(
    result: Fit, expected: Fit, where: str, *, tolerance: float, floor: float = LOSS_FLOOR
) -> None:
    """Compare a result with the expected one; ``where`` begins the message of an error.

    Weights and bias are compared relative to the largest of them, since a weight of nearly zero is
    the difference of larger sums; each loss relative to itself, or to ``floor`` times the largest.
    """
    if not (isinstance(result, tuple) and len(result) == len(Fit._fields)):
        raise ConformanceError(f"{where}: fit must return a Fit, got {result!r}")
    result = Fit(*result)
    losses = _vector("loss_history", result.loss_history, len(expected.loss_history), where)
    weights = _vector("weights", result.weights, len(expected.weights), where)
    bias = _vector("bias", [result.bias], 1, where)
    expected_losses = np.asarray(expected.loss_history, dtype=float)
    scale = np.maximum(np.abs(expected_losses), floor * np.max(expected_losses, initial=0.0))
    wrong = ~(np.abs(losses - expected_losses) <= tolerance * scale)
    if wrong.any():
        epoch = int(np.argmax(wrong))
        raise ConformanceError(
            f"{where}: the loss differs first at epoch {epoch}: "
            f"expected {float(expected_losses[epoch])!r}, got {float(losses[epoch])!r}"
        )
    found = np.append(weights, bias)
    wanted = np.append(np.asarray(expected.weights, dtype=float), float(expected.bias))
    wrong = ~(np.abs(found - wanted) <= tolerance * np.max(np.abs(wanted)))
    if wrong.any():
        index = int(np.argmax(wrong))
        name = "bias" if index == len(wanted) - 1 else f"weights[{index}]"
        raise ConformanceError(
            f"{where}: {name} differs after all epochs: "
            f"expected {float(wanted[index])!r}, got {float(found[index])!r}"
        )


def _vector(name: str, values: Any, length: int, where: str) -> Array:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ConformanceError(f"{where}: {name} must hold numbers, got {values!r}") from None
    if array.shape != (length,):
        raise ConformanceError(
            f"{where}: {name} must have shape ({length},), got shape {array.shape}"
        )
    return array
