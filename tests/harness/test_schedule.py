import math
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.harness.runs import Scheduler, Stop
from npfs.harness.spec import Settings
from tests import run_files

STEADY = (("python", 10, 1), 1.0), (("numpy", 10, 1), 0.1), (("numba", 10, 1), 0.01)


def scheduler(folder: Path, **settings: Any) -> Scheduler:
    home = folder / "runs" / run_files.ENVIRONMENT["machine"]
    given: dict[str, Any] = {"reports": folder, "runs": 3, "repetitions": 20, **settings}
    return Scheduler(Settings(**given), home, "job")


def cases(found: object) -> frozenset[str]:
    assert isinstance(found, frozenset)
    return found


def write(folder: Path, numba: list[float]) -> None:
    """Write a run for each time of numba at 100 samples; at 10 all times are steady."""
    documents = []
    for number, seconds in enumerate(numba, start=1):
        times = {(name, n, 1): s for (name, n, _), s in STEADY for n in (10, 100)}
        documents.append(run_files.document({**times, ("numba", 100, 1): seconds}, number))
        for benchmark in documents[-1]["benchmarks"]:
            benchmark["extra_info"]["wall_s"] = 1.0
    run_files.write(folder, documents)


def test_without_budget_or_precision_the_runs_of_the_plan_are_made(tmp_path: Path) -> None:
    assert scheduler(tmp_path).next(2, 0.0, None) is None
    assert isinstance(scheduler(tmp_path).next(3, 0.0, None), Stop)


@pytest.mark.parametrize(
    ("made", "seconds", "is_made"),
    [(2, 500.0, True), (3, 44.0, True), (3, 46.0, False), (11, 54.0, True), (11, 56.0, False)],
)
def test_runs_are_added_as_long_as_they_end_in_time(
    tmp_path: Path, made: int, seconds: float, is_made: bool
) -> None:
    """A further run takes as long as those before; the plan's own are made in any case."""
    found = scheduler(tmp_path, until_s=60.0).next(made, seconds, None)
    assert (found is None) == is_made


def test_precision_goes_on_with_what_is_too_wide(tmp_path: Path) -> None:
    write(tmp_path, [0.01, 0.012, 0.01])
    assert (
        scheduler(tmp_path, precision=0.05).next(2, 0.0, None) is None
    )  # the plan's runs come first
    assert cases(scheduler(tmp_path, precision=0.05).next(3, 0.0, None)) == {
        "numba-100", "python-100", "numpy-100",
    }  # fmt: skip
    stop = scheduler(tmp_path, precision=0.9).next(3, 0.0, None)
    assert stop == Stop("every interval is that narrow", is_reached=True)


def test_what_no_number_of_runs_can_reach_is_named(tmp_path: Path) -> None:
    write(tmp_path, [0.01, 0.1, 0.01])
    stop = scheduler(tmp_path, precision=0.001).next(3, 0.0, None)
    assert isinstance(stop, Stop)
    assert "under the noise of this machine" in stop.why
    assert {str(speedup) for speedup in stop.not_reached} == {
        "numba-100 over python", "numba-100 over numpy",
    }  # fmt: skip
    assert all(speedup.interval.margin_of_error > 1 for speedup in stop.not_reached)


def test_a_budget_buys_what_it_can_widest_first(tmp_path: Path) -> None:
    write(tmp_path, [0.01, 0.012, 0.01])
    # a run costs 4 s around its six cases of 1 s, and 5 s are kept for the report
    assert scheduler(tmp_path, budget_s=99.0).next(1, 0.0, 15.1) is None
    two, three = (
        cases(scheduler(tmp_path, budget_s=99.0).next(1, 0.0, 11.1)),
        {"numba-100", "numpy-100", "python-100"},
    )
    assert len(two) == 2
    assert "numba-100" in two < three
    assert cases(scheduler(tmp_path, budget_s=99.0).next(3, 0.0, 12.1)) == three
    stop = scheduler(tmp_path, budget_s=99.0).next(3, 0.0, 10.9)
    assert stop == Stop("the budget is spent")


def test_a_budget_names_what_the_precision_did_not_reach(tmp_path: Path) -> None:
    write(tmp_path, [0.01, 0.012, 0.01])
    stop = scheduler(tmp_path, budget_s=99.0, precision=0.03).next(3, 0.0, 5.0)
    assert isinstance(stop, Stop)
    assert stop.why == "the budget is spent"
    assert {str(speedup) for speedup in stop.not_reached} == {
        "numba-100 over numpy", "numba-100 over python",
    }  # fmt: skip


def test_one_run_knows_no_width(tmp_path: Path) -> None:
    write(tmp_path, [0.01])
    assert len(cases(scheduler(tmp_path, precision=0.05, runs=1).next(1, 0.0, None))) == 6


def test_runs_needed_is_where_the_interval_becomes_that_narrow(tmp_path: Path) -> None:
    """Of n runs with the same spread, the normal interval reaches 1.96 s / sqrt(n)."""
    write(tmp_path, [0.01, 0.0121, 0.01])
    evidence = Evidence(read_runs(tmp_path / "runs"))
    [speedup] = [s for s in evidence.speedups() if str(s) == "numba-100 over numpy"]
    logs = [math.log(0.1 / s) for s in (0.01, 0.0121, 0.01)]
    mean = sum(logs) / 3
    spread = math.sqrt(sum((log - mean) ** 2 for log in logs) / 2)
    assert speedup.runs_needed(0.01) == pytest.approx((1.96 * spread / math.log(1.01)) ** 2)


def test_what_gains_nothing_is_not_timed_for_ever(tmp_path: Path) -> None:
    write(tmp_path, [0.01, 0.012, 0.01])
    asked = scheduler(tmp_path, precision=0.05)
    assert cases(asked.next(3, 0.0, None)) == {"numba-100", "python-100", "numpy-100"}
    stop = asked.next(4, 0.0, None)  # that run has added nothing
    assert isinstance(stop, Stop)
    assert stop.why == "further runs add nothing"
    assert len(stop.not_reached) == 2
    crashed = scheduler(tmp_path, precision=0.05).next(3, 0.0, None, without=["numba-100"])
    assert isinstance(crashed, Stop)
    assert crashed.why == "further runs add nothing"


def test_runs_of_other_commands_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, [0.01, 0.012, 0.01])
    stop = scheduler(tmp_path, precision=0.05)
    stop.job = "another"
    assert stop.next(3, 0.0, None) == Stop("nothing was measured")


def test_one_backend_alone_is_no_speedup(tmp_path: Path) -> None:
    run_files.write(tmp_path, [run_files.document({("numpy", 10, 1): 1.0}, k) for k in (1, 2, 3)])
    stop = scheduler(tmp_path, precision=0.05).next(3, 0.0, None)
    assert stop == Stop("no two cases were timed that can be compared")


def test_hundred_runs_are_enough(tmp_path: Path) -> None:
    write(tmp_path, [0.01, 0.012, 0.01])
    stop = scheduler(tmp_path, precision=0.05).next(100, 0.0, None)
    assert isinstance(stop, Stop)
    assert stop.why == "100 runs are enough"
