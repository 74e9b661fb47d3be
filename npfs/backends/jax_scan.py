"""Gradient descent with JAX: one compiled program whose ``scan`` runs over the epochs."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from npfs.backends.base import Backend, Fit

Data = tuple[jax.Array, jax.Array]


def prepare(X: Any, y: Any) -> Data:
    """Return ``x`` of shape (n_samples,), or ``X`` as it is for many features, and ``y``."""
    # For this backend alone: JAX's default is float32, for the whole process.
    with jax.enable_x64(True):
        return jnp.array(X[:, 0] if X.shape[1] == 1 else X), jnp.array(y)


def fit(data: Data, epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero."""
    X, y = data
    with jax.enable_x64(True):
        kernel = fit_one_feature if X.ndim == 1 else fit_many_features
        weights, bias, loss_history = kernel(X, y, epochs, learning_rate)
        return Fit(np.atleast_1d(weights), np.asarray(bias), np.asarray(loss_history))


@partial(jax.jit, static_argnames="epochs")
def fit_one_feature(x: jax.Array, y: jax.Array, epochs: int, learning_rate: float) -> Any:
    """Fit ``y_pred = weight * x + bias``."""

    def step(parameters: Any, _: None) -> Any:
        weight, bias = parameters
        error = weight * x + bias - y
        loss = jnp.mean(error**2)
        dw = 2 * jnp.mean(error * x)
        db = 2 * jnp.mean(error)
        return (weight - learning_rate * dw, bias - learning_rate * db), loss

    zero = jnp.zeros((), y.dtype)
    (weight, bias), loss_history = jax.lax.scan(step, (zero, zero), length=epochs)
    return weight, bias, loss_history


@partial(jax.jit, static_argnames="epochs")
def fit_many_features(X: jax.Array, y: jax.Array, epochs: int, learning_rate: float) -> Any:
    """Fit ``y_pred = X @ weights + bias``."""
    n_samples, n_features = X.shape

    def step(parameters: Any, _: None) -> Any:
        weights, bias = parameters
        error = X @ weights + bias - y
        loss = jnp.mean(error**2)
        dw = 2 * (error @ X) / n_samples
        db = 2 * jnp.mean(error)
        return (weights - learning_rate * dw, bias - learning_rate * db), loss

    start = (jnp.zeros(n_features, y.dtype), jnp.zeros((), y.dtype))
    (weights, bias), loss_history = jax.lax.scan(step, start, length=epochs)
    return weights, bias, loss_history


BACKEND = Backend(
    "jax",
    "JAX, jit and scan",
    prepare,
    fit,
    dtypes=("float64", "float32"),
    build=f"jax {jax.__version__}",
)
