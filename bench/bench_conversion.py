"""The conversion of lists into arrays, and back."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from msgspec.structs import astuple

from npfs.harness.steady_state import freeze_gc
from npfs.schema import CONVERSION, TO_ARRAY, TO_LISTS, Size
from npfs.suite import timing
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import Case

# Of X; the time of more is in proportion, and would take a second of every run.
UP_TO_NUMBERS = 200_000


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[Any, ...]]]:
    """Return the names and, by id, the values: both directions for each size."""
    sizes = [
        size
        for size in run.plan.sizes
        if size.dtype == "float64" and size.n_samples * size.n_features <= UP_TO_NUMBERS
    ]
    rows = {f"{name}-{size}": (name, *astuple(size)) for size in sizes for name in CONVERSIONS}
    return ("direction", *Size.__struct_fields__), rows


@pytest.mark.benchmark(max_time=0.01)  # beside a start-up of tenths of seconds it need not be exact
def bench_conversion(
    benchmark: Any,
    direction: str,
    n_samples: int,
    n_features: int,
    dtype: str,
    npfs_run: BenchmarkRun,
) -> None:
    """Time the conversion of ``X`` and ``y``; of one feature ``X`` is a flat list."""
    size = Size(n_samples, n_features, dtype)
    benchmark.group = str(size)
    params = {"direction": direction, **size.params()}
    with npfs_run.recording(benchmark, case := Case(direction, size), CONVERSION, params) as record:
        if too_large := timing.reason_not_to_allocate(size):
            npfs_run.skip(case, too_large)
        X, y, _ = timing.fresh_data(size, npfs_run.plan.source)
        arrays = X[:, 0] if n_features == 1 else X, y
        lists = to_lists(*arrays)
        if not all(map(np.array_equal, arrays, to_array(*lists))):
            raise ValueError(f"{case}: there and back gives other numbers")
        given = lists if direction == TO_ARRAY else arrays
        freeze_gc()
        start = time.perf_counter()
        benchmark(CONVERSIONS[direction], *given)
        timed_s = time.perf_counter() - start
        record.update(timed_s=timed_s)


def to_array(X: Any, y: Any) -> tuple[Any, Any]:
    """Make arrays of lists."""
    return np.array(X), np.array(y)


def to_lists(X: Any, y: Any) -> tuple[Any, Any]:
    """Make lists of arrays."""
    return X.tolist(), y.tolist()


CONVERSIONS: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    TO_ARRAY: to_array,
    TO_LISTS: to_lists,
}
