from types import SimpleNamespace

import pytest

from npfs.measure.benchmark_run import BenchmarkRun
from npfs.measure.plan import Case, Size


def test_ctrl_c_in_a_compiled_function_interrupts_the_run() -> None:
    """What CPython raises where a C function returns a result with an exception set."""
    run = BenchmarkRun.__new__(BenchmarkRun)
    run.failed, run.finished, run.number = {}, {}, None
    benchmark = SimpleNamespace(has_error=False)
    case = Case("numba", Size(10, 1))
    with pytest.raises(KeyboardInterrupt), run.saved_only_if_it_succeeds(benchmark, case):
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()
    assert benchmark.has_error
    assert run.failed == {}
    with pytest.raises(SystemError), run.saved_only_if_it_succeeds(benchmark, case):
        raise SystemError("another")
    assert run.failed == {"numba-10": "SystemError: another"}
