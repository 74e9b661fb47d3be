"""A fit on blocks, wherever they are: moments, learning rate, layout, descent, checkpoints."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from npfs.backends.base import Sums
from npfs.blockwise.checkpoint import Checkpoints
from npfs.blockwise.descent import State, descend_by_sums
from npfs.blockwise.moments import Moments
from npfs.descent import Descent
from npfs.problem import Array
from npfs.scaling import Standardizer

# Backends that pass over the data once, for the moments, from which every epoch's sums follow.
SHORTCUTS = ("numpy-gram", "dask-gram")


class Blocks(Protocol):
    """Data in blocks: in a file (``FileBlocks``) or in the workers of a cluster (``npfs.cluster``)."""

    @property
    def n_features(self) -> int:
        """Columns of ``X``."""

    def moments(self) -> Moments:
        """Take the moments of features and target in one pass."""

    def lay_out(self, backend: str, scaler: Standardizer | None) -> None:
        """Prepare the blocks, transformed by the scaler, for the kernel of a backend."""

    def total(self, weights: Array, bias: float) -> Sums:
        """Return the sums over all samples."""


@dataclass(frozen=True)
class Checkpointing:
    """Where and how often a descent is kept, and whether it goes on from what is there.

    Attributes
    ----------
    every_epochs, every_seconds
        At the first of both; at least one is given.
    """

    path: Path
    every_epochs: int | None = None
    every_seconds: float | None = None
    resume: bool = False


@dataclass(frozen=True)
class BlockFit:
    """What a fit on blocks found.

    Attributes
    ----------
    rest : float
        The mean squared error at the parameters that were found.
    resumed_at : int
        The epoch that the descent went on from, 0 if it began anew.
    """

    moments: Moments
    scaler: Standardizer
    learning_rate: float
    descent: Descent
    rest: float
    resumed_at: int


@dataclass(frozen=True)
class How:
    """How to fit: as the parameters of ``LinearRegression``."""

    kernel: str
    learning_rate: float | None
    epochs: int
    tol: float | None
    standardize: bool


def fit_blocks(
    blocks: Blocks,
    how: How,
    checkpointing: Checkpointing | None = None,
    on_epoch: Callable[[State], None] | None = None,
) -> BlockFit:
    """Run gradient descent on data in blocks; ``on_epoch`` is called after each epoch.

    Raises
    ------
    BadCheckpoint
        If there is nothing to resume from.
    DivergenceError, ValueError
        As by ``npfs.descent.descend``; and what the blocks raise.
    """
    moments = blocks.moments()
    d = moments.n_features
    scaler = moments.standardizer if how.standardize else Standardizer(np.zeros(d), np.ones(d))
    curvature = moments.largest_curvature(scaler)
    if not math.isfinite(curvature):
        raise ValueError(
            "squares of the features overflow float64; give them in larger units, or standardize them"
        )
    rate = 1 / curvature if how.learning_rate is None else how.learning_rate
    state, keep = _start(moments, rate, how, checkpointing)
    resumed_at = state.epoch
    if how.kernel in SHORTCUTS:
        total: Callable[[Array, float], Sums] = lambda w, b: moments.sums(scaler, w, b)  # noqa: E731
    else:
        blocks.lay_out(how.kernel, scaler if how.standardize else None)
        total = blocks.total

    def after_epoch(state: State) -> None:
        for look in (keep, on_epoch):
            if look is not None:
                look(state)

    with np.errstate(over="ignore", invalid="ignore"):  # what diverges is named
        try:
            found = descend_by_sums(
                total,
                moments.n,
                state,
                epochs=how.epochs,
                learning_rate=rate,
                tol=how.tol,
                largest_stable_rate=lambda: 2 / curvature,
                after_epoch=after_epoch,
            )
        except BaseException:
            if (
                keep is not None
                and state.epoch > resumed_at
                and math.isfinite(state.loss_history[-1])
            ):
                keep.write(state)  # what was computed is not lost: Ctrl-C, a cluster that is gone
            raise
        rest = total(found.weights, found.bias).loss / moments.n
    if keep is not None:
        keep.write(state)
    return BlockFit(moments, scaler, rate, found, rest, resumed_at)


def _start(
    moments: Moments, rate: float, how: How, checkpointing: Checkpointing | None
) -> tuple[State, Checkpoints | None]:
    if checkpointing is None:
        return State.start(moments.n_features), None
    # Not the kernel: another one goes on with the same steps, to rounding.
    of = f"{moments.digest()} {rate!r} {how.standardize}"
    keep = Checkpoints(
        checkpointing.path, of, checkpointing.every_epochs, checkpointing.every_seconds
    )
    return (keep.read() if checkpointing.resume else State.start(moments.n_features)), keep
