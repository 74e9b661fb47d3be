"""One pure read pass over memory: no fit that reads its data once an epoch can be faster."""

from collections.abc import Callable

import numba
import numpy as np
from numba import njit, prange

from npfs.backends.numba_simd import FASTMATH
from npfs.problem import Array

THREADS = numba.get_num_threads()


@njit(cache=True, fastmath=FASTMATH)
def read_on_one_core(numbers: Array) -> float:
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


@njit(cache=True, parallel=True)
def _read_shares(numbers: Array, threads: int) -> float:
    sums = np.zeros(threads)
    for thread in prange(threads):
        first = len(numbers) * thread // threads
        last = len(numbers) * (thread + 1) // threads
        sums[thread] = read_on_one_core(numbers[first:last])
    total: float = sums.sum()
    return total


def read_on_all_cores(numbers: Array) -> float:
    """Sum up ``numbers``, each thread its share."""
    return float(_read_shares(numbers, THREADS))


READ_PASSES: dict[str, Callable[[Array], float]] = {
    "one": read_on_one_core,
    "all": read_on_all_cores,
}
