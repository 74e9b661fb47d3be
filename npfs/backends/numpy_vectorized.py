"""Gradient descent with NumPy, written as the formula reads.

Each line works on whole arrays in C and leaves a new array behind: no Python loop over samples, but
a pass over memory for each operation.
"""

import numpy as np

from npfs.backends.aligned import prepare
from npfs.backends.base import Backend, fit_by_features
from npfs.regression.problem import Array


def fit_one_feature(
    x: Array, y: Array, epochs: int, learning_rate: float
) -> tuple[list[float], float, list[float]]:
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
    return [weight], bias, loss_history


def fit_many_features(
    X: Array, y: Array, epochs: int, learning_rate: float
) -> tuple[Array, float, list[float]]:
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
    return weights, bias, loss_history


fit = fit_by_features(fit_one_feature, fit_many_features)
BACKEND = Backend("numpy", "NumPy, vectorized", prepare, fit, dtypes=("float64", "float32"))
