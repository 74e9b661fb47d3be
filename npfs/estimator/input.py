"""Parameters, samples and targets of the estimator, checked as scikit-learn checks them.

The messages are scikit-learn's: its users, and every tool written for it, recognise them. Errors
and warnings have its names, and are its own classes too where it is loaded.
"""

import inspect
import math
import re
import sys
import warnings
from collections.abc import Mapping
from datetime import date, timedelta
from importlib import import_module
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from npfs.backends.base import Backend
from npfs.regression.problem import Array, all_finite, unmasked

AUTO = "auto"
# Types of columns, as pandas, Polars and Arrow name them, and of cells that are no real numbers; an
# array may hold them as counts of days or nanoseconds.
DATES = re.compile("date|time|duration|period|interval|month_day", re.IGNORECASE)
NO_NUMBERS = (date, timedelta, np.datetime64, np.timedelta64, complex, np.complexfloating)
NAMES_LISTED = 5
# Frames from a warning here to the line of the user: warn, this module, the estimator, the user.
STACK = 4
_RESHAPE = (
    "Reshape your data either using array.reshape(-1, 1) if your data has a single feature or "
    "array.reshape(1, -1) if it contains a single sample."
)


class NotFittedError(ValueError, AttributeError):
    """The estimator is used before it was fitted."""


class InvalidParameterError(ValueError, TypeError):
    """A parameter of the estimator has a value or a type that it cannot have."""


class DataConversionWarning(UserWarning):
    """The data are used in another shape than they were given in."""


class UndefinedMetricWarning(UserWarning):
    """The score has no value for these data."""


def sklearn_class(ours: type) -> Any:
    """Return an error or warning class of ours; where scikit-learn is loaded, one that is both.

    So whoever catches or filters scikit-learn's class gets ours, without an import of scikit-learn.
    """
    if "sklearn.exceptions" not in sys.modules:
        return ours
    return getattr(import_module("npfs.estimator.sklearn_errors"), ours.__name__)


class Parameters:
    """An estimator whose constructor only stores its arguments, unchanged, under their names.

    These methods are what scikit-learn's ``clone``, ``GridSearchCV`` and ``Pipeline`` ask for.
    """

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Return the parameters in the order of the constructor, with their defaults."""
        arguments = list(inspect.signature(cls.__init__).parameters.values())[1:]
        return {argument.name: argument.default for argument in arguments}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; ``deep`` changes nothing: none of them is an estimator."""
        return {name: getattr(self, name) for name in sorted(self._defaults())}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; they are checked by ``fit``.

        Raises
        ------
        ValueError
            If there is no parameter of that name.
        """
        known = sorted(self._defaults())
        for name in params:
            if name not in known:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. "
                    f"Valid parameters are: {known}."
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, default in self._defaults().items()
            if repr(getattr(self, name)) != repr(default)  # an array has no one answer to !=
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        """Return the tags of a regressor for scikit-learn's tools, which alone ask for them."""
        from sklearn.utils import RegressorTags, Tags, TargetTags  # noqa: PLC0415

        return Tags(
            estimator_type="regressor",
            target_tags=TargetTags(required=True),
            regressor_tags=RegressorTags(),
        )


def check_parameters(model: Any) -> None:
    """Check the parameters of a ``LinearRegression``.

    Raises
    ------
    InvalidParameterError
        Names the parameter, the values that it takes, and the one it has.
    """
    rate, tol = model.learning_rate, model.tol
    is_auto = isinstance(rate, str) and rate == AUTO
    checks = (
        ("backend", isinstance(model.backend, str | Backend), "a name or a Backend"),
        ("learning_rate", is_auto or is_positive(rate), "'auto' or a finite number above 0"),
        ("epochs", is_count(model.epochs), "an integer of at least 1"),
        (
            "tol",
            tol is None or (_is_finite(tol) and tol >= 0),
            "None or a finite number of at least 0",
        ),
        ("standardize", isinstance(model.standardize, bool | np.bool_), "True or False"),
        ("keep_path", isinstance(model.keep_path, bool | np.bool_), "True or False"),
    )
    for name, is_valid, required in checks:
        if not is_valid:
            raise InvalidParameterError(
                f"The {name!r} parameter of {type(model).__name__} must be {required}. "
                f"Got {getattr(model, name)!r} instead."
            )


def is_count(value: Any) -> bool:
    """Test for an integer of at least 1."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def is_positive(value: Any) -> bool:
    """Test for a finite number above 0."""
    return _is_finite(value) and value > 0


def _is_finite(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def feature_names(X: Any) -> NDArray[np.object_] | None:
    """Return the names of a data frame's columns, shape (n_features,).

    None for other data, and for a data frame whose names are not strings.

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
            "Feature names are only supported if all input features have string names, but your "
            f"input has {types} as feature name / column name types. Convert them all to strings, "
            "for example by X.columns = X.columns.astype(str)."
        )
    return names


def check_feature_names(X: Any, fitted: NDArray[np.object_] | None, estimator: str) -> None:
    """Compare the names of the columns of ``X`` with those of the fit; warn if only one has names.

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


def dask_collection(values: Any) -> Any:
    """Return the Dask array or data frame that this is, or wraps as xarray's arrays do; or None."""
    if not hasattr(values, "__dask_graph__"):  # which others have too, for a graph of None
        return None
    found = values if hasattr(values, "to_delayed") else getattr(values, "data", None)
    return found if hasattr(found, "to_delayed") else None


def check_samples(X: Any, estimator: str) -> Array:
    """Return ``X`` as float64 of shape (n_samples, n_features), in any memory order.

    It is a copy only if ``X`` has another type.

    Raises
    ------
    ValueError
        If it is not two-dimensional, has no samples or features, or holds a value that is complex,
        not a number or not finite.
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
                f"Found array with 0 {what}(s) (shape={array.shape}) while a minimum of 1 is "
                f"required by {estimator}."
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
            "A column-vector y was passed when a 1d array was expected. Please change the shape of "
            "y to (n_samples, ), for example using ravel().",
            sklearn_class(DataConversionWarning),
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
            f"Sparse data was passed for {name}, but dense data is required. "
            "Use '.toarray()' to convert to a dense numpy array."
        )
    if isinstance(values, np.matrix):
        raise TypeError(
            "np.matrix is not supported. Please convert to a numpy array with np.asarray."
        )
    lazy = dask_collection(values)
    values = values if lazy is None else lazy.compute()
    _require_no_dates([f"dtype {one}" for one in _column_types(values) if DATES.match(one)], name)
    array = unmasked(values, name)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported\n{array}\n")
    if array.dtype.kind in "mMV":
        _require_no_dates([f"dtype {array.dtype}"], name)
    if array.dtype.kind == "O":
        cells = [kind for kind in set(map(type, array.flat)) if issubclass(kind, NO_NUMBERS)]
        _require_no_dates([f"values of type {kind.__name__}" for kind in cells], name)
    if array.dtype.kind == "O" and hasattr(values, "iloc"):
        # pandas's missing values are not numbers; as NaN they are named
        array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(array, dtype=np.float64)


def _column_types(frame: Any) -> list[str]:
    """Name the types of a data frame's columns, of any library; of other data there may be none."""
    types = getattr(frame, "dtypes", None)
    if types is None:
        schema = getattr(frame, "schema", None)
        types = schema.values() if isinstance(schema, Mapping) else getattr(schema, "types", ())
    return [str(one) for one in (types if np.iterable(types) else [types])]


def _require_no_dates(types: list[str], name: str) -> None:
    """Refuse what would become a count of days or nanoseconds, or lose its imaginary part.

    Raises
    ------
    TypeError
    """
    if types:
        raise TypeError(
            f"{name} must hold real numbers, got {types[0]}; choose columns of numbers, or turn "
            "these into numbers of a unit that you choose"
        )


def _require_finite(array: Array, name: str) -> None:
    if not all_finite(array):
        has_nan = np.isnan(array).any()
        what = "NaN" if has_nan else "infinity or a value too large for dtype('float64')"
        raise ValueError(f"Input {name} contains {what}.")
