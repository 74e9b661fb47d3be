"""Gradient descent as plain loops that Numba compiles to machine code.

One pass over the samples for each epoch: prediction, loss and gradients of a sample are computed
while its numbers are in registers, and no array is written. The sums keep the order of the loop
(IEEE), as compiled C without further flags would; that order forbids vector instructions, so a
chain of additions sets the pace. Sums and parameters are float64, also for float32 data. Compiled
code is kept on disk (``cache=True``): only the first process ever waits for it.
"""

import numpy as np
from numba import njit

from npfs.backends.aligned import prepare
from npfs.backends.base import Backend, fit_by_features
from npfs.backends.compiled import CACHED, with_note
from npfs.regression.problem import Array


@njit(cache=CACHED)
def fit_one_feature(
    x: Array, y: Array, epochs: int, learning_rate: float
) -> tuple[Array, float, Array]:
    """Fit ``y_pred = weight * x + bias``."""
    n_samples = len(y)
    weight = bias = 0.0
    loss_history = np.empty(epochs)
    for epoch in range(epochs):
        loss, dw, db = sums_one_feature(x, y, weight, bias)
        loss_history[epoch] = loss / n_samples
        weight -= learning_rate * 2 * dw / n_samples
        bias -= learning_rate * 2 * db / n_samples
    return np.full(1, weight), bias, loss_history


@njit(cache=CACHED)
def sums_one_feature(x: Array, y: Array, weight: float, bias: float) -> tuple[float, float, float]:
    """Return the sums over the samples for loss, dw and db."""
    loss = dw = db = 0.0
    for i in range(len(y)):
        error = weight * x[i] + bias - y[i]
        loss += error * error
        dw += error * x[i]
        db += error
    return loss, dw, db


@njit(cache=CACHED)
def fit_many_features(
    X: Array, y: Array, epochs: int, learning_rate: float
) -> tuple[Array, float, Array]:
    """Fit ``y_pred = X[i] · weights + bias``."""
    n_samples, n_features = X.shape
    weights = np.zeros(n_features)  # sums in float64 whatever the data: no vector is lost by it
    bias = 0.0
    dw = np.empty(n_features)
    loss_history = np.empty(epochs)
    for epoch in range(epochs):
        loss, db = sums_many_features(X, y, weights, bias, dw)
        loss_history[epoch] = loss / n_samples
        for j in range(n_features):
            weights[j] -= learning_rate * 2 * dw[j] / n_samples
        bias -= learning_rate * 2 * db / n_samples
    return weights, bias, loss_history


@njit(cache=CACHED)
def sums_many_features(
    X: Array, y: Array, weights: Array, bias: float, dw: Array
) -> tuple[float, float]:
    """Return the sums over the samples for loss and db; write those for the gradients to ``dw``."""
    n_samples, n_features = X.shape
    loss = db = 0.0
    dw[:] = 0.0
    for i in range(n_samples):
        error = bias - y[i]
        for j in range(n_features):
            error += weights[j] * X[i, j]
        loss += error * error
        for j in range(n_features):
            dw[j] += error * X[i, j]
        db += error
    return loss, db


fit = fit_by_features(fit_one_feature, fit_many_features)
BACKEND = Backend(
    "numba",
    "Numba, compiled loop",
    prepare,
    fit,
    dtypes=("float64", "float32"),
    cache_variable="NUMBA_CACHE_DIR",
    note=with_note(),
)
