"""Standardisation: mean 0 and standard deviation 1 for each feature.

Gradient descent takes steps of one size for all features. Brought to one scale, all of them converge
at the same pace; otherwise the largest feature sets the rate and the smallest hardly moves.
"""

from dataclasses import dataclass

import numpy as np

from npfs.problem import Array


@dataclass(frozen=True)
class Standardizer:
    """Mean and scale of each feature of the training data, reused for any later data.

    Attributes
    ----------
    mean, scale : arrays of shape (n_features,)
        ``scale`` is the standard deviation (divided by n), and 1 for a constant feature.
    """

    mean: Array
    scale: Array

    @classmethod
    def of(cls, X: Array) -> "Standardizer":
        """Learn mean and scale from ``X``, shape (n_samples, n_features)."""
        mean, scale = X.mean(axis=0), X.std(axis=0)
        return cls(mean, np.where(scale > 0, scale, 1.0))

    def transform(self, X: Array) -> Array:
        """Return ``(X - mean) / scale``, the shape of ``X``."""
        return (X - self.mean) / self.scale

    def to_original(self, weights: Array, bias: float) -> tuple[Array, float]:
        """Translate parameters fitted on transformed data into those of the data as they came.

        From ``weights @ ((x - mean) / scale) + bias``, sorted by powers of ``x``.
        """
        original = np.asarray(weights) / self.scale
        return original, float(bias - original @ self.mean)
