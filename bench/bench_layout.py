"""The layout of numbers in a list and in an array, and the libraries that take one uncopied."""

import time
from typing import Any

import pytest

from npfs.schema import LAYOUT
from npfs.suite import probes
from npfs.suite.benchmark_run import BenchmarkRun


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[int, ...]]]:
    """Return the name and, by id, the values."""
    return ("looked_at",), {"layout": (probes.LOOKED_AT,)}


def bench_layout(benchmark: Any, looked_at: int, npfs_run: BenchmarkRun) -> None:
    """Look in a fresh process; the time is that of looking."""
    if not npfs_run.measures_startup:
        pytest.skip("memory is looked at in the first run alone, and not within a budget")
    benchmark.group = LAYOUT
    case = "layout"
    with npfs_run.recording(benchmark, case, LAYOUT) as record:
        start = time.perf_counter()
        found = benchmark.pedantic(probes.layout, (looked_at,), rounds=1)
        timed_s = time.perf_counter() - start
        record.update(timed_s=timed_s, layout=found)
