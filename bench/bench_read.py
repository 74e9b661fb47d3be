"""The memory bandwidth limit: a pure read pass over the bytes of a case, on one core and on all."""

import importlib
import time
from typing import Any

import pytest

from npfs.backends.aligned import aligned_empty
from npfs.harness.environment import file_digest
from npfs.harness.steady_state import freeze_gc
from npfs.schema import READ, Size
from npfs.suite import timing
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import Case

ENOUGH_PASSES, ENOUGH_NUMBERS = 10, 10**7


@pytest.mark.benchmark(max_time=0.02)  # a read pass varies little; the share of a run is small
def bench_read(
    benchmark: Any, cores: str, n_samples: int, n_features: int, dtype: str, npfs_run: BenchmarkRun
) -> None:
    """Time as many pure read passes as a fit has epochs, over the numbers of ``X`` and ``y``.

    For a fit of very many epochs fewer are enough: a call is no part of their time any more.
    """
    size = Size(n_samples, n_features, dtype)
    case = Case(f"read-{cores}", size)
    numbers_read = n_samples * (n_features + 1)
    passes = min(npfs_run.plan.epochs, max(ENOUGH_PASSES, ENOUGH_NUMBERS // numbers_read))
    try:
        module = importlib.import_module("npfs.suite.read_passes")
    except Exception as error:  # also settings that Numba refuses
        npfs_run.skip(case, f"Numba makes the read passes, and cannot be loaded ({error})")
    benchmark.group = str(size)
    params = {"cores": cores, **size.params()}
    with npfs_run.recording(benchmark, case, READ, params) as record:
        if too_large := timing.reason_not_to_allocate(size, npfs_run.plan.limits.copies):
            npfs_run.skip(case, too_large)
        numbers = aligned_empty((numbers_read,), dtype)
        numbers[:] = 1
        read = module.READ_PASSES[cores]
        mean = read(numbers, passes) / (passes * len(numbers))
        if abs(mean - 1) > 1e-3:  # float32 rounds a large sum
            raise ValueError(f"{case} did not read every number once")
        freeze_gc()
        start = time.perf_counter()
        benchmark(read, numbers, passes)
        record.update(
            passes=passes, timed_s=time.perf_counter() - start, source=file_digest(module.__file__)
        )
