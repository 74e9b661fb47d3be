"""One pass over data on a Dask cluster: each worker takes the moments of its pieces or partitions.

``client.map`` does it, and a tree of joins of two; a worker that is lost is Dask's own to repair.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from dask import delayed
from distributed import CancelledError, Client, Future, KilledWorker
from numpy.typing import NDArray

from npfs.data.columns import Part, Reader
from npfs.data.sentences import BadTable, one_line
from npfs.data.values import Rows
from npfs.largedata.connection import ClusterError, connect, require_workers
from npfs.largedata.moments import Moments
from npfs.largedata.one_pass import read_moments, require_few_features
from npfs.regression.problem import Array, unmasked

LOOK_EVERY = 1.0  # seconds
NUMBERS = "fiub"  # kinds of dtypes


def of_parts(reader: Reader, client: Client) -> tuple[Moments, Rows]:
    """Return the moments of files, which the workers read by the same paths, and the rows they had.

    Raises
    ------
    BadTable
        If a file cannot be read there, or holds nothing to learn from.
    ClusterError
        If workers or the scheduler are gone for good.
    """
    require_few_features(len(reader.feature_names))
    whole = replace(reader, parts=[])
    return _joined(client, client.map(_read, reader.parts, reader=whole, pure=False))


def of_collections(X: Any, y: Any) -> tuple[Moments, NDArray[np.object_] | None]:
    """Return the moments of Dask collections on the cluster in use, and the names of the features.

    Raises
    ------
    BadTable, ClusterError
        If they hold nothing to learn from; and as by ``of_parts``.
    """
    blocks = to_blocks(X, y)
    require_few_features(blocks.n_features)
    take = delayed(_take, pure=False)
    made = [take(name, *part) for name, part in zip(blocks.names, blocks.parts, strict=True)]
    client = connect()
    names = blocks.feature_names
    moments, _ = _joined(client, client.compute(made))
    if not moments.n:
        raise BadTable("there is no row to learn from; give data with at least one row")
    return moments, None if names is None else np.array(names, dtype=object)


def _joined(client: Client, futures: Sequence[Future]) -> tuple[Moments, Rows]:
    """Join moments in pairs on the workers, and wait for the result."""
    while len(futures) > 1:
        pairs = client.map(_join, futures[:-1:2], futures[1::2], pure=False)
        futures = [*pairs, *futures[len(pairs) * 2 :]]
    if not futures:
        raise BadTable("there is no block to learn from; give data with at least one row")
    return _result(client, futures[0])


def _join(a: tuple[Moments, Rows], b: tuple[Moments, Rows]) -> tuple[Moments, Rows]:
    return a[0].join(b[0]), a[1] + b[1]


def _result(client: Client, future: Future) -> tuple[Moments, Rows]:
    """Wait for a future as long as the cluster works on it."""
    found: tuple[Moments, Rows]
    try:
        while True:
            try:
                found = future.result(timeout=LOOK_EVERY)
                return found
            except TimeoutError:
                require_workers(client)
    except KilledWorker:
        raise ClusterError(
            "workers ran out of memory, or were killed, again and again while they read the data; "
            "give them more memory, or the data in smaller partitions"
        ) from None
    except (CancelledError, OSError) as error:
        raise ClusterError(
            f"the scheduler is gone ({one_line(error)}); start a cluster again, or leave it out to "
            "use this machine"
        ) from None


def _read(part: tuple[Part, tuple[int, ...]], reader: Reader) -> tuple[Moments, Rows]:
    """Return the moments of a part that this worker reads."""
    return read_moments(replace(reader, parts=[part]))


def _take(name: str, X: Any, y: Any) -> tuple[Moments, Rows]:
    """Return the moments of samples and targets that Dask computed.

    Raises
    ------
    BadTable
        Names the block, if it holds no numbers or the two do not fit.
    """
    X, y = _as_floats(f"{name}: X", X), _as_floats(f"{name}: y", y)
    y = y.reshape(-1) if y.shape[1:] in ((), (1,)) else y
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y):
        raise BadTable(
            f"{name}: X has the shape {X.shape} and y {y.shape}; give y a value for each row of X, "
            "and both the same chunks"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        found = Moments.of(X, y)
    if found.n and not (np.isfinite(found.low) & np.isfinite(found.high)).all():
        both = np.column_stack([X, y])
        row, column = np.argwhere(~np.isfinite(both))[0].tolist()
        what = f"feature {column}" if column < X.shape[1] else "the target"
        raise BadTable(
            f"{name}: {what} is {both[row, column]} in its row {row:,}; fill such values in, or "
            "leave those rows out"
        )
    return found, Rows(found.n)


def _as_floats(what: str, values: Any) -> Array:
    """Return an array or a data frame as float64; a missing value becomes NaN."""
    is_pandas = hasattr(values, "to_numpy")  # each column has a type of its own
    values = values if is_pandas else unmasked(values, what, "da.ma")
    dtypes = values.dtypes if is_pandas and values.ndim == 2 else [values.dtype]
    bad = [str(dtype) for dtype in dtypes if getattr(dtype, "kind", "O") not in NUMBERS]
    if bad:
        raise BadTable(f"{what} holds values of type {bad[0]}; give numbers")
    if is_pandas:
        values = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values, dtype=np.float64)


@dataclass(frozen=True)
class Collection:
    """Blocks of Dask collections, each of whole rows.

    Attributes
    ----------
    parts : sequence of (Delayed, Delayed)
        Of each block, X and y.
    """

    names: Sequence[str]
    parts: Sequence[tuple[Any, Any]] = field(repr=False)
    n_features: int
    feature_names: tuple[str, ...] | None = None


def to_blocks(X: Any, y: Any) -> Collection:
    """Return samples and targets as blocks; nothing is computed.

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
    targets, rows = _targets(X, y, rows)
    if not _is_frame(X):
        X = X.rechunk({0: tuple(rows)}) if _are_known(rows) else X
        parts = X.to_delayed().ravel()
    parts = list(zip(parts, targets, strict=True))
    return Collection(list(_block_names(rows)), parts, n_features, names)


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
        raise ClusterError(f"the number of X's columns is not known; {_compute_sizes(X=X)}")
    if X.shape[1] < 1:
        raise ClusterError("X has no column; give at least one feature")
    return X.rechunk({1: -1})


def _targets(X: Any, y: Any, rows: Sequence[float]) -> tuple[Any, Sequence[float]]:
    """Return the targets of each block, and how many they are, where either tells."""
    if _is_frame(y):
        parts, there = _partitions(y), [math.nan] * y.npartitions
    else:
        y = _as_dask(X, y, rows)
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
            f"X has {len(rows)} chunks and y {len(there)}, of sizes that are not known; "
            + _compute_sizes(X=X, y=y)
        )
    return parts, rows if _are_known(rows) else there


def _as_dask(X: Any, y: Any, rows: Sequence[float]) -> Any:
    if getattr(y, "chunks", None) is None:  # xarray's arrays in memory have them, as None
        if not _are_known(rows):
            raise ClusterError(f"the sizes of X's chunks are not known; {_compute_sizes(X=X)}")
        from dask.array import from_array  # noqa: PLC0415 - only where it is needed

        y = from_array(unmasked(y, "y"), chunks=-1)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.rechunk({1: -1})[:, 0]
    if y.ndim != 1:
        raise ClusterError(f"y must have shape (n_samples,), got shape {y.shape}")
    if y.dtype.kind not in NUMBERS:
        raise ClusterError(f"y holds values of type {y.dtype}; give numbers")
    return y


def _compute_sizes(**collections: Any) -> str:
    """Say how to compute the sizes of chunks of those whose sizes are not known."""
    ways = [
        f"{name} = {name}.{'to_dask_array(lengths=True)' if frame else 'compute_chunk_sizes()'}"
        for name, one in collections.items()
        if (frame := _is_frame(one)) or np.isnan(one.shape).any()
    ]
    return f"compute them first: {'; '.join(ways)}"


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
