"""What a run records of a repetition that does not end as it should."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from npfs.harness.session import BENCHMARK, RunSession
from npfs.harness.spec import RunSpec, Settings


class Item:
    """As much of a test's item as a repetition needs."""

    def __init__(self, rounds: list[float] | None = None) -> None:
        self.stash = pytest.Stash()
        stats = None if rounds is None else SimpleNamespace(stats=SimpleNamespace(data=rounds))
        self.benchmark = SimpleNamespace(has_error=False, stats=stats, extra_info={})
        self.stash[BENCHMARK] = self.benchmark

    def get_closest_marker(self, name: str) -> None:
        return None


@pytest.fixture
def session() -> RunSession:
    settings = Settings(reports=Path("r"), runs=1, repetitions=20)
    return RunSession(SimpleNamespace(), RunSpec(), settings)  # type: ignore[arg-type]


def repeat(session: RunSession, item: Any, error: BaseException | None = None) -> None:
    with session.repetition(item, "a"):
        if error is not None:
            raise error


def test_ctrl_c_in_a_compiled_function_interrupts_the_run(session: RunSession) -> None:
    """What CPython raises where a C function returns a result with an exception set."""
    error = SystemError("returned a result with an exception set")
    error.__cause__ = KeyboardInterrupt()
    item = Item()
    with pytest.raises(KeyboardInterrupt):
        repeat(session, item, error)
    assert item.benchmark.has_error
    assert session.failed == {}
    with pytest.raises(SystemError):
        repeat(session, item, SystemError("another"))


@pytest.mark.parametrize("rounds", [[1.0, -2.0, 1.0], [0.0], [float("nan")]])
def test_rounds_of_a_clock_that_stepped_back_are_kept_out_of_all_files(
    session: RunSession, rounds: list[float]
) -> None:
    with pytest.raises(pytest.skip.Exception, match="the clock stood still or stepped back"):
        repeat(session, Item(rounds))
    assert session.done == {}


def test_a_repetition_that_fails_takes_the_earlier_ones_with_it(session: RunSession) -> None:
    first = SimpleNamespace(fixture=SimpleNamespace(has_error=False))
    session._firsts["a"] = first
    session.done["a"] = 3
    session.end(Item(), "a", "failed", "wrong\nin many lines")  # type: ignore[arg-type]
    assert session.failed == {"a": "wrong"}
    assert first.fixture.has_error
    assert session.is_left_out("a", 5)


def test_a_repetition_that_is_skipped_is_lost_alone(session: RunSession) -> None:
    session.done["a"] = 3
    session.end(Item(), "a", "skipped", "no memory now")  # type: ignore[arg-type]
    assert session.skipped == {}
    assert not session.is_left_out("a", 5)


def test_what_does_not_fit_into_memory_is_skipped(session: RunSession) -> None:
    with pytest.raises(pytest.skip.Exception, match="the data do not fit into memory"):
        repeat(session, Item(), MemoryError())


@pytest.mark.parametrize(
    ("budget_s", "passes", "seconds", "repetitions"),
    [(None, 1, 1.0, 20), (1000.0, 1, 1.0, 20), (67.5, 1, 1.0, 10), (36.25, 2, 1.0, 6), (6.0, 1, 9.0, 2)],
)  # fmt: skip
def test_the_repetitions_of_all_runs_fit_into_the_budget_or_there_are_two(
    budget_s: float | None, passes: int, seconds: float, repetitions: int
) -> None:
    """Five runs; 5 s are kept for the report, and a fifth of a run for probes."""
    settings = Settings(reports=Path("r"), runs=5, repetitions=20, budget_s=budget_s)
    session = RunSession(SimpleNamespace(), RunSpec(), settings)  # type: ignore[arg-type]
    session.began -= seconds
    session.decide_repetitions(passes, seconds)
    assert abs(session.repetitions - repetitions) <= 1
