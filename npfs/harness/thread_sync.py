"""How long two threads take to meet: what one epoch on two cores costs beside its arithmetic.

On the virtual machine of the reference report it is 1.1 µs for some tens of seconds, then 2.3 to
6.3 µs for as long: the host moves its cores. What runs on two threads is then 1.3 to 1.9 times
slower, what runs on one is not, and the system's counters (steal) show nothing of it.
"""

import statistics
import time

import numba
import numpy as np
from numba import njit, prange
from numba.core import config
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEETINGS = 10  # a block: its call costs some 20 ns a meeting
BLOCKS = 101
ENOUGH_S = 0.005  # blocks end after it
SLOW_S = 1e-4  # a meeting that waits for another program's time slice; one makes a block
NUMBERS = 256  # too few to cost time, and enough for two shares


@njit(cache=True, parallel=True)
def meet(numbers: Array, times: int) -> None:
    """Start the threads and wait for them, ``times`` times."""
    for _ in range(times):
        for i in prange(len(numbers)):
            numbers[i] += 1


def thread_sync_latency() -> float | None:
    """Return the median latency of two threads; None with one thread, or without a compiler."""
    threads = numba.get_num_threads()
    if threads < 2 or getattr(config, "DISABLE_JIT", False):
        return None
    numba.set_num_threads(2)
    try:
        return _median(np.zeros(NUMBERS))
    finally:
        numba.set_num_threads(threads)


def _median(numbers: Array) -> float:
    meet(numbers, 1)
    times = 1 if _seconds(numbers, 1) > SLOW_S else MEETINGS
    seconds: list[float] = []
    while len(seconds) < BLOCKS and sum(seconds) < ENOUGH_S:
        seconds.append(_seconds(numbers, times))
    return statistics.median(seconds) / times


def _seconds(numbers: Array, times: int) -> float:
    start = time.perf_counter()
    meet(numbers, times)
    return time.perf_counter() - start
