"""Errors and warnings of gradient descent."""


class DivergenceError(ArithmeticError):
    """Gradient descent moved away from the solution: its learning rate is too large for the data.

    Attributes
    ----------
    epoch : int
        The first epoch, counted from 0, whose loss is above an earlier one or not finite.
    learning_rate : float
        The rate that was used.
    largest_stable_rate : float
        Descent on these data converges below this rate
        (``npfs.regression.learning_rate.largest_stable_rate``).
    """

    def __init__(self, epoch: int, learning_rate: float, largest_stable_rate: float) -> None:
        super().__init__(epoch, learning_rate, largest_stable_rate)
        self.epoch = epoch
        self.learning_rate = learning_rate
        self.largest_stable_rate = largest_stable_rate

    def __str__(self) -> str:
        return (
            f"gradient descent diverged: the loss grows from epoch {self.epoch} on, since the "
            f"learning rate {self.learning_rate:.6g} is above {self.largest_stable_rate:.6g}, the "
            "largest stable one for these data; use learning_rate='auto' or a number below that"
        )


class ConvergenceWarning(UserWarning):
    """The epochs were used up before the gradient was as small as ``tol`` asks for."""
