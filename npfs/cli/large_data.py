"""``npfs fit`` on data that are larger than memory, or in the workers of a cluster: block by block."""

import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from npfs.analysis.scale import COPIES_IN_MEMORY
from npfs.backends.base import BackendUnavailable
from npfs.backends.registry import load_backend
from npfs.cli.fit_command import CannotFit, FitOptions, Fitted, watched
from npfs.data import BadTable, Table, open_pieces
from npfs.data.pieces import Pieces, of_arrays
from npfs.estimator.linear_regression import LinearRegression
from npfs.estimator.parameters import AUTO
from npfs.harness.environment import available_bytes
from npfs.largedata.block_descent import State
from npfs.largedata.block_fitting import ON_CLUSTER, SHORTCUTS, BlockFit, Checkpointing
from npfs.largedata.file_blocks import (
    FileBlocks,
    block_samples,
    fastest_kernel,
    kernel_for_blocks,
    scratch_folder,
)
from npfs.regression.problem import Array
from npfs.report.wording import n_bytes

# Read at once: for a file of blocks little, since pieces are joined to blocks; on a cluster a piece is a block.
PIECE_BYTES, CLUSTER_PIECE_BYTES = 8 * 2**20, 64 * 2**20
CHECKPOINT_SECONDS = 10.0
DRAWN_PIECES, DRAWN_OF_PIECE = 20, 500
TO_FIX = "go on from it with --resume, or name another file with --checkpoint"


@dataclass(frozen=True)
class BlockOptions:
    """Where blocks are and how a descent on them is kept, as it was asked for."""

    scheduler: str | None = None
    checkpoint: Path | None = None
    every: str | None = None
    resume: bool = False
    scratch: Path | None = None

    def check(self, backend: str) -> None:
        """Refuse what does not go together, before a large file is read."""
        if self.scheduler is not None and backend not in (AUTO, *ON_CLUSTER):
            raise CannotFit(
                f"--scheduler is for --backend dask or dask-gram, got {backend!r}; leave one of both out"
            )
        if self.checkpoint is None:
            for option, given in (("--resume", self.resume), ("--checkpoint-every", self.every)):
                if given:
                    raise CannotFit(f"{option} needs the file to keep; add --checkpoint FILE")
            return
        if self.checkpoint.exists() and not self.resume:
            raise CannotFit(f"{self.checkpoint} exists; {TO_FIX}")
        if not self.checkpoint.absolute().parent.is_dir():
            raise CannotFit(
                f"there is no folder {self.checkpoint.parent} for --checkpoint; make it"
            )

    def is_on_cluster(self, backend: str) -> bool:
        """Return whether the blocks are in the workers of a cluster."""
        return self.scheduler is not None or backend in ON_CLUSTER

    @property
    def checkpointing(self) -> Checkpointing | None:
        """The same for the estimator."""
        if self.checkpoint is None:
            return None
        epochs, seconds = _interval(self.every)
        return Checkpointing(self.checkpoint, epochs, seconds, self.resume)


@dataclass(frozen=True)
class Source:
    """Which file, and which of its columns."""

    path: Path
    target: str
    features: Sequence[str] | None
    missing: str


def pieces_if_needed(
    source: Source, asked: FitOptions, options: BlockOptions, read: Callable[[], Table]
) -> Pieces | None:
    """Return the data in pieces, if they are to be fitted block by block: asked for, or too large for memory.

    Raises
    ------
    BadTable
        One sentence.
    """
    must = options.is_on_cluster(asked.backend) or options.checkpoint is not None
    try:
        pieces = open_pieces(
            source.path,
            target=source.target,
            features=source.features,
            missing=source.missing,
            block_bytes=CLUSTER_PIECE_BYTES
            if options.is_on_cluster(asked.backend)
            else PIECE_BYTES,
        )
    except BadTable:
        if source.path.is_dir() or _is_too_large(source.path):
            raise  # it says how to make a file of it that can be read in pieces
        return _of_table(read()) if must else None
    free = available_bytes()
    needed = COPIES_IN_MEMORY * pieces.data_bytes
    if must or source.path.is_dir() or (free is not None and needed > free):
        return pieces
    return None


def _is_too_large(path: Path) -> bool:
    """Return whether a file cannot be held in memory as it is, leave alone as numbers."""
    free = available_bytes()
    return free is not None and path.is_file() and path.stat().st_size > free


def _of_table(table: Table) -> Pieces:
    """Part a table that was read, of a kind that cannot be read in pieces."""
    return Pieces(
        of_arrays(table.X, table.y, block_samples(table.X.shape[1])),
        len(table.y),
        table.feature_names,
        table.target_name,
        table.notes,
    )


def fit(
    pieces: Pieces,
    asked: FitOptions,
    options: BlockOptions,
    say: Callable[[str], None],
    *,
    is_drawn: bool,
) -> Fitted:
    """Fit to the pieces; ``say`` is told how far it is.

    Raises
    ------
    CannotFit
        One sentence.
    """
    is_on_cluster = options.is_on_cluster(asked.backend)
    kernel, notes = _cluster_kernel(asked) if is_on_cluster else _kernel(asked)
    model = LinearRegression(
        kernel,
        learning_rate=asked.rate,
        epochs=asked.epochs,
        tol=asked.tol,
        standardize=asked.standardize,
    )

    def run() -> BlockFit:
        with ExitStack() as stack:
            blocks = stack.enter_context(
                _on_cluster(pieces, options, notes)
                if is_on_cluster
                else FileBlocks(pieces, options.scratch)
            )
            return model.fit_blocks(blocks, options.checkpointing, on_epoch=_told(asked, say))

    found, seconds, how = watched(model, run)
    if not is_on_cluster and kernel not in SHORTCUTS:
        notes.append(_why(pieces, options))
    if left_out := pieces.n_samples - found.moments.n:
        notes.append(f"Left out {left_out:,} of {pieces.n_samples:,} rows, which lack a value.")
    if found.resumed_at:
        notes.append(f"Went on from epoch {found.resumed_at:,} of {options.checkpoint}.")
    return Fitted(
        model=model,
        feature_names=pieces.feature_names,
        target_name=pieces.target_name,
        n_samples=found.moments.n,
        r2=_r2(found),
        shown=_some(pieces) if is_drawn else (np.empty((0, pieces.n_features)), np.empty(0)),
        seconds=seconds,
        notes=(*pieces.notes, *notes, *how),
    )


@contextmanager
def told_where_it_is_kept(options: BlockOptions) -> Iterator[None]:
    """Say after Ctrl-C how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        if options.checkpoint is not None and options.checkpoint.exists():
            print(
                f"npfs fit: ended by Ctrl-C; go on with --checkpoint {options.checkpoint} --resume",
                file=sys.stderr,
            )
        raise


def _on_cluster(pieces: Pieces, options: BlockOptions, notes: list[str]) -> Any:
    from npfs.largedata.cluster_blocks import ClusterBlocks
    from npfs.largedata.connection import connect

    client = connect(options.scheduler)
    workers, where = len(client.nthreads()), client.scheduler.address
    notes.append(
        f"Fitted in the memory of Dask's workers ({workers:,} when it began), scheduler {where}."
    )
    return ClusterBlocks.place(pieces, client)


def _cluster_kernel(asked: FitOptions) -> tuple[str, list[str]]:
    backend = "dask" if asked.backend == AUTO else asked.backend
    try:
        load_backend(backend)
    except BackendUnavailable as error:
        raise CannotFit(str(error)) from None
    return backend, []


def _kernel(asked: FitOptions) -> tuple[str, list[str]]:
    """Return the backend whose kernel sums over blocks, and a sentence if it is not what was asked for."""
    if asked.backend in SHORTCUTS:
        return asked.backend, []
    try:
        if asked.backend == AUTO:
            name = fastest_kernel()
            return name, [f"Backend {name}: the fastest that works block by block."]
        kernel_for_blocks(asked.backend)
    except (BackendUnavailable, ValueError) as error:  # also an unknown one
        raise CannotFit(str(error)) from None
    return asked.backend, []


def _told(asked: FitOptions, say: Callable[[str], None]) -> Callable[[State], None]:
    return lambda state: say(f"fitting, epoch {state.epoch:,} of {asked.epochs:,}")


def _why(pieces: Pieces, options: BlockOptions) -> str:
    size = f"{n_bytes(pieces.data_bytes)} of numbers"
    place = options.scratch or scratch_folder()
    return f"Fitted block by block, {size} from a temporary file in {place}."


def _interval(every: str | None) -> tuple[int | None, float | None]:
    """Read "100" as epochs and "30s" as seconds."""
    if every is None:
        return None, CHECKPOINT_SECONDS
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s?)", every.strip())
    if match and float(match[1]) > 0:
        if match[2]:
            return None, float(match[1])
        if match[1].isdigit():
            return int(match[1]), None
    raise CannotFit(
        f"--checkpoint-every takes a number of epochs, 100, or of seconds, 30s; got {every!r}"
    )


def _r2(found: BlockFit) -> float:
    spread = found.moments.variance_of_target
    if found.moments.n < 2:
        return math.nan
    return 1 - found.rest / spread if spread > 0 else float(found.rest == 0)


def _some(pieces: Pieces) -> tuple[Array, Array]:
    """Return some samples of some pieces, for a drawing."""
    step = max(1, len(pieces.pieces) // DRAWN_PIECES)
    Xs, ys = [], []
    for piece in pieces.pieces[::step]:
        X, y = piece.read()
        every = max(1, len(y) // DRAWN_OF_PIECE)
        Xs.append(X[::every].copy())
        ys.append(y[::every].copy())
    return np.concatenate(Xs), np.concatenate(ys)
