"""Intervals over runs. A run is one fresh process and gives one number for a case.

Times are positive and vary by factors, so all statistics are taken on logarithms: an interval over the
logs is symmetric there, and exp turns it into a geometric mean with its bounds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from npfs.analysis.bimodal import Value, two_values
from npfs.analysis.student_t import student_t_quantile, two_sided_p

CONFIDENCE = 0.95
TOO_WIDE = 10.0  # a decade: neither the leading digit nor the power of ten is known


@dataclass(frozen=True)
class Interval:
    """A value with the bounds that hold it.

    Attributes
    ----------
    value, low, high : float
        With one run there are no bounds: ``low`` and ``high`` are NaN.
    runs : int
    values : tuple of float
        The number that each run gave, where the interval was made from them.
    level : float
        The p-value up to which a ratio is called different from 1: lower where many are compared.
    """

    value: float
    low: float
    high: float
    runs: int
    values: tuple[float, ...] = field(default=(), repr=False, compare=False)
    level: float = field(default=1 - CONFIDENCE, repr=False, compare=False)

    @property
    def is_known(self) -> bool:
        """Whether there were runs enough for bounds."""
        return self.runs > 1

    @property
    def is_too_wide(self) -> bool:
        """Whether the bounds are so far apart that the value says nothing."""
        return self.is_known and self.high > TOO_WIDE * self.low

    @cached_property
    def two_values(self) -> tuple[Value, Value] | None:
        """The two values around which the runs lie, if their spread is clearly two-valued."""
        return two_values(self.values)

    def scaled(self, scale: float) -> "Interval":
        """Return the interval in another unit."""
        numbers = tuple(value * scale for value in self.values)
        low, high = self.low * scale, self.high * scale
        return Interval(self.value * scale, low, high, self.runs, numbers)

    @property
    def p_value(self) -> float:
        """How often chance alone takes a ratio of 1 as far from 1, by Student's t; NaN if not known."""
        if not self.is_known:
            return math.nan
        if self.low <= 0 or math.isinf(self.high):
            return 1.0
        reach = math.log(self.high / self.low) / 2
        quantile = student_t_quantile((1 + CONFIDENCE) / 2, self.runs - 1)
        if reach == 0:
            return float(self.value == 1)
        return two_sided_p(quantile * math.log(self.value) / reach, self.runs - 1)

    @property
    def is_above_one(self) -> bool:
        """Whether the whole interval of a ratio lies above 1, and further than chance explains."""
        return self.is_known and self.low > 1 and self.p_value <= self.level

    @property
    def is_below_one(self) -> bool:
        """Whether the whole interval of a ratio lies below 1, and further than chance explains."""
        return self.is_known and self.high < 1 and self.p_value <= self.level

    @property
    def is_within_noise(self) -> bool:
        """Whether a ratio cannot be told from 1."""
        return not (self.is_above_one or self.is_below_one)


def geometric_interval(values: Sequence[float]) -> Interval:
    """Return the geometric mean of positive ``values``, one a run, and its Student-t interval.

    ``exp(mean(log v) ± t * s / sqrt(runs))`` with ``runs - 1`` degrees of freedom.

    Source: Student's t interval, NIST/SEMATECH e-Handbook, section 1.3.5.2, on logarithms.

    Raises
    ------
    ValueError
        If there are no values, or one is not a positive finite number.
    """
    array = np.asarray(values, dtype=float)
    if array.size == 0 or not (np.isfinite(array).all() and (array > 0).all()):
        raise ValueError(f"values must be positive finite numbers, at least one; got {values!r}")
    logs = np.log(array)
    numbers = tuple(array.tolist())
    if array.size == 1:
        return Interval(numbers[0], math.nan, math.nan, 1, numbers)
    center, reach = mean_and_reach(logs)
    value, low, high = map(exp_or_infinity, (center, center - reach, center + reach))
    return Interval(value, low, high, array.size, numbers)


def mean_and_reach(logs: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean of two logarithms or more, and how far their 95 % interval reaches to each side."""
    error = float(logs.std(ddof=1)) / math.sqrt(logs.size)
    return float(logs.mean()), student_t_quantile((1 + CONFIDENCE) / 2, logs.size - 1) * error


def exp_or_infinity(log: float) -> float:
    """Return e to that power, infinity where it is beyond a float: two runs may bound nothing."""
    try:
        return math.exp(log)
    except OverflowError:
        return math.inf


def ratio_interval(numerators: Sequence[float], denominators: Sequence[float]) -> Interval:
    """Return the ratio of two times with its interval, paired run by run.

    What makes a whole run slow cancels in its ratio, so pairs vary less than their parts.
    """
    if len(numerators) != len(denominators):
        raise ValueError(
            f"pairs need equally many values; got {len(numerators)} and {len(denominators)}"
        )
    return geometric_interval([a / b for a, b in zip(numerators, denominators, strict=True)])
