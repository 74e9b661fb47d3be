"""Data that are larger than memory, on this machine: read in pieces, kept as blocks in a temporary file."""

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import numpy as np

from npfs.backends.base import Backend, BackendUnavailable, BlockKernel, Sums
from npfs.backends.registry import load_backend
from npfs.data.pieces import BadPiece, Piece, Pieces, require_usable
from npfs.largedata.block_file import BlockFile, DiskFull
from npfs.largedata.moments import Moments
from npfs.regression.problem import Array
from npfs.regression.scaling import Standardizer

# Of X and y, laid out for a kernel. Mapping a block costs as much as reading 1 to 2 MB of it; and a few blocks are held
# while the file is made.
BLOCK_BYTES = 24 * 2**20
KERNELS = ("numba-parallel", "numba-simd", "numpy-inplace")  # the fastest first
# What tiles and pages that are filled up add at most.
ROOM = 1.05


class FileBlocks:
    """Pieces of a file as blocks in a temporary file on a disk.

    Parameters
    ----------
    folder : Path, optional
        Where the temporary file lies; by default a folder for large temporary files.

    Raises
    ------
    DiskFull
        If the folder has no room for the data.
    """

    def __init__(self, pieces: Pieces, folder: Path | None = None) -> None:
        self.pieces = pieces
        self._folder = folder or scratch_folder()
        self._kernel: BlockKernel | None = None
        self._blocks: BlockFile | None = None
        self._n_samples = 0
        require_room(pieces.data_bytes, self._folder)

    @property
    def n_features(self) -> int:
        """Columns of ``X``."""
        return self.pieces.n_features

    @property
    def n_samples(self) -> int:
        """Samples that are laid out; fewer than the pieces have rows, where some were left out."""
        return self._n_samples

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary file."""
        if self._blocks is not None:
            self._blocks.close()

    def moments(self) -> Moments:
        """Read all pieces once.

        Raises
        ------
        BadPiece
            If one of them cannot be learned from, or none has a sample.
        """
        parts = map(_moments_of, self.pieces.pieces)
        found = Moments.merged(parts, self.n_features + 1)
        if found.n == 0:
            raise BadPiece("no row is left; choose other columns, or fill missing values in")
        return found

    def lay_out(self, backend: str | Backend, scaler: Standardizer | None) -> None:
        """Read all pieces once more, and write the blocks as the backend's kernel reads them."""
        self.close()
        kernel = kernel_for_blocks(backend)
        self._kernel, self._blocks, self._n_samples = kernel, BlockFile(self._folder), 0
        for X, y in rebatched(self._read(), block_samples(self.n_features)):
            if scaler is not None:
                np.subtract(X, scaler.mean, out=X)
                np.divide(X, scaler.scale, out=X)
            self._blocks.append(kernel.layout(X, y))
            self._n_samples += len(y)
            del X, y  # before the next block is made
        _give_memory_back()

    def settle(self) -> None:
        """Wait until the blocks are on the disk: until then passes compete with the system that writes them."""
        assert self._blocks is not None
        self._blocks.settle()

    def _read(self) -> Iterator[tuple[Array, Array]]:
        for piece in self.pieces.pieces:
            yield piece.read()

    def total(self, weights: Array, bias: float) -> Sums:
        """Return the sums over all samples: one pass over the file."""
        assert self._kernel is not None
        assert self._blocks is not None
        return self._blocks.total(self._kernel, weights, bias)


def kernel_for_blocks(backend: str | Backend) -> BlockKernel:
    """Return the kernel of a backend, by its name or itself.

    Raises
    ------
    ValueError
        If it has none.
    """
    found = load_backend(backend) if isinstance(backend, str) else backend
    if found.blocks is None:
        raise ValueError(
            f"backend {found.name!r} has no kernel for blocks; choose {', '.join(KERNELS)} or numba"
        )
    return found.blocks


def fastest_kernel() -> str:
    """Return the backend whose kernel for blocks is the fastest of those that can be loaded here."""
    for name in KERNELS:
        try:
            load_backend(name)
        except BackendUnavailable:
            continue
        return name
    raise BackendUnavailable("no backend that works block by block is installed")


def rebatched(
    parts: Iterable[tuple[Array, Array]], block_samples: int
) -> Iterator[tuple[Array, Array]]:
    """Join and cut parts to blocks of so many samples, the last one of fewer; each block is a copy."""
    block: tuple[Array, Array] | None = None
    filled = 0
    for X, y in parts:
        taken = 0
        while taken < len(y):
            if block is None:
                block = np.empty((block_samples, X.shape[1])), np.empty(block_samples)
            n = min(block_samples - filled, len(y) - taken)
            block[0][filled : filled + n] = X[taken : taken + n]
            block[1][filled : filled + n] = y[taken : taken + n]
            filled, taken = filled + n, taken + n
            if filled == block_samples:
                yield block
                block, filled = None, 0
    if block is not None:
        yield block[0][:filled], block[1][:filled]


def _give_memory_back() -> None:
    """Return what the blocks were made in to the system: glibc would keep up to 64 MB of it for the rest of the fit."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _moments_of(piece: Piece) -> Moments:
    X, y = piece.read()
    with np.errstate(over="ignore", invalid="ignore"):
        found = Moments.of(X, y)
    if not np.isfinite(found.mean).all():
        require_usable(piece.name, X, y)
    return found


def block_samples(n_features: int) -> int:
    """Return how many samples a block has."""
    return max(1, BLOCK_BYTES // (8 * (n_features + 1)))


def scratch_folder() -> Path:
    """Return where large temporary files go: ``TMPDIR`` if it is set, else the system's folder for them on a disk.

    The usual temporary folder is often kept in memory.
    """
    large = Path("/var/tmp")
    if "TMPDIR" not in os.environ and large.is_dir() and os.access(large, os.W_OK):
        return large
    return Path(tempfile.gettempdir())


def require_room(data_bytes: int, folder: Path) -> None:
    """Refuse a folder that takes no file, or has no room for blocks of so many bytes.

    Raises
    ------
    DiskFull
    """
    BlockFile(folder).close()
    free = shutil.disk_usage(folder).free
    needed = ROOM * data_bytes
    if needed > free:
        raise DiskFull(
            f"{folder} has {free / 1e9:,.1f} GB free and the blocks take {needed / 1e9:,.1f} GB; name a folder on a larger "
            "disk with --scratch, or choose fewer columns"
        )
