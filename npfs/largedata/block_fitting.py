"""A fit on blocks, wherever they are: moments, learning rate, layout, descent, checkpoints."""

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from npfs.backends.base import Backend, Sums
from npfs.backends.registry import load_backend
from npfs.largedata.block_descent import State, Summed, descend_by_sums
from npfs.largedata.checkpoint import BadCheckpoint, Checkpoints, Fitted, require_there
from npfs.largedata.file_blocks import kernel_for_blocks
from npfs.largedata.moments import Moments
from npfs.regression.descent import Descent
from npfs.regression.problem import Array
from npfs.regression.scaling import Standardizer

# Backends whose blocks are in the workers of a cluster, which choose the kernel. Known by name, so
# that one can be asked for where Dask is missing, and be told so.
DASK, DASK_GRAM = ON_CLUSTER = ("dask", "dask-gram")


class Blocks(Summed, Protocol):
    """Data in blocks: in a file (``FileBlocks``) or in a cluster's workers (``ClusterBlocks``)."""

    def moments(self) -> Moments:
        """Take the moments of features and target in one pass."""

    def lay_out(self, backend: str | Backend, scaler: Standardizer | None) -> None:
        """Prepare the blocks, transformed by the scaler, for the kernel of a backend."""


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
    """The result of a fit on blocks.

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
class FitConfig:
    """The parameters of a fit, as those of ``LinearRegression``."""

    kernel: str | Backend
    learning_rate: float | None
    epochs: int
    tol: float | None
    standardize: bool


def is_shortcut(backend: str | Backend) -> bool:
    """Return True for a shortcut: one pass for the moments gives the sums of every epoch.

    Raises
    ------
    BackendUnavailable, UnknownBackend
    """
    found = load_backend(backend) if isinstance(backend, str) else backend
    return not found.same_work and found.blocks is None


def fit_blocks(
    blocks: Blocks,
    how: FitConfig,
    checkpointing: Checkpointing | None = None,
    on_epoch: Callable[[State], None] | None = None,
) -> BlockFit:
    """Run gradient descent on data in blocks; ``on_epoch`` is called after each epoch.

    Raises
    ------
    BadCheckpoint
        If there is nothing to resume from.
    DivergenceError, ValueError
        As by ``npfs.regression.descent.descend``; and what the blocks raise.
    """
    if checkpointing is not None and checkpointing.resume:
        require_there(checkpointing.path)
    is_one_pass = is_shortcut(how.kernel)
    if not (is_one_pass or how.kernel in ON_CLUSTER):
        kernel_for_blocks(how.kernel)  # before all data are read
    moments = blocks.moments()
    d = moments.n_features
    scaler = moments.standardizer if how.standardize else Standardizer.identity(d)
    curvature = moments.largest_curvature(scaler)
    if not math.isfinite(curvature):
        raise ValueError(
            "squares of the features overflow float64; give them in larger units, or standardize "
            "them"
        )
    rate = 1 / curvature if how.learning_rate is None else how.learning_rate
    state, rate, keep = _start(Fitted(moments, how.standardize, rate), how.epochs, checkpointing)
    resumed_at = state.epoch
    if is_one_pass:
        total: Callable[[Array, float], Sums] = partial(moments.sums, scaler)
    else:
        blocks.lay_out(how.kernel, scaler if how.standardize else None)
        total = blocks.total

    def after_epoch(state: State) -> None:
        for look in (keep, on_epoch):
            if look is not None:
                look(state)

    with np.errstate(over="ignore", invalid="ignore"), _kept(keep, state):  # divergence is named
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
        if keep is not None:
            keep.write(state)
        rest = total(found.weights, found.bias).loss / moments.n
    return BlockFit(moments, scaler, rate, found, rest, resumed_at)


@contextlib.contextmanager
def _kept(keep: Checkpoints | None, state: State) -> Iterator[None]:
    """Write the state before the fit ends early: by Ctrl-C, or with the cluster it is on."""
    began = state.epoch
    try:
        yield
    except BaseException:
        weights, bias, _ = state.moved()
        if keep is not None and state.epoch > began and np.isfinite([*weights, bias]).all():
            with contextlib.suppress(OSError):  # the first error is the one to tell
                keep.write(state)
        raise


def _start(
    of: Fitted, epochs: int, checkpointing: Checkpointing | None
) -> tuple[State, float, Checkpoints | None]:
    """Return the first state, the learning rate, and the checkpoints, if any are asked for."""
    start = State.start(of.moments.n_features)
    if checkpointing is None:
        return start, of.learning_rate, None
    keep = Checkpoints(
        checkpointing.path, of, checkpointing.every_epochs, checkpointing.every_seconds
    )
    if not checkpointing.resume:
        return start, of.learning_rate, keep
    state, rate = keep.read()
    if state.epoch > epochs:
        raise BadCheckpoint(
            f"{str(keep.path)!r} is at epoch {state.epoch:,} already, beyond the {epochs:,} that "
            "are asked for; ask for more epochs, or leave --resume out and name another file"
        )
    return state, rate, keep
