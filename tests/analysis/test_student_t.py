import math

import pytest
from scipy import special, stats

from npfs.analysis.student_t import regularised_incomplete_beta, student_t_quantile, two_sided_p

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


@pytest.mark.parametrize("a", [0.2, 0.5, 1, 3.3, 40, 1e4])
@pytest.mark.parametrize("b", [0.5, 2, 17.5])
@pytest.mark.parametrize("x", [0, 1e-12, 0.1, 0.5, 0.9, 1 - 1e-9, 1])
def test_the_incomplete_beta_agrees_with_scipy(x: float, a: float, b: float) -> None:
    expected = special.betainc(a, b, x)
    assert regularised_incomplete_beta(x, a, b) == pytest.approx(expected, rel=1e-10, abs=1e-300)


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


def test_a_bad_share_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 0 <= x <= 1"):
        regularised_incomplete_beta(1.5, 2, 0.5)
