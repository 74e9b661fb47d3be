"""The record of a run: a log of JSON lines that is closed into the run file.

Each thing measured is a line on disk before the next is begun, so that a process killed at any
moment leaves whole lines and at most part of one. A run that ends and a run that was killed become
a file in the same way: ``as_document`` makes it of the entries, and it is renamed into place.

The log has the number of the run. Numbers are taken, and logs that were left are closed, under a
lock of the folder; whoever writes a log holds a lock of its own, which the system releases when the
process ends, however it ends.
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock, Timeout
from pytest_benchmark.stats import Stats

from npfs.schema import KEY, LogEntry, write_whole

SUFFIX = ".jsonl"
FOLDER_LOCK = ".lock"
LOCK_SECONDS = 60.0  # a folder is locked for milliseconds, or while logs of others are closed
STAMP = "%Y%m%dT%H%M%SZ"
# Of a case each repetition has its own of these, which are joined.
JOINED = ("repetitions", "prepare_s", "timed_s", "wall_s")


class Recorder:
    """The log of a run in progress, with the next free number of its folder.

    Attributes
    ----------
    number : int
    started : datetime
    entries : list of LogEntry
        All that was recorded, also what did not fit on the disk.
    problem : OSError or None
        Why the log is not whole.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.started = folder, datetime.now(UTC)
        self.entries: list[LogEntry] = []
        self.problem: OSError | None = None
        with _locked(folder / FOLDER_LOCK):
            self.number = 1 + max(map(_number, folder.iterdir()), default=0)
            self.path = folder / f"{self.number:04d}{SUFFIX}"
            self._lock = _lock_of(self.path)
            with contextlib.suppress(NotImplementedError):  # a file system without locks
                self._lock.acquire(timeout=0)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
            self._file = os.open(self.path, flags | getattr(os, "O_BINARY", 0), 0o644)

    def write(self, entry: LogEntry) -> None:
        """Append an entry. A full disk does not end the run: ``problem`` holds the error."""
        self.entries.append(entry)
        line = msgspec.json.encode(entry, enc_hook=str) + b"\n"
        if self.problem is not None:
            line = b"\n" + line  # what the failed write left ends here
        try:
            if os.write(self._file, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self.problem = error

    def close(self, document: Mapping[str, Any]) -> Path:
        """Write the run file, remove the log, and return the path of the file.

        Raises
        ------
        OSError
            If it cannot be written; the log is still there then.
        """
        path = self.folder / file_name(self.number, self.started)
        write_whole(path, _as_json(document))
        self.release()
        return path

    def release(self, *, keep: bool = False) -> None:
        """Give the number up; a log that holds what was saved nowhere else is kept."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            with _locked(self.folder / FOLDER_LOCK):
                if not keep:
                    self.path.unlink(missing_ok=True)
                self._lock.release()
                _remove(Path(self._lock.lock_file))

    def save_elsewhere(self, document: Mapping[str, Any]) -> Path | None:
        """Write the run file into the folder for temporary files; None if that fails as well."""
        path = Path(tempfile.gettempdir()) / file_name(self.number, self.started)
        try:
            write_whole(path, _as_json(document))
        except OSError:
            return None
        return path


@dataclass(frozen=True)
class Recovered:
    """What became of a log that was left: the run file and its cases, or why there is none."""

    log: Path
    path: Path | None
    cases: int
    in_progress: str | None
    problem: str = ""
    job: str | None = None

    def __str__(self) -> str:
        if self.problem:
            return f"{self.log.name} could not be brought back: {self.problem}"
        at = f", while {self.in_progress} was timed" if self.in_progress else ""
        run = f"Run {self.log.stem.lstrip('0')} had ended early{at}"
        if not self.cases:
            return f"{run}, before any case was finished."
        return f"{run}; its {self.cases} finished cases were brought back."


def recover(runs: Path, *, crash: str = "", job: str | None = None) -> list[Recovered]:
    """Close every log below ``runs`` whose writer is gone.

    ``crash`` says how a run of ``job`` ended, where that is known to be the fault of the case in
    progress.
    """
    if not runs.is_dir():
        return []
    found = []
    for path in sorted(runs.rglob(f"*{SUFFIX}")):
        with contextlib.suppress(OSError), _locked(path.parent / FOLDER_LOCK):
            if path.is_file() and (closed := _close_if_left(path, crash, job)):
                found.append(closed)
    return found


def is_left(log: Path) -> bool:
    """Test that no process writes the log."""
    lock = _lock_of(log)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    except NotImplementedError:
        return True
    lock.release()
    return True


def _close_if_left(log: Path, crash: str, job: str | None) -> Recovered | None:
    """Close a log; None if its process is there, or it holds no finished case."""
    if not is_left(log):
        return None
    try:
        entries = list(read_log(log))
        document, in_progress = as_document(entries)
        of_job = next((entry.run[KEY]["job"] for entry in entries if entry.run), None)
        _remove(Path(_lock_of(log).lock_file))
        if document is None:
            log.unlink(missing_ok=True)
            return Recovered(log, None, 0, in_progress, job=of_job) if in_progress else None
        ours = document[KEY]
        if crash and in_progress and ours["job"] == job:
            ours["failed"][in_progress] = f"{crash} while it was timed"
        path = log.parent / file_name(ours["run"], datetime.fromisoformat(ours["started"]))
        if not path.exists():
            write_whole(path, _as_json(document))
        log.unlink(missing_ok=True)
    except OSError as error:
        return Recovered(log, None, 0, None, str(error.strerror or error))
    except (KeyError, TypeError, ValueError) as error:
        return Recovered(log, None, 0, None, f"it holds what npfs does not write: {error!r}")
    return Recovered(log, path, len(document["benchmarks"]), in_progress, job=of_job)


def read_log(path: Path) -> Iterator[LogEntry]:
    """Read the whole entries; part of a line, left by a kill or a full disk, is passed over.

    Raises
    ------
    ValueError
        If a line holds what npfs does not write.
    """
    with path.open("rb") as lines:
        for line in lines:
            try:
                found = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            if not isinstance(found, dict):
                continue
            try:
                yield msgspec.convert(found, LogEntry)
            except msgspec.ValidationError as error:
                raise ValueError(str(error)) from None


def as_document(entries: Iterable[LogEntry]) -> tuple[dict[str, Any] | None, str | None]:
    """Return the run file that the entries make, and the case that was in progress.

    Without anything finished there is no run file. A run whose end is not among the entries was
    interrupted.
    """
    entries = list(entries)
    heads = [entry.run for entry in entries if entry.run is not None]
    steps = [entry for entry in entries if entry.run is None]
    in_progress = steps[-1].begun if steps else None
    ended = {
        how: {e.case: reason for e in steps if e.case and (reason := getattr(e, how)) is not None}
        for how in ("skipped", "failed")
    }
    benchmarks: dict[str, dict[str, Any]] = {}
    for entry in steps:
        if entry.case is not None and entry.benchmark is not None:
            _add_repetition(benchmarks, entry.case, entry.benchmark)
    done = [_complete(one) for case, one in benchmarks.items() if case not in ended["failed"]]
    if not heads or not done:
        return None, in_progress
    probes = [msgspec.to_builtins(entry.probe) for entry in steps if entry.probe is not None]
    ours = {**heads[-1][KEY], **ended, "probes": probes}
    if len(heads) == 1:  # the second one is the end
        ours |= {"interrupted": True, "wall_s": max(entry.at_s for entry in entries)}
    return {**heads[-1], "benchmarks": done, KEY: ours}, in_progress


def file_name(number: int, started: datetime) -> str:
    """Return the name of a run's file."""
    return f"{number:04d}_{started:{STAMP}}.json"


def _as_json(document: Mapping[str, Any]) -> bytes:
    """Return the text of a run file; what JSON has no word for, such as infinity, is null."""
    return msgspec.json.encode(document, enc_hook=str)


def _add_repetition(
    benchmarks: dict[str, dict[str, Any]], case: str, repetition: dict[str, Any]
) -> None:
    """Add the rounds of a repetition; a later one has only what it has of its own."""
    stats, info = repetition["stats"], repetition["extra_info"]
    first = benchmarks.get(case)
    if first is None:
        benchmarks[case] = {
            **repetition, "extra_info": dict(info), "stats": {**stats, "data": [*stats["data"]]}
        }  # fmt: skip
        return
    first["stats"]["data"] += stats["data"]
    join(first["extra_info"], info)


def join(known: dict[str, Any], info: Mapping[str, Any]) -> None:
    """Add to the record of a case what another repetition has of its own."""
    for name in JOINED:
        if name in info:
            new = info[name]
            of_both = [*known.get(name, ()), *new] if isinstance(new, list | tuple) else None
            known[name] = known.get(name, 0.0) + new if of_both is None else of_both


def _complete(benchmark: dict[str, Any]) -> dict[str, Any]:
    """Give the rounds the summary that pytest-benchmark saves with them."""
    stats: Any = Stats()  # type: ignore[no-untyped-call]
    stats.data = benchmark["stats"]["data"]
    iterations = benchmark["stats"]["iterations"]
    return {
        **benchmark,
        "stats": {**stats.as_dict(), "data": stats.data, "iterations": iterations},
    }


def _lock_of(log: Path) -> FileLock:
    return FileLock(log.with_suffix(".lock"), thread_local=False)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock; where the file system has none there is no other way than to go on."""
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise OSError(errno.EBUSY, "another process keeps it locked", str(path)) from None
    except NotImplementedError:
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _remove(lock: Path) -> None:
    with contextlib.suppress(OSError):  # Windows keeps a file that another process looks at
        lock.unlink(missing_ok=True)


def _number(path: Path) -> int:
    digits = path.name[:4]
    return int(digits) if digits.isdigit() and path.name[4:5] in ("_", ".") else 0
