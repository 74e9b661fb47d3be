from types import SimpleNamespace

import pytest

from npfs.schema import FIT, Size
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import Case


def test_ctrl_c_in_a_compiled_function_interrupts_the_run() -> None:
    """What CPython raises where a C function returns a result with an exception set."""
    run = BenchmarkRun.__new__(BenchmarkRun)
    run.failed, run.finished, run.number = {}, {}, None
    benchmark = SimpleNamespace(has_error=False)
    case = Case("numba", Size(10, 1))
    with pytest.raises(KeyboardInterrupt), run.recording(benchmark, case, FIT):
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()
    assert benchmark.has_error
    assert run.failed == {}
    with pytest.raises(SystemError), run.recording(benchmark, case, FIT):
        raise SystemError("another")
    assert run.failed == {"numba-10": "SystemError: another"}


def test_rounds_of_a_clock_that_stepped_back_are_kept_out_of_all_files() -> None:
    run = BenchmarkRun.__new__(BenchmarkRun)
    run.failed, run.finished, run.skipped, run.number = {}, {}, {}, None
    rounds = SimpleNamespace(stats=SimpleNamespace(data=[1.0, -2.0, 1.0]))
    benchmark = SimpleNamespace(has_error=False, stats=rounds, extra_info={})
    case = Case("numba", Size(10, 1))
    with pytest.raises(pytest.skip.Exception), run.recording(benchmark, case, FIT):
        pass
    assert benchmark.has_error
    assert run.finished == {}
    assert run.skipped == {"numba-10": "the clock stood still or stepped back while it was timed"}


def test_a_repetition_that_fails_takes_the_earlier_ones_with_it() -> None:
    run = BenchmarkRun.__new__(BenchmarkRun)
    first = SimpleNamespace(fixture=SimpleNamespace(has_error=False))
    run.failed, run.finished, run.number = {}, {"numba-10": first}, None
    benchmark = SimpleNamespace(has_error=False)
    case = Case("numba", Size(10, 1))
    with pytest.raises(ValueError, match="wrong"), run.recording(benchmark, case, FIT):
        raise ValueError("wrong")
    assert first.fixture.has_error
