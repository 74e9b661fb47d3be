"""``npfs fit`` on data that are larger than memory, or in the workers of a cluster: by blocks."""

import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from npfs.analysis.scale import COPIES_IN_MEMORY
from npfs.backends.base import BackendUnavailable
from npfs.cli.fit import AUTO, Fitted, run_fit
from npfs.cli.shared import Mistake, mistakes
from npfs.data import BadTable, Table, open_pieces
from npfs.data.pieces import Pieces, of_arrays
from npfs.drawing.numbers import n_bytes
from npfs.estimator.linear_regression import LinearRegression
from npfs.harness.environment import available_bytes
from npfs.largedata.block_descent import State
from npfs.largedata.block_fitting import DASK, ON_CLUSTER, BlockFit, Checkpointing, is_shortcut
from npfs.largedata.file_blocks import (
    FileBlocks,
    block_samples,
    fastest_kernel,
    kernel_for_blocks,
    scratch_folder,
)
from npfs.regression.loss import r_squared
from npfs.regression.problem import Array

# Read at once: for a file of blocks little, since pieces are joined to blocks; on a cluster a piece
# is a block.
PIECE_BYTES, CLUSTER_PIECE_BYTES = 8 * 2**20, 64 * 2**20
CHECKPOINT_SECONDS = 10.0
DRAWN_PIECES, DRAWN_OF_PIECE = 20, 500


@dataclass(frozen=True)
class Options:
    """The place of the blocks, and the checkpoint of a descent on them."""

    scheduler: str | None = None
    checkpoint: Path | None = None
    every: str | None = None
    resume: bool = False
    scratch: Path | None = None

    def check(self, backend: str) -> None:
        """Refuse options that do not go together, before a large file is read."""
        if self.scheduler is not None and backend not in (AUTO, *ON_CLUSTER):
            raise Mistake(
                f"--scheduler is for --backend {' or '.join(ON_CLUSTER)}, got {backend!r}; "
                "leave one of both out"
            )
        kept = self.checkpoint
        if kept is None:
            for option, given in (("--resume", self.resume), ("--checkpoint-every", self.every)):
                if given:
                    raise Mistake(f"{option} needs the file to keep; add --checkpoint FILE")
        elif kept.exists() and not self.resume:
            raise Mistake(f"{kept} exists; go on from it with --resume, or name another file")
        elif not kept.absolute().parent.is_dir():
            raise Mistake(f"there is no folder {kept.parent} for --checkpoint; make it")
        _interval(self.every)

    def is_on_cluster(self, backend: str) -> bool:
        """Return True if the blocks are in the workers of a cluster."""
        return self.scheduler is not None or backend in ON_CLUSTER

    @property
    def checkpointing(self) -> Checkpointing | None:
        """The checkpoint as the estimator takes it."""
        if self.checkpoint is None:
            return None
        return Checkpointing(self.checkpoint, *_interval(self.every), self.resume)


def _interval(every: str | None) -> tuple[int | None, float | None]:
    """Read "100" as epochs and "30s" as seconds."""
    if every is None:
        return None, CHECKPOINT_SECONDS
    match = re.fullmatch(r"(\d+)|(\d+(?:\.\d+)?)\s*s", every.strip())
    if match is None or not float(match[1] or match[2]):
        raise Mistake(
            f"--checkpoint-every takes a number of epochs, 100, or of seconds, 30s; got {every!r}"
        )
    return (int(match[1]), None) if match[1] else (None, float(match[2]))


def pieces_if_needed(
    path: Path,
    columns: Mapping[str, Any],
    backend: str,
    options: Options,
    read: Callable[[], Table],
) -> Pieces | None:
    """Return the data in pieces if blocks are asked for, or memory cannot hold the data; else None.

    Raises
    ------
    BadTable
        One sentence.
    """
    is_on_cluster = options.is_on_cluster(backend)
    must = is_on_cluster or options.checkpoint is not None
    known = available_bytes()
    free = math.inf if known is None else known
    try:
        block_bytes = CLUSTER_PIECE_BYTES if is_on_cluster else PIECE_BYTES
        pieces = open_pieces(path, **columns, block_bytes=block_bytes)
    except BadTable:
        if path.is_dir() or (path.is_file() and path.stat().st_size > free):
            raise  # it says how to make a file of it that can be read in pieces
        if not must:
            return None
        table = read()
        parts = of_arrays(table.X, table.y, block_samples(table.X.shape[1]))
        return Pieces(
            parts, len(table.y), table.feature_names, table.target_name, notes=table.notes
        )
    if must or path.is_dir() or COPIES_IN_MEMORY * pieces.data_bytes > free:
        return pieces
    return None


def fit(
    pieces: Pieces,
    model: LinearRegression,
    backend: str,
    options: Options,
    show_words: Callable[[str], None],
    *,
    is_drawn: bool,
) -> Fitted:
    """Fit ``model`` to the pieces by ``backend``; ``show_words`` shows the progress.

    Raises
    ------
    Mistake
        One sentence.
    """
    is_on_cluster = options.is_on_cluster(backend)
    model.backend, notes = _chosen(backend, is_on_cluster)

    def show(state: State) -> None:
        show_words(f"fitting, epoch {state.epoch:,} of {model.epochs:,}")

    def run() -> BlockFit:
        with _place(pieces, options, is_on_cluster, notes) as blocks:
            return model.fit_blocks(blocks, options.checkpointing, on_epoch=show)

    try:
        found, seconds, convergence = run_fit(model, run)
    except KeyboardInterrupt:
        if (kept := options.checkpoint) is not None and kept.exists():
            go_on = f"--checkpoint {kept} --resume"
            print(f"npfs fit: ended by Ctrl-C; go on with {go_on}", file=sys.stderr)
        raise
    if not is_on_cluster and not is_shortcut(model.backend):
        place = options.scratch or scratch_folder()
        size = n_bytes(pieces.data_bytes)
        notes.append(f"Fitted block by block, {size} of numbers from a temporary file in {place}.")
    n = found.moments.n
    if left_out := pieces.n_samples - n:
        notes.append(f"Left out {left_out:,} of {pieces.n_samples:,} rows, which lack a value.")
    if found.resumed_at:
        notes.append(f"Went on from epoch {found.resumed_at:,} of {options.checkpoint}.")
    return Fitted(
        model=model,
        feature_names=pieces.feature_names,
        target_name=pieces.target_name,
        n_samples=n,
        r2=r_squared(found.rest, found.moments.variance_of_target) if n > 1 else math.nan,
        shown=_some(pieces) if is_drawn else (np.empty((0, pieces.n_features)), np.empty(0)),
        seconds=seconds,
        notes=(*pieces.notes, *notes, *convergence),
    )


def _chosen(backend: str, is_on_cluster: bool) -> tuple[str, list[str]]:
    """Return the backend, chosen if that is left open, and a note on the choice.

    Raises
    ------
    Mistake
        If it cannot be loaded, or has no kernel for blocks.
    """
    with mistakes(BackendUnavailable, ValueError):
        if backend == AUTO and not is_on_cluster:
            name = fastest_kernel()
            return name, [f"Backend {name}: the fastest that works block by block."]
        name = DASK if backend == AUTO else backend
        if not is_shortcut(name) and not is_on_cluster:
            kernel_for_blocks(name)
        return name, []


def _place(pieces: Pieces, options: Options, is_on_cluster: bool, notes: list[str]) -> Any:
    """Return the blocks, in a temporary file or in the workers of a cluster, to be closed."""
    if not is_on_cluster:
        return FileBlocks(pieces, options.scratch)
    from npfs.largedata.cluster_blocks import ClusterBlocks
    from npfs.largedata.connection import connect

    client = connect(options.scheduler)
    workers, where = len(client.nthreads()), client.scheduler.address
    notes.append(
        f"Fitted in the memory of Dask's workers ({workers:,} when it began), scheduler {where}."
    )
    return ClusterBlocks.place(pieces, client)


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
