"""Runs that ended without being saved: their journals become run files."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_benchmark.stats import Stats

from npfs.harness.journal import SUFFIX, read_journal, taken
from npfs.harness.run_files import file_name
from npfs.schema import KEY, LogEntry, write_whole

# Fields of a case of which each repetition has its own; the last one is of schema 1.
JOINED = {"repetitions", "prepare_s", "timed_s", "wall_s", "visits"}


@dataclass(frozen=True)
class Recovered:
    """What became of a journal: the run file and its cases, or why there is none."""

    journal: Path
    path: Path | None
    cases: int
    in_progress: str | None
    problem: str = ""
    job: str | None = None

    def __str__(self) -> str:
        if self.problem:
            return f"{self.journal.name} could not be brought back: {self.problem}"
        at = f", while {self.in_progress} was timed" if self.in_progress else ""
        run = f"Run {self.journal.stem.lstrip('0')} had ended early{at}"
        if not self.cases:
            return f"{run}, before any case was finished."
        return f"{run}; its {self.cases} finished cases were brought back."


def recover(runs: Path, *, crash: str = "", job: str | None = None) -> list[Recovered]:
    """Save what every journal below ``runs`` holds, if the process that wrote it is gone.

    ``crash`` says how a run of ``job`` ended, where that is known to be the fault of the case in
    progress.
    """
    if not runs.is_dir():
        return []
    recovered = []
    for path in sorted(runs.rglob(f"*{SUFFIX}")):
        with taken(path) as is_ours:
            found = recover_one(path, crash, job) if is_ours and path.is_file() else None
        if found is not None:
            recovered.append(found)
    return recovered


def recover_one(journal: Path, crash: str = "", job: str | None = None) -> Recovered | None:
    """Save what ``journal`` holds and remove it; None if it holds no finished case."""
    try:
        entries = list(read_journal(journal))
        document, in_progress = as_document(entries)
        head = next((entry.run[KEY]["job"] for entry in entries if entry.run), None)
        if document is None:
            journal.unlink(missing_ok=True)
            return Recovered(journal, None, 0, in_progress, job=head) if in_progress else None
        ours = document[KEY]
        if crash and in_progress and ours["job"] == job:
            ours["failed"][in_progress] = f"{crash} while it was timed"
        path = journal.parent / file_name(ours["run"], datetime.fromisoformat(ours["started"]))
        if not path.exists():
            write_whole(path, json.dumps(document))
        journal.unlink(missing_ok=True)
    except OSError as error:
        return Recovered(journal, None, 0, None, str(error.strerror or error))
    except (KeyError, TypeError, ValueError) as error:
        return Recovered(journal, None, 0, None, f"it holds what npfs does not write: {error!r}")
    return Recovered(journal, path, len(document["benchmarks"]), in_progress, job=head)


def as_document(entries: Iterable[LogEntry]) -> tuple[dict[str, Any] | None, str | None]:
    """Return the run file that the entries make, and the case that was in progress.

    Without a finished case there is no run file.
    """
    document: dict[str, Any] | None = None
    benchmarks: dict[str, dict[str, Any]] = {}
    ended: dict[str, dict[str, str]] = {"skipped": {}, "failed": {}}
    in_progress, seconds = None, 0.0
    for entry in entries:
        seconds = max(seconds, entry.at_s)
        if entry.run is not None:
            document = entry.run
        elif entry.begun is not None:
            in_progress = entry.begun
        elif entry.case is not None:
            in_progress = None
            if entry.benchmark is not None:
                _add_repetition(benchmarks, entry.case, entry.benchmark)
            for how, reasons in ended.items():
                if (reason := getattr(entry, how)) is not None:
                    reasons[entry.case] = reason
    done = [found for case, found in benchmarks.items() if case not in ended["failed"]]
    if document is None or not done:
        return None, in_progress
    for benchmark in done:
        _complete(benchmark)
    document["benchmarks"] = done
    document[KEY] |= {"interrupted": True, "wall_s": seconds, **ended}
    return document, in_progress


def _add_repetition(
    benchmarks: dict[str, dict[str, Any]], case: str, benchmark: dict[str, Any]
) -> None:
    first = benchmarks.setdefault(case, benchmark)
    if first is not benchmark:
        first["stats"]["data"] += benchmark["stats"]["data"]
        join_info(first["extra_info"], benchmark["extra_info"])


def join_info(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Add the record of another repetition: its rounds, and the seconds that it took."""
    for name in JOINED & second.keys():
        is_last = isinstance(second[name], float) and name == "prepare_s"  # in schema 1
        first[name] = second[name] if is_last else first[name] + second[name]


def _complete(benchmark: dict[str, Any]) -> None:
    """Give the rounds the summary that pytest-benchmark saves with them."""
    stats: Any = Stats()  # type: ignore[no-untyped-call]
    iterations = benchmark["stats"]["iterations"]
    stats.data = benchmark["stats"]["data"]
    benchmark["stats"] = {**stats.as_dict(), "data": stats.data, "iterations": iterations}
