"""Gradient descent through a backend: until the gradient is small, and honest about where it ended."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from npfs.backends.base import Backend, Fit
from npfs.regression import one_thread
from npfs.regression.errors import DivergenceError
from npfs.regression.learning_rate import hessian, largest_stable_rate
from npfs.regression.problem import Array

# A backend runs many epochs in one call, and what starts a call (preparing the data) takes as long as a few of them.
EPOCHS_BETWEEN_LOOKS = 100
# A rise of the loss that is no more than this, of the lowest loss and of the first one, may be rounding: sums in
# float64 carry about 1e-13 of themselves, and a shortcut's loss is a difference of sums as large as the first.
ROUNDING, ROUNDING_OF_FIRST = 1e-9, 1e-12
LOSS_OVERFLOWS = "the mean of the squared targets overflows float64; divide y by a number that brings it near to 1"
# The largest stable rate is known from above, mostly to better than one in a hundred.
CERTAINLY_STABLE = 0.9


class Descent(NamedTuple):
    """Where descent ended, and its way there.

    Attributes
    ----------
    weights : array of shape (n_features,)
    bias : float
    loss_history : array of shape (epochs,)
        The mean squared error before each update.
    gradient_norm : float
        Euclidean norm of the gradient (dw, db) where it ended; NaN if it was not asked for.
    """

    weights: Array
    bias: float
    loss_history: Array
    gradient_norm: float


def descend(
    backend: Backend, X: Array, y: Array, *, epochs: int, learning_rate: float, tol: float | None
) -> Descent:
    """Run ``epochs`` epochs from zero, or fewer if the gradient's norm is at most ``tol`` before.

    A backend starts at zero. To go on from weights ``w`` and a bias ``b`` it is given the targets that they leave,
    ``y - X w - b``, and what it finds is added to them: the model is linear, so the gradients are the same. The norm
    is looked at every ``EPOCHS_BETWEEN_LOOKS`` epochs; without ``tol`` there is one call for all epochs.

    Raises
    ------
    DivergenceError
        If the loss grows since the rate is above the largest stable one.
    ValueError
        If the loss of the data themselves is not finite.
    """
    weights, bias, rest, norm = np.zeros(X.shape[1]), 0.0, y, math.nan
    history = np.empty(0)
    while len(history) < epochs:
        left = epochs - len(history)
        count = left if tol is None else min(left, EPOCHS_BETWEEN_LOOKS)
        with np.errstate(over="ignore", invalid="ignore"):  # what diverges is named below
            found = _fit(backend, backend.prepare(X, rest), count, learning_rate)
            weights = weights + np.asarray(found.weights, dtype=np.float64)
        bias += float(found.bias)
        history = np.append(history, np.asarray(found.loss_history, dtype=np.float64))
        require_descent(
            history, np.append(weights, bias), learning_rate, lambda: largest_stable_rate(X)
        )
        if tol is not None:
            rest = y - one_thread.predictions(X, weights, bias)
            slopes = np.append(one_thread.weighted_sums(X, rest), np.sum(rest))
            norm = 2 / len(y) * float(np.linalg.norm(slopes))
            if norm <= tol:
                break
    return Descent(weights, bias, history, norm)


def _fit(backend: Backend, data: Any, epochs: int, learning_rate: float) -> Fit:
    """Call the backend; Ctrl-C inside a compiled function, of which the interpreter makes a SystemError, is one again."""
    try:
        return backend.fit(data, epochs, learning_rate)
    except SystemError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise


def require_descent(
    history: Array, parameters: Array, learning_rate: float, stable_rate: Callable[[], float]
) -> None:
    """Raise if the losses, or the parameters after the last of them, show that descent diverges.

    With a stable rate no step raises the loss, since each of its components along an eigenvector of the Hessian
    shrinks by ``|1 - learning_rate * eigenvalue| <= 1``. So a loss that rises means that the rate is too large,
    or that the loss is so near to its least value that rounding moves it; the rate tells which. ``stable_rate`` finds the
    largest stable one, where that is needed.

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
    is_finite = np.isfinite(history).all() and np.isfinite(parameters).all()
    if is_finite and not len(rising):
        return
    stable = stable_rate()
    if is_finite and learning_rate < CERTAINLY_STABLE * stable:
        return
    raise DivergenceError(int(rising[0]) if len(rising) else len(history), learning_rate, stable)


def parameter_path(X: Array, y: Array, *, epochs: int, learning_rate: float) -> Array:
    """Return weights and bias (in the last column) at the start and after each epoch, shape (epochs + 1, n_features + 1).

    They are those that a backend goes through, which it does not return: each epoch moves the parameters ``p``
    against ``H p - g`` with the Hessian ``H`` and the gradient ``-g`` at zero, O(n_features²) in place of a pass
    over the data. Where there are more features than samples it is a pass over the data, which is less.
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
