"""The shortcut of ``numpy_gram``, distributed: one pass over all blocks, then no call at all.

A worker sends one small matrix. The limit is the same cancellation.

The pass takes the Gram matrix at the pace of memory: every number is read once. A product for each
pair of columns reads them from memory again and again. Here samples are kept in short tiles, the
features and the target of each side by side, and all products are taken in one sweep over them. For
4 features that takes 1.07 to 1.2 times as long as to read the block. Many columns are left to BLAS,
whose matrix product is bound by arithmetic.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import dask
import numpy as np
from numba import njit

from npfs.backends import numpy_gram
from npfs.backends.aligned import aligned_empty
from npfs.backends.base import Backend, Fit
from npfs.backends.compiled import CACHED
from npfs.backends.numba_simd import FASTMATH
from npfs.largedata.connection import connect
from npfs.largedata.dask_backend import DaskBlocks
from npfs.regression.problem import Array

# Samples. With 16 the sums of vectors are added up too often (1.5 times as long); 128 are less
# sequential (1.4 times).
TILE = 32
SWEPT_COLUMNS = 5  # of features and target: their 20 sums stay in registers
PART_BYTES = 2**20  # of more columns, in the second-level cache


def layout(X: Any, y: Any) -> tuple[Array, int]:
    """Return tiles of the features and, last, the target, and the number of samples.

    Tiles have the shape (n_tiles, n_features + 1, TILE) and are filled up with zeros. Many features
    are columns instead, shape (n_features + 1, n_samples).
    """
    n_samples, n_features = X.shape
    if n_features + 1 > SWEPT_COLUMNS:
        columns = aligned_empty((n_features + 1, n_samples), np.float64)
        columns[:-1], columns[-1] = X.T, y
        return columns, n_samples
    whole, rest = divmod(n_samples, TILE)
    tiles = aligned_empty((whole + (rest > 0), n_features + 1, TILE), np.float64)
    tiles[:whole, :-1] = X[: whole * TILE].reshape(whole, TILE, n_features).transpose(0, 2, 1)
    tiles[:whole, -1] = y[: whole * TILE].reshape(whole, TILE)
    if rest:
        tiles[whole] = 0
        tiles[whole, :-1, :rest], tiles[whole, -1, :rest] = X[whole * TILE :].T, y[whole * TILE :]
    return tiles, n_samples


def gram(block: tuple[Array, int]) -> Array:
    """Return the products of all columns of ``[X, 1, y]``: (n_features + 2, n_features + 2)."""
    columns, n_samples = block
    products, sums = (_swept if columns.ndim == 3 else _by_blas)(columns)
    n_columns = len(sums)
    found = np.empty((n_columns + 1, n_columns + 1))
    others = [*range(n_columns - 1), n_columns]
    found[np.ix_(others, others)] = products
    found[-2, others] = found[others, -2] = sums
    found[-2, -2] = n_samples
    return found


def _swept(tiles: Array) -> tuple[Array, Array]:
    n_columns = tiles.shape[1]
    found = np.asarray(_sweep(n_columns)(tiles))
    products, sums = np.zeros((SWEPT_COLUMNS, SWEPT_COLUMNS)), found[:SWEPT_COLUMNS]
    products[np.tril_indices(SWEPT_COLUMNS)] = found[SWEPT_COLUMNS:]
    products += np.tril(products, -1).T
    return products[:n_columns, :n_columns], sums[:n_columns]


def _by_blas(columns: Array) -> tuple[Array, Array]:
    n_columns, n_samples = columns.shape
    products, sums = np.zeros((n_columns, n_columns)), np.zeros(n_columns)
    step = max(1, PART_BYTES // (8 * n_columns))
    for first in range(0, n_samples, step):
        part = columns[:, first : first + step]
        products += part @ part.T
        sums += part.sum(axis=1)
    return products, sums


@cache
def _sweep(n_columns: int) -> Callable[[Array], tuple[float, ...]]:
    """Return a function for sums of up to five columns and their products, in lower-triangle order.

    It is compiled for the number of columns: what belongs to others is left out.
    """

    @njit(cache=CACHED, fastmath=FASTMATH, nogil=True)
    def sweep(tiles: Array) -> tuple[float, ...]:
        s0 = s1 = s2 = s3 = s4 = 0.0
        p00 = p10 = p11 = p20 = p21 = p22 = p30 = p31 = p32 = p33 = 0.0
        p40 = p41 = p42 = p43 = p44 = 0.0
        # A length that the compiler does not know: it would write the loop out, and lose the
        # vectors.
        n_tiles, _, tile = tiles.shape
        for t in range(n_tiles):
            column0, column1 = tiles[t, 0], tiles[t, 1]
            column2 = tiles[t, 2] if n_columns > 2 else column0
            column3 = tiles[t, 3] if n_columns > 3 else column0
            column4 = tiles[t, 4] if n_columns > 4 else column0
            for k in range(tile):
                x0, x1 = column0[k], column1[k]
                s0 += x0
                s1 += x1
                p00 += x0 * x0
                p10 += x1 * x0
                p11 += x1 * x1
                if n_columns > 2:
                    x2 = column2[k]
                    s2 += x2
                    p20 += x2 * x0
                    p21 += x2 * x1
                    p22 += x2 * x2
                if n_columns > 3:
                    x3 = column3[k]
                    s3 += x3
                    p30 += x3 * x0
                    p31 += x3 * x1
                    p32 += x3 * x2
                    p33 += x3 * x3
                if n_columns > 4:
                    x4 = column4[k]
                    s4 += x4
                    p40 += x4 * x0
                    p41 += x4 * x1
                    p42 += x4 * x2
                    p43 += x4 * x3
                    p44 += x4 * x4
        return (
            *(s0, s1, s2, s3, s4),
            *(p00, p10, p11, p20, p21, p22, p30, p31, p32, p33, p40, p41, p42, p43, p44),
        )

    return sweep


def products(block: tuple[Array, int], parameters: Array) -> Array:
    """Return the products of all columns of a block, row by row; the parameters are not used."""
    return gram(block).ravel()


def prepare(X: Any, y: Any) -> DaskBlocks:
    """Return blocks in the workers of the cluster that ``connection.connect`` finds or starts."""
    return DaskBlocks.place(X, y, connect(), layout, products)


def fit(data: DaskBlocks, epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero, on the Gram matrix of the data."""
    size = data.n_features + 2
    found = data.run(np.zeros(size - 1)).reshape(size, size)
    return numpy_gram.iterate(found, data.n_samples, epochs, learning_rate)


BACKEND = Backend(
    "dask-gram",
    "Dask, Gram matrix once",
    prepare,
    fit,
    same_work=False,
    build=f"dask {dask.__version__}",
    cache_variable="NUMBA_CACHE_DIR",
)
