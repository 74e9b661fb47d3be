"""The interpreter's instructions for an epoch of each backend."""

import time
from typing import Any

import pytest

from npfs.backends.registry import location
from npfs.schema import INSTRUCTIONS
from npfs.suite import probes
from npfs.suite.benchmark_run import BenchmarkRun


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return the name and, by id, the values."""
    return ("counted",), {f"instructions-{name}": (name,) for name in run.backends}


def bench_instructions(benchmark: Any, counted: str, npfs_run: BenchmarkRun) -> None:
    """Count in a fresh process; the time is that of looking."""
    if not npfs_run.measures_startup:
        pytest.skip("instructions are counted in the first run alone, and not within a budget")
    benchmark.group = INSTRUCTIONS
    case = f"instructions-{counted}"
    params = {"backend": counted}
    with npfs_run.recording(benchmark, case, INSTRUCTIONS, params) as record:
        start = time.perf_counter()
        counts = benchmark.pedantic(probes.instructions, (location(counted),), rounds=1)
        timed_s = time.perf_counter() - start
        record.update(
            timed_s=timed_s,
            instructions=counts,
        )
