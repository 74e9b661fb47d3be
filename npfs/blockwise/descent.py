"""Gradient descent from sums that are taken block by block, somewhere else."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from npfs.backends.base import Sums
from npfs.descent import EPOCHS_BETWEEN_LOOKS, Descent, require_descent
from npfs.problem import Array

# The sums over all samples at weights and a bias.
Total = Callable[[Array, float], Sums]


@dataclass
class State:
    """Where a descent is: all that it needs to go on.

    Attributes
    ----------
    weights : array of shape (n_features,)
    bias : float
    loss_history : list of float
        A loss for each epoch that was run.
    """

    weights: Array
    bias: float = 0.0
    loss_history: list[float] = field(default_factory=list)

    @classmethod
    def start(cls, n_features: int) -> "State":
        """Return where every descent begins: at zero."""
        return cls(np.zeros(n_features))

    @property
    def epoch(self) -> int:
        """Epochs that were run."""
        return len(self.loss_history)


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
    """Run epochs until there are ``epochs``, or fewer if the gradient's norm is at most ``tol`` before.

    The steps are those of ``npfs.descent.descend``, and so are the epochs after which the norm is looked at. ``state``
    is moved; ``after_epoch`` is called with it after each epoch. Without ``largest_stable_rate`` nothing is checked: as a
    backend's fit, it runs its epochs.

    Raises
    ------
    DivergenceError
        If the loss grows since the rate is above the largest stable one.
    ValueError
        If the loss of the data themselves is not finite.
    """
    norm = math.nan

    def check(losses: list[float]) -> None:
        if largest_stable_rate is not None and (state.loss_history or losses):
            parameters = np.append(state.weights, state.bias)
            history = np.array([*state.loss_history, *losses])
            require_descent(history, parameters, learning_rate, largest_stable_rate)

    while state.epoch < epochs or tol is not None:
        found = total(state.weights, state.bias)
        slopes = np.append(found.dw, found.db) * (2 / n_samples)
        is_look = state.epoch % EPOCHS_BETWEEN_LOOKS == 0 or state.epoch >= epochs
        if tol is not None and state.epoch and is_look:
            norm = float(np.linalg.norm(slopes))
            if norm <= tol or state.epoch >= epochs:
                break
        if (state.epoch and is_look) or not math.isfinite(found.loss):
            check([found.loss / n_samples])
        state.loss_history.append(float(found.loss) / n_samples)
        state.weights = state.weights - learning_rate * slopes[:-1]
        state.bias -= learning_rate * float(slopes[-1])
        after_epoch(state)
    check([])
    return Descent(state.weights, state.bias, np.array(state.loss_history), norm)
