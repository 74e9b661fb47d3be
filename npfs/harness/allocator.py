"""The memory allocator, brought into the state of a process that has worked for a while.

glibc gives memory above a threshold back to the system at once, and the next array then pays for
new pages. The threshold is 128 KB at first and rises to the size of the largest array that was
freed, up to 32 MB: so NumPy's temporaries cost up to 1.6 times as much in a case that happens to
come before a larger one.
"""

import numpy as np

# glibc's DEFAULT_MMAP_THRESHOLD_MAX on 64 bits, less what an allocation adds to it.
LARGEST_THRESHOLD_BYTES = 32 * 2**20 - 64 * 2**10
STATE = "settled"  # recorded with each run


def settle() -> None:
    """Raise the threshold to its largest value; memory that is not written is never really taken."""
    memory = np.empty(LARGEST_THRESHOLD_BYTES, np.uint8)
    del memory
