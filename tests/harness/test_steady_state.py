import platform
import subprocess
import sys

import pytest

# Three arrays of 0.8 MB at a time, as a formula's temporaries: pages that have to be fetched anew in 20 rounds.
TEMPORARIES = """
import resource
import numpy as np
from npfs.harness.session import settle_allocator

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        temporaries = [np.ones(100_000) for _ in range(3)]
        del temporaries
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

young = faults()
settle_allocator()
faults()
print(young, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the thresholds are those of glibc")
def test_temporaries_need_no_new_pages_once_the_allocator_is_settled() -> None:
    result = subprocess.run(
        [sys.executable, "-c", TEMPORARIES], capture_output=True, text=True, check=True, timeout=60
    )
    young, settled = map(int, result.stdout.split())
    assert young > 1000
    assert settled < 100
