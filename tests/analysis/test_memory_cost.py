"""Grids on which memory adds a known time to each number beyond what a cache holds."""

import math

import pytest

from npfs.analysis.memory_cost import MemoryCost

IN_CACHE, HELD, IN_MEMORY = 1_000_000, 2_000_000, 8_000_000
FEATURES = (1, 3, 7, 15)


def seconds(added: dict[int, float]) -> dict[tuple[int, int], float]:
    """1 ns for a number, and ``added`` for each of those that no cache holds, by features; None is not looked at."""
    found = {
        (numbers // (d + 1), d): 1e-9 * numbers
        for d in FEATURES
        for numbers in (1_600, 16_000, 160_000, IN_CACHE)
    }
    for d, adds in added.items():
        found[IN_MEMORY // (d + 1), d] = 1e-9 * IN_MEMORY + adds * (IN_MEMORY - IN_CACHE)
    return found


def test_what_memory_adds_is_learned_and_serves_rows_that_were_not_looked_at() -> None:
    seen = seconds({1: 3e-9, 15: 3e-9})
    cost = MemoryCost.of(seen)
    assert cost.large == (1, 15)
    assert cost.steady == pytest.approx((3e-9, 3e-9))
    assert cost.error == pytest.approx(0, abs=1e-9)
    found = cost.foretold(seen)
    for d in FEATURES:
        expected = 1e-9 * IN_MEMORY + 3e-9 * (IN_MEMORY - IN_CACHE)
        assert found[IN_MEMORY // (d + 1), d] == pytest.approx(expected)


def test_one_look_that_was_disturbed_does_not_count() -> None:
    cost = MemoryCost.of(seconds({1: 3e-9, 3: 30e-9, 7: 3e-9, 15: 3e-9}))
    assert cost.steady[1:] == pytest.approx((3e-9, 3e-9, 3e-9))
    assert cost.error == pytest.approx(
        math.sqrt((math.log(31 / 4) ** 2 + math.log(4 / 17.5) ** 2) / 4), rel=1e-3
    ), "the first row has one row beside it, so its median is a mean"


def test_the_share_of_numbers_that_no_cache_holds() -> None:
    cost = MemoryCost.of(seconds({1: 3e-9, 15: 3e-9}))
    assert cost.share(IN_CACHE // 2) == 0
    assert cost.share(4 * IN_CACHE) == pytest.approx(0.75)


def test_without_a_large_look_the_lines_go_on() -> None:
    seen = seconds({})
    found = MemoryCost.of(seen).foretold(seen)
    for size, value in seen.items():
        assert found[size] == pytest.approx(value)


def test_rows_in_between_get_what_lies_between_on_a_logarithmic_scale() -> None:
    seen = seconds({1: 1e-9, 3: 2e-9, 15: 4e-9})
    cost = MemoryCost.of(seen)
    assert cost.steady == pytest.approx((1.5e-9, 2e-9, 3e-9))
    between = 2e-9 + 1e-9 * math.log(7 / 3) / math.log(15 / 3)
    expected = 1e-9 * IN_MEMORY + between * (IN_MEMORY - IN_CACHE)
    assert cost.foretold(seen)[IN_MEMORY // 8, 7] == pytest.approx(expected)
