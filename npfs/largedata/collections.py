"""Dask arrays and data frames as blocks: rows of all features, each with their targets."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from npfs.largedata.errors import ClusterError
from npfs.largedata.sources import Collection
from npfs.largedata.tasks import NUMBERS

# Of X and y as float64. A larger one is cut, so that workers get as much as each other and hold little beside the blocks.
LARGEST_BLOCK_BYTES = 128 * 2**20
UNKNOWN = "compute them first, for both: X.compute_chunk_sizes()"


def to_blocks(X: Any, y: Any) -> Collection:
    """Return samples and targets as blocks, which ``ClusterBlocks.place`` takes; nothing is computed.

    Parameters
    ----------
    X : dask array of shape (n_samples, n_features), or dask data frame
        In any chunks. Of unknown sizes, they must be those of ``y``.
    y : dask array of shape (n_samples,), dask series or frame of one column; or an array, if the sizes of X's chunks are known

    Raises
    ------
    ClusterError
        If the two do not fit, or X has no numbers.
    """
    if _is_frame(X):
        names = tuple(map(str, X.columns))
        if not names:
            raise ClusterError("X has no column; give at least one feature")
        parts, n_features = X.to_delayed(), len(names)
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
        None if math.isnan(n_samples) else int(n_samples) * (n_features + 1) * 8,
        names,
    )


def frame_blocks(frame: Any, target: str, features: Sequence[str] | None = None) -> Collection:
    """Return columns of a dask data frame as blocks; without ``features`` all but the target.

    Raises
    ------
    ClusterError
        If a column is not there.
    """
    columns = list(frame.columns)
    chosen = [name for name in columns if name != target] if features is None else list(features)
    missing = [name for name in (*chosen, target) if name not in columns]
    if missing:
        raise ClusterError(
            f"the data frame has no column {missing[0]!r}; choose from {', '.join(map(str, columns))}"
        )
    if not chosen:
        raise ClusterError("no feature is left beside the target; choose at least one column")
    parts = frame[[*chosen, target]].to_delayed()
    names = list(_block_names([math.nan] * len(parts)))
    return Collection(
        names, [(part, None) for part in parts], len(chosen), None, tuple(map(str, chosen))
    )


def _is_frame(collection: Any) -> bool:
    return hasattr(collection, "divisions")


def _samples(X: Any) -> Any:
    """Return an array in blocks of whole rows, none too large."""
    if getattr(X, "ndim", 0) != 2 or not hasattr(X, "chunks"):
        raise ClusterError(
            f"X must be a dask array of shape (n_samples, n_features) or a dask data frame, got {X!r}"
        )
    if X.dtype.kind not in NUMBERS:
        raise ClusterError(f"X holds values of type {X.dtype}; give numbers")
    if math.isnan(X.shape[1]):
        raise ClusterError(f"the number of X's columns is not known; {UNKNOWN}")
    if X.shape[1] < 1:
        raise ClusterError("X has no column; give at least one feature")
    X = X.rechunk({1: -1})
    most = max(1, LARGEST_BLOCK_BYTES // (8 * (X.shape[1] + 1)))
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
        parts, there = y.to_delayed(), [math.nan] * y.npartitions
    else:
        y = _as_dask(y, rows)
        if _are_known(rows) and _are_known(y.chunks[0]):
            if sum(rows) != y.shape[0]:
                raise ClusterError(
                    f"X has {int(sum(rows)):,} rows and y {y.shape[0]:,} values; give y a value for each row of X"
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
