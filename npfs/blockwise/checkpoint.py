"""Checkpoints: where a descent is, kept in a file, so that what was computed outlives the process.

A checkpoint is written whole or not at all (a temporary file that is renamed), and a descent that goes on from one
ends where the uninterrupted one would have, to the last digit, if the sums are taken in the same order.
"""

import io
import time
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from npfs.blockwise.descent import State
from npfs.whole_file import write_whole

FORMAT = 1


class BadCheckpoint(ValueError):
    """There is nothing to go on from: one sentence that says why and what to do."""


@dataclass
class Checkpoints:
    """Writes the state of a descent to ``path``, every so many epochs or seconds.

    Attributes
    ----------
    of : str
        What is being fitted: a digest of data and options. A checkpoint of another fit is refused.
    every_epochs : int or None
    every_seconds : float or None
        The first of both that is reached.
    """

    path: Path
    of: str
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
        content = io.BytesIO()
        np.savez(
            content,
            format=FORMAT,
            of=self.of,
            weights=state.weights,
            bias=state.bias,
            loss_history=np.array(state.loss_history),
        )
        write_whole(self.path, content.getvalue())
        self._written = time.monotonic()

    def read(self) -> State:
        """Return the state that was written last.

        Raises
        ------
        BadCheckpoint
            If there is none, it is damaged, or it is of another fit.
        """
        try:
            # Opened here: a damaged archive would stay open.
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                kept = {name: found[name] for name in found.files}
            state = State(
                kept["weights"], float(kept["bias"]), [float(x) for x in kept["loss_history"]]
            )
            made, of = int(kept["format"]), str(kept["of"])
        except FileNotFoundError:
            raise BadCheckpoint(
                f"there is no checkpoint {str(self.path)!r} to go on from; leave --resume out to begin anew"
            ) from None
        except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise BadCheckpoint(
                f"{str(self.path)!r} is no checkpoint that can be read ({reason}); leave --resume out to begin anew"
            ) from None
        if made != FORMAT or of != self.of:
            raise BadCheckpoint(
                f"{str(self.path)!r} is of other data or other options (learning rate, standardisation, backend); give what "
                "it was made with, or leave --resume out to begin anew"
            )
        return state
