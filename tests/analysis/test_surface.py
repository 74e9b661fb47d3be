"""Surfaces of known formulas: what is foretold, and how far off that is said to be."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs.analysis.surface import Reach, Surface, last_slopes, without_outliers

SAMPLES = (10, 100, 1_000, 10_000, 100_000)
FEATURES = (1, 2, 4, 8, 16)


def work(n_samples: float, n_features: float) -> float:
    """A call, something for each sample, something for each number: in straight lines each."""
    return 1e-6 + 2e-9 * n_samples + 0.5e-9 * n_samples * n_features


STRAIGHT = Surface({(n, d): work(n, d) for n in SAMPLES for d in FEATURES})


@given(st.integers(10, 100_000), st.integers(1, 16))
def test_what_goes_in_straight_lines_is_foretold_exactly(n_samples: int, n_features: int) -> None:
    assert STRAIGHT.at(n_samples, n_features) == pytest.approx(work(n_samples, n_features))
    assert STRAIGHT.error(n_samples, n_features) == pytest.approx(0, abs=1e-9)
    assert STRAIGHT.reach(n_samples, n_features).is_inside


@given(st.integers(100_001, 10**8), st.integers(1, 64))
def test_beyond_the_sizes_the_lines_go_on(n_samples: int, n_features: int) -> None:
    assert STRAIGHT.at(n_samples, n_features) == pytest.approx(work(n_samples, n_features))


def test_rows_of_many_features_reach_as_far_in_numbers_as_others() -> None:
    """With 16 features a tenth of the samples were seen, which is more numbers than 10 times as many of 1."""
    surface = Surface({(n, d): work(n, d) for d in (1, 16) for n in (10, 100, 1_000, 10**5 // d)})
    assert surface.reach(10_000, 8).is_inside
    assert surface.reach(50_000, 8).samples == pytest.approx(50_000 * 9 / (6_250 * 17))


def test_below_the_fewest_samples_a_fit_costs_what_a_call_costs() -> None:
    assert STRAIGHT.at(1, 1) == work(10, 1)


@pytest.mark.parametrize(
    ("n_samples", "n_features", "reach"),
    [
        (100_000, 1, Reach(1, 1)),
        (1_000_000, 1, Reach(10, 1)),
        (50_000, 16, Reach(1, 1)),
        (100_000, 64, Reach(1, 4)),
        (400_000, 3, Reach(4, 1)),
    ],
)
def test_how_far_beyond_is_told_in_data_and_in_features(
    n_samples: int, n_features: int, reach: Reach
) -> None:
    assert STRAIGHT.reach(n_samples, n_features) == reach


def irregular(n_features: int) -> float:
    return 2.0 if n_features == 4 else 1.0


def test_the_error_is_what_the_grid_shows_of_itself() -> None:
    """One row is twice as slow as its neighbours: foretold from them it is off by log 2, and they from it."""
    surface = Surface({(n, d): work(n, d) * irregular(d) for n in SAMPLES for d in FEATURES})
    assert surface.error(50_000, 3) > 0.1
    assert surface.error(10_000, 4) == 0, "a size that was seen is not foretold"
    far = Surface({(n, d): work(n, d) * irregular(d) for n in SAMPLES for d in FEATURES})
    assert far.error(10**7, 3) > far.error(10**5, 3)


def test_a_bend_widens_the_interval_where_it_is() -> None:
    """From 10,000 samples on memory is four times as slow."""

    def bent(n: int, d: int) -> float:
        return work(n, d) + 6e-9 * max(0, n - 10_000) * d

    surface = Surface({(n, d): bent(n, d) for n in SAMPLES for d in FEATURES})
    assert surface.error(30_000, 2) > 3 * surface.error(30, 1)


def test_rows_of_which_little_was_seen_are_not_used() -> None:
    few = {(n, 3): 1e9 for n in SAMPLES[:3]}
    surface = Surface({**STRAIGHT.seconds, **few})
    assert list(surface.rows) == list(FEATURES)
    assert surface.at(1_000, 3) == pytest.approx(work(1_000, 3))


def test_nothing_seen_is_an_error_in_words() -> None:
    with pytest.raises(ValueError, match="too few sizes were seen"):
        Surface({}).at(10, 1)


def test_one_row_serves_others_in_proportion_to_the_numbers() -> None:
    surface = Surface({(n, 1): 2e-9 * n for n in SAMPLES})
    assert surface.at(1_000, 3) == pytest.approx(2 * 2e-9 * 1_000)


def test_noise_that_makes_a_last_slope_negative_does_not_foretell_less_time() -> None:
    surface = Surface({(10, 1): 1.0, (100, 1): 2.0, (1_000, 1): 3.0, (10_000, 1): 2.9})
    assert surface.at(10**6, 1) == 2.9
    assert math.isfinite(surface.error(10**6, 1))


def test_slopes_are_seconds_for_each_further_number() -> None:
    assert last_slopes({4: [(10, 1.0), (20, 2.0)]}) == [pytest.approx(1.0 / 10 / 5)]


def test_a_look_beyond_all_reason_is_replaced_by_what_is_around_it() -> None:
    seen = {**STRAIGHT.seconds, (1_000, 4): 1000 * work(1_000, 4), (100, 8): 2 * work(100, 8)}
    found = without_outliers(seen)
    assert found[1_000, 4] == pytest.approx(work(1_000, 4))
    assert found[100, 8] == 2 * work(100, 8), "twice as long may be so"
    assert {size for size in seen if found[size] != seen[size]} == {(1_000, 4)}


def test_fewer_features_than_were_seen_take_a_share_of_the_time_and_are_beyond() -> None:
    surface = Surface({(n, d): work(n, d) for n in SAMPLES for d in (8, 13)})
    assert surface.at(10_000, 1) == pytest.approx(work(10_000, 8) * 2 / 9)
    assert surface.reach(10_000, 1) == Reach(1, 8)


def test_the_error_is_half_of_what_neighbours_miss_by() -> None:
    surface = Surface({(10, 1): 1.0, (20, 1): 2.0, (30, 1): 6.0, (40, 1): 4.0})
    missed = math.log(3.5 / 2), math.log(3 / 6)  # the middles of the lines around 20 and 30
    assert surface.error(25, 1) == pytest.approx(0.5 * math.hypot(*missed) / math.sqrt(2))


def test_beyond_the_sizes_the_slopes_of_the_rows_beside_add_to_the_error() -> None:
    """Each row is a straight line, the middle one three times as steep a number as its neighbours."""
    steep = {1: 1e-9, 2: 3e-9, 4: 1e-9}
    surface = Surface({(n, d): steep[d] * n * (d + 1) for n in SAMPLES for d in steep})
    edge, beyond = surface.error(100_001, 2), surface.error(1_000_000, 2)
    assert beyond == pytest.approx(math.hypot(edge, 0.9 * math.log(3)), rel=1e-4)
