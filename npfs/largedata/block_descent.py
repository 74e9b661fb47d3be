"""Gradient descent from sums that are taken block by block, somewhere else."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from npfs.backends.base import Fit, Sums
from npfs.regression.descent import EPOCHS_BETWEEN_CHECKS, Descent, require_descent
from npfs.regression.problem import Array

# The sums over all samples at weights and a bias.
Total = Callable[[Array, float], Sums]


class State:
    """Where a descent is: all that it needs to go on.

    It moves by whole epochs: what ends a process between two statements (Ctrl-C) leaves it where
    the last one ended.

    Attributes
    ----------
    weights : array of shape (n_features,)
    bias : float
    epoch : int
        Epochs that were run.
    """

    def __init__(self, weights: Array, bias: float = 0.0, losses: Sequence[float] = ()) -> None:
        self._losses = list(losses)
        self._at = weights, bias, len(self._losses)

    @classmethod
    def start(cls, n_features: int) -> "State":
        """Return the start of every descent: zero."""
        return cls(np.zeros(n_features))

    @property
    def weights(self) -> Array:
        """Of the features."""
        return self._at[0]

    @property
    def bias(self) -> float:
        """Of the model."""
        return self._at[1]

    @property
    def epoch(self) -> int:
        """Epochs that were run."""
        return self._at[2]

    def moved(self) -> tuple[Array, float, Array]:
        """Return weights, bias and loss history of one moment."""
        weights, bias, epochs = self._at
        return weights, bias, np.array(self._losses[:epochs])

    def advance(self, weights: Array, bias: float, loss: float) -> None:
        """Go to the end of an epoch; ``loss`` is that at its beginning."""
        epochs = self.epoch
        self._losses[epochs:] = [loss]
        self._at = weights, bias, epochs + 1  # all at once


def descend_by_sums(
    total: Total,
    n_samples: int,
    state: State,
    *,
    epochs: int,
    learning_rate: float,
    tol: float | None = None,
    largest_stable_rate: Callable[[], float] | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> Descent:
    """Run epochs until there are ``epochs``, or until the gradient's norm is at most ``tol``.

    The steps are those of ``npfs.regression.descent.descend``, and so are the epochs after which
    the norm is looked at. ``state`` is moved; ``after_epoch`` is called with it after each epoch.
    Without ``largest_stable_rate`` nothing is checked: as a backend's fit, it runs its epochs.

    Raises
    ------
    DivergenceError
        If the loss grows since the rate is above the largest stable one.
    ValueError
        If the loss of the data themselves is not finite.
    """
    norm, look = math.nan, EPOCHS_BETWEEN_CHECKS

    def check(*losses: float) -> None:
        if largest_stable_rate is not None and (state.epoch or losses):
            weights, bias, history = state.moved()
            require_descent(
                np.append(history, losses),
                np.append(weights, bias),
                learning_rate,
                largest_stable_rate,
            )

    while state.epoch < epochs or tol is not None:
        found = total(state.weights, state.bias)
        loss = float(found.loss) / n_samples
        slopes = np.append(found.dw, found.db) * (2 / n_samples)
        is_last = state.epoch >= epochs
        is_checked = is_last or state.epoch % EPOCHS_BETWEEN_CHECKS == 0
        if tol is not None and state.epoch and is_checked:
            norm = float(np.linalg.norm(slopes))
            if norm <= tol or is_last:
                break
        if state.epoch >= look or not math.isfinite(loss):
            check(loss)
            # Each look goes over the whole history: so ever fewer of them.
            look = state.epoch + max(EPOCHS_BETWEEN_CHECKS, state.epoch // 10)
        step = learning_rate * slopes
        state.advance(state.weights - step[:-1], state.bias - float(step[-1]), loss)
        after_epoch(state)
    check()
    weights, bias, history = state.moved()
    return Descent(weights, bias, history, norm)


class Summed(Protocol):
    """Data that are laid out in blocks."""

    @property
    def n_samples(self) -> int:
        """Rows of ``X``."""

    @property
    def n_features(self) -> int:
        """Columns of ``X``."""

    def total(self, weights: Array, bias: float) -> Sums:
        """Return the sums over all samples."""


def fit(data: Summed, epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero: the fit of backends with blocks."""
    start = State.start(data.n_features)
    found = descend_by_sums(
        data.total, data.n_samples, start, epochs=epochs, learning_rate=learning_rate
    )
    return Fit(found.weights, found.bias, found.loss_history)
