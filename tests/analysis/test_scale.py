"""The model of an epoch on a cluster, by hand."""

import math

import pytest

from npfs.analysis.scale import (
    best_workers,
    levels,
    predicted_epoch,
    rows_from_which_it_pays,
)
from npfs.schema import ClusterEpoch, Size

ROWS = Size(1_000_000, 4)
TWO = ClusterEpoch(ROWS, 2, 0.108, compute_s=0.1, communication_s=0.002, scheduling_s=0.006)


@pytest.mark.parametrize(
    ("workers", "depth"), [(1, 1), (8, 1), (9, 2), (72, 2), (73, 3), (584, 3), (1000, 4)]
)
def test_a_tree_of_eight_reaches_8_then_72_then_584(workers: int, depth: int) -> None:
    assert levels(workers, fan_out=8) == depth


def test_the_measured_epoch_is_predicted_exactly() -> None:
    assert predicted_epoch(TWO, 2) == pytest.approx(0.108)


def test_that_of_many_workers_is_predicted_exactly_too() -> None:
    many = ClusterEpoch(ROWS, 16, 0.110, compute_s=0.1, communication_s=0.002, scheduling_s=0.008)
    assert predicted_epoch(many, 16) == pytest.approx(0.110)


def test_computing_is_shared_and_calls_are_not() -> None:
    # 0.2 s of computing over 4; one round trip; four calls of 3 ms
    assert predicted_epoch(TWO, 4) == pytest.approx(0.05 + 0.002 + 4 * 0.003)
    # over 100: three levels of a round trip and eight calls
    assert predicted_epoch(TWO, 100) == pytest.approx(0.002 + 3 * (0.002 + 8 * 0.003))
    assert predicted_epoch(TWO, 4, n_samples=10_000_000) == pytest.approx(0.5 + 0.002 + 0.012)


def test_more_workers_than_pay_make_it_slower() -> None:
    best = best_workers(TWO, 1000)
    assert predicted_epoch(TWO, best) < predicted_epoch(TWO, 1000)
    assert best == 8  # 0.025 + 0.002 + 8 * 0.003 = 0.051; with 9 there are two levels


def test_rows_from_which_two_workers_pay_is_where_the_lines_cross() -> None:
    # one process 0.18 s and two workers 0.1 s for a million rows, and 8 ms of overhead
    assert rows_from_which_it_pays(0.18, TWO) == pytest.approx(100_000)
    assert math.isinf(rows_from_which_it_pays(0.1, TWO))
