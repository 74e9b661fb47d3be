import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from npfs.analysis.multiplicity import benjamini_hochberg, selected_confidence

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
