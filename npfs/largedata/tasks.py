"""Tasks and kernels of workers: read a block, check it, lay it out, and what reduces it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npfs.backends.base import BlockKernel
from npfs.data.columns import one_line
from npfs.data.pieces import BadPiece, Piece, require_usable
from npfs.largedata.block_fitting import DASK, DASK_GRAM
from npfs.largedata.file_blocks import KERNELS, fastest_kernel, kernel_for_blocks
from npfs.largedata.moments import Moments
from npfs.regression.problem import Array
from npfs.regression.scaling import Standardizer

NUMBERS = "fiub"  # kinds of dtypes
Raw = tuple[Array, Array]


@dataclass(frozen=True)
class GramKernel:
    """A kernel for the Gram matrix of a block.

    Attributes
    ----------
    layout : callable ``(X, y) -> block``
    gram : callable ``(block) -> matrix`` of shape (n_features + 2, n_features + 2)
        The products of all columns of ``[X, 1, y]``.
    """

    layout: Callable[[Any, Any], Any]
    gram: Callable[[Any], Array]


def kernel_of(backend: str) -> BlockKernel | GramKernel:
    """Return the kernel of a backend; that of ``dask-gram`` takes Gram matrices.

    Raises
    ------
    ValueError
        If the backend has none.
    """
    if backend == DASK_GRAM:
        from npfs.largedata import dask_gram  # noqa: PLC0415 - compiled code, where it runs

        return GramKernel(dask_gram.layout, dask_gram.gram)
    return kernel_for_blocks(backend)


def kernel_on_workers(backend: str) -> str:
    """Return the backend whose kernel workers run for ``backend``.

    For ``dask`` that is the fastest one of a single core that can be loaded here. So it is for one
    that uses all cores: a worker has as many calls at once as it has threads.
    """
    on_all_cores, *of_one_core = KERNELS
    return fastest_kernel(of_one_core) if backend in (DASK, on_all_cores) else backend


def read(piece: Piece) -> Raw:
    """Read a piece on the worker.

    Raises
    ------
    BadPiece
        Names the piece, if it cannot be read here.
    """
    try:
        return piece.read()
    except OSError as error:
        raise BadPiece(
            f"{piece.name} cannot be read on a worker ({one_line(error)}); put the file back, or "
            "where all workers find it by the same path"
        ) from None


def from_collection(name: str, X: Any, y: Any) -> Raw:
    """Return samples and targets that Dask computed as a block of float64.

    Raises
    ------
    BadPiece
        Names the block, if it holds no numbers or the two do not fit.
    """
    X, y = as_floats(f"{name}: X", X), as_floats(f"{name}: y", y)
    y = y.reshape(-1) if y.shape[1:] in ((), (1,)) else y
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y):
        raise BadPiece(
            f"{name}: X has the shape {X.shape} and y {y.shape}; give y a value for each row of X, "
            "and both the same chunks"
        )
    return np.ascontiguousarray(X), np.ascontiguousarray(y)


def as_floats(what: str, values: Any) -> Array:
    """Return an array or a data frame as float64; a missing value becomes NaN."""
    is_pandas = hasattr(values, "to_numpy")  # each column has a type of its own
    values = values if is_pandas else np.asarray(values)
    dtypes = values.dtypes if is_pandas and values.ndim == 2 else [values.dtype]
    bad = [str(dtype) for dtype in dtypes if getattr(dtype, "kind", "O") not in NUMBERS]
    if bad:
        raise BadPiece(f"{what} holds values of type {bad[0]}; give numbers")
    if is_pandas:
        values = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values, dtype=np.float64)


def shape_of(name: str, raw: Raw) -> tuple[int, int]:
    """Return samples and features of a block."""
    return len(raw[0]), raw[0].shape[1]


def moments_of(name: str, raw: Raw) -> Moments:
    """Return the moments of a block whose numbers are all finite.

    Raises
    ------
    BadPiece
        Names the block, the row and the column of the first number that is not.
    """
    require_usable(name, *raw)
    return Moments.of(*raw)


def lay_out(raw: Raw, backend: str, scaler: Standardizer | None) -> Any:
    """Return the block as the backend's kernel reads it."""
    X, y = raw
    return kernel_of(backend).layout(X if scaler is None else scaler.transform(X), y)
