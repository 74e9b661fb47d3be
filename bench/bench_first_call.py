"""The first call of a backend: a fresh process from its start to two fits of 1,000 samples."""

import time
from dataclasses import asdict
from typing import Any

import pytest

from npfs.backends.registry import location
from npfs.suite import probes, timing
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.own_data import Synthetic
from npfs.suite.plan import EPOCHS, Case


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return the names and, by id, the values: "cold" where compiled code is kept on disk."""
    rows: dict[str, tuple[str, ...]] = {}
    for name, backend in run.backends.items():
        caches = ("warm", "cold") if backend.cache_variable else ("warm",)
        rows |= {f"first-call-{name}-{cache}": (name, cache) for cache in caches}
    return ("first_call", "cache"), rows


def bench_first_call(benchmark: Any, first_call: str, cache: str, npfs_run: BenchmarkRun) -> None:
    """Time one whole process; its parts, as it measured them itself, go into ``extra_info``."""
    if cache == "cold" and not npfs_run.looks_around:
        pytest.skip("everything is compiled anew in the first run alone, and not within a budget")
    tool, source = npfs_run.backends[first_call], Synthetic(npfs_run.plan.seed)
    epochs = min(npfs_run.plan.epochs, EPOCHS)  # more would hide what comes once
    benchmark.group = "first call"
    with npfs_run.saved_only_if_it_succeeds(
        benchmark, Case(f"first-call-{first_call}-{cache}", probes.FIRST_CALL)
    ):
        X, y, rate = timing.fresh_data(probes.FIRST_CALL, source)
        result = tool.fit(tool.prepare(X, y), epochs, rate)  # now its compiled code is on disk
        timing.validate(result, tool, probes.FIRST_CALL, epochs, source)
        variable = tool.cache_variable if cache == "cold" else ""
        with probes.empty_cache(variable) as variables:
            start = time.perf_counter()
            call = benchmark.pedantic(
                probes.first_call,
                (location(first_call), epochs),
                {"variables": variables},
                rounds=1,
            )
            timed_s = time.perf_counter() - start
        benchmark.extra_info.update(
            first_call=first_call,
            cache=cache,
            epochs=epochs,
            **asdict(call),
            **probes.FIRST_CALL._asdict(),
            timed_s=timed_s,
        )
