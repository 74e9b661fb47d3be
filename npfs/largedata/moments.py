r"""Means and co-moments of features and target, taken block by block in one pass.

Of the joined columns :math:`z = [x, y]` of n samples: the mean and
:math:`C = \sum (z - \bar z)(z - \bar z)^T`. Two parts are merged by

.. math:: C = C_a + C_b + \frac{n_a n_b}{n_a + n_b} (\bar z_b - \bar z_a)(\bar z_b - \bar z_a)^T

so that nothing large cancels, whatever the means.

Source: Chan, Golub, LeVeque, *The American Statistician* 37 (1983) 242.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np

from npfs.backends.base import Sums
from npfs.regression.learning_rate import largest_eigenvalue
from npfs.regression.problem import Array
from npfs.regression.scaling import Standardizer

SAME = 1e-9  # relative; other pieces, or another processor, differ by rounding
PART_NUMBERS = 1 << 17  # of a block, at once: what is centred stays in the cache


@dataclass(frozen=True, eq=False)
class Moments:
    """Of features and, in the last place, target.

    Attributes
    ----------
    n : int
    mean, low, high : arrays of shape (n_features + 1,)
    comoment : array of shape (n_features + 1, n_features + 1)
    """

    n: int
    mean: Array
    comoment: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, X: Array, y: Array) -> Self:
        """Take them of one block; it may have no sample."""
        n_columns = X.shape[1] + 1
        step = max(1, PART_NUMBERS // n_columns)
        rows = np.empty((n_columns, min(step, len(y))))
        parts = []
        for first in range(0, len(y), step):
            z = rows[:, : len(y) - first]
            z[:-1], z[-1] = X[first : first + step].T, y[first : first + step]
            parts.append(cls._of_rows(z))
        return cls.merged(parts, n_columns)

    @classmethod
    def _of_rows(cls, z: Array) -> Self:
        """Take them of samples side by side, shape (n_features + 1, n), which are changed."""
        low, high = z.min(axis=1), z.max(axis=1)
        mean = z.mean(axis=1)
        mean[low == high] = low[low == high]  # to the last digit
        z -= mean[:, np.newaxis]
        return cls(z.shape[1], mean, z @ z.T, low, high)

    @classmethod
    def merged(cls, parts: "Iterable[Moments]", n_columns: int) -> Self:
        """Merge those of several parts."""
        none = np.zeros(n_columns)
        empty = cls(0, none, np.zeros((n_columns, n_columns)), none + np.inf, none - np.inf)
        return reduce(cls._merge, parts, empty)

    @classmethod
    def _merge(cls, a: "Moments", b: "Moments") -> Self:
        n = a.n + b.n
        if n == 0 or a.n == 0 or b.n == 0:
            found = a if b.n == 0 else b
            return cls(found.n, found.mean, found.comoment, found.low, found.high)
        apart = b.mean - a.mean
        low, high = np.minimum(a.low, b.low), np.maximum(a.high, b.high)
        mean = a.mean + apart * (b.n / n)
        comoment = a.comoment + b.comoment + np.outer(apart, apart) * (a.n * b.n / n)
        return cls(n, mean, comoment, low, high)

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

    def sums(self, scaler: Standardizer, weights: Array, bias: float) -> Sums:
        r"""Return an epoch's sums of scaled features without a pass over the data.

        With :math:`v = [w, -1]` the errors :math:`e = X w + b - y` have the mean :math:`\bar e`,
        and from the scaled co-moments ``C`` follow
        :math:`\sum e^2 = v^T C v + n \bar e^2` and :math:`\sum e x = C v + n \bar e \bar x`.
        """
        scale = np.append(scaler.scale, 1.0)
        mean = (self.mean[:-1] - scaler.mean) / scaler.scale
        v = np.append(weights, -1.0)
        product = (self.comoment @ (v / scale)) / scale
        error = float(weights @ mean) + bias - float(self.mean[-1])
        loss = float(v @ product) + self.n * error**2
        return Sums(loss, product[:-1] + self.n * error * mean, self.n * error)

    def is_like(self, other: "Moments") -> bool:
        """Return True if they can be of the same data in other pieces: equal but for rounding."""
        if (self.n, self.n_features) != (other.n, other.n_features):
            return False
        spread = np.sqrt(np.diag(self.comoment) / self.n)
        size = np.abs(self.mean) + spread
        means = np.abs(self.mean - other.mean) <= SAME * size
        products = np.abs(self.comoment - other.comoment) <= SAME * self.n * np.outer(size, size)
        return bool(means.all() and products.all())
