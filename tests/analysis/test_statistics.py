import math

import numpy as np
import pytest
from scipy import stats

from npfs.analysis.statistics import Interval, geometric_interval, ratio_interval


def test_an_interval_by_hand() -> None:
    """Logs 0, 1, 2: mean 1, deviation 1, t of 2 degrees at 97.5 % is 4.302653 (any table)."""
    interval = geometric_interval([math.exp(0), math.exp(1), math.exp(2)])
    reach = 4.302652729911275 / math.sqrt(3)
    assert interval.value == pytest.approx(math.e)
    assert interval.low == pytest.approx(math.exp(1 - reach))
    assert interval.high == pytest.approx(math.exp(1 + reach))
    assert interval.runs == 3


def test_the_interval_agrees_with_scipy() -> None:
    values = [1.2, 1.1, 1.5, 1.3, 1.25]
    expected = stats.ttest_1samp(np.log(values), 0).confidence_interval(0.95)
    interval = geometric_interval(values)
    assert (interval.low, interval.high) == pytest.approx(np.exp(expected))


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    samples = np.exp(rng.normal(np.log(2), 0.1, (4_000, 5)))
    held = [geometric_interval(s).low <= 2 <= geometric_interval(s).high for s in samples.tolist()]
    assert np.mean(held) == pytest.approx(0.95, abs=0.012)  # 3.5 standard errors


def test_one_run_gives_no_interval() -> None:
    interval = geometric_interval([3.0])
    assert interval.value == 3.0
    assert math.isnan(interval.low)
    assert not interval.is_known
    assert not interval.is_above_one
    assert interval.is_within_noise


def test_what_slows_a_whole_run_cancels_in_its_ratios() -> None:
    numerators, denominators = [2.0, 20.0, 4.0], [1.0, 10.0, 2.0]
    assert ratio_interval(numerators, denominators) == Interval(2.0, 2.0, 2.0, 3)


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [1.0, -1.0], [1.0, math.nan], [math.inf]])
def test_a_time_that_is_no_time_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="must be positive finite numbers"):
        geometric_interval(values)


def test_pairs_must_match() -> None:
    with pytest.raises(ValueError, match="pairs need equally many values; got 2 and 1"):
        ratio_interval([1.0, 2.0], [1.0])
