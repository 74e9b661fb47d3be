"""Gradient descent with NumPy, written as the formula reads.

Each line works on whole arrays in C and leaves a new array behind: no Python loop over samples, but a
pass over memory for each operation.
"""

from typing import Any

import numpy as np

from npfs.backends.aligned import aligned_copy
from npfs.backends.base import Backend, Fit
from npfs.regression.problem import Array


def prepare(X: Any, y: Any) -> tuple[Array, Array]:
    """Return ``x`` of shape (n_samples,), or ``X`` as it is for many features, and ``y``."""
    if X.shape[1] == 1:
        return aligned_copy(X[:, 0]), aligned_copy(y, place=1)
    return aligned_copy(X), aligned_copy(y, place=1)


def fit(data: tuple[Array, Array], epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero."""
    X, y = data
    if X.ndim == 1:
        return fit_one_feature(X, y, epochs, learning_rate)
    return fit_many_features(X, y, epochs, learning_rate)


def fit_one_feature(x: Array, y: Array, epochs: int, learning_rate: float) -> Fit:
    """Fit ``y_pred = weight * x + bias``."""
    weight = bias = 0.0
    loss_history = []
    for _ in range(epochs):
        y_pred = weight * x + bias
        error = y_pred - y
        loss_history.append(np.mean(error**2))
        dw = 2 * np.mean(error * x)
        db = 2 * np.mean(error)
        weight -= learning_rate * dw
        bias -= learning_rate * db
    return Fit([weight], bias, loss_history)


def fit_many_features(X: Array, y: Array, epochs: int, learning_rate: float) -> Fit:
    """Fit ``y_pred = X @ weights + bias``; the bias is broadcast over all samples."""
    n_samples, n_features = X.shape
    weights = np.zeros(n_features, X.dtype)
    bias = 0.0
    loss_history = []
    for _ in range(epochs):
        y_pred = X @ weights + bias
        error = y_pred - y
        loss_history.append(np.mean(error**2))
        dw = 2 * (X.T @ error) / n_samples
        db = 2 * np.mean(error)
        weights -= learning_rate * dw
        bias -= learning_rate * db
    return Fit(weights, bias, loss_history)


BACKEND = Backend("numpy", "NumPy, vectorized", prepare, fit, dtypes=("float64", "float32"))
