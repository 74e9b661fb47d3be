"""The memory that a backend takes for its data, and at most during a fit."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from npfs.backends.registry import location
from npfs.schema import MEMORY, Memory, Size
from npfs.suite import probes, timing
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import FIT_LIMIT_SECONDS, Case


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return the name and, by id, the values."""
    return ("memory_of",), {f"memory-{name}": (name,) for name in run.backends}


def bench_memory(benchmark: Any, memory_of: str, npfs_run: BenchmarkRun) -> None:
    """Look at one fresh process for each size that the backend is timed at and that can be seen."""
    if not npfs_run.measures_startup:
        pytest.skip("memory is looked at in the first run alone, and not within a budget")
    tool = npfs_run.backends[memory_of]
    sizes = [
        size
        for size in npfs_run.plan.sizes
        if size.data_bytes >= probes.SEEN_FROM_BYTES
        and size.dtype in tool.dtypes
        and timing.reason_not_to_allocate(size) is None
        and npfs_run.predicted_fit_seconds(Case(memory_of, size)) <= FIT_LIMIT_SECONDS
    ]
    if not sizes:
        pytest.skip("no size that it is timed at takes the 1 MB that can be seen")
    benchmark.group = MEMORY
    case = f"memory-{memory_of}"
    params = {"backend": memory_of}
    with npfs_run.recording(benchmark, case, MEMORY, params) as record:
        start = time.perf_counter()
        uses = benchmark.pedantic(look_at_each, (memory_of, sizes, npfs_run.plan.seed), rounds=1)
        timed_s = time.perf_counter() - start
        failed = [use for use in uses if use.held_bytes is None]
        if failed:
            raise probes.ProbeFailed(f"{failed[0].size}: {failed[0].reason}")
        record.update(timed_s=timed_s, memory=tuple(uses))


def look_at_each(backend: str, sizes: list[Size], seed: int) -> list[Memory]:
    """Start a process for each size, two at a time: bytes are counted, not seconds."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(
            pool.map(lambda size: probes.memory_use(location(backend), size, seed=seed), sizes)
        )
