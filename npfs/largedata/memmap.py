"""Gradient descent on blocks in a file, each mapped into memory while it is summed up.

The kernel is that of ``numba-parallel``. The numbers are used where the system's page cache has
them; what this costs over data in memory is the mapping of pages, and where the page cache is too
small the speed of the disk.
"""

from typing import Any

import numba

from npfs.backends import numba_parallel
from npfs.backends.base import Backend, Fit
from npfs.data.pieces import of_arrays
from npfs.largedata import block_descent as descent
from npfs.largedata.file_blocks import FileBlocks, block_samples


def prepare(X: Any, y: Any) -> FileBlocks:
    """Write the blocks into a temporary file."""
    blocks = FileBlocks(of_arrays(X, y, block_samples(X.shape[1])))
    blocks.lay_out(numba_parallel.BACKEND, None)
    blocks.settle()
    return blocks


def fit(data: FileBlocks, epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero."""
    return descent.fit(data, epochs, learning_rate)


BACKEND = Backend(
    "memmap",
    "Numba, memory-mapped",
    prepare,
    fit,
    build=f"numba {numba.__version__}",
    cache_variable="NUMBA_CACHE_DIR",
    blocks=numba_parallel.BACKEND.blocks,
)
