"""The compiled loop with vector instructions on all cores.

In each epoch every thread sums up its share of the samples, then the shares are added. Starting the
threads takes about a microsecond and a half an epoch, so that small data are left to
``numba-simd``.
"""

from typing import Any

import numpy as np

from npfs.backends import numba_simd
from npfs.backends.base import Backend, BackendUnavailable, Fit
from npfs.backends.compiled import (
    ONE_AT_A_TIME,
    count_threads,
    may_use_threads,
    njit,
    prange,
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
THREADS = count_threads()


def prepare(X: Any, y: Any) -> tuple[Any, ...]:
    """Return the kernel and its data as ``numba_simd`` does, for all cores where that pays."""
    kernel, *arrays = numba_simd.prepare(X, y)
    if THREADS == 1 or X.size + y.size < SERIAL_BELOW:
        return kernel, *arrays
    if len(arrays) == 2:
        return fit_one_feature, *arrays
    return fit_many_features, *arrays, THREADS


def fit(data: tuple[Any, ...], epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero, on all cores.

    Calls from several threads wait for each other: a call takes all cores, and one of Numba's ways
    to start threads ends the process if two calls meet. In a forked child, which has not got its
    parent's threads, one core does it.
    """
    kernel, *arrays = data
    if kernel not in SERIAL:
        return numba_simd.fit(data, epochs, learning_rate)
    if not may_use_threads():
        serial = arrays[:-1] if kernel is fit_many_features else arrays
        return numba_simd.fit((SERIAL[kernel], *serial), epochs, learning_rate)
    with ONE_AT_A_TIME:
        return numba_simd.fit(data, epochs, learning_rate)


@njit(fastmath=FASTMATH)
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


@njit(fastmath=FASTMATH, parallel=True)
def sums_one_feature(x: Array, y: Array, weight: float, bias: float) -> tuple[float, float, float]:
    """Return the sums over the samples for loss, dw and db."""
    loss = dw = db = y.dtype.type(0)
    for i in prange(len(y)):
        error = weight * x[i] + (bias - y[i])
        loss += error * error
        dw += error * x[i]
        db += error
    return loss, dw, db


@njit(fastmath=FASTMATH)
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


@njit()
def shares_of_threads(threads: int, tile: int, n_features: int, y: Array) -> tuple[Array, Array]:
    """Return room for the errors of a tile and for the sums of each thread: dw, then loss and db.

    A row for each thread, two cache lines apart, so that no thread waits for what another writes
    (side by side the errors made two threads as slow as one).
    """
    return (
        np.empty((threads, tile + APART), y.dtype),
        np.empty((threads, n_features + 2 + APART), y.dtype),
    )


@njit(fastmath=FASTMATH, parallel=True)
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


SERIAL = {
    fit_one_feature: numba_simd.fit_one_feature,
    fit_many_features: numba_simd.fit_many_features,
}
BACKEND = Backend(
    "numba-parallel",
    "Numba, all cores",
    prepare,
    fit,
    dtypes=("float64", "float32"),
    cache_variable="NUMBA_CACHE_DIR",
    note=with_note(
        "" if THREADS > 1 else "only one core can be used, so it does what numba-simd does"
    ),
)
