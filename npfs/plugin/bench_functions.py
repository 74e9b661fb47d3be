"""The functions of ``npfs.compare_functions`` as benchmarks, in each of its processes."""

import copy
import functools
import os
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from npfs.harness.spec import REPETITION_S

VARIABLE = "NPFS_FUNCTIONS"  # of the environment: the file that holds the functions
# Where each call has an argument of its own, a repetition has so many at most, in so many seconds:
# what makes the arguments is not timed, and takes its time.
MOST_CALLS, MOST_S = 20, 10 * REPETITION_S

Function = Callable[[Any], Any]
Given = tuple[dict[str, Function], Callable[[int], Any], list[int], bool]


@functools.cache
def given() -> Given:
    """Return the functions by name, what makes their argument, the sizes, and if one changes it."""
    functions, make, sizes, changes = pickle.loads(Path(os.environ[VARIABLE]).read_bytes())
    loaded = {name: pickle.loads(function) for name, function in functions.items()}
    return loaded, pickle.loads(make), sizes, changes


def copied(data: Any, make: Callable[[int], Any], n: int) -> Any:
    """Return a copy of what ``make(n)`` made; what cannot be copied is made again."""
    try:
        return copy.deepcopy(data)
    except Exception:  # such as an iterator
        return make(n)


@functools.cache
def calls_in_a_repetition(function: str, n: int) -> int:
    """Call it twice, since the first call may compile it; return how often a repetition may."""
    functions, make, _, _ = given()
    data = make(n)
    for _ in range(2):
        began = time.perf_counter()
        functions[function](copied(data, make, n))
    return max(1, min(MOST_CALLS, int(MOST_S / (time.perf_counter() - began))))


def pytest_generate_tests(metafunc: Any) -> None:
    """Make a benchmark of each function at each size."""
    functions, _, sizes, _ = given()
    metafunc.parametrize(("function", "n"), [(name, n) for name in functions for n in sizes])


def bench_call(benchmark: Any, function: str, n: int) -> None:
    """Time a function on newly made data; where one changes them, each call has its own."""
    functions, make, _, changes = given()
    calls, data = calls_in_a_repetition(function, n), make(n)
    if not changes:
        benchmark(functions[function], data)
        return
    benchmark.pedantic(
        functions[function], setup=lambda: ((copied(data, make, n),), {}), rounds=calls
    )
