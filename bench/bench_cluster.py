"""The parts of an epoch on a cluster, on one worker and on one for each core."""

import time
from typing import Any

import pytest
from msgspec.structs import astuple

from npfs.harness.steady_state import freeze_gc
from npfs.schema import CLUSTER, Size
from npfs.suite import timing
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import Case

BACKEND = "dask"


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[Any, ...]]]:
    """Return the names and, by id, the values: the largest size that fits, where Dask is timed."""
    copies = run.plan.limits.copies
    sizes = [
        size
        for size in run.plan.sizes
        if size.dtype == "float64" and timing.reason_not_to_allocate(size, copies) is None
    ]
    if BACKEND not in run.backends or not sizes:
        return Size.__struct_fields__, {}
    largest = max(sizes, key=lambda size: size.n_samples * size.n_features)
    return Size.__struct_fields__, {f"cluster-{largest}": astuple(largest)}


def bench_cluster(
    benchmark: Any, n_samples: int, n_features: int, dtype: str, npfs_run: BenchmarkRun
) -> None:
    """Take epochs on local clusters of their own, and measure the parts."""
    size = Size(n_samples, n_features, dtype)
    clusters = pytest.importorskip("npfs.suite.cluster_parts", reason="Dask is not installed")
    case = Case("cluster", size)
    benchmark.group = "cluster"
    params = {"backend": BACKEND, **size.params()}
    with npfs_run.recording(benchmark, case, CLUSTER, params) as record:
        X, y, _ = timing.fresh_data(size, npfs_run.plan.source)
        freeze_gc()
        start = time.perf_counter()
        parts = benchmark.pedantic(clusters.parts_by_workers, (X, y), rounds=1)
        timed_s = time.perf_counter() - start
        record.update(
            timed_s=timed_s,
            cluster=tuple(parts),
        )
