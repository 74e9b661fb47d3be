"""The conversion of lists into arrays, and back."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from msgspec.structs import astuple

from npfs.schema import CONVERSION, TO_ARRAY, TO_LISTS, Size
from npfs.suite import timing
from npfs.suite.bench_suite import BenchSuite
from npfs.suite.plan import Source

NAMES = ("direction", *Size.__struct_fields__)
UP_TO_NUMBERS = 200_000  # of X; the time of more is in proportion
REPETITIONS = 5  # beside a startup of tenths of seconds it need not be exact


def rows(suite: BenchSuite) -> dict[str, list[Any]]:
    """Return the rows of the benchmark: both directions for each size."""
    sizes = [
        size
        for size in suite.plan.sizes
        if size.dtype == "float64" and size.n_samples * size.n_features <= UP_TO_NUMBERS
    ]
    marks = pytest.mark.npfs_repetitions(REPETITIONS)
    return {
        "bench_conversion": [
            pytest.param(name, *astuple(size), id=f"{name}-{size}", marks=marks)
            for size in (sizes if suite.plan.limits.measures_startup else ())
            for name in CONVERSIONS
        ]
    }


def bench_conversion(
    benchmark: Any, direction: str, n_samples: int, n_features: int, dtype: str, suite: BenchSuite
) -> None:
    """Time the conversion of ``X`` and ``y``; of one feature ``X`` is a flat list."""
    size = Size(n_samples, n_features, dtype)
    lists, arrays = _both(size, suite.plan.source)
    benchmark.group = str(size)
    benchmark.extra_info.update(group=CONVERSION, params={"direction": direction, **size.params()})
    benchmark(CONVERSIONS[direction], *(lists if direction == TO_ARRAY else arrays))


@cache
def _both(size: Size, source: Source) -> tuple[Any, Any]:
    """Return the numbers of a size as lists and as arrays."""
    X, y, _ = timing.fresh_data(size, source)
    arrays = (X[:, 0] if size.n_features == 1 else X).copy(), y.copy()
    lists = to_lists(*arrays)
    if not all(map(np.array_equal, arrays, to_array(*lists))):
        raise ValueError(f"{size}: there and back gives other numbers")
    return lists, arrays


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
