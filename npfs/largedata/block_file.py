"""A temporary file of blocks, laid out as a kernel reads them: data that are larger than memory.

Each epoch maps one block after the other into memory, sums over it and lets it go, so that no more than a block is
held at any time, whatever the size of the data. The numbers are used where the system's page cache has them, without a
copy. Before a block is summed up the system is told which one comes next, so that it is read from the disk
meanwhile.

Arrays are stored without a copy by pickle's out-of-band buffers (PEP 574).
"""

import mmap
import os
import pickle
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from npfs.backends.base import BlockKernel, Sums
from npfs.regression.problem import Array

# Where arrays begin: what vector instructions read in one piece, and a line of the cache.
ALIGNMENT = 64
AHEAD = 1  # blocks; more would only take more memory
CHUNK = 1 << 20
# Linux reads no more for one piece of advice than it reads ahead by itself, mostly 128 kB.
ADVISED, LOOKED_AT = 1 << 17, 1 << 21


class DiskFull(ValueError):
    """The disk has no room for the blocks: one sentence that says how much is needed, where, and what to do."""


class _Entry(NamedTuple):
    """A block in the file: where it lies, how it is put together, and the length of each of its arrays."""

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
                f"the blocks could not be written to {self._folder} ({error.strerror}); name a folder on a larger disk "
                "with --scratch"
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
        """Yield one block after the other; each is gone when the next one is asked for and it is used no more."""
        ahead = _read_ahead(self._file.fileno())
        try:
            for index, entry in enumerate(self._entries):
                for later in self._entries[index + 1 : index + 1 + AHEAD]:
                    ahead(later.offset, later.length)
                yield self._block(entry)
        finally:
            if isinstance(ahead, _Reader):
                ahead.end()

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
        # A private mapping: its pages are those of the page cache until they are written, which nobody does. Numba
        # would compile all kernels once more for arrays that cannot be written.
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


def _read_ahead(descriptor: int) -> Callable[[int, int], None]:
    """Return what has a part of the file read from the disk while the caller goes on."""
    if hasattr(os, "posix_fadvise"):
        return partial(_advise, descriptor)
    return _Reader(descriptor)


def _advise(descriptor: int, offset: int, length: int) -> None:
    """Have the system read a part, in steps that it takes whole; of what is cached already nothing need be said."""
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


class _Reader:
    """Reads parts of a file into the page cache in a thread, where the system takes no advice."""

    def __init__(self, descriptor: int) -> None:
        # An own position in the file: the descriptor's is the writer's.
        self._file = os.fdopen(os.dup(descriptor), "rb", buffering=0)
        self._thread: threading.Thread | None = None

    def end(self) -> None:
        """Wait for what is being read."""
        if self._thread is not None:
            self._thread.join()
        self._file.close()

    def __call__(self, offset: int, length: int) -> None:
        if self._thread is not None:
            self._thread.join()
        self._thread = threading.Thread(target=self._read, args=(offset, length), daemon=True)
        self._thread.start()

    def _read(self, offset: int, length: int) -> None:
        buffer = bytearray(CHUNK)
        self._file.seek(offset)
        while length > 0 and (done := self._file.readinto(buffer)):
            length -= done
