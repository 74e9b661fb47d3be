"""The memory bandwidth limit: a pure read pass over the bytes of a case, on one core and on all."""

from typing import Any

import pytest
from msgspec.structs import astuple

from npfs.backends.aligned import aligned_empty
from npfs.regression.problem import Array
from npfs.schema import READ, Size
from npfs.suite import timing
from npfs.suite.bench_suite import BenchSuite

NAMES = ("cores", *Size.__struct_fields__)
ENOUGH_NUMBERS = 2 * 10**6  # read in about a millisecond, in which a call is nothing


def rows(suite: BenchSuite) -> dict[str, list[Any]]:
    """Return the rows of the benchmark; none if no backend loads Numba, which makes the passes."""
    plan, repetitions = suite.plan, pytest.mark.npfs_repetitions
    found = []
    for size in plan.sizes if suite.loads_numba else ():
        marks = repetitions(plan.repetitions_of(size))
        for cores in ("one", "all"):
            name = f"read-{cores}-{size}"
            found.append(pytest.param(cores, *astuple(size), id=name, marks=marks))
    return {"bench_read": found}


def bench_read(
    benchmark: Any, cores: str, n_samples: int, n_features: int, dtype: str, suite: BenchSuite
) -> None:
    """Time pure read passes over the numbers of ``X`` and ``y``, at most as many as a fit's epochs.

    Of large data, and of very many epochs, fewer are enough: a call is no part of their time.
    """
    from npfs.suite import read_passes

    size = Size(n_samples, n_features, dtype)
    passes = min(suite.plan.epochs, max(1, ENOUGH_NUMBERS // size.numbers))
    numbers, is_new = suite.allocations.take((cores, size), size, lambda: _ones(suite, size))
    read = read_passes.READ_PASSES[cores]
    if is_new:
        mean = read(numbers, passes) / (passes * len(numbers))
        if abs(mean - 1) > 1e-3:  # float32 rounds a large sum
            raise ValueError(f"read-{cores}-{size} did not read every number once")
    benchmark.group = str(size)
    benchmark.extra_info.update(
        group=READ,
        params={"cores": cores, **size.params()},
        passes=passes,
        source=suite.file_digest(read_passes.__file__),
    )
    benchmark(read, numbers, passes)


def _ones(suite: BenchSuite, size: Size) -> Array:
    if too_large := timing.reason_not_to_allocate(size, suite.plan.limits.copies):
        pytest.skip(too_large)
    numbers = aligned_empty((size.numbers,), size.dtype)
    numbers[:] = 1
    return numbers
