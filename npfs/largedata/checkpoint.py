"""Checkpoints: where a descent is, kept in a file, so that what was computed outlives the process.

A checkpoint is written whole or not at all (a temporary file that is renamed), and a descent that
goes on from one ends where the uninterrupted one would have, to the last digit, if the sums are
taken in the same order.
"""

import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from npfs.data.columns import one_line
from npfs.largedata.block_descent import State
from npfs.largedata.moments import Moments

FORMAT = 1


class BadCheckpoint(ValueError):
    """There is nothing to go on from: one sentence that says why and what to do."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """Data and steps of a descent: a checkpoint of others is refused.

    Not on which kernel or cluster: another one goes on with the same steps, to rounding.
    """

    moments: Moments
    standardize: bool
    learning_rate: float

    def is_like(self, other: "Fitted") -> bool:
        """Return True if a descent on the one can go on on the other."""
        rates = self.learning_rate, other.learning_rate
        return (
            self.standardize == other.standardize
            and bool(np.isclose(*rates, rtol=1e-9, atol=0))
            and self.moments.is_like(other.moments)
        )


@dataclass
class Checkpoints:
    """Writes the state of a descent to ``path``, every so many epochs or seconds.

    Attributes
    ----------
    every_epochs : int or None
    every_seconds : float or None
        The first of both that is reached.
    """

    path: Path
    of: Fitted
    every_epochs: int | None = None
    every_seconds: float | None = None
    _written: float = field(init=False)

    def __post_init__(self) -> None:
        self._written = time.monotonic()

    def __call__(self, state: State) -> None:
        """Write it, if it is time to."""
        is_nth = bool(self.every_epochs) and state.epoch % (self.every_epochs or 1) == 0
        waited = time.monotonic() - self._written
        if is_nth or (self.every_seconds is not None and waited >= self.every_seconds):
            self.write(state)

    def write(self, state: State) -> None:
        """Write it now.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        weights, bias, history = state.moved()
        moments = self.of.moments
        path = self.path.resolve()  # a link keeps its place
        handle, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"
        )
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(
                    file,
                    format=FORMAT,
                    standardize=self.of.standardize,
                    learning_rate=self.of.learning_rate,
                    n=moments.n,
                    mean=moments.mean,
                    comoment=moments.comoment,
                    weights=weights,
                    bias=bias,
                    loss_history=history,
                )
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._written = time.monotonic()

    def read(self) -> tuple[State, float]:
        """Return the state that was written last, and the learning rate to its last digit.

        Raises
        ------
        BadCheckpoint
            If there is none, it is damaged, or it is of another fit.
        """
        require_there(self.path)
        try:
            # Opened here: a damaged archive would stay open.
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                kept = {name: found[name] for name in found.files}
            state = State(kept["weights"], float(kept["bias"]), kept["loss_history"].tolist())
            n, mean, rate = int(kept["n"]), kept["mean"], float(kept["learning_rate"])
            moments = Moments(n, mean, kept["comoment"], mean, mean)
            of, made = Fitted(moments, bool(kept["standardize"]), rate), int(kept["format"])
        except Exception as error:  # whatever a damaged archive leads to
            raise BadCheckpoint(
                f"{str(self.path)!r} is no checkpoint that can be read ({one_line(error)}); "
                "name another file to begin anew"
            ) from None
        if made != FORMAT or not of.is_like(self.of):
            raise BadCheckpoint(
                f"{str(self.path)!r} is of other data or other options (learning rate, "
                "standardisation); give what it was made with, or name another file to begin anew"
            )
        return state, of.learning_rate


def require_there(path: Path) -> None:
    """Refuse to go on from a file that is not there.

    Raises
    ------
    BadCheckpoint
    """
    if not path.is_file():
        raise BadCheckpoint(
            f"there is no checkpoint {str(path)!r} to go on from; leave --resume out to begin anew"
        )
