r"""Means and co-moments of features and target: all that gradient descent needs of the data.

Of the joined columns :math:`z = [x, y]` of n samples: the mean and
:math:`C = \sum (z - \bar z)(z - \bar z)^T`. Two parts are joined by

.. math:: C = C_a + C_b + \frac{n_a n_b}{n_a + n_b} (\bar z_b - \bar z_a)(\bar z_b - \bar z_a)^T

so that nothing large cancels, whatever the means. The loss is quadratic, so that each epoch's loss
and gradient follow from them in O(d²): the same iterates as a pass over the data in every epoch.

Source: Chan, Golub, LeVeque, *The American Statistician* 37 (1983) 242.
"""

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from npfs.regression.descent import EPOCHS_BETWEEN_CHECKS, Descent, require_descent
from npfs.regression.learning_rate import largest_eigenvalue
from npfs.regression.problem import Array, unmasked
from npfs.regression.scaling import Standardizer

SAME = 1e-13  # of the variances of two columns that are equal: their difference's, by rounding
PART_NUMBERS = 1 << 18  # of a block, at once: what is centred stays in the cache
MOST_FEATURES = 4_096  # their co-moments take 134 MB
LARGEST_COUNT = 2**53


class Slopes(NamedTuple):
    """The loss and its gradient at some parameters."""

    loss: float
    dw: Array
    db: float


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of the features and, in the last place, the target.

    Attributes
    ----------
    n : int
        Samples.
    mean, low, high : arrays of shape (n_features + 1,)
        ``low`` and ``high`` are the smallest and the largest value.
    comoment : array of shape (n_features + 1, n_features + 1)
    """

    n: int
    mean: Array
    comoment: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, X: Array, y: Array) -> Self:
        """Take them of ``X``, shape (n_samples, n_features), and ``y``; there may be no sample."""
        return cls.of_columns([*unmasked(X, "X").T, unmasked(y, "y")])

    @classmethod
    def of_columns(cls, columns: Sequence[NDArray[Any]]) -> Self:
        """Take them of the features and, in the last place, the target, of any dtype."""
        step = max(1, PART_NUMBERS // len(columns))
        n = len(columns[0])
        rows = np.empty((len(columns), min(step, n)))
        parts = []
        for first in range(0, n, step):
            z = rows[:, : n - first]
            for row, column in zip(z, columns, strict=True):
                row[:] = column[first : first + step]
            parts.append(cls._of_rows(z))
        return cls.joined(parts, len(columns))

    @classmethod
    def _of_rows(cls, z: Array) -> Self:
        """Take the moments of samples side by side, shape (n_features + 1, n), and change them."""
        low, high = z.min(axis=1), z.max(axis=1)
        mean = z.mean(axis=1)
        mean[low == high] = low[low == high]  # to the last digit
        z -= mean[:, np.newaxis]
        return cls(z.shape[1], mean, z @ z.T, low, high)

    @classmethod
    def joined(cls, parts: "Iterable[Moments]", n_columns: int) -> Self:
        """Join those of several parts in pairs, those of pairs in pairs, and so on, in order."""
        none = np.zeros(n_columns)
        empty = cls(0, none, np.zeros((n_columns, n_columns)), none + np.inf, none - np.inf)
        waiting: list[tuple[int, Moments]] = []  # parts that each holds, and their moments
        for part in parts:
            size, found = 1, part
            while waiting and waiting[-1][0] == size:
                found, size = waiting.pop()[1].join(found), 2 * size
            waiting.append((size, found))
        total: Moments = empty
        for _, found in reversed(waiting):
            total = found.join(total)
        return cls(total.n, total.mean, total.comoment, total.low, total.high)

    def join(self, other: "Moments") -> "Moments":
        """Return the moments of the samples of both.

        Raises
        ------
        ValueError
            If they are not of equally many columns.
        """
        if len(self.mean) != len(other.mean):
            raise ValueError(
                f"these moments are of {self.n_features} features and those of "
                f"{other.n_features}; join moments of the same columns"
            )
        n = self.n + other.n
        if not (self.n and other.n):
            return self if self.n else other
        apart = other.mean - self.mean
        return Moments(
            n,
            self.mean + apart * (other.n / n),
            self.comoment + other.comoment + np.outer(apart, apart) * (self.n * other.n / n),
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
        )

    def is_consistent(self, n_columns: int) -> bool:
        """Return True if these can be the moments of so many columns."""
        vectors = (self.mean, self.low, self.high)
        return (
            0 < self.n < LARGEST_COUNT
            and all(v.dtype == np.float64 and v.shape == (n_columns,) for v in vectors)
            and self.comoment.dtype == np.float64
            and self.comoment.shape == (n_columns, n_columns)
            and all(np.isfinite(v).all() for v in (*vectors, self.comoment))
            and bool((self.low <= self.high).all() and (np.diag(self.comoment) >= 0).all())
            and np.allclose(self.comoment, self.comoment.T)
        )

    @property
    def n_features(self) -> int:
        """Columns of ``X``."""
        return len(self.mean) - 1

    @property
    def standardizer(self) -> Standardizer:
        """Mean and scale of the features; a feature whose values are all equal has scale 1."""
        scale = np.sqrt(np.diag(self.comoment)[:-1] / self.n)
        scale[self.low[:-1] == self.high[:-1]] = 1
        return Standardizer(self.mean[:-1], np.where(scale > 0, scale, 1.0))

    @property
    def variance_of_target(self) -> float:
        """Mean squared distance of the targets from their mean."""
        return float(self.comoment[-1, -1]) / self.n

    def same_columns(self) -> tuple[list[int], list[int]]:
        """Return the features that are equal to an earlier one, and those equal to the target.

        Columns are equal if their ranges are and their difference has no variance, but for
        rounding.
        """
        own = np.diag(self.comoment)
        by_range: dict[tuple[float, float], list[int]] = {}
        again: list[int] = []
        is_target: list[int] = []
        for k, ends in enumerate(zip(self.low.tolist(), self.high.tolist(), strict=True)):
            others = by_range.setdefault(ends, [])
            for j in others:
                if own[j] + own[k] - 2 * self.comoment[j, k] <= SAME * (own[j] + own[k]):
                    if k < self.n_features:
                        again.append(k)
                    else:
                        is_target.append(j)
                    break
            else:
                others.append(k)
        return again, is_target

    def hessian(self, scaler: Standardizer) -> Array:
        r"""Return :math:`\frac{2}{n} [X, 1]^T [X, 1]` of the features, scaled."""
        mean = np.append((self.mean[:-1] - scaler.mean) / scaler.scale, 1.0)
        second = np.outer(mean, mean)
        second[:-1, :-1] += self.comoment[:-1, :-1] / self.n / np.outer(scaler.scale, scaler.scale)
        return 2 * second

    def largest_curvature(self, scaler: Standardizer) -> float:
        """Return the largest eigenvalue of that matrix, infinite where it overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            second = self.hessian(scaler)
        return largest_eigenvalue(second)

    def loss(self, scaler: Standardizer) -> "Quadratic":
        """Return the loss of scaled features as a function of the parameters."""
        scale = np.append(scaler.scale, 1.0)
        mean = np.append((self.mean[:-1] - scaler.mean) / scaler.scale, self.mean[-1])
        return Quadratic(self.comoment / self.n / np.outer(scale, scale), mean)


@dataclass(frozen=True, eq=False)
class Quadratic:
    r"""The mean squared error as a function of the parameters.

    With :math:`v = [w, -1]` the errors :math:`e = X w + b - y` have the mean
    :math:`\bar e = v \cdot \bar z + b`, and from the covariance ``V`` of ``[X, y]`` follow
    :math:`\overline{e^2} = v^T V v + \bar e^2` and
    :math:`\overline{e x} = V v + \bar e \bar x`.
    """

    covariance: Array
    mean: Array

    def at(self, v: Array, bias: float) -> Slopes:
        """Return the loss and its gradient at ``v``, the weights and -1, and a bias."""
        product = self.covariance @ v
        error = float(self.mean @ v) + bias
        loss = max(float(v @ product), 0.0) + error * error  # rounding may leave less than nothing
        return Slopes(loss, 2 * (product[:-1] + error * self.mean[:-1]), 2 * error)


def features_overflow(*, standardized: float) -> ValueError:
    """Return the error of features without a learning rate; if standardised, of this curvature."""
    remedy = "use standardize=True" if math.isfinite(standardized) else "give them in larger units"
    return ValueError(
        f"squares of the features overflow float64, so no learning rate suits them; {remedy}"
    )


class MomentsFit(NamedTuple):
    """The result of a descent on moments.

    Attributes
    ----------
    scaler : Standardizer
    learning_rate : float
    descent : Descent
    path : array of shape (epochs + 1, n_features + 1), or None
        Weights and, in the last column, bias before the first and after each epoch.
    """

    scaler: Standardizer
    learning_rate: float
    descent: Descent
    path: Array | None


def fit_moments(
    moments: Moments,
    *,
    epochs: int,
    learning_rate: float | None,
    tol: float | None,
    standardize: bool,
    keep_path: bool = False,
) -> MomentsFit:
    r"""Run gradient descent from zero on the moments of the data.

    The iterates are those of ``npfs.regression.descent.descend`` on the data themselves, and so are
    the epochs after which the gradient's norm is compared with ``tol``. A loss is a difference of
    sums: its error is about ``1e-15 * n_features * variance(y)``, so that no digit is left of a
    loss below that.

    Raises
    ------
    DivergenceError
        If the loss grows since the rate is above the largest stable one.
    ValueError
        If squares of the features or of the targets overflow float64.
    """
    d = moments.n_features
    scaler = moments.standardizer if standardize else Standardizer.identity(d)
    curvature = moments.largest_curvature(scaler)
    if not math.isfinite(curvature):
        raise features_overflow(standardized=moments.largest_curvature(moments.standardizer))
    rate = 1 / curvature if learning_rate is None else learning_rate
    loss = moments.loss(scaler)
    v, bias, norm = np.append(np.zeros(d), -1.0), 0.0, math.nan
    history, path = np.empty(epochs), np.zeros((epochs + 1, d + 1)) if keep_path else None
    done = 0
    with np.errstate(over="ignore", invalid="ignore"):  # divergence is named below
        here = loss.at(v, bias)
        for epoch in range(epochs):
            history[epoch] = here.loss
            v[:-1] -= rate * here.dw
            bias -= rate * here.db
            here, done = loss.at(v, bias), epoch + 1
            if path is not None:
                path[done, :-1], path[done, -1] = v[:-1], bias
            if done % EPOCHS_BETWEEN_CHECKS and done < epochs:
                continue
            if not math.isfinite(here.loss):
                break
            if tol is not None:
                norm = float(np.linalg.norm(np.append(here.dw, here.db)))
                if norm <= tol:
                    break
    history = history[:done]
    require_descent(np.append(history, here.loss), np.append(v, bias), rate, lambda: 2 / curvature)
    found = Descent(v[:-1], bias, history, norm)
    return MomentsFit(scaler, rate, found, None if path is None else path[: done + 1])


VERSION = 1
KEPT = ("mean", "comoment", "low", "high")


class BadMoments(ValueError):
    """A file of moments that cannot be used: one sentence that says why and what to do."""


class StoredMoments(NamedTuple):
    """Moments and the names of their columns."""

    moments: Moments
    feature_names: tuple[str, ...]
    target_name: str

    def save(self, path: Path) -> None:
        """Write them into an ``.npz`` file beside its place, and rename it.

        Raises
        ------
        OSError
        """
        arrays = {name: getattr(self.moments, name) for name in KEPT}
        names = np.array([*self.feature_names, self.target_name], dtype=np.str_)
        path = path.resolve()  # a link stays one
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with beside.open("wb") as file:
                np.savez(file, version=VERSION, n=self.moments.n, names=names, **arrays)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> "StoredMoments":
        """Read what ``save`` wrote.

        Raises
        ------
        BadMoments
            If it is damaged, of another version, or no file of moments.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                found = {name: stored[name] for name in stored.files}
            version, names = int(found["version"]), [str(name) for name in found["names"]]
            if version != VERSION:
                raise BadMoments(
                    f"{str(path)!r} is of version {version} and this npfs reads {VERSION}; take "
                    "the moments again, into another file"
                )
            moments = Moments(int(found["n"]), *(found[name] for name in KEPT))
        except BadMoments:
            raise
        except Exception as error:  # whatever a damaged archive leads to
            raise BadMoments(
                f"{str(path)!r} holds no moments ({type(error).__name__}); name a file that "
                "--moments wrote, or a new one"
            ) from None
        if not moments.is_consistent(len(names)):
            raise BadMoments(
                f"{str(path)!r} holds no moments (its numbers do not fit together); name a file "
                "that --moments wrote, or a new one"
            )
        return cls(moments, tuple(names[:-1]), names[-1])

    def join(self, other: "StoredMoments") -> "StoredMoments":
        """Return the moments of the samples of both.

        Raises
        ------
        BadMoments
            If they are of other columns.
        """
        if (self.feature_names, self.target_name) != (other.feature_names, other.target_name):
            raise BadMoments(
                f"the moments are of {_named(self)} and the data of {_named(other)}; choose the "
                "same columns with --target and --features, or another file"
            )
        return self._replace(moments=self.moments.join(other.moments))


def _named(of: StoredMoments) -> str:
    return f"{of.target_name!r} from {', '.join(map(repr, of.feature_names))}"
