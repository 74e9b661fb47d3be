"""Where a list and an array keep their numbers, and who takes the array without a copy."""

import time
from typing import Any

import pytest

from npfs.suite import probes
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import Case, Size


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[int, ...]]]:
    """Return the name and, by id, the values."""
    return ("looked_at",), {"layout": (probes.LOOKED_AT,)}


def bench_layout(benchmark: Any, looked_at: int, npfs_run: BenchmarkRun) -> None:
    """Look in a fresh process; the time is that of looking."""
    if not npfs_run.looks_around:
        pytest.skip("memory is looked at in the first run alone, and not within a budget")
    benchmark.group = "layout"
    with npfs_run.saved_only_if_it_succeeds(benchmark, Case("layout", Size(looked_at, 1))):
        start = time.perf_counter()
        found = benchmark.pedantic(probes.layout, (looked_at,), rounds=1)
        benchmark.extra_info.update(found, timed_s=time.perf_counter() - start)
