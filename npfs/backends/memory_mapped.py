"""Gradient descent on blocks in a file, each mapped into memory for as long as it is summed up: data larger than memory.

The kernel is that of ``numba-parallel``. The numbers are used where the system's page cache has them; what this costs
over data in memory is the mapping of pages, and where the page cache is too small the speed of the disk.
"""

from typing import Any

import numba

from npfs.backends import numba_parallel
from npfs.backends.base import Backend, Fit, Sums
from npfs.blockwise.block_file import BlockFile
from npfs.blockwise.descent import State, descend_by_sums
from npfs.blockwise.file_blocks import block_samples, require_room, scratch_folder
from npfs.blockwise.pieces import spans
from npfs.problem import Array

KERNEL = numba_parallel.BLOCKS


class Mapped:
    """Blocks in a temporary file, and how many samples they have."""

    def __init__(self, n_samples: int, n_features: int) -> None:
        self.n_samples, self.n_features = n_samples, n_features
        folder = scratch_folder()
        require_room(8 * n_samples * (n_features + 1), folder)
        self.file = BlockFile(folder)

    def total(self, weights: Array, bias: float) -> Sums:
        """Return the sums over all samples."""
        return self.file.total(KERNEL, weights, bias)


def prepare(X: Any, y: Any) -> Mapped:
    """Write the blocks."""
    n_samples, n_features = X.shape
    data = Mapped(n_samples, n_features)
    for first, end in spans(n_samples, block_samples(n_features)):
        data.file.append(KERNEL.layout(X[first:end], y[first:end]))
    return data


def fit(data: Mapped, epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero."""
    found = descend_by_sums(
        data.total,
        data.n_samples,
        State.start(data.n_features),
        epochs=epochs,
        learning_rate=learning_rate,
    )
    return Fit(found.weights, found.bias, found.loss_history)


BACKEND = Backend(
    "memmap",
    "Numba, memory-mapped",
    prepare,
    fit,
    build=f"numba {numba.__version__}",
    cache_variable="NUMBA_CACHE_DIR",
    blocks=KERNEL,
)
