"""Data larger than memory, on this machine: read in pieces, kept as blocks in a temporary file.

Blocks are laid out as a kernel reads them. Each epoch maps one after the other into memory, sums
over it and lets it go, so that no more than a block is held at any time, whatever the size of the
data. The numbers are used where the system's page cache has them, without a copy. Before a block is
summed up the system is told which one comes next, so that it is read from the disk meanwhile.

Arrays are stored without a copy by pickle's out-of-band buffers (PEP 574).
"""

import ctypes
import mmap
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from npfs.backends.base import Backend, BackendUnavailable, BlockKernel, Sums
from npfs.backends.registry import load_backend
from npfs.data.pieces import BadPiece, Piece, Pieces, require_usable, samples_in
from npfs.largedata.moments import Moments
from npfs.regression.problem import Array
from npfs.regression.scaling import Standardizer

# Where arrays begin: what vector instructions read in one piece, and a line of the cache.
ALIGNMENT = 64
CHUNK = 1 << 20
# Linux reads no more for one piece of advice than it reads ahead by itself, mostly 128 kB.
ADVISED, LOOKED_AT = 1 << 17, 1 << 21


class DiskFull(ValueError):
    """The disk has no room for the blocks: one sentence, how much is needed, where, what to do."""


class _Entry(NamedTuple):
    """A block in the file: its place, how to put it together, and the length of its arrays."""

    offset: int
    length: int
    form: bytes
    arrays: tuple[int, ...]


class BlockFile:
    """Blocks in a file that is gone when it is closed, or when the process ends.

    Parameters
    ----------
    folder : Path
        On a disk, not in memory.
    """

    def __init__(self, folder: Path) -> None:
        self._file: Any = None
        try:
            self._file = tempfile.TemporaryFile(  # noqa: SIM115 - closed by close
                dir=folder, prefix="npfs-blocks-", buffering=0
            )
        except OSError as error:
            raise DiskFull(
                f"{folder} takes no temporary file ({error.strerror}); name a folder with --scratch"
            ) from None
        self._folder = folder
        self._entries: list[_Entry] = []
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._entries)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Give the room on the disk back."""
        if self._file is not None:
            self._file.close()

    def append(self, block: Any) -> None:
        """Write a block behind the others.

        Raises
        ------
        DiskFull
            If there is no room for it.
        """
        parts: list[pickle.PickleBuffer] = []
        form = pickle.dumps(block, protocol=5, buffer_callback=parts.append)
        start = _rounded_up(self._end, mmap.ALLOCATIONGRANULARITY)
        at, lengths = start, []
        try:
            for part in parts:
                view = part.raw()
                self._write(view, at)
                lengths.append(view.nbytes)
                at = _rounded_up(at + view.nbytes, ALIGNMENT)
            # Whole pages, so that a mapping never ends behind the file.
            at = _rounded_up(max(at, start + 1), mmap.ALLOCATIONGRANULARITY)
            os.ftruncate(self._file.fileno(), at)
        except OSError as error:
            raise DiskFull(
                f"the blocks could not be written to {self._folder} ({error.strerror}); name a "
                "folder on a larger disk with --scratch"
            ) from None
        self._entries.append(_Entry(start, at - start, form, tuple(lengths)))
        self._end = at

    def settle(self) -> None:
        """Wait until the blocks are on the disk."""
        os.fsync(self._file.fileno())

    def _write(self, view: memoryview, at: int) -> None:
        self._file.seek(at)
        while view:
            view = view[self._file.write(view) :]

    def __iter__(self) -> Iterator[Any]:
        """Yield one block after the other; each is gone once the next is asked for."""
        with ThreadPoolExecutor(1) as reader:  # where the system takes no advice
            for entry, later in zip_longest(self._entries, self._entries[1:]):
                if later is not None and hasattr(os, "posix_fadvise"):
                    _advise(self._file.fileno(), later.offset, later.length)
                elif later is not None:
                    reader.submit(self._read, later)
                yield self._block(entry)

    def _read(self, entry: _Entry) -> None:
        """Read a block into the page cache."""
        buffer = bytearray(CHUNK)
        self._file.seek(entry.offset)
        for _ in range(0, entry.length, CHUNK):
            self._file.readinto(buffer)

    def total(self, kernel: BlockKernel, weights: Array, bias: float) -> Sums:
        """Return the sums over all blocks: one pass over the file."""
        loss, dw, db = 0.0, np.zeros(len(weights)), 0.0
        for block in self:
            found = kernel.sums(block, weights, bias)
            del block  # before the next one is mapped
            loss, db = loss + found.loss, db + found.db
            dw += found.dw
        return Sums(loss, dw, db)

    def _block(self, entry: _Entry) -> Any:
        # A private mapping: its pages are those of the page cache until they are written, which
        # nobody does. Numba would compile all kernels once more for arrays that cannot be written.
        window = memoryview(
            mmap.mmap(
                self._file.fileno(), entry.length, offset=entry.offset, access=mmap.ACCESS_COPY
            )
        )
        at, arrays = 0, []
        for length in entry.arrays:
            arrays.append(window[at : at + length])
            at = _rounded_up(at + length, ALIGNMENT)
        return pickle.loads(entry.form, buffers=arrays)


def _rounded_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


def _advise(descriptor: int, offset: int, length: int) -> None:
    """Have the system read a part that is not cached, in steps that it takes whole."""
    if not _is_cached(descriptor, offset, length):
        for at in range(offset, offset + length, ADVISED):
            os.posix_fadvise(
                descriptor, at, min(ADVISED, offset + length - at), os.POSIX_FADV_WILLNEED
            )


def _is_cached(descriptor: int, offset: int, length: int) -> bool:
    """Look at a byte here and there: reading one that is not in memory would have to wait."""
    if not hasattr(os, "RWF_NOWAIT"):
        return False
    try:
        for at in range(offset, offset + length, LOOKED_AT):
            os.preadv(descriptor, [bytearray(1)], at, os.RWF_NOWAIT)
    except OSError:
        return False
    return True


# Of X and y, laid out for a kernel. Mapping a block costs as much as reading 1 to 2 MB of it; and a
# few blocks are held while the file is made.
BLOCK_BYTES = 24 * 2**20
KERNELS = ("numba-parallel", "numba-simd", "numpy-inplace")  # the fastest, of all cores, first
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
        self.n_samples = 0  # that are laid out: without rows that were left out
        require_room(pieces.data_bytes, self._folder)

    @property
    def n_features(self) -> int:
        """Columns of ``X``."""
        return self.pieces.n_features

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
        self._kernel, self._blocks, self.n_samples = kernel, BlockFile(self._folder), 0
        read = (piece.read() for piece in self.pieces.pieces)
        for X, y in rebatched(read, block_samples(self.n_features)):
            if scaler is not None:
                np.subtract(X, scaler.mean, out=X)
                np.divide(X, scaler.scale, out=X)
            self._blocks.append(kernel.layout(X, y))
            self.n_samples += len(y)
            del X, y  # before the next block is made
        _give_memory_back()

    def settle(self) -> None:
        """Wait until the blocks are on the disk: until then passes compete with writing them."""
        assert self._blocks is not None
        self._blocks.settle()

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


def fastest_kernel(names: Sequence[str] = KERNELS) -> str:
    """Return the name of the backend with the fastest kernel for blocks that can be loaded here.

    Raises
    ------
    BackendUnavailable
        If none can.
    """
    for name in names:
        try:
            load_backend(name)
        except BackendUnavailable:
            continue
        return name
    raise BackendUnavailable("no backend that works block by block is installed")


def rebatched(
    parts: Iterable[tuple[Array, Array]], block_samples: int
) -> Iterator[tuple[Array, Array]]:
    """Join and cut parts to blocks of so many samples, the last of fewer; each block is a copy."""
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
    """Return freed memory to the system: glibc would keep up to 64 MB of it during the fit."""
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
    """Return the number of samples in a block."""
    return samples_in(BLOCK_BYTES, n_features)


def scratch_folder() -> Path:
    """Return a folder for large files: ``TMPDIR`` if set, else the system's, on a disk.

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
            f"{folder} has {free / 1e9:,.1f} GB free and the blocks take {needed / 1e9:,.1f} GB; "
            "name a folder on a larger disk with --scratch, or choose fewer columns"
        )
