"""Sources of blocks: pieces, and Dask arrays and data frames as rows of features with targets.

A source makes each block in a worker's memory, and makes it again when it is lost.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from dask import delayed
from distributed import Client, Future

from npfs.data.pieces import ArrayPiece, Pieces, n_bytes, samples_in
from npfs.largedata import tasks
from npfs.largedata.scheduler import ClusterError
from npfs.largedata.tasks import NUMBERS


@dataclass(frozen=True)
class PieceSource:
    """Pieces: those of files are read on the workers, those in this process's memory are sent."""

    given: Pieces

    @property
    def names(self) -> Sequence[str]:
        """Names of the pieces."""
        return [piece.name for piece in self.given.pieces]

    @property
    def n_features(self) -> int:
        """Columns of ``X``."""
        return self.given.n_features

    @property
    def data_bytes(self) -> int:
        """Bytes of X and y as float64."""
        return self.given.data_bytes

    def load(self, client: Client, indices: Sequence[int], workers: Sequence[str]) -> list[Future]:
        """Have these blocks made, as ``(X, y)`` of float64, and return a future of each.

        Pieces in memory are sent, each to the worker of its index; others are read where the
        scheduler says, all by one message.
        """
        pieces = self.given.pieces
        made = {
            index: client.scatter([pieces[index].read()], workers=[worker], hash=False)[0]
            for index, worker in zip(indices, workers, strict=True)
            if isinstance(pieces[index], ArrayPiece)
        }
        read = [index for index in indices if index not in made]
        futures = client.map(tasks.read, [pieces[index] for index in read], pure=False)
        made.update(zip(read, futures, strict=True))
        return [made[index] for index in indices]


@dataclass(frozen=True)
class Collection:
    """Blocks of Dask collections, made by ``npfs.largedata.sources.to_blocks``.

    Attributes
    ----------
    parts : sequence of (Delayed, Delayed)
        Of each block, X and y.
    data_bytes : int or None
        Of X and y as float64; None if it shows only when blocks are made.
    """

    names: Sequence[str]
    parts: Sequence[tuple[Any, Any]] = field(repr=False)
    n_features: int
    data_bytes: int | None = None
    feature_names: tuple[str, ...] | None = None

    def load(self, client: Client, indices: Sequence[int], workers: Sequence[str]) -> list[Future]:
        """Have these blocks computed where the scheduler says, and return a future of each.

        All in one graph, so that what several need is computed once.
        """
        load = delayed(tasks.from_collection, pure=False)
        made = [load(self.names[index], *self.parts[index]) for index in indices]
        return list(client.compute(made))


# Data in blocks, none of which is in a worker's memory yet.
Source = PieceSource | Collection


# Of X and y as float64. A larger one is cut, so that workers get as much as each other and hold
# little beside the blocks.
LARGEST_BLOCK_BYTES = 128 * 2**20
UNKNOWN = "compute them first, for both: X.compute_chunk_sizes()"


def to_blocks(X: Any, y: Any) -> Collection:
    """Return samples and targets as blocks for ``ClusterBlocks.place``; nothing is computed.

    Parameters
    ----------
    X : dask array of shape (n_samples, n_features), or dask data frame
        In any chunks. Of unknown sizes, they must be those of ``y``.
    y : dask array of shape (n_samples,), dask series or frame of one column
        Or an array, if the sizes of X's chunks are known.

    Raises
    ------
    ClusterError
        If the two do not fit, or X has no numbers.
    """
    if _is_frame(X):
        names = tuple(map(str, X.columns))
        if not names:
            raise ClusterError("X has no column; give at least one feature")
        parts, n_features = _partitions(X), len(names)
        rows: Sequence[float] = [math.nan] * len(parts)
    else:
        names, X = None, _samples(X)
        rows, n_features = X.chunks[0], X.shape[1]
    targets, rows = _targets(y, rows)
    if not _is_frame(X):
        X = X.rechunk({0: tuple(rows)}) if _are_known(rows) else X
        parts = X.to_delayed().ravel()
    n_samples = sum(rows)
    return Collection(
        list(_block_names(rows)),
        list(zip(parts, targets, strict=True)),
        n_features,
        None if math.isnan(n_samples) else n_bytes(int(n_samples), n_features),
        names,
    )


def _is_frame(collection: Any) -> bool:
    return hasattr(collection, "divisions")


def _partitions(frame: Any) -> Any:
    parts = frame.to_delayed()
    # Dask reads several small files at once where few columns of them are wanted: more of y than X.
    is_as_given = len(parts) == frame.npartitions
    return parts if is_as_given else frame.to_delayed(optimize_graph=False)


def _samples(X: Any) -> Any:
    """Return an array in blocks of whole rows, none too large."""
    if getattr(X, "ndim", 0) != 2 or not hasattr(X, "chunks"):
        raise ClusterError(
            "X must be a dask array of shape (n_samples, n_features) or a dask data frame, got "
            f"{X!r}"
        )
    if X.dtype.kind not in NUMBERS:
        raise ClusterError(f"X holds values of type {X.dtype}; give numbers")
    if math.isnan(X.shape[1]):
        raise ClusterError(f"the number of X's columns is not known; {UNKNOWN}")
    if X.shape[1] < 1:
        raise ClusterError("X has no column; give at least one feature")
    X = X.rechunk({1: -1})
    most = samples_in(LARGEST_BLOCK_BYTES, X.shape[1])
    rows = X.chunks[0]
    if not _are_known(rows) or max(rows) <= most:
        return X
    return X.rechunk({0: tuple(part for n in rows for part in _cut(n, most))})


def _cut(n: int, most: int) -> Iterator[int]:
    """Yield parts of ``n`` that are nearly equal, none larger than ``most``."""
    parts = max(1, -(-n // most))
    for part in range(parts):
        yield n * (part + 1) // parts - n * part // parts


def _targets(y: Any, rows: Sequence[float]) -> tuple[Any, Sequence[float]]:
    """Return the targets of each block, and how many they are, where either tells."""
    if _is_frame(y):
        parts, there = _partitions(y), [math.nan] * y.npartitions
    else:
        y = _as_dask(y, rows)
        if _are_known(rows) and _are_known(y.chunks[0]):
            if sum(rows) != y.shape[0]:
                raise ClusterError(
                    f"X has {int(sum(rows)):,} rows and y {y.shape[0]:,} values; give y a value "
                    "for each row of X"
                )
            y = y.rechunk((tuple(rows),))
        parts, there = y.to_delayed().ravel(), y.chunks[0]
    if len(there) != len(rows):
        raise ClusterError(
            f"X has {len(rows)} chunks and y {len(there)}, of sizes that are not known; {UNKNOWN}"
        )
    return parts, rows if _are_known(rows) else there


def _as_dask(y: Any, rows: Sequence[float]) -> Any:
    if not hasattr(y, "chunks"):
        if not _are_known(rows):
            raise ClusterError(f"the sizes of X's chunks are not known; {UNKNOWN}")
        from dask.array import from_array  # noqa: PLC0415 - only where it is needed

        y = from_array(np.asarray(y), chunks=-1)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.rechunk({1: -1})[:, 0]
    if y.ndim != 1:
        raise ClusterError(f"y must have shape (n_samples,), got shape {y.shape}")
    if y.dtype.kind not in NUMBERS:
        raise ClusterError(f"y holds values of type {y.dtype}; give numbers")
    return y


def _are_known(rows: Sequence[float]) -> bool:
    return not any(math.isnan(n) for n in rows)


def _block_names(rows: Sequence[float]) -> Iterator[str]:
    first = 0.0
    for index, n in enumerate(rows):
        where = (
            ""
            if math.isnan(first + n) or not n
            else f" (rows {int(first):,} to {int(first + n) - 1:,})"
        )
        yield f"block {index} of {len(rows)}{where}"
        first += n
