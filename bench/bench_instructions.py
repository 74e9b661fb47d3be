"""How many instructions of the interpreter a backend takes for an epoch."""

import time
from typing import Any

import pytest

from npfs.backends.registry import location
from npfs.suite import probes
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import Case, Size


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return the name and, by id, the values."""
    return ("instructions",), {f"instructions-{name}": (name,) for name in run.backends}


def bench_instructions(benchmark: Any, instructions: str, npfs_run: BenchmarkRun) -> None:
    """Count in a fresh process; the time is that of looking."""
    if not npfs_run.looks_around:
        pytest.skip("instructions are counted in the first run alone, and not within a budget")
    benchmark.group = "instructions"
    case = Case(f"instructions-{instructions}", Size(probes.COUNTED[-1], 1))
    with npfs_run.saved_only_if_it_succeeds(benchmark, case):
        start = time.perf_counter()
        counts = benchmark.pedantic(probes.instructions, (location(instructions),), rounds=1)
        timed_s = time.perf_counter() - start
        benchmark.extra_info.update(instructions=instructions, counts=counts, timed_s=timed_s)
