"""The interpreter's instructions for an epoch of each backend."""

import time
from typing import Any

import pytest

from npfs import schema
from npfs.backends.registry import location
from npfs.schema import INSTRUCTIONS
from npfs.suite import costs, probes
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
    with npfs_run.saved_only_if_it_succeeds(benchmark, case):
        start = time.perf_counter()
        counts = benchmark.pedantic(probes.instructions, (location(counted),), rounds=1)
        timed_s = time.perf_counter() - start
        record = schema.Case(
            id=case,
            group=INSTRUCTIONS,
            params={"backend": counted},
            timed_s=timed_s,
            source=costs.source_digest(npfs_run.backends[counted]),
            instructions=counts,
        )
        benchmark.extra_info.update(record.as_dict())
