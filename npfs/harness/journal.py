"""The journal of a run: each thing measured is on disk before the next is begun.

A line of JSON for each entry, written in one call, so that a process killed at any moment leaves
whole lines and at most one part of a line, which is not read. The journal is also the claim on a
run's number: only one process can create it, and that process holds a lock on it, which the system
releases when the process ends, however it ends.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from npfs.schema import LogEntry

SUFFIX = ".journal"
# Windows forbids others to read locked bytes: lock one that is never written.
_LOCKED_BYTE = 1 << 40


class Journal:
    """An open journal, locked by this process.

    Raises
    ------
    FileExistsError
        If another process has claimed the number.
    OSError
        If the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self.path = path
        self.problem: OSError | None = None
        self._file = os.open(path, flags, 0o644)
        if not _try_to_lock(self._file) or not _is_still_at(path, self._file):
            os.close(self._file)  # taken for one that was left, between the two steps
            self._file = -1
            raise FileExistsError(path)

    def write(self, entry: LogEntry) -> None:
        """Append an entry. A disk that is full does not end the run: ``problem`` says it."""
        line = msgspec.json.encode(entry, enc_hook=str) + b"\n"
        if self.problem is not None:
            line = b"\n" + line  # what the failed write left ends here
        try:
            if os.write(self._file, line) < len(line):
                raise OSError(28, "No space left on device")
        except OSError as error:
            self.problem = error

    def close(self, *, keep: bool = False) -> None:
        """Close the journal and remove it, unless it holds what was saved nowhere else."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            if not keep:
                self.path.unlink(missing_ok=True)


def read_journal(path: Path) -> Iterator[LogEntry]:
    """Read the whole entries; part of a line, left by a kill or a full disk, is passed over.

    Raises
    ------
    ValueError
        If a line is an object, and no entry of a log.
    """
    for line in path.read_bytes().split(b"\n"):
        try:
            found = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(found, dict):
            try:
                yield msgspec.convert(found, LogEntry)
            except msgspec.ValidationError as error:
                raise ValueError(str(error)) from None


@contextmanager
def taken(path: Path) -> Iterator[bool]:
    """Take a journal that was left, until the block ends; False if another process has it."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield False  # finished, or taken up by another process, at this moment
        return
    except OSError:
        yield True  # reading will say what is wrong with it
        return
    try:
        yield _try_to_lock(file) and _is_still_at(path, file)
    finally:
        os.close(file)


def _is_still_at(path: Path, file: int) -> bool:
    """Test that the open file is still the one that the path names."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _try_to_lock(file: int) -> bool:
    """Lock the open file, where the file system can; False if another process holds the lock."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415

            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True
