"""The process, brought into the state of one that has worked for a while, before it is timed."""

import gc

import numpy as np

# glibc's DEFAULT_MMAP_THRESHOLD_MAX on 64 bits, less what an allocation adds to it.
LARGEST_THRESHOLD_BYTES = 32 * 2**20 - 64 * 2**10
ALLOCATOR = "settled"  # recorded with each run


def settle_allocator() -> None:
    """Raise glibc's threshold for giving memory back to its largest value.

    Memory above it is given back to the system at once, and the next array then pays for new pages.
    The threshold is 128 KB at first and rises to the size of the largest array that was freed, up
    to 32 MB: so NumPy's temporaries cost up to 1.6 times as much in a case that happens to come
    before a larger one. Memory that is not written, as here, is never really taken.
    """
    memory = np.empty(LARGEST_THRESHOLD_BYTES, np.uint8)
    del memory


def freeze_gc() -> None:
    """Hide the harness's objects from the garbage collector: it stays on, for the backend's alone.

    They stay hidden, so that the next call has little to look through.
    """
    gc.collect()
    gc.freeze()
