"""The startup of a backend: a fresh process from its start to two fits of 1,000 samples."""

import time
from typing import Any

import pytest

from npfs.backends.registry import location
from npfs.schema import COLD, STARTUP, WARM
from npfs.suite import probes, timing
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.own_data import Synthetic
from npfs.suite.plan import EPOCHS


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return the names and, by id, the values: "cold" where compiled code is kept on disk."""
    rows: dict[str, tuple[str, ...]] = {}
    for name, backend in run.backends.items():
        caches = (WARM, COLD) if backend.cache_variable else (WARM,)
        rows |= {f"startup-{name}-{cache}": (name, cache) for cache in caches}
    return ("startup_of", "cache"), rows


def bench_startup(benchmark: Any, startup_of: str, cache: str, npfs_run: BenchmarkRun) -> None:
    """Time one whole process; its parts, as it measured them itself, go into ``extra_info``."""
    if cache == COLD and not npfs_run.measures_startup:
        pytest.skip("everything is compiled anew in the first run alone, and not within a budget")
    tool, source = npfs_run.backends[startup_of], Synthetic(npfs_run.plan.seed)
    epochs = min(npfs_run.plan.epochs, EPOCHS)  # more would hide the startup cost
    benchmark.group = STARTUP
    case = f"startup-{startup_of}-{cache}"
    params = {"backend": startup_of, **probes.STARTUP_SIZE.params(), "cache": cache}
    with npfs_run.recording(benchmark, case, STARTUP, params) as record:
        X, y, rate = timing.fresh_data(probes.STARTUP_SIZE, source)
        result = tool.fit(tool.prepare(X, y), epochs, rate)  # now its compiled code is on disk
        timing.validate(result, tool, probes.STARTUP_SIZE, epochs, source)
        variable = tool.cache_variable if cache == COLD else ""
        with probes.empty_cache(variable) as variables:
            start = time.perf_counter()
            startup = benchmark.pedantic(
                probes.measure_startup,
                (location(startup_of), epochs),
                {"variables": variables},
                rounds=1,
            )
            timed_s = time.perf_counter() - start
        record.update(epochs=epochs, timed_s=timed_s, startup=startup)
