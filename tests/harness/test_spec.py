import os
from itertools import pairwise
from pathlib import Path

import pytest

from npfs.harness.spec import (
    LONGEST_PADDING,
    PADDING,
    VARIABLE,
    RunSpec,
    given_spec,
    order_of,
    padding_of,
)


def test_the_specification_goes_through_a_file_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = RunSpec(job="j", position=2, only=("a",), failed={"b": "ß"}, padding_bytes=100)
    with spec.environment() as environment:
        assert environment[PADDING] == 100 * "x"
        monkeypatch.setenv(VARIABLE, environment[VARIABLE])
        assert given_spec() == spec
    assert not Path(environment[VARIABLE]).exists()
    assert VARIABLE not in os.environ
    assert given_spec() == RunSpec()
    assert given_spec().is_first
    assert not spec.is_first
    with pytest.raises(AttributeError):
        spec.job = "another"  # type: ignore[misc]


def test_the_size_of_the_environment_differs_between_runs_and_can_be_made_again() -> None:
    sizes = [padding_of(0, run) for run in range(1, 21)]
    assert len(set(sizes)) > 15
    assert all(0 <= size < LONGEST_PADDING for size in sizes)
    assert max(sizes) - min(sizes) > LONGEST_PADDING / 2
    assert [padding_of(0, run) for run in range(1, 21)] == sizes


def test_the_order_is_another_in_each_run_and_can_be_made_again() -> None:
    cases = {f"case-{k}": 10**6 for k in range(20)}
    orders = [order_of(cases, 3, 0, run) for run in range(1, 6)]
    for order in orders:
        for number in (1, 2, 3):  # all first repetitions come before all second ones
            of_pass = order[20 * (number - 1) : 20 * number]
            assert sorted(of_pass) == [(case, number) for case in sorted(cases)]
        assert [case for case, _ in order[:20]] != [case for case, _ in order[20:40]]
    assert len({tuple(order) for order in orders}) == 5
    assert order_of(dict(reversed(cases.items())), 3, 0, 3) == orders[2]
    assert order_of(cases, 3, 1, 3) != orders[2]


@pytest.mark.parametrize("most", [1, 3, 5, 20, 99])
def test_fewer_repetitions_of_a_case_lie_evenly(most: int) -> None:
    order = order_of({"few": most, "all": 10**6}, 20, 0, 1)
    passes = [number for case, number in order if case == "few"]
    assert len(passes) == min(most, 20)
    assert passes[0] == 1
    gaps = [b - a for a, b in pairwise(passes)]
    assert not gaps or max(gaps) - min(gaps) <= 1
