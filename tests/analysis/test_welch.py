import math

import numpy as np
import pytest
from scipy import stats

from npfs.analysis.welch import log_ratio

NEW, BASE = [1.2, 1.1, 1.5, 1.3, 1.25], [1.0, 1.02, 0.97]


def test_it_agrees_with_scipy() -> None:
    ratio = log_ratio(NEW, BASE)
    expected = stats.ttest_ind(np.log(NEW), np.log(BASE), equal_var=False)
    assert ratio.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert ratio.degrees == pytest.approx(expected.df)
    bounds = np.exp(expected.confidence_interval(0.99))
    interval = ratio.interval(0.99)
    assert (interval.low, interval.high) == pytest.approx(tuple(bounds))
    geometric = stats.gmean(NEW) / stats.gmean(BASE)
    assert interval.value == pytest.approx(geometric)
    assert interval.runs == 3


def test_one_run_gives_no_interval() -> None:
    ratio = log_ratio([3.0], [1.0, 2.0])
    assert math.isnan(ratio.p_value)
    interval = ratio.interval(0.95)
    assert interval.value == pytest.approx(3 / math.sqrt(2))
    assert math.isnan(interval.low)
    assert not interval.is_known


def test_rounding_is_no_difference() -> None:
    """The mean of logs of equal values depends on how many there are, in the last digit."""
    for value in (0.1, 0.3, 1.7e-5, 3.3):
        assert log_ratio([value] * 5, [value] * 3).p_value > 0.5


def test_no_spread_at_all_is_a_certain_ratio() -> None:
    ratio = log_ratio([1.2] * 3, [1.0] * 3)
    assert ratio.p_value < 1e-12
    assert ratio.interval(0.95).low == pytest.approx(1.2)


def test_two_runs_that_bound_nothing_overflow_into_infinity() -> None:
    interval = log_ratio([1e-3, 1e3], [1e-3, 1e3]).interval(0.9999)
    assert (interval.low, interval.high) == (0.0, math.inf)
