"""NumPy used well: no temporaries, sums of products by BLAS, blocks that stay in the cache.

As the formula reads, every operation allocates an array, and for large data each of them is fetched
from memory anew. Here one small buffer is written with ``out=`` and read again while it is in the
cache: 1.6 to 4.1 times faster for one feature. Many features are kept in columns (Fortran order),
where both of BLAS's passes run along the samples: 1.4 to 2.4 times faster than rows.
"""

from typing import Any

import numpy as np

from npfs.backends import aligned
from npfs.backends.base import Backend, Fit
from npfs.regression.problem import Array

# OpenBLAS starts threads for a product of more than 10,000 numbers, which costs more than it brings
# and now and then 2.5 times the time: so larger data are rows, each a product of its own, in one
# call of ``vecdot``.
ROW_SAMPLES = 10_000
# x, y and errors of a block take 1.5 MB; fewer samples pay for more calls (16,384: 1.3 times
# slower).
BLOCK_SAMPLES = 65_536
TRIED_FOR_EQUAL_ROWS = 64


def prepare(X: Any, y: Any) -> tuple[Any, ...]:
    """Return blocks of ``x`` and ``y``, or ``X`` in columns and ``y``, with a buffer for errors."""
    if X.shape[1] > 1:
        error = aligned.aligned_empty(y.shape, y.dtype, place=2)
        return aligned.aligned_copy(X, "F"), aligned.aligned_copy(y, place=1), error
    return (in_cache_blocks(*aligned.prepare(X, y)),)


def in_cache_blocks(x: Array, y: Array) -> list[tuple[Array, Array, Array]]:
    """Return views of ``x`` and ``y`` that stay in the cache, each with one buffer for errors."""
    n_samples = len(y)
    if n_samples <= ROW_SAMPLES:
        return [(x, y, aligned.aligned_empty(y.shape, y.dtype, place=2))]
    rows, columns = equal_rows(n_samples)
    in_block = max(1, BLOCK_SAMPLES // columns)
    error = aligned.aligned_empty((in_block, columns), y.dtype, place=2)
    x_rows, y_rows = (array[: rows * columns].reshape(rows, columns) for array in (x, y))
    blocks = [
        (x_rows[first : first + in_block], y_rows[first : first + in_block], error[: rows - first])
        for first in range(0, rows, in_block)
    ]
    rest = slice(rows * columns, n_samples)
    if rest.start < n_samples:
        blocks.append((x[rest], y[rest], np.empty_like(y[rest])))
    return blocks


def equal_rows(n_samples: int) -> tuple[int, int]:
    """Return rows and columns that take all samples, or all but fewer than there are rows."""
    fewest = -(-n_samples // ROW_SAMPLES)
    rows = next(
        (r for r in range(fewest, fewest + TRIED_FOR_EQUAL_ROWS) if n_samples % r == 0), fewest
    )
    return rows, n_samples // rows


def fit(data: tuple[Any, ...], epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero."""
    if len(data) == 1:
        return fit_one_feature(*data, epochs, learning_rate)
    X, y, error = data
    return fit_many_features(X, y, error, epochs, learning_rate)


def fit_one_feature(
    blocks: list[tuple[Array, Array, Array]], epochs: int, learning_rate: float
) -> Fit:
    """Fit ``y_pred = weight * x + bias``, a block of samples at a time."""
    n_samples = sum(y.size for _, y, _ in blocks)
    weight = bias = 0.0
    loss_history = []
    for _ in range(epochs):
        loss, dw, db = sums_one_feature(blocks, weight, bias)
        loss_history.append(loss / n_samples)
        weight -= learning_rate * 2 * dw / n_samples
        bias -= learning_rate * 2 * db / n_samples
    return Fit([weight], bias, loss_history)


def sums_one_feature(blocks: list[tuple[Array, Array, Array]], weight: float, bias: float) -> Any:
    """Return the sums over the samples for loss, dw and db."""
    loss = dw = db = 0.0
    for x, y, error in blocks:
        np.multiply(x, weight, out=error)
        np.subtract(error, y, out=error)
        np.add(error, bias, out=error)
        loss += sum_of_products(error, error)
        dw += sum_of_products(error, x)
        db += error.sum()
    return loss, dw, db


def sum_of_products(a: Array, b: Array) -> Any:
    """Return the sum of ``a * b``, without a temporary of their size."""
    if a.ndim == 1:
        return np.dot(a, b)
    return np.vecdot(a, b).sum()


def fit_many_features(X: Array, y: Array, error: Array, epochs: int, learning_rate: float) -> Fit:
    """Fit ``y_pred = X @ weights + bias``."""
    n_samples, n_features = X.shape
    weights, dw = np.zeros(n_features, X.dtype), np.empty(n_features, X.dtype)
    bias = 0.0
    loss_history = []
    for _ in range(epochs):
        loss, db = sums_many_features(X, y, error, weights, bias, dw)
        loss_history.append(loss / n_samples)
        dw *= learning_rate * 2 / n_samples
        weights -= dw
        bias -= learning_rate * 2 * db / n_samples
    return Fit(weights, bias, loss_history)


def sums_many_features(
    X: Array, y: Array, error: Array, weights: Array, bias: float, dw: Array
) -> Any:
    """Return the sums for loss and db; ``error`` and ``dw`` are written."""
    np.dot(X, weights, out=error)
    np.subtract(error, y, out=error)
    np.add(error, bias, out=error)
    np.dot(error, X, out=dw)
    return np.dot(error, error), np.add.reduce(error)


BACKEND = Backend(
    "numpy-inplace",
    "NumPy, in place",
    prepare,
    fit,
    dtypes=("float64", "float32"),
)
