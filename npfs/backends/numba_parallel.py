"""The compiled loop with vector instructions on all cores.

In each epoch every thread sums up its share of the samples, then the shares are added. Starting the
threads takes about a microsecond and a half an epoch, so that small data are left to
``numba-simd``.
"""

from typing import Any

import numba
import numpy as np
from numba import njit, prange

from npfs.backends import numba_simd
from npfs.backends.base import Backend, BackendUnavailable
from npfs.backends.compiled import (
    CACHED,
    ONE_AT_A_TIME,
    may_use_threads,
    thread_problem,
    with_note,
)
from npfs.backends.numba_simd import FASTMATH, sums_of_tiles
from npfs.regression.problem import Array

# Numbers read in an epoch. One core reads this many in the time that starting two threads costs
# twice over; at half of it both ways take the same time.
SERIAL_BELOW = 65_536
APART = 32  # numbers; two cache lines of float32, four of float64
if problem := thread_problem():
    raise BackendUnavailable("; ".join(problem))
THREADS = numba.get_num_threads()


def prepare(X: Any, y: Any) -> tuple[Any, ...]:
    """Return the kernel and its data as ``numba_simd`` does, for all cores where that pays."""
    kernel, *arrays = numba_simd.prepare(X, y)
    if THREADS == 1 or X.size + y.size < SERIAL_BELOW:
        return kernel, *arrays
    if len(arrays) == 2:
        return one_feature_on_all_cores, *arrays
    return many_features_on_all_cores, *arrays, THREADS


def one_feature_on_all_cores(*data: Any) -> tuple[Array, float, Array]:
    """Call ``fit_one_feature`` where threads may be used; see ``many_features_on_all_cores``."""
    if not may_use_threads():
        return numba_simd.fit_one_feature(*data)
    with ONE_AT_A_TIME:
        return fit_one_feature(*data)


def many_features_on_all_cores(
    X: Array, y: Array, n_samples: int, threads: int, epochs: int, learning_rate: float
) -> tuple[Array, float, Array]:
    """Call ``fit_many_features`` where threads may be used, else its sibling for one core.

    Calls from several threads wait for each other: a call takes all cores, and one of Numba's ways
    to start threads ends the process if two calls meet. A forked child has not got the threads of
    its parent.
    """
    if not may_use_threads():
        return numba_simd.fit_many_features(X, y, n_samples, epochs, learning_rate)
    with ONE_AT_A_TIME:
        return fit_many_features(X, y, n_samples, threads, epochs, learning_rate)


@njit(cache=CACHED, fastmath=FASTMATH)
def fit_one_feature(
    x: Array, y: Array, epochs: int, learning_rate: float
) -> tuple[Array, float, Array]:
    """Fit ``y_pred = weight * x + bias``."""
    n_samples = len(y)
    weight = bias = y.dtype.type(0)
    rate = y.dtype.type(learning_rate * 2 / n_samples)
    loss_history = np.empty(epochs, y.dtype)
    for epoch in range(epochs):
        loss, dw, db = sums_one_feature(x, y, weight, bias)
        loss_history[epoch] = loss / n_samples
        weight -= rate * dw
        bias -= rate * db
    return np.full(1, weight), bias, loss_history


@njit(cache=CACHED, fastmath=FASTMATH, parallel=True)
def sums_one_feature(x: Array, y: Array, weight: float, bias: float) -> tuple[float, float, float]:
    """Return the sums over the samples for loss, dw and db."""
    loss = dw = db = y.dtype.type(0)
    for i in prange(len(y)):
        error = weight * x[i] + (bias - y[i])
        loss += error * error
        dw += error * x[i]
        db += error
    return loss, dw, db


@njit(cache=CACHED, fastmath=FASTMATH)
def fit_many_features(
    X: Array, y: Array, n_samples: int, threads: int, epochs: int, learning_rate: float
) -> tuple[Array, float, Array]:
    """Fit ``y_pred = X · weights + bias``: each thread sums up its share of the tiles."""
    _, n_features, tile = X.shape
    weights = np.zeros(n_features, y.dtype)
    bias = y.dtype.type(0)
    rate = y.dtype.type(learning_rate * 2 / n_samples)
    errors, shares = shares_of_threads(threads, tile, n_features, y)
    loss_history = np.empty(epochs, y.dtype)
    for epoch in range(epochs):
        sums_many_features(X, y, n_samples, weights, bias, errors, shares)
        loss_history[epoch] = shares[0, n_features] / n_samples
        weights -= rate * shares[0, :n_features]
        bias -= rate * shares[0, n_features + 1]
    return weights, bias, loss_history


@njit(cache=CACHED)
def shares_of_threads(threads: int, tile: int, n_features: int, y: Array) -> tuple[Array, Array]:
    """Return room for the errors of a tile and for the sums of each thread: dw, then loss and db.

    A row for each thread, two cache lines apart, so that no thread waits for what another writes
    (side by side the errors made two threads as slow as one).
    """
    return (
        np.empty((threads, tile + APART), y.dtype),
        np.empty((threads, n_features + 2 + APART), y.dtype),
    )


@njit(cache=CACHED, fastmath=FASTMATH, parallel=True)
def sums_many_features(
    X: Array,
    y: Array,
    n_samples: int,
    weights: Array,
    bias: float,
    errors: Array,
    shares: Array,
) -> None:
    """Write the sums over the samples for dw, then loss and db, to ``shares[0]``."""
    n_tiles, n_features, _ = X.shape
    threads = len(shares)
    for thread in prange(threads):
        share = shares[thread]
        share[:] = 0
        first, last = n_tiles * thread // threads, n_tiles * (thread + 1) // threads
        share[n_features], share[n_features + 1] = sums_of_tiles(
            X, y, n_samples, first, last, weights, bias, errors[thread], share[:n_features]
        )
    for thread in range(1, threads):
        shares[0] += shares[thread]


BACKEND = Backend(
    "numba-parallel",
    "Numba, all cores",
    prepare,
    numba_simd.fit,
    dtypes=("float64", "float32"),
    cache_variable="NUMBA_CACHE_DIR",
    note=with_note(
        "" if THREADS > 1 else "only one core can be used, so it does what numba-simd does"
    ),
)
