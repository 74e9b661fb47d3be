"""Standardisation: mean 0 and standard deviation 1 for each feature.

Gradient descent takes steps of one size for all features. Brought to one scale, all of them
converge at the same pace; otherwise the largest feature sets the rate and the smallest hardly
moves.

All passes over the data stay on the calling thread. BLAS's threads wait busily for 26 ms after they
were used, and a backend that starts right after shares its cores with them: a fit of a million
samples by ``numba-parallel`` took 1.7 times as long. Memory bounds a pass over few features, so
that one thread takes no longer than BLAS's.
"""

from dataclasses import dataclass

import numpy as np

from npfs.regression.problem import Array

# Rounding leaves about 1e-13 of a mean of a million numbers: a spread below 1e-9 of it is computed
# again with more care.
CLEAR_OF_ROUNDING = 1e-9
# Standard deviations whose squares are ordinary float64 numbers, with room for a sum of them.
SMALLEST_SQUARED, LARGEST_SQUARED = 1e-145, 1e145
# NumPy's loops run along a row: rows of 4 features take 2 to 4 times as long as rows of this many
# numbers. Sums of long rows, column by column, are also more exact.
ROW_NUMBERS = 512


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
    def identity(cls, n_features: int) -> "Standardizer":
        """Return the standardizer that leaves data as they are."""
        return cls(np.zeros(n_features), np.ones(n_features))

    @classmethod
    def of(cls, X: Array) -> "Standardizer":
        """Learn mean and scale from ``X``, shape (n_samples, n_features)."""
        return cls.fit_transform(X)[0]

    @classmethod
    def fit_transform(cls, X: Array) -> tuple["Standardizer", Array]:
        """Learn mean and scale from ``X``; return them and the transform of ``X``, its one copy.

        The copy is C-contiguous whatever the order of ``X``. A feature is constant if all its
        values are equal.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # such features are done again below
            mean = column_sums(X) / len(X)
            scaled = np.empty(X.shape)
            _apply_to_columns(np.subtract, X, mean, scaled)
            scale = np.sqrt(sums_of_squares(scaled) / len(X))
        is_plain = scale > CLEAR_OF_ROUNDING * np.abs(mean)
        is_plain &= (scale > SMALLEST_SQUARED) & (scale < LARGEST_SQUARED)
        for feature in np.flatnonzero(~is_plain):
            x = X[:, feature]
            mean[feature], scale[feature] = _careful_mean_and_scale(x)
            scaled[:, feature] = x - mean[feature]
        _apply_to_columns(np.divide, scaled, scale, scaled)
        return cls(mean, scale), scaled

    def transform(self, X: Array) -> Array:
        """Return ``(X - mean) / scale``, the shape of ``X``."""
        return (X - self.mean) / self.scale

    def to_original(self, weights: Array, bias: float) -> tuple[Array, float]:
        """Translate parameters fitted on transformed data into those of the original data.

        From ``weights @ ((x - mean) / scale) + bias``, sorted by powers of ``x``.
        """
        original = np.asarray(weights) / self.scale
        return original, float(bias - original @ self.mean)


def column_sums(X: Array) -> Array:
    """Return the sum of each column, shape (n_features,)."""
    long_rows, rest = _in_long_rows(X, _samples_in_a_row(X))
    sums: Array = np.einsum("ij->j", long_rows).reshape(-1, X.shape[1]).sum(axis=0)
    sums += np.einsum("ij->j", rest)
    return sums


def sums_of_squares(X: Array) -> Array:
    """Return the sum of squares of each column, shape (n_features,)."""
    long_rows, rest = _in_long_rows(X, _samples_in_a_row(X))
    sums: Array = np.einsum("ij,ij->j", long_rows, long_rows).reshape(-1, X.shape[1]).sum(axis=0)
    sums += np.einsum("ij,ij->j", rest, rest)
    return sums


def _apply_to_columns(function: np.ufunc, X: Array, values: Array, out: Array) -> None:
    """Write ``function(X, values)`` into ``out``, with one value for each column."""
    samples = _samples_in_a_row(X, out)
    (X_rows, X_rest), (out_rows, out_rest) = _in_long_rows(X, samples), _in_long_rows(out, samples)
    function(X_rows, np.tile(values, samples), out=out_rows)
    function(X_rest, values, out=out_rest)


def _samples_in_a_row(*arrays: Array) -> int:
    """Return the number of samples to join to one row; 1 where a view cannot join them."""
    n_features: int = arrays[0].shape[1]
    if n_features == 1 or not all(array.flags.c_contiguous for array in arrays):
        return 1  # one feature is one long row to NumPy already
    return max(1, ROW_NUMBERS // n_features)


def _in_long_rows(X: Array, samples: int) -> tuple[Array, Array]:
    """Return a view of ``X`` in rows of so many samples, and a view of the samples left over."""
    n_samples, n_features = X.shape
    whole = n_samples - n_samples % samples
    return X[:whole].reshape(-1, samples * n_features), X[whole:]


def _careful_mean_and_scale(x: Array) -> tuple[float, float]:
    """Return mean and scale of values that are nearly equal, or whose squares leave float64.

    The values are taken as their distances from the first one, which are exact for nearly equal
    values, in units that bring all of them to at most 1.
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
