"""Standardisation: mean 0 and standard deviation 1 for each feature.

Gradient descent takes steps of one size for all features. Brought to one scale, all of them converge
at the same pace; otherwise the largest feature sets the rate and the smallest hardly moves.
"""

from dataclasses import dataclass

import numpy as np

from npfs.regression.one_thread import apply_to_columns, column_sums, sums_of_squares
from npfs.regression.problem import Array

# Rounding leaves about 1e-13 of a mean of a million numbers: a spread below 1e-9 of it is looked at with more care.
CLEAR_OF_ROUNDING = 1e-9
# Standard deviations whose squares are ordinary float64 numbers, with room for a sum of them.
SMALLEST_SQUARED, LARGEST_SQUARED = 1e-145, 1e145


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
        return cls.fit_transform(X)[0]

    @classmethod
    def fit_transform(cls, X: Array) -> tuple["Standardizer", Array]:
        """Learn mean and scale from ``X`` and return its transform as well: the one copy that is made of it.

        It is C-contiguous whatever the order of ``X``. A feature is constant if all its values are equal.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # such features are done again below
            mean = column_sums(X) / len(X)
            scaled = np.empty(X.shape)
            apply_to_columns(np.subtract, X, mean, scaled)
            scale = np.sqrt(sums_of_squares(scaled) / len(X))
        is_plain = scale > CLEAR_OF_ROUNDING * np.abs(mean)
        is_plain &= (scale > SMALLEST_SQUARED) & (scale < LARGEST_SQUARED)
        for feature in np.flatnonzero(~is_plain):
            x = X[:, feature]
            mean[feature], scale[feature] = _careful_mean_and_scale(x)
            scaled[:, feature] = x - mean[feature]
        apply_to_columns(np.divide, scaled, scale, scaled)
        return cls(mean, scale), scaled

    def transform(self, X: Array) -> Array:
        """Return ``(X - mean) / scale``, the shape of ``X``."""
        return (X - self.mean) / self.scale

    def to_original(self, weights: Array, bias: float) -> tuple[Array, float]:
        """Translate parameters fitted on transformed data into those of the data as they came.

        From ``weights @ ((x - mean) / scale) + bias``, sorted by powers of ``x``.
        """
        original = np.asarray(weights) / self.scale
        return original, float(bias - original @ self.mean)


def _careful_mean_and_scale(x: Array) -> tuple[float, float]:
    """Return mean and scale of values that are nearly equal, or so large or small that squares leave float64.

    The values are taken as their distances from the first one, which are exact for nearly equal values,
    in units that bring all of them to at most 1.
    """
    exponent = int(np.frexp(np.max(np.abs(x)))[1])
    first = np.ldexp(x[0], -exponent)
    distances = np.ldexp(x, -exponent) - first
    largest = float(np.max(np.abs(distances)))
    if largest == 0:
        return float(x[0]), 1.0
    distances /= largest
    mean = np.ldexp(first + largest * np.mean(distances), exponent)
    return float(mean), float(np.ldexp(largest * np.std(distances), exponent))
