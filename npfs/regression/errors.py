"""What the estimator raises and warns of, with the names that users of scikit-learn know."""

import sys
from importlib import import_module
from typing import Any


class DivergenceError(ArithmeticError):
    """Gradient descent moved away from the solution: its learning rate is too large for the data.

    Attributes
    ----------
    epoch : int
        The first epoch, counted from 0, whose loss is above an earlier one or not finite.
    learning_rate : float
        The rate that was used.
    largest_stable_rate : float
        The rate below which descent on these data converges (``npfs.regression.learning_rate.largest_stable_rate``).
    """

    def __init__(self, epoch: int, learning_rate: float, largest_stable_rate: float) -> None:
        super().__init__(epoch, learning_rate, largest_stable_rate)
        self.epoch = epoch
        self.learning_rate = learning_rate
        self.largest_stable_rate = largest_stable_rate

    def __str__(self) -> str:
        return (
            f"gradient descent diverged: the loss grows from epoch {self.epoch} on, since the learning rate "
            f"{self.learning_rate:.6g} is above {self.largest_stable_rate:.6g}, the largest stable one for these data; "
            "use learning_rate='auto' or a number below that"
        )


class ConvergenceWarning(UserWarning):
    """The epochs were used up before the gradient was as small as ``tol`` asks for."""


class NotFittedError(ValueError, AttributeError):
    """The estimator is used before it was fitted."""


class InvalidParameterError(ValueError, TypeError):
    """A parameter of the estimator has a value or a type that it cannot have."""


class DataConversionWarning(UserWarning):
    """The data are used in another shape than they were given in."""


class UndefinedMetricWarning(UserWarning):
    """The score has no value for these data."""


def kind(name: str) -> Any:
    """Return the class ``name`` of this module, or where scikit-learn is loaded, the one that also is scikit-learn's.

    So whoever catches or filters scikit-learn's class gets ours, and scikit-learn is never imported for it.
    """
    home = "npfs.estimator.sklearn_errors" if "sklearn.exceptions" in sys.modules else __name__
    return getattr(import_module(home), name)
