"""The regression problem: samples ``X``, targets ``y``, and the seeded synthetic one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """Samples and targets, checked once so that no backend has to.

    Attributes
    ----------
    X : array of float64, shape (n_samples, n_features)
    y : array of float64, shape (n_samples,)

    Raises
    ------
    ValueError
        If a shape does not fit, nothing is left to fit, or a value is not finite.
    TypeError
        If the values are not real numbers.
    """

    X: Array
    y: Array

    def __post_init__(self) -> None:
        X, y = _as_floats("X", self.X), _as_floats("y", self.y)
        if X.ndim != 2:
            raise ValueError(f"X must have shape (n_samples, n_features), got shape {X.shape}")
        if y.ndim != 1:
            raise ValueError(f"y must have shape (n_samples,), got shape {y.shape}")
        if X.shape[0] < 1:
            raise ValueError(f"X must have at least one sample (row), got shape {X.shape}")
        if X.shape[1] < 1:
            raise ValueError(f"X must have at least one feature (column), got shape {X.shape}")
        if y.shape[0] != X.shape[0]:
            raise ValueError(
                f"y must have one value for each row of X: expected {X.shape[0]}, got {y.shape[0]}"
            )
        _require_finite("X", X)
        _require_finite("y", y)
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "y", y)

    @property
    def n_samples(self) -> int:
        """Number of rows of ``X``."""
        return len(self.X)

    @property
    def n_features(self) -> int:
        """Number of columns of ``X``."""
        return int(self.X.shape[1])


def make_problem(
    n_samples: int | str,
    n_features: int | None = None,
    *,
    slope: float = 3.0,
    intercept: float = 0.0,
    noise: float = 1.0,
    seed: int = 0,
) -> Problem:
    """Make ``y = slope * x + intercept + noise``, the same for the same seed.

    Features and noise are standard normal (the noise times ``noise``). With several features the
    true weights are drawn from the seed: ``slope`` times a standard normal number each.

    A name in place of ``n_samples`` makes the problem of a published comparison (``npfs.regression.published``), such as
    ``"real-python"``; of the other parameters it takes ``n_features``, where it has more than one size, and ``seed``.

    Raises
    ------
    ValueError
        If ``n_samples`` or ``n_features`` is below 1, or a parameter is not finite; if no published problem has the name
        or the number of features.
    TypeError
        If ``n_samples``, ``n_features`` or ``seed`` is not an integer.
    """
    if isinstance(n_samples, str):
        return _make_published(n_samples, n_features, seed)
    n_features = 1 if n_features is None else n_features
    _require_count("n_samples", n_samples, at_least=1)
    _require_count("n_features", n_features, at_least=1)
    _require_count("seed", seed, at_least=0)
    for name, value in (("slope", slope), ("intercept", intercept), ("noise", noise)):
        if not np.isfinite(value):
            raise ValueError(f"{name} must be a finite number, got {value!r}")
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, n_features))
    if n_features == 1:
        y = slope * X[:, 0] + intercept
    else:
        y = X @ (slope * rng.standard_normal(n_features)) + intercept
    y += noise * rng.standard_normal(n_samples)
    return Problem(X, y)


def _make_published(name: str, n_features: int | None, seed: int) -> Problem:
    from npfs.regression.published import published  # noqa: PLC0415 - which is made of this module

    _require_count("seed", seed, at_least=0)
    found = published(name)
    n_features = found.n_features[0] if n_features is None else n_features
    if n_features not in found.n_features:
        of = ", ".join(map(str, found.n_features))
        raise ValueError(f"the published problem {name!r} has {of} features, not {n_features!r}")
    return found.make(n_features, seed)


def _as_floats(name: str, values: ArrayLike) -> Array:
    array: NDArray[Any]
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be a rectangular array of numbers: {error}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    return np.ascontiguousarray(array, dtype=np.float64) if array.ndim else array.astype(np.float64)


def _require_finite(name: str, array: Array) -> None:
    finite = np.isfinite(array)
    if not finite.all():
        where = np.argwhere(~finite)[0].tolist()
        raise ValueError(
            f"{name} must be finite, got {array[tuple(where)]} at index {where} "
            f"({np.count_nonzero(~finite)} such values)"
        )


def _require_count(name: str, value: int, *, at_least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value}")
