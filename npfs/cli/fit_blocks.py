"""``npfs fit`` on data that are larger than memory, or in the workers of a cluster: by blocks."""

import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from npfs.analysis.scale import COPIES_IN_MEMORY
from npfs.cli.fit import AUTO, Fitted, run_fit
from npfs.cli.shared import Mistake
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

    is_on_cluster: bool
    scheduler: str | None
    checkpointing: Checkpointing | None
    scratch: Path | None

    @classmethod
    def of(
        cls,
        backend: str,
        scheduler: str | None,
        checkpoint: Path | None,
        every: str | None,
        resume: bool,
        scratch: Path | None,
    ) -> Self:
        """Refuse options that do not go together, before a large file is read."""
        if scheduler is not None and backend not in (AUTO, *ON_CLUSTER):
            raise Mistake(
                f"--scheduler is for --backend {' or '.join(ON_CLUSTER)}, got {backend!r}; "
                "leave one of both out"
            )
        checkpointing = None
        if checkpoint is None:
            for option, given in (("--resume", resume), ("--checkpoint-every", every)):
                if given:
                    raise Mistake(f"{option} needs the file to keep; add --checkpoint FILE")
        elif checkpoint.exists() and not resume:
            raise Mistake(f"{checkpoint} exists; go on from it with --resume, or name another file")
        elif not checkpoint.absolute().parent.is_dir():
            raise Mistake(f"there is no folder {checkpoint.parent} for --checkpoint; make it")
        else:
            checkpointing = Checkpointing(checkpoint, *_interval(every), resume)
        return cls(
            scheduler is not None or backend in ON_CLUSTER, scheduler, checkpointing, scratch
        )


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
    path: Path, columns: Mapping[str, Any], options: Options, read: Callable[[], Table]
) -> Pieces | None:
    """Return the data in pieces if blocks are asked for, or memory cannot hold the data; else None.

    Raises
    ------
    BadTable
        One sentence.
    """
    must = options.is_on_cluster or options.checkpointing is not None
    known = available_bytes()
    free = math.inf if known is None else known
    block_bytes = CLUSTER_PIECE_BYTES if options.is_on_cluster else PIECE_BYTES
    try:
        pieces = open_pieces(path, **columns, block_bytes=block_bytes)
    except BadTable:
        if path.is_dir() or (path.is_file() and path.stat().st_size > free):
            raise  # it says how to make a file of it that can be read in pieces
        if not must:
            return None
        table = read()
        about = table.feature_names, table.target_name, table.notes
        return of_arrays(table.X, table.y, block_samples(table.X.shape[1]), *about)
    if must or path.is_dir() or COPIES_IN_MEMORY * pieces.data_bytes > free:
        return pieces
    return None


def fit(
    pieces: Pieces, model: LinearRegression, options: Options, show_words: Callable[[str], None]
) -> Fitted:
    """Fit ``model`` to the pieces; ``show_words`` shows the progress.

    Raises
    ------
    Mistake
        One sentence.
    """
    notes: list[str] = []
    checkpointing = options.checkpointing

    def show(state: State) -> None:
        show_words(f"fitting, epoch {state.epoch:,} of {model.epochs:,}")

    def run() -> BlockFit:
        if model.backend == AUTO and options.is_on_cluster:
            model.backend = DASK
        elif model.backend == AUTO:
            model.backend = fastest_kernel()
            notes.append(f"Backend {model.backend}: the fastest that works block by block.")
        with _place(pieces, model, options, notes) as blocks:
            return model.fit_blocks(blocks, checkpointing, on_epoch=show)

    try:
        found, seconds, convergence = run_fit(model, run)
    except KeyboardInterrupt:
        if checkpointing is not None and checkpointing.path.exists():
            go_on = f"--checkpoint {checkpointing.path} --resume"
            print(f"npfs fit: ended by Ctrl-C; go on with {go_on}", file=sys.stderr)
        raise
    n = found.moments.n
    if left_out := pieces.n_samples - n:
        notes.append(f"Left out {left_out:,} of {pieces.n_samples:,} rows, which lack a value.")
    if checkpointing is not None and found.resumed_at:
        notes.append(f"Went on from epoch {found.resumed_at:,} of {checkpointing.path}.")
    return Fitted(
        model=model,
        data=pieces,
        n_samples=n,
        r2=r_squared(found.rest, found.moments.variance_of_target) if n > 1 else math.nan,
        seconds=seconds,
        notes=[*notes, *convergence],
    )


def _place(pieces: Pieces, model: LinearRegression, options: Options, notes: list[str]) -> Any:
    """Return the blocks, to be closed: in a temporary file, or in the workers of a cluster."""
    is_one_pass = is_shortcut(model.backend)  # first of all, whether it can be loaded
    if not options.is_on_cluster:
        if not is_one_pass:
            place, size = options.scratch or scratch_folder(), n_bytes(pieces.data_bytes)
            notes.append(
                f"Fitted block by block, {size} of numbers from a temporary file in {place}."
            )
        return FileBlocks(pieces, options.scratch)
    from npfs.largedata.cluster_blocks import ClusterBlocks
    from npfs.largedata.connection import connect

    client = connect(options.scheduler)
    workers, where = len(client.nthreads()), client.scheduler.address
    notes.append(
        f"Fitted in the memory of Dask's workers ({workers:,} when it began), scheduler {where}."
    )
    return ClusterBlocks.place(pieces, client)


def some_samples(pieces: Pieces) -> tuple[Array, Array]:
    """Return some samples of some pieces, for a drawing."""
    step = max(1, len(pieces.pieces) // DRAWN_PIECES)
    Xs, ys = [], []
    for piece in pieces.pieces[::step]:
        X, y = piece.read()
        every = max(1, len(y) // DRAWN_OF_PIECE)
        Xs.append(X[::every].copy())
        ys.append(y[::every].copy())
    return np.concatenate(Xs), np.concatenate(ys)
