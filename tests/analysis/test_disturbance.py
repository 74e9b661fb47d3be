"""Disturbed repetitions on hand-made timelines: bursts of a neighbour, and cases bimodal alone."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from npfs.analysis.disturbance import disturbance, in_order

CASES = [f"case-{k}" for k in range(12)]
REPETITIONS = 20


class Case:
    def __init__(self, name: str, seconds: list[float]) -> None:
        self.name, self.of_repetitions = name, tuple(seconds)

    def __str__(self) -> str:
        return self.name


def run(seed: int, *, busy: float = 0.0, bimodal: str = "", burst: int = 15) -> Any:
    """A run whose neighbour is busy for a share of the time, in bursts of some repetitions."""
    draw = random.Random(seed)
    order = []
    for _ in range(REPETITIONS):
        order += draw.sample(CASES, len(CASES))
    is_busy, seconds = False, {case: list[float]() for case in CASES}
    for case in order:
        if draw.random() < 1 / burst:
            is_busy = draw.random() < busy
        slow = 1.7 if is_busy else 1.0
        if case == bimodal and draw.random() < 0.4:
            slow *= 1.4
        seconds[case].append(1e-3 * slow * draw.uniform(1.0, 1.03))
    cases = [Case(case, of) for case, of in seconds.items()]
    return SimpleNamespace(cases=cases, reads=[], others=[], order=tuple(order))


def test_a_quiet_machine_disturbs_nothing() -> None:
    found = disturbance([run(k) for k in range(5)])
    assert (found.disturbed, found.by_themselves) == (0, ())
    assert found.repetitions == 5 * len(CASES) * REPETITIONS


@pytest.mark.parametrize("busy", [0.2, 0.5, 0.7])
def test_the_bursts_of_a_neighbour_are_counted_and_blamed_on_no_case(busy: float) -> None:
    found = disturbance([run(k, busy=busy) for k in range(5)])
    assert found.share == pytest.approx(busy, abs=0.12)
    assert found.by_themselves == ()


@pytest.mark.parametrize("busy", [0.0, 0.5])
def test_a_case_that_is_bimodal_by_itself_is_told_from_them(busy: float) -> None:
    found = disturbance([run(k, busy=busy, bimodal="case-3") for k in range(5)])
    assert found.by_themselves == ("case-3",)


def test_a_case_that_was_cut_short_is_no_part_of_it() -> None:
    one = run(1)
    one.cases[0].of_repetitions = one.cases[0].of_repetitions[:-1]
    assert all(case != "case-0" for case, _ in in_order(one))
    assert len(in_order(one)) == (len(CASES) - 1) * REPETITIONS


def test_repetitions_of_older_files_are_numbered_in_the_order() -> None:
    seconds = [1.0, 1.0, 2.0, 1.0, 1.0]
    one: Any = SimpleNamespace(
        cases=[Case("a", seconds)], reads=[], others=[], order=("a", "a~2", "a~3", "a~4", "a~5")
    )
    assert in_order(one) == [("a", is_slow) for is_slow in (False, False, True, False, False)]
