"""Benchmarks of ``three_ways``, which ``measure.py`` runs in fresh processes."""

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
three_ways = import_module("three_ways")

SIZES = {
    "sum": (10, 1_000, 100_000, 1_000_000),
    "nearest": (10, 100, 1_000),
    "smooth": (10, 1_000, 100_000),
}
SHARE = 0.1
CASES = [
    pytest.param(example, tool, n, id=f"{example}-{tool}-{n}")
    for example, sizes in SIZES.items()
    for tool in ("lists", "numpy", "numba")
    for n in sizes
    if hasattr(three_ways, f"{example}_{tool}")
]


@cache
def arguments(example: str, tool: str, n: int) -> tuple[Any, ...]:
    """Return the same data for each tool, as lists or as arrays."""
    columns = np.random.default_rng(0).standard_normal((2 if example == "nearest" else 1, n))
    arrays = tuple(columns)
    data = tuple(array.tolist() for array in arrays) if tool == "lists" else arrays
    return (*data, SHARE) if example == "smooth" else data


@cache
def checked(example: str, tool: str, n: int) -> Callable[..., Any]:
    """Return the function, called once: it is compiled then, and agrees with lists."""
    function: Callable[..., Any] = getattr(three_ways, f"{example}_{tool}")
    expected = getattr(three_ways, f"{example}_lists")(*arguments(example, "lists", n))
    np.testing.assert_allclose(function(*arguments(example, tool, n)), expected, rtol=1e-9)
    return function


@pytest.mark.parametrize(("example", "tool", "n"), CASES)
def bench_call(benchmark: Callable[..., Any], example: str, tool: str, n: int) -> None:
    """Time one call."""
    benchmark(checked(example, tool, n), *arguments(example, tool, n))
