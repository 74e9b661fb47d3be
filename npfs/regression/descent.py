"""Gradient descent by any backend: until the gradient is small, and with divergence named."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from npfs.regression.errors import DivergenceError
from npfs.regression.learning_rate import hessian, largest_stable_rate
from npfs.regression.problem import Array, all_finite

# A backend runs many epochs in one call, and starting a call (preparing the data) takes as long as
# a few of them.
EPOCHS_BETWEEN_CHECKS = 100
# A rise of the loss of at most this share of the lowest loss and of the first one may be rounding:
# sums in float64 carry about 1e-13 of themselves, and a shortcut's loss is a difference of sums as
# large as the first.
ROUNDING, ROUNDING_OF_FIRST = 1e-9, 1e-12
LOSS_OVERFLOWS = (
    "the mean of the squared targets overflows float64; "
    "divide y by a number that brings it near to 1"
)
# The largest stable rate is known from above, mostly to better than one in a hundred.
CERTAINLY_STABLE = 0.9


class Descent(NamedTuple):
    """The end of a descent, and its way there.

    Attributes
    ----------
    weights : array of shape (n_features,)
    bias : float
    loss_history : array of shape (epochs,)
        The mean squared error before each update.
    gradient_norm : float
        Euclidean norm of the gradient (dw, db) at the end; NaN if no tolerance asked for it.
    """

    weights: Array
    bias: float
    loss_history: Array
    gradient_norm: float


def descend(
    prepare: Callable[[Any, Any], Any],
    fit: Callable[[Any, int, float], tuple[Any, Any, Any]],
    X: Array,
    y: Array,
    *,
    epochs: int,
    learning_rate: float,
    tol: float | None,
) -> Descent:
    """Run ``epochs`` epochs from zero, or fewer if the gradient's norm is at most ``tol`` before.

    ``prepare(X, y)`` gives the data that ``fit(data, epochs, learning_rate)`` fits from zero; it
    returns weights, bias and loss history. To go on from weights ``w`` and a bias ``b`` the targets
    that they leave are fitted, ``y - X w - b``, and the results added: the model is linear, so the
    gradients are the same. The norm is checked every ``EPOCHS_BETWEEN_CHECKS`` epochs; without
    ``tol`` there is one call for all epochs.

    Raises
    ------
    DivergenceError
        If the loss grows since the rate is above the largest stable one.
    ValueError
        If the loss of the data themselves is not finite.
    """
    weights, bias, residual, norm = np.zeros(X.shape[1]), 0.0, y, math.nan
    history = np.empty(0)
    while len(history) < epochs:
        left = epochs - len(history)
        count = left if tol is None else min(left, EPOCHS_BETWEEN_CHECKS)
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is named below
            found = _interruptible(fit, prepare(X, residual), count, learning_rate)
            weights = weights + np.asarray(found[0], dtype=np.float64)
        bias += float(found[1])
        history = np.append(history, np.asarray(found[2], dtype=np.float64))
        require_descent(
            history, np.append(weights, bias), learning_rate, lambda: largest_stable_rate(X)
        )
        if tol is not None:
            # einsum stays on this thread, as ``scaling`` does, for the backend that goes on
            residual = y - np.einsum("ij,j->i", X, weights) - bias
            slopes = np.append(np.einsum("i,ij->j", residual, X), np.sum(residual))
            norm = 2 / len(y) * float(np.linalg.norm(slopes))
            if norm <= tol:
                break
    return Descent(weights, bias, history, norm)


def _interruptible(fit: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``fit``; turn the SystemError of Ctrl-C inside compiled code to a KeyboardInterrupt."""
    try:
        return fit(*arguments)
    except SystemError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise


def require_descent(
    history: Array, parameters: Array, learning_rate: float, stable_rate: Callable[[], float]
) -> None:
    """Raise if the losses, or the parameters after the last of them, show that descent diverges.

    With a stable rate no step raises the loss, since each of its components along an eigenvector of
    the Hessian shrinks by ``|1 - learning_rate * eigenvalue| <= 1``. So a loss that rises means
    that the rate is too large, or that the loss is so near to its least value that rounding moves
    it; the rate tells which. ``stable_rate`` computes the largest stable one, where that is needed.

    Raises
    ------
    DivergenceError
    ValueError
        If the first loss, that of the data themselves, is not finite.
    """
    if not np.isfinite(history[0]):
        raise ValueError(LOSS_OVERFLOWS)
    allowed = np.minimum.accumulate(history) * (1 + ROUNDING) + ROUNDING_OF_FIRST * history[0]
    rising = np.flatnonzero(~(history <= allowed))  # also where it is NaN
    is_finite = all_finite(history) and all_finite(parameters)
    if is_finite and not len(rising):
        return
    stable = stable_rate()
    if is_finite and learning_rate < CERTAINLY_STABLE * stable:
        return
    raise DivergenceError(int(rising[0]) if len(rising) else len(history), learning_rate, stable)


def parameter_path(X: Array, y: Array, *, epochs: int, learning_rate: float) -> Array:
    """Return weights and bias (in the last column) at the start and after each epoch.

    The shape is (epochs + 1, n_features + 1). A backend goes through these parameters and does not
    return them. Each epoch moves the parameters ``p`` against ``H p - g`` with the Hessian ``H``
    and the gradient ``-g`` at zero, O(n_features²) in place of a pass over the data. Where there
    are more features than samples it is a pass over the data, which is less.
    """
    n_samples, n_features = X.shape
    path = np.zeros((epochs + 1, n_features + 1))
    if n_features < n_samples:
        second = hessian(X)
        first = 2 / n_samples * np.append(y @ X, np.sum(y))
        for epoch in range(epochs):
            path[epoch + 1] = path[epoch] - learning_rate * (second @ path[epoch] - first)
        return path
    design = np.column_stack([X, np.ones(n_samples)])
    for epoch in range(epochs):
        error = design @ path[epoch] - y
        path[epoch + 1] = path[epoch] - learning_rate * 2 / n_samples * (error @ design)
    return path
