import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from npfs.analysis.statistics import (
    Interval,
    LogRatio,
    benjamini_hochberg,
    bimodal,
    geometric_interval,
    log_ratio,
    ratio_interval,
    selected_confidence,
    student_t_quantile,
    two_sided_p,
)

# Intervals


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
    assert not interval.is_significant


def test_what_slows_a_whole_run_cancels_in_its_ratios() -> None:
    numerators, denominators = [2.0, 20.0, 4.0], [1.0, 10.0, 2.0]
    assert ratio_interval(numerators, denominators) == Interval(2.0, 2.0, 2.0, 3)


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [1.0, -1.0], [1.0, math.nan], [math.inf]])
def test_a_time_that_is_no_time_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="must be positive finite numbers"):
        geometric_interval(values)


def test_pairs_must_match() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        ratio_interval([1.0, 2.0], [1.0])


# Ratios that nothing pairs

NEW, BASE = [1.2, 1.1, 1.5, 1.3, 1.25], [1.0, 1.02, 0.97]


def welch(numerators: list[float], denominators: list[float]) -> LogRatio:
    return log_ratio(np.log(numerators), np.log(denominators))


def test_welchs_test_agrees_with_scipy() -> None:
    ratio = welch(NEW, BASE)
    expected = stats.ttest_ind(np.log(NEW), np.log(BASE), equal_var=False)
    assert ratio.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert ratio.degrees == pytest.approx(expected.df)
    bounds = np.exp(expected.confidence_interval(0.99))
    interval = ratio.interval(0.99)
    assert (interval.low, interval.high) == pytest.approx(tuple(bounds))
    geometric = stats.gmean(NEW) / stats.gmean(BASE)
    assert interval.value == pytest.approx(geometric)
    assert interval.runs == 3


def test_one_run_gives_no_interval_of_an_unpaired_ratio() -> None:
    ratio = welch([3.0], [1.0, 2.0])
    assert math.isnan(ratio.p_value)
    interval = ratio.interval(0.95)
    assert interval.value == pytest.approx(3 / math.sqrt(2))
    assert math.isnan(interval.low)
    assert not interval.is_known


def test_rounding_is_no_difference() -> None:
    """The mean of logs of equal values depends on how many there are, in the last digit."""
    for value in (0.1, 0.3, 1.7e-5, 3.3):
        assert welch([value] * 5, [value] * 3).p_value > 0.5


def test_no_spread_at_all_is_a_certain_ratio() -> None:
    ratio = welch([1.2] * 3, [1.0] * 3)
    assert ratio.p_value < 1e-12
    assert ratio.interval(0.95).low == pytest.approx(1.2)


def test_two_runs_that_bound_nothing_overflow_into_infinity() -> None:
    interval = welch([1e-3, 1e3], [1e-3, 1e3]).interval(0.9999)
    assert (interval.low, interval.high) == (0.0, math.inf)


# Many comparisons

# Benjamini and Hochberg (1995), section 4: 15 p-values of a study of heart attacks, of which their
# procedure at 5 % calls the first four.
STUDY = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
         0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip


def test_the_example_of_the_paper() -> None:
    threshold = benjamini_hochberg(STUDY[::-1], 0.05)
    assert threshold == pytest.approx(4 * 0.05 / 15)
    assert [p for p in STUDY if p <= threshold] == STUDY[:4]
    assert selected_confidence(threshold) == pytest.approx(1 - 4 * 0.05 / 15)


def test_a_later_p_value_carries_an_earlier_one() -> None:
    """Alone 0.04 of two fails 0.025; beside 0.045, which passes 0.05, both are called."""
    assert benjamini_hochberg([0.04, 0.9], 0.05) == 0
    assert benjamini_hochberg([0.04, 0.045], 0.05) == 0.05


def test_nothing_compared_calls_nothing() -> None:
    assert benjamini_hochberg([], 0.05) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=80))
def test_calls_agree_with_scipy(p_values: list[float]) -> None:
    called = [p <= (t := benjamini_hochberg(p_values, 0.05)) and t > 0 for p in p_values]
    adjusted = stats.false_discovery_control(p_values)
    clear = np.abs(adjusted - 0.05) > 1e-9  # at the threshold itself rounding decides
    assert np.array_equal(np.array(called)[clear], (adjusted <= 0.05)[clear])


@pytest.mark.parametrize(("p_values", "q"), [([1.5], 0.05), ([float("nan")], 0.05), ([0.5], 0)])
def test_what_is_no_probability_is_refused(p_values: list[float], q: float) -> None:
    with pytest.raises(ValueError, match="needs 0 < q < 1 and p-values from 0 to 1"):
        benjamini_hochberg(p_values, q)


# Bimodal spread


def test_two_clear_modes_are_found() -> None:
    found = bimodal([10.1e-6, 22.0e-6, 9.9e-6, 22.2e-6, 10.0e-6])
    assert found is not None
    low, high = found
    assert low.value == pytest.approx(10e-6, rel=1e-3)
    assert high.value == pytest.approx(22.1e-6, rel=1e-3)
    assert (low.runs, high.runs) == (3, 2)
    assert geometric_interval([10.1e-6, 22.0e-6, 9.9e-6, 22.2e-6, 10.0e-6]).bimodal == found


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 1.01, 0.99, 1.0, 9.0],  # one apart is an outlier
        [1.0, 1.0, 1.1, 1.1],  # too close to be news
        [1.0, 2.0],
        [1.0, 1.5, 2.2, 3.0, 4.1, 5.9],
        [1.0] * 5,
    ],
)
def test_other_spread_is_not_bimodal(values: list[float]) -> None:
    assert bimodal(values) is None


@pytest.mark.parametrize("runs", [4, 5, 6, 8, 10, 20])
def test_values_with_one_centre_are_hardly_ever_called_bimodal(runs: int) -> None:
    """With normal tails and with heavy ones: in 4,000 sets at most 3 of 1,000."""
    generator = np.random.default_rng(runs)
    for draws in (generator.normal(size=(4000, runs)), generator.standard_t(3, (4000, runs))):
        called = sum(bimodal(np.exp(0.3 * row).tolist()) is not None for row in draws)
        assert called / len(draws) <= 0.003


# Student's t

DEGREES = [0.3, 1, 1.0001, 1.7, 2, 3, 3.99, 4, 5.5, 9, 19, 30.25, 119, 2_000.5, 1e6]


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("probability", [1e-12, 0.01, 0.5, 0.6, 0.9, 0.975, 0.995, 0.9999])
def test_quantiles_agree_with_scipy(degrees: float, probability: float) -> None:
    expected = stats.t.ppf(probability, degrees)
    assert student_t_quantile(probability, degrees) == pytest.approx(expected, rel=1e-8, abs=1e-12)


def test_a_quantile_of_every_table() -> None:
    assert student_t_quantile(0.975, 4) == pytest.approx(2.776445105, rel=1e-9)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("t", [0, 1e-9, 0.1, -1, 2.5, 30, -1e4, 1e150])
def test_p_values_agree_with_scipy(t: float, degrees: float) -> None:
    expected = 2 * stats.t.sf(abs(t), degrees)
    assert two_sided_p(t, degrees) == pytest.approx(expected, rel=1e-8, abs=1e-300)


def test_no_distance_is_too_far() -> None:
    assert two_sided_p(math.inf, 3) == 0


@pytest.mark.parametrize(
    ("probability", "degrees"), [(0, 3), (1, 3), (0.9, 0), (math.nan, 3), (0.9, math.nan)]
)
def test_a_bad_quantile_is_refused(probability: float, degrees: float) -> None:
    with pytest.raises(ValueError, match="needs 0 < probability < 1"):
        student_t_quantile(probability, degrees)


@pytest.mark.parametrize(("t", "degrees"), [(math.nan, 3), (1, 0), (1, -2)])
def test_a_bad_p_value_is_refused(t: float, degrees: float) -> None:
    with pytest.raises(ValueError, match="needs a number t and degrees > 0"):
        two_sided_p(t, degrees)
