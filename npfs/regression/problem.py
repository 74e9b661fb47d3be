"""The regression problem: samples ``X`` and targets ``y``, and the seeded synthetic one."""

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
    n_samples: int,
    n_features: int = 1,
    *,
    slope: float = 3.0,
    intercept: float = 0.0,
    noise: float = 1.0,
    seed: int = 0,
) -> Problem:
    """Make ``y = slope * x + intercept + noise``, the same for the same seed.

    Features and noise are standard normal (the noise times ``noise``). With several features the
    true weights are drawn from the seed: ``slope`` times a standard normal number each.

    Raises
    ------
    ValueError
        If ``n_samples`` or ``n_features`` is below 1, ``seed`` below 0, or a parameter not finite.
    TypeError
        If ``n_samples``, ``n_features`` or ``seed`` is not an integer.
    """
    if isinstance(n_samples, str):
        raise TypeError(
            f"n_samples must be an integer, got {n_samples!r}; "
            f"load_published({n_samples!r}) loads a published problem"
        )
    require_count("n_samples", n_samples, at_least=1)
    require_count("n_features", n_features, at_least=1)
    require_count("seed", seed, at_least=0)
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


def require_count(name: str, value: int, *, at_least: int) -> None:
    """Raise a TypeError if ``value`` is no integer, a ValueError if it is below ``at_least``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value}")


def all_finite(array: NDArray[Any]) -> bool:
    """Test all values for NaN and infinity.

    Their sum tells in one pass, without an array of booleans, unless it overflows.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.sum(array)) or np.isfinite(array).all())


def unmasked(values: Any, name: str, ma: str = "np.ma") -> NDArray[Any]:
    """Return values as an array, of which nothing is masked.

    Parameters
    ----------
    values : array-like
    name : str
        How a sentence calls them; it ends in X or y.
    ma : str
        The module that tells where arrays of this kind are masked.

    Raises
    ------
    ValueError
        If a value is masked, which NumPy would take as it is.
    """
    if isinstance(values, list | tuple) and any(isinstance(v, np.ma.MaskedArray) for v in values):
        values = np.ma.array(values)
    array = np.asanyarray(values)
    count = int(np.ma.getmaskarray(array).sum()) if isinstance(array, np.ma.MaskedArray) else 0
    if count:
        rows = f"~{ma}.getmaskarray({name[-1]}){'.any(axis=1)' if array.ndim > 1 else ''}"
        raise ValueError(
            f"{name} is a masked array in which {count:,} of {array.size:,} values are masked; "
            f"fill them in, or leave those rows out, of X and y: X[keep] with keep = {rows}"
        )
    return np.asarray(array)


def _as_floats(name: str, values: ArrayLike) -> Array:
    array: NDArray[Any]
    try:
        array = unmasked(values, name)
    except ValueError as error:
        raise ValueError(f"{name} must be a rectangular array of numbers: {error}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    return np.ascontiguousarray(array, dtype=np.float64) if array.ndim else array.astype(np.float64)


def _require_finite(name: str, array: Array) -> None:
    if not all_finite(array):
        bad = np.argwhere(~np.isfinite(array)).tolist()
        raise ValueError(
            f"{name} must be finite, got {array[tuple(bad[0])]} at index {bad[0]} "
            f"({len(bad)} such values)"
        )
