"""Passes over the data on the calling thread alone, for what is done right before a backend starts.

BLAS's threads wait busily for a while (26 ms) after they were used. A backend with threads of its own that starts
right after shares its cores with them: a fit of a million samples by ``numba-parallel`` took 1.7 times as long. A
pass over data with few features is bound by memory, so that one thread loses nothing; these take no longer than
BLAS's.
"""

import numpy as np

from npfs.regression.problem import Array

ROW_NUMBERS = 512


def predictions(X: Array, weights: Array, bias: float) -> Array:
    """Return ``X @ weights + bias``, shape (n_samples,)."""
    found: Array = np.einsum("ij,j->i", X, weights)
    found += bias
    return found


def weighted_sums(X: Array, by_sample: Array) -> Array:
    """Return ``by_sample @ X``, shape (n_features,)."""
    found: Array = np.einsum("i,ij->j", by_sample, X)
    return found


def column_sums(X: Array) -> Array:
    """Return the sum of each column, shape (n_features,)."""
    wide, rest = _folded(X, _together(X))
    found: Array = np.einsum("ij->j", wide).reshape(-1, X.shape[1]).sum(axis=0)
    found += np.einsum("ij->j", rest)
    return found


def sums_of_squares(X: Array) -> Array:
    """Return the sum of squares of each column, shape (n_features,)."""
    wide, rest = _folded(X, _together(X))
    found: Array = np.einsum("ij,ij->j", wide, wide).reshape(-1, X.shape[1]).sum(axis=0)
    found += np.einsum("ij,ij->j", rest, rest)
    return found


def apply_to_columns(function: np.ufunc, X: Array, values: Array, out: Array) -> None:
    """Write ``function(X, values)`` into ``out``, with one value for each column."""
    together = _together(X, out)
    (wide, rest), (wide_out, rest_out) = _folded(X, together), _folded(out, together)
    function(wide, np.tile(values, together), out=wide_out)
    function(rest, values, out=rest_out)


def _together(*arrays: Array) -> int:
    """Return how many samples to take as one row.

    NumPy's loops run along a row: with 4 features they take 2 to 4 times as long on short rows. Sums of long rows,
    column by column, are also the more exact ones. (One feature is one long row to NumPy already.)
    """
    n_features: int = arrays[0].shape[1]
    if n_features == 1 or not all(array.flags.c_contiguous for array in arrays):
        return 1
    return max(1, ROW_NUMBERS // n_features)


def _folded(X: Array, together: int) -> tuple[Array, Array]:
    """Return a view of the samples in rows of several, and one of those that are left over."""
    n_samples, n_features = X.shape
    whole = n_samples - n_samples % together
    return X[:whole].reshape(-1, together * n_features), X[whole:]
