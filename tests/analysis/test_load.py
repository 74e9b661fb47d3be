from typing import Any

import pytest

from npfs.analysis.load import use_between


def snapshot(at_s: float, process_s: float = 0.0, **cpu_s: float | None) -> dict[str, Any]:
    zero = {"user": 0.0, "system": 0.0, "idle": 0.0, "iowait": None, "steal": None}
    return {"at_s": at_s, "process_s": process_s, "cpu_s": {**zero, **cpu_s}}


def test_fractions_of_the_time_of_all_cores() -> None:
    """Ten seconds on two cores: 8 s ours, 1.5 s others', 0.5 s stolen, 10 s nobody's."""
    before = snapshot(100, 3, user=50, system=5, idle=1000, iowait=1, steal=2)
    after = snapshot(110, 11, user=59, system=5.5, idle=1009, iowait=2, steal=2.5)
    use = use_between(before, after)
    assert use is not None
    assert use.others == pytest.approx(1.5 / 20)
    assert use.stolen == pytest.approx(0.5 / 20)


def test_what_is_stolen_is_not_known_everywhere() -> None:
    use = use_between(snapshot(0), snapshot(10, user=5, idle=15))
    assert use is not None
    assert (use.others, use.stolen) == (0.25, None)


def test_ticks_that_round_against_us_are_not_less_than_nothing() -> None:
    use = use_between(snapshot(0), snapshot(10, 5.02, user=5, idle=15))
    assert use is not None
    assert use.others == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        (snapshot(0), {}),
        (snapshot(0), {"cpu_s": [1, 2], "at_s": 3, "process_s": 1}),
        (snapshot(0), snapshot(10, user=5, idle=None)),
        (snapshot(0), snapshot(0.1, user=0.1, idle=0.1)),  # too short for ticks
        (snapshot(10), snapshot(0, user=5, idle=15)),  # not of one machine's start
    ],
)
def test_unknown(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert use_between(before, after) is None
