"""Pure read passes over memory: no fit that reads its data once an epoch can be faster.

On the machine of the reference report they compare so with a ``sum`` in C (gcc -O3 -march=native
-ffast-math, OpenMP for two cores), in ns a number: 20,000 on one core 0.071 against 0.124; 2
million on two 0.045 against 0.053; 20 million, from memory, on one core 0.252 against 0.244 and on
two 0.234 against 0.227.

As many passes as a fit has epochs are taken in one call, so that both pay for one call.
"""

from collections.abc import Callable

from numba import njit, prange

from npfs.backends.compiled import CACHED
from npfs.backends.numba_simd import FASTMATH
from npfs.regression.problem import Array


@njit(cache=CACHED, fastmath=FASTMATH)
def read_on_one_core(numbers: Array, passes: int) -> float:
    """Sum up ``numbers``, ``passes`` times."""
    total = 0.0
    for _ in range(passes):
        total += _sum(numbers)
    return total


@njit(cache=CACHED, fastmath=FASTMATH, inline="never")
def _sum(numbers: Array) -> float:
    """Sum up ``numbers``, four streams at once: more reads are on their way at any time."""
    quarter = len(numbers) // 4
    first, second = numbers[:quarter], numbers[quarter : 2 * quarter]
    third, fourth = numbers[2 * quarter : 3 * quarter], numbers[3 * quarter : 4 * quarter]
    s0 = s1 = s2 = s3 = numbers.dtype.type(0)
    for i in range(quarter):
        s0 += first[i]
        s1 += second[i]
        s2 += third[i]
        s3 += fourth[i]
    for i in range(4 * quarter, len(numbers)):
        s0 += numbers[i]
    return s0 + s1 + s2 + s3


@njit(cache=CACHED, fastmath=FASTMATH, parallel=True)
def read_on_all_cores(numbers: Array, passes: int) -> float:
    """Sum up ``numbers``, each thread its share, ``passes`` times."""
    total = 0.0
    for _ in range(passes):
        part = numbers.dtype.type(0)
        for i in prange(len(numbers)):
            part += numbers[i]
        total += part
    return total


READ_PASSES: dict[str, Callable[[Array, int], float]] = {
    "one": read_on_one_core,
    "all": read_on_all_cores,
}
