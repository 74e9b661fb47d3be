"""Samples and targets as the estimator is given them, checked as scikit-learn checks them and with its messages.

Whoever knows scikit-learn, and every tool that was written for it, recognises them.
"""

import sys
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npfs.regression.errors import kind
from npfs.regression.problem import Array

NAMES_LISTED = 5
STACK = 4  # frames from a warning here to the line of the user: warn, this module, the estimator, the user
_RESHAPE = (
    "Reshape your data either using array.reshape(-1, 1) if your data has a single feature or array.reshape(1, -1) "
    "if it contains a single sample."
)


def feature_names(X: Any) -> NDArray[np.object_] | None:
    """Return the names of a data frame's columns, shape (n_features,); None if there are none, or they are no strings.

    Raises
    ------
    TypeError
        If some of the names are strings and some are not.
    """
    columns = getattr(X, "column_names", None)  # an Arrow table, whose ``columns`` are its data
    if columns is None:
        columns = getattr(X, "columns", None)
    if columns is None or not hasattr(X, "shape"):
        return None
    names = np.empty(len(columns), dtype=object)
    names[:] = list(columns)
    types = sorted({type(name).__qualname__ for name in names})
    if "str" not in types:
        return None
    if len(types) > 1:
        raise TypeError(
            "Feature names are only supported if all input features have string names, but your input has "
            f"{types} as feature name / column name types. Convert them all to strings, for example by "
            "X.columns = X.columns.astype(str)."
        )
    return names


def check_feature_names(X: Any, fitted: NDArray[np.object_] | None, estimator: str) -> None:
    """Compare the names of the columns of ``X`` with those of the fit; warn if one of the two has none.

    Raises
    ------
    ValueError
        If they differ, in their order or at all.
    """
    found = feature_names(X)
    if found is None and fitted is None:
        return
    if fitted is None:
        message = f"X has feature names, but {estimator} was fitted without feature names"
        warnings.warn(message, stacklevel=STACK)
    elif found is None:
        message = (
            f"X does not have valid feature names, but {estimator} was fitted with feature names"
        )
        warnings.warn(message, stacklevel=STACK)
    elif not np.array_equal(found, fitted):
        raise ValueError(_name_mismatch(set(found), set(fitted)))


def _name_mismatch(found: set[str], fitted: set[str]) -> str:
    lines = ["The feature names should match those that were passed during fit."]
    for names, title in (
        (found - fitted, "Feature names unseen at fit time:"),
        (fitted - found, "Feature names seen at fit time, yet now missing:"),
    ):
        if names:
            lines += [title, *(f"- {name}" for name in sorted(names)[:NAMES_LISTED])]
            lines += ["- ..."] if len(names) > NAMES_LISTED else []
    if found == fitted:
        lines.append("Feature names must be in the same order as they were in fit.")
    return "\n".join([*lines, ""])


def check_samples(X: Any, estimator: str) -> Array:
    """Return ``X`` as float64 of shape (n_samples, n_features), of any memory order; a copy only if need be.

    Raises
    ------
    ValueError
        If it is not two-dimensional, has no samples or features, is complex, is no number or is not finite.
    TypeError
        If it is sparse, a ``numpy.matrix``, or holds what cannot be a number.
    """
    array = _as_floats(X, "X")
    if array.ndim < 2:
        found = "scalar" if array.ndim == 0 else "1D"
        raise ValueError(
            f"Expected 2D array, got {found} array instead:\narray={array}.\n{_RESHAPE}"
        )
    if array.ndim > 2:
        raise ValueError(
            f"Found array with dim {array.ndim}, while dim <= 2 is required by {estimator}."
        )
    for count, what in zip(array.shape, ("sample", "feature"), strict=True):
        if count == 0:
            raise ValueError(
                f"Found array with 0 {what}(s) (shape={array.shape}) while a minimum of 1 is required by {estimator}."
            )
    _require_finite(array, "X")
    return array


def check_feature_count(X: Array, fitted: int, estimator: str) -> None:
    """Raise a ValueError unless ``X`` has as many features as the fit had."""
    if X.shape[1] != fitted:
        raise ValueError(
            f"X has {X.shape[1]} features, but {estimator} is expecting {fitted} features as input."
        )


def check_targets(y: Any, n_samples: int, estimator: str) -> Array:
    """Return ``y`` as C-contiguous float64 of shape (n_samples,); warn if it came as a column.

    Raises
    ------
    ValueError
        If it is None, has not one finite real number for each sample, or several columns.
    TypeError
        If it is sparse, or holds what cannot be a number.
    """
    if y is None:
        raise ValueError(
            f"This {estimator} estimator requires y to be passed, but the target y is None."
        )
    array = _as_floats(y, "y")
    if array.ndim == 2 and array.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
            "(n_samples, ), for example using ravel().",
            kind("DataConversionWarning"),
            stacklevel=STACK - 1,
        )
    elif array.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {array.shape} instead.")
    array = np.ascontiguousarray(array.ravel())
    _require_finite(array, "y")
    if len(array) != n_samples:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {[n_samples, len(array)]}"
        )
    return array


def _as_floats(values: Any, name: str) -> Array:
    sparse = sys.modules.get("scipy.sparse")  # who has a sparse matrix has loaded it
    if sparse is not None and sparse.issparse(values):
        raise TypeError(
            f"Sparse data was passed for {name}, but dense data is required. Use '.toarray()' to convert to a dense numpy array."
        )
    if isinstance(values, np.matrix):
        raise TypeError(
            "np.matrix is not supported. Please convert to a numpy array with np.asarray."
        )
    array: NDArray[Any] = np.asarray(values)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported\n{array}\n")
    if array.dtype.kind in "mMV":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if array.dtype.kind == "O" and hasattr(values, "iloc"):
        # pandas's missing values are no numbers; as NaN they are named as what they are
        array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(array, dtype=np.float64)


def _require_finite(array: Array, name: str) -> None:
    """Raise a ValueError if a value is not finite. Their sum tells in one pass, unless it overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.sum(array)) or np.isfinite(array).all():
            return
    what = "NaN" if np.isnan(array).any() else "infinity or a value too large for dtype('float64')"
    raise ValueError(f"Input {name} contains {what}.")
