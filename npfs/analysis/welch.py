"""The ratio of two times that were measured in different runs, so that nothing pairs them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from npfs.analysis.statistics import Interval, exp_or_infinity
from npfs.analysis.student_t import student_t_quantile, two_sided_p

Logs = NDArray[np.float64]

# The least standard error of a log: a few roundings of a float. Equal values then differ by nothing,
# and not by the ratio of two rounding errors.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class LogRatio:
    """The difference of two means of logarithms.

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
        """Whether both sides have runs enough for an interval."""
        return self.runs > 1

    @property
    def p_value(self) -> float:
        """How often chance alone makes two equal times differ that much; NaN if not known."""
        return two_sided_p(self.value / self.error, self.degrees) if self.is_known else math.nan

    def interval(self, confidence: float) -> Interval:
        """Return the ratio with its bounds."""
        if not self.is_known:
            return Interval(exp_or_infinity(self.value), math.nan, math.nan, self.runs)
        reach = student_t_quantile((1 + confidence) / 2, self.degrees) * self.error
        low, high = exp_or_infinity(self.value - reach), exp_or_infinity(self.value + reach)
        return Interval(exp_or_infinity(self.value), low, high, self.runs)


def log_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> LogRatio:
    """Compare two sets of positive times, one a run, that may differ in number and in spread.

    Source: Welch (1947), "The generalization of 'Student's' problem when several different population
    variances are involved", *Biometrika* 34, 28-35; NIST/SEMATECH e-Handbook, section 1.3.5.3.
    """
    return difference_of_means(np.log(numerators), np.log(denominators))


def difference_of_means(above: Logs, below: Logs) -> LogRatio:
    """Compare the means of two sets of logarithms; see ``log_ratio``."""
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
