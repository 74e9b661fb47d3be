"""Statistics over runs: intervals, tests of ratios, many comparisons at once, bimodal spread.

A run is one fresh process and gives one number for a case. Times are positive and vary by factors,
so all statistics are taken on logarithms: an interval over the logs is symmetric there, and exp
turns it into a geometric mean with its bounds.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Logs = NDArray[np.float64]

CONFIDENCE = 0.95
TOO_WIDE = 10.0  # a decade: neither the leading digit nor the power of ten is known
# The share of chance among the differences called significant, as in 95 % intervals.
FALSE_DISCOVERY_RATE = 0.05
# The least standard error of a log: a few roundings of a float. Equal values then differ by
# nothing, and not by the ratio of two rounding errors.
_ROUNDING = 1e-12
_LARGEST_LOG = math.log(sys.float_info.max)

# Fewer runs cannot be bimodal: each mode needs two, since one apart from the others is an outlier.
_FEWEST = 4
_SMALLEST_RATIO = 1.2  # closer modes tell nothing that the interval does not
# How many times the spread within them two modes must lie apart, so that of values with one centre
# (normal, or as heavy in the tails as Student's t with 3 degrees) one set in a thousand is called
# bimodal. The largest gap of few values is wide by chance. Found by simulation for 4 to 30 values,
# and checked again in the tests.
_SEPARATION, _SEPARATION_OF_FEW, _DECAY = 9.0, 40.0, 1.3

_MOST_TERMS = 10_000  # some 15 are needed for a few degrees, and about their root for many
_TINY = 1e-300  # stands for a zero that would be divided by


class Mode(NamedTuple):
    """One mode of a bimodal spread, and the number of runs around it."""

    value: float
    runs: int


@dataclass(frozen=True)
class Interval:
    """A value with its confidence interval.

    Attributes
    ----------
    value, low, high : float
        With one run there are no bounds: ``low`` and ``high`` are NaN.
    runs : int
    values : tuple of float
        The number that each run gave, where the interval was made from them.
    level : float
        The p-value up to which a ratio differs significantly from 1: lower where many are compared.
    """

    value: float
    low: float
    high: float
    runs: int
    values: tuple[float, ...] = field(default=(), repr=False, compare=False)
    level: float = field(default=1 - CONFIDENCE, repr=False, compare=False)

    @property
    def is_known(self) -> bool:
        """Test whether there are enough runs for bounds."""
        return self.runs > 1

    @property
    def is_too_wide(self) -> bool:
        """Test whether the bounds are so far apart that the value says nothing."""
        return self.is_known and self.high > TOO_WIDE * self.low

    @property
    def margin_of_error(self) -> float:
        """Return the half width as a share of the value; infinite if it is not known."""
        if not self.is_known or self.low <= 0:
            return math.inf
        return math.sqrt(self.high / self.low) - 1

    @cached_property
    def bimodal(self) -> tuple[Mode, Mode] | None:
        """Return the two modes around which the runs lie, if their spread is clearly bimodal."""
        return bimodal(self.values)

    def scaled(self, scale: float) -> "Interval":
        """Return the interval in another unit."""
        numbers = tuple(value * scale for value in self.values)
        low, high = self.low * scale, self.high * scale
        return Interval(self.value * scale, low, high, self.runs, numbers)

    @property
    def p_value(self) -> float:
        """Return the probability of a ratio as far from 1 by chance, by Student's t; or NaN."""
        if not self.is_known:
            return math.nan
        if self.low <= 0 or math.isinf(self.high):
            return 1.0
        margin = math.log(self.high / self.low) / 2
        quantile = student_t_quantile((1 + CONFIDENCE) / 2, self.runs - 1)
        if margin == 0:
            return float(self.value == 1)
        return two_sided_p(quantile * math.log(self.value) / margin, self.runs - 1)

    @property
    def is_above_one(self) -> bool:
        """Test whether a ratio is significantly above 1."""
        return self.is_known and self.low > 1 and self.p_value <= self.level

    @property
    def is_below_one(self) -> bool:
        """Test whether a ratio is significantly below 1."""
        return self.is_known and self.high < 1 and self.p_value <= self.level

    @property
    def is_significant(self) -> bool:
        """Test whether a ratio differs significantly from 1."""
        return self.is_above_one or self.is_below_one


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
    numbers = tuple(array.tolist())
    if array.size == 1:
        return Interval(numbers[0], math.nan, math.nan, 1, numbers)
    logs = np.log(array)
    center, margin = float(logs.mean()), margin_of_mean(logs)
    value, low, high = map(exponential, (center, center - margin, center + margin))
    return Interval(value, low, high, array.size, numbers)


def margin_of_mean(logs: Logs) -> float:
    """Return the half width of the 95 % interval of the mean of two logarithms or more."""
    error = float(logs.std(ddof=1)) / math.sqrt(logs.size)
    return student_t_quantile((1 + CONFIDENCE) / 2, logs.size - 1) * error


def ratio_interval(numerators: Sequence[float], denominators: Sequence[float]) -> Interval:
    """Return the ratio of two times with its interval, paired run by run.

    What makes a whole run slow cancels in its ratio, so pairs vary less than their parts.

    Raises
    ------
    ValueError
        If there are not equally many of both.
    """
    return geometric_interval([a / b for a, b in zip(numerators, denominators, strict=True)])


@dataclass(frozen=True)
class LogRatio:
    """The ratio of two times measured in different runs, so that nothing pairs them; on logarithms.

    Attributes
    ----------
    value : float
        ``mean(log numerators) - mean(log denominators)``.
    error : float
        Its standard error.
    degrees : float
        Degrees of freedom of Welch and Satterthwaite.
    runs : int
        Of the side with fewer. With one there is no error: ``error`` and ``degrees`` are NaN.
    """

    value: float
    error: float
    degrees: float
    runs: int

    @property
    def is_known(self) -> bool:
        """Test whether both sides have enough runs for an interval."""
        return self.runs > 1

    @property
    def p_value(self) -> float:
        """Return the probability that equal times differ as much by chance; NaN if not known."""
        return two_sided_p(self.value / self.error, self.degrees) if self.is_known else math.nan

    def interval(self, confidence: float) -> Interval:
        """Return the ratio with its bounds."""
        margin = math.nan
        if self.is_known:
            margin = student_t_quantile((1 + confidence) / 2, self.degrees) * self.error
        value, low, high = map(exponential, (self.value, self.value - margin, self.value + margin))
        return Interval(value, low, high, self.runs)


def log_ratio(above: Logs, below: Logs) -> LogRatio:
    """Compare the means of two sets of log times, one a run, of any number and spread.

    Source: Welch (1947), "The generalization of 'Student's' problem when several different
    population variances are involved", *Biometrika* 34, 28-35; NIST/SEMATECH e-Handbook, section
    1.3.5.3.
    """
    value = float(above.mean() - below.mean())
    runs = min(above.size, below.size)
    if runs < 2:
        return LogRatio(value, math.nan, math.nan, runs)
    variance_above = float(above.var(ddof=1)) / above.size
    variance_below = float(below.var(ddof=1)) / below.size
    variance = variance_above + variance_below
    share = variance_above / variance if variance > 0 else 0.5
    degrees = 1 / (share**2 / (above.size - 1) + (1 - share) ** 2 / (below.size - 1))
    return LogRatio(value, max(math.sqrt(variance), _ROUNDING), degrees, runs)


def paired_log_ratio(above: Logs, below: Logs) -> LogRatio:
    """Compare two sets of log times in pairs, by Student's t on their differences.

    Source: NIST/SEMATECH e-Handbook, section 1.3.5.2, on the differences.
    """
    differences = above - below
    value, runs = float(differences.mean()), differences.size
    if runs < 2:
        return LogRatio(value, math.nan, math.nan, runs)
    error = max(float(differences.std(ddof=1)) / math.sqrt(runs), _ROUNDING)
    return LogRatio(value, error, runs - 1, runs)


def benjamini_hochberg(p_values: Sequence[float], q: float) -> float:
    """Return the threshold ``R * q / m``: a p-value up to it is significant.

    ``m`` is the number of p-values, and ``R`` the largest number for which the R-th smallest
    p-value is up to ``R * q / m``. Without one the threshold is 0, and nothing is significant. Of
    60 cases compared at 95 %, about three differ by chance; this keeps the share of chance among
    the calls at ``q`` in expectation (and, where nothing differs, the chance of any call at all).

    Sources: Benjamini and Hochberg (1995), "Controlling the false discovery rate", *J. R. Statist.
    Soc. B* 57, 289-300; that it holds for dependent cases as well where they rise and fall
    together: Benjamini and Yekutieli (2001), *Annals of Statistics* 29, 1165-1188.
    """
    if not 0 < q < 1 or not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"needs 0 < q < 1 and p-values from 0 to 1; got {q!r} and {p_values!r}")
    m = len(p_values)
    passed = [rank for rank, p in enumerate(sorted(p_values), start=1) if p <= rank * q / m]
    return passed[-1] * q / m if passed else 0.0


def selected_confidence(threshold: float) -> float:
    """Return the level of the intervals of significant cases, ``1 - R * q / m``.

    A 95 % interval of a case picked out because it differs holds the truth in fewer than 95 % of
    cases; at this level the share of false intervals among those of the picked cases stays at
    ``q``. An interval at this level leaves out 1 exactly where the p-value is below the threshold.

    Source: Benjamini and Yekutieli (2005), "False discovery rate-adjusted multiple confidence
    intervals", *JASA* 100, 71-81.
    """
    return 1 - threshold


def bimodal(values: Sequence[float]) -> tuple[Mode, Mode] | None:
    """Return the two modes of positive ``values``, the lower one first; None if there is one.

    A machine or a library may be in one of two states, and an average of 10 and 22 µs is the time
    of no fit. The logs are split at their widest gap that leaves at least two on each side.
    """
    if len(values) < _FEWEST:
        return None
    logs = np.sort(np.log(values))
    split = 2 + int(np.diff(logs)[1:-1].argmax())
    low, high = logs[:split], logs[split:]
    apart = float(high.mean() - low.mean())
    if apart < math.log(_SMALLEST_RATIO):
        return None
    squares = ((low - low.mean()) ** 2).sum() + ((high - high.mean()) ** 2).sum()
    within = math.sqrt(float(squares) / (len(logs) - 2))
    needed = _SEPARATION + _SEPARATION_OF_FEW / (len(logs) - 3) ** _DECAY
    if apart < needed * within:
        return None
    return Mode(math.exp(low.mean()), len(low)), Mode(math.exp(high.mean()), len(high))


# Student's t for any degrees of freedom, whole or not, as Welch's test needs them. It is not
# SciPy's: SciPy, once installed, is imported by Numba and adds 190 ms to its measured start.


def two_sided_p(t: float, degrees: float) -> float:
    """Return ``P(|T| >= |t|)``, the probability that chance takes Student's t that far from 0.

    Source: Abramowitz and Stegun, *Handbook of Mathematical Functions*, 26.7.1: it is
    ``I_x(degrees / 2, 1 / 2)`` with ``x = degrees / (degrees + t**2)``.
    """
    if not degrees > 0 or math.isnan(t):
        raise ValueError(f"needs a number t and degrees > 0; got {t!r} and {degrees!r}")
    square = t * t
    if math.isinf(square):
        return 0.0
    total = degrees + square
    return _incomplete_beta(degrees / total, square / total, degrees / 2, 0.5)


@lru_cache
def student_t_quantile(probability: float, degrees: float) -> float:
    """Return the t with P(T < t) = ``probability``.

    Bisection on the distribution function, in the angle that makes the half-line a finite range.
    """
    if not 0 < probability < 1 or not degrees > 0:
        raise ValueError(
            f"needs 0 < probability < 1 and degrees > 0; got {probability!r} and {degrees!r}"
        )
    tail = min(probability, 1 - probability)
    low, high = 0.0, math.pi / 2  # t = sqrt(degrees) / tan(angle)
    while low < (angle := (low + high) / 2) < high:
        x, complement = math.sin(angle) ** 2, math.cos(angle) ** 2
        if _incomplete_beta(x, complement, degrees / 2, 0.5) / 2 < tail:
            low = angle
        else:
            high = angle
    t = math.sqrt(degrees) / math.tan(high)
    return t if probability > 0.5 else -t


def _incomplete_beta(x: float, complement: float, a: float, b: float) -> float:
    """Return the regularised I_x(a, b) for 0 <= x <= 1 and positive a and b.

    ``complement`` is 1 - x, given so that no digit of it is lost near x = 1.

    Source: NIST Digital Library of Mathematical Functions, 8.17.22 (continued fraction) and 8.17.4
    (symmetry: the fraction is used on the side where it converges fast).
    """
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(complement, x, b, a)
    if x == 0:
        return 0.0
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log(complement) - log_beta) / a
    return front / _continued_fraction(x, a, b)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Return ``1 + d1/(1 + d2/(1 + ...))`` of DLMF 8.17.22.

    Source: the method of Lentz as modified by Thompson and Barnett, DLMF 3.10(iii).
    """
    value = numerator = 1.0
    denominator = 0.0
    for n in range(1, _MOST_TERMS):
        m = n // 2
        if n % 2 == 0:
            d = m * (b - m) * x / ((a + n - 1) * (a + n))
        else:
            d = -(a + m) * (a + b + m) * x / ((a + n - 1) * (a + n))
        denominator = 1 / (1 + d * denominator or _TINY)
        numerator = 1 + d / numerator or _TINY
        value *= numerator * denominator
        if abs(numerator * denominator - 1) < 1e-15:
            return value
    raise ArithmeticError(f"the continued fraction did not settle for {x!r}, {a!r}, {b!r}")


def exponential(log: float) -> float:
    """Return e to that power, infinity where it is beyond a float: two runs may bound nothing."""
    return math.inf if log >= _LARGEST_LOG else math.exp(log)
