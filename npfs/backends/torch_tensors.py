"""Gradient descent with PyTorch on the CPU: gradients by hand (no autograd), buffers reused."""

from typing import Any

import torch

from npfs.backends import aligned
from npfs.backends.base import Backend, Fit, fit_by_features


def prepare(X: Any, y: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ``x`` of shape (n_samples,), or ``X`` as it is for many features, and ``y``."""
    X, y = aligned.prepare(X, y)
    return torch.from_numpy(X), torch.from_numpy(y)


def fit_one_feature(x: torch.Tensor, y: torch.Tensor, epochs: int, learning_rate: float) -> Fit:
    """Fit ``y_pred = weight * x + bias``."""
    n_samples = len(y)
    weight = bias = 0.0
    loss_history = []
    error = torch.empty_like(y)
    for _ in range(epochs):
        torch.sub(y, x, alpha=weight, out=error)  # y - weight * x, in one pass
        error.sub_(bias)
        loss_history.append(torch.dot(error, error).item() / n_samples)
        weight += learning_rate * 2 * torch.dot(error, x).item() / n_samples
        bias += learning_rate * 2 * error.sum().item() / n_samples
    return Fit([weight], bias, loss_history)


def fit_many_features(X: torch.Tensor, y: torch.Tensor, epochs: int, learning_rate: float) -> Fit:
    """Fit ``y_pred = X @ weights + bias``."""
    n_samples, n_features = X.shape
    weights, dw = torch.zeros(n_features, dtype=X.dtype), torch.empty(n_features, dtype=X.dtype)
    bias = 0.0
    loss_history = []
    error = torch.empty_like(y)
    for _ in range(epochs):
        torch.mv(X, weights, out=error)
        error.sub_(y).add_(bias)
        loss_history.append(torch.dot(error, error).item() / n_samples)
        torch.mv(X.T, error, out=dw)
        weights.sub_(dw, alpha=learning_rate * 2 / n_samples)
        bias -= learning_rate * 2 * error.sum().item() / n_samples
    return Fit(weights.numpy(), bias, loss_history)


fit = torch.inference_mode()(fit_by_features(fit_one_feature, fit_many_features))
BACKEND = Backend(
    "torch",
    "PyTorch",
    prepare,
    fit,
    dtypes=("float64", "float32"),
    build=f"torch {torch.__version__}",
)
