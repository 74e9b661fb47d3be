"""What scikit-learn's tools ask of any estimator about its parameters: ``clone``, ``GridSearchCV``, ``Pipeline``."""

import inspect
import math
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from npfs.backends.base import Backend
from npfs.regression.errors import InvalidParameterError

AUTO = "auto"


class Parameters:
    """An estimator whose constructor stores each of its arguments under its name, unchanged, and does nothing else."""

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Return the parameters in the order of the constructor, with their defaults."""
        arguments = list(inspect.signature(cls.__init__).parameters.values())[1:]
        return {argument.name: argument.default for argument in arguments}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; ``deep`` changes nothing, since none of them is an estimator."""
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
                    f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {known}."
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def _require(self, name: str, holds: bool, what: str) -> None:
        if not holds:
            raise InvalidParameterError(
                f"The {name!r} parameter of {type(self).__name__} must be {what}. Got {getattr(self, name)!r} instead."
            )

    def __repr__(self) -> str:
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, default in self._defaults().items()
            if repr(getattr(self, name)) != repr(default)  # an array has no one answer to !=
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn's tools must know of this estimator; they alone ask, so they are loaded."""
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
        Names the parameter, what it must be, and what it is.
    """
    rate, tol = model.learning_rate, model.tol
    epochs: Any = model.epochs
    model._require("backend", isinstance(model.backend, str | Backend), "a name or a Backend")
    is_rate = (isinstance(rate, str) and rate == AUTO) or (_is_finite(rate) and rate > 0)
    model._require("learning_rate", is_rate, "'auto' or a finite number above 0")
    is_integer = isinstance(epochs, Integral) and not isinstance(epochs, bool)
    is_count = is_integer and int(epochs) >= 1
    model._require("epochs", is_count, "an integer of at least 1")
    is_norm = tol is None or (_is_finite(tol) and tol >= 0)
    model._require("tol", is_norm, "None or a finite number of at least 0")
    for name in ("standardize", "keep_path"):
        model._require(name, isinstance(getattr(model, name), bool | np.bool_), "True or False")


def _is_finite(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
