"""An example backend: the standard library's ``array``, which keeps plain numbers side by side.

All that npfs needs is ``BACKEND`` and the entry point in ``pyproject.toml``.
"""

from array import array
from collections.abc import Sequence
from typing import Any

from npfs.backends.base import Backend, Fit


def prepare(X: Any, y: Any) -> tuple[list[Sequence[float]], Sequence[float]]:
    """Return the columns of ``X`` and ``y`` as arrays of C doubles."""
    return [array("d", column) for column in X.T.tolist()], array("d", y.tolist())


def fit(
    data: tuple[list[Sequence[float]], Sequence[float]], epochs: int, learning_rate: float
) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero."""
    columns, y = data
    n_samples = len(y)
    weights, bias = [0.0] * len(columns), 0.0
    loss_history = []
    for _ in range(epochs):
        errors = [bias - y_i for y_i in y]
        for weight, column in zip(weights, columns, strict=True):
            errors = [error + weight * x_i for error, x_i in zip(errors, column, strict=True)]
        loss_history.append(sum(error * error for error in errors) / n_samples)
        slopes = [sum(map(float.__mul__, errors, column)) for column in columns]
        weights = [
            w - learning_rate * 2 * dw / n_samples for w, dw in zip(weights, slopes, strict=True)
        ]
        bias -= learning_rate * 2 * sum(errors) / n_samples
    return Fit(weights, bias, loss_history)


BACKEND = Backend("array", "Standard library array", prepare, fit)
