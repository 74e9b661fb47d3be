"""Gradient descent on a file that is mapped into memory.

The kernel and its data are those of ``numba-parallel``, but the tiles lie in a temporary file. The
numbers are used where the system's page cache has them; what this costs over data in memory is the
mapping of pages, and where the page cache is too small the speed of the disk.
"""

import os
import tempfile
from pathlib import Path
from typing import IO, Any

import numba
import numpy as np

from npfs.backends import numba_parallel
from npfs.backends.base import Backend, DoesNotFit
from npfs.regression.problem import Array


def prepare(X: Any, y: Any) -> tuple[Any, ...]:
    """Write what ``numba_parallel`` prepares into a temporary file, and return it mapped.

    Raises
    ------
    DoesNotFit
        If the folder takes no file of that size.
    """
    kernel, *data = numba_parallel.prepare(X, y)
    folder = scratch_folder()
    try:
        with tempfile.TemporaryFile(dir=folder, prefix="npfs-", buffering=0) as file:
            mapped = [
                _mapped(part, file) if isinstance(part, np.ndarray) else part for part in data
            ]
    except OSError as error:
        raise DoesNotFit(
            f"the data could not be written to {folder} ({error.strerror}); set TMPDIR to a folder "
            "on a larger disk"
        ) from None
    return kernel, *mapped


def _mapped(array: Array, file: IO[bytes]) -> Array:
    """Write an array to the end of a file, and return its numbers there."""
    start = -(-file.seek(0, os.SEEK_END) // 64) * 64  # a line of the cache
    file.seek(start)
    left = array.reshape(-1).view(np.uint8).data
    while left:
        left = left[file.write(left) :]
    os.fsync(file.fileno())  # until then writing competes with the passes
    # Numba would compile all kernels once more for arrays that cannot be written.
    return np.asarray(np.memmap(file, array.dtype, "c", start, array.shape))


def scratch_folder() -> Path:
    """Return a folder for large files: ``TMPDIR`` if set, else the system's, on a disk.

    The usual temporary folder is often kept in memory.
    """
    large = Path("/var/tmp")
    if "TMPDIR" not in os.environ and large.is_dir() and os.access(large, os.W_OK):
        return large
    return Path(tempfile.gettempdir())


BACKEND = Backend(
    "memmap",
    "Numba, memory-mapped",
    prepare,
    numba_parallel.BACKEND.fit,
    build=f"numba {numba.__version__}",
    cache_variable="NUMBA_CACHE_DIR",
)
