"""Run files, read into records; what cannot be read is named with its reason and left where it is."""

import itertools
import json
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from npfs.analysis import costs, mechanism, recorded, records
from npfs.analysis.cluster import ClusterRecord, cluster
from npfs.analysis.conditions import conditions_of
from npfs.analysis.costs import CostRecord
from npfs.analysis.data import DataRecord, read_data
from npfs.analysis.learning import read_learning
from npfs.analysis.records import NotARun, Size
from npfs.analysis.survey import SurveyRecord, survey
from npfs.schema import KEY, SCHEMA

__all__ = ["CaseRecord", "NotARun", "RunFolder", "RunRecord", "Size", "read_run", "read_runs"]

# The full preset's files have half a megabyte; reading much more would only keep a person waiting.
LARGEST_BYTES = 50 * 10**6


@dataclass(frozen=True)
class CaseRecord:
    """One case in one run; for a read pass ``backend`` is "one" or "all", the cores that read.

    Attributes
    ----------
    seconds : float
        The median of the rounds of the fastest visit: seconds for one fit, or for one read pass.
    rounds : int
    timed_s : float
        Seconds spent inside rounds and their calibration.
    wall_s : float
        Seconds that the case took in all, its data and checks included.
    visits : int
        How often it was timed; in a run that was cut short fewer times than in others.
    source : str
        Digest of the backend's source.
    """

    backend: str
    size: Size
    seconds: float
    rounds: int
    timed_s: float
    wall_s: float
    visits: int
    source: str
    is_ceiling: bool = False

    def __str__(self) -> str:
        return f"{'ceiling-' if self.is_ceiling else ''}{self.backend}-{self.size}"


@dataclass(frozen=True)
class RunRecord:
    """One run file.

    Attributes
    ----------
    number : int
        Its number in the folder of its machine.
    conditions : mapping of str to str
        What must be equal for two runs to be pooled, in words for a person.
    load : mapping
        Snapshots "before" and "after" of ``npfs.harness.load``; empty if they were not recorded.
    timed_s : float
        Seconds spent in all that was timed, calibration included.
    """

    path: Path
    number: int
    job: str
    started: str
    wall_s: float
    interrupted: bool
    planned: Mapping[str, Any]
    epochs: int
    conditions: Mapping[str, str]
    environment: Mapping[str, Any]
    titles: Mapping[str, str]
    notes: Mapping[str, str]
    shortcuts: frozenset[str]
    cases: tuple[CaseRecord, ...]
    ceilings: tuple[CaseRecord, ...]
    first_calls: tuple[records.FirstCallRecord, ...]
    memory: tuple[records.MemoryRecord, ...]
    conversions: tuple[records.ConversionRecord, ...]
    timed_s: float
    unavailable: Mapping[str, str]
    skipped: Mapping[str, str]
    failed: Mapping[str, str]
    learning: Mapping[str, Any] = field(repr=False)
    costs: Mapping[str, CostRecord] = field(default_factory=dict)
    instructions: tuple[mechanism.InstructionsRecord, ...] = ()
    layout: mechanism.LayoutRecord | None = None
    survey: tuple[SurveyRecord, ...] = ()
    clusters: tuple[ClusterRecord, ...] = ()
    load: Mapping[str, Any] = field(repr=False, default_factory=dict)
    data: DataRecord | None = None
    published: str | None = None


@dataclass(frozen=True)
class RunFolder:
    """All runs found, oldest first, and what was no run, with the reason."""

    runs: tuple[RunRecord, ...]
    rejected: tuple[tuple[Path, str], ...]


def read_runs(folder: Path) -> RunFolder:
    """Read every ``*.json`` below ``folder``, the runs of all machines."""
    return read_files(sorted(folder.rglob("*.json")))


def read_files(paths: Iterable[Path], read: Callable[[Path], RunRecord] | None = None) -> RunFolder:
    """Read the files, by ``read_run`` unless given; of copies of one run the first counts."""
    read = read or read_run
    runs: dict[tuple[str, str, int], RunRecord] = {}
    rejected = []
    for path in paths:
        try:
            run = read(path)
        except NotARun as error:
            rejected.append((path, str(error)))
            continue
        first = runs.setdefault((run.started, run.job, run.number), run)
        if first is not run:
            rejected.append((path, f"is a copy of {first.path.name}"))
    return RunFolder(tuple(oldest_first(runs.values())), tuple(rejected))


def oldest_first(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Sort by the time when a run began; of one machine by number, since a clock may be set back."""
    began: dict[str, str] = {}
    keys = {}
    for run in sorted(runs, key=lambda run: run.number):
        machine = run.conditions["machine"]
        began[machine] = max(run.started, began.get(machine, ""))
        keys[run.started, run.job, run.number] = (began[machine], run.number, run.job), run
    return [run for _, run in sorted(keys.values(), key=lambda item: item[0])]


def read_run(path: Path) -> RunRecord:
    """Read one run file.

    Raises
    ------
    NotARun
        Says what is wrong with the file.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise NotARun("is no plain file")
        if path.stat().st_size > LARGEST_BYTES:
            raise NotARun(
                f"is {path.stat().st_size / 1e6:,.0f} MB large, which no run file is: at most "
                f"{LARGEST_BYTES / 1e6:.0f} MB are read"
            )
        content = path.read_bytes()
    except OSError as error:
        raise NotARun(f"cannot be read: {error.strerror}") from None
    return parse_run(path, content)


def parse_run(path: Path, content: bytes) -> RunRecord:
    """Read the content of a run file; ``path`` is where it came from.

    Raises
    ------
    NotARun
        Says what is wrong with the content.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:  # also a number of too many digits
        raise NotARun(f"is not valid JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get(KEY), dict):
        raise NotARun("was not written by npfs (another tool's file, or saved by other means)")
    if document[KEY].get("schema") != SCHEMA:
        raise NotARun(
            f"has schema {document[KEY].get('schema')!r}, this version of npfs reads {SCHEMA}; "
            "update npfs to read it"
        )
    try:
        return _record(path, document[KEY], document["benchmarks"])
    except NotARun:
        raise
    except KeyError as error:
        raise NotARun(f"lacks the field {error}") from None
    except (TypeError, AttributeError, ValueError, ArithmeticError, IndexError) as error:
        raise NotARun(f"has a field of the wrong kind: {error}") from None


def _record(path: Path, ours: dict[str, Any], benchmarks: list[dict[str, Any]]) -> RunRecord:
    fits = [benchmark for benchmark in benchmarks if "backend" in benchmark["extra_info"]]
    reads = [benchmark for benchmark in benchmarks if "ceiling" in benchmark["extra_info"]]
    backends = ours["backends"]
    sources = {name: str(backend["source"]) for name, backend in backends.items()}
    return RunRecord(
        path=path,
        number=int(ours["run"]),
        job=str(ours["job"]),
        started=str(ours["started"]),
        wall_s=float(ours["wall_s"]),
        interrupted=bool(ours["interrupted"]),
        planned=_planned(ours.get("planned", {})),
        epochs=_at_least_one(ours["epochs"], "epochs"),
        conditions=conditions_of(ours),
        environment=_environment(ours["environment"]),
        titles={name: str(backend["title"]) for name, backend in backends.items()},
        notes={name: str(backend["note"]) for name, backend in backends.items() if backend["note"]},
        shortcuts=frozenset(name for name, backend in backends.items() if not backend["same_work"]),
        cases=tuple(
            _case(
                benchmark, name := str(benchmark["extra_info"]["backend"]), backends[name]["source"]
            )
            for benchmark in fits
        ),
        ceilings=tuple(
            _case(
                benchmark,
                str(benchmark["extra_info"]["ceiling"]),
                str(benchmark["extra_info"]["source"]),
                is_ceiling=True,
            )
            for benchmark in reads
        ),
        first_calls=records.first_calls(benchmarks, sources),
        memory=records.memory(benchmarks, sources),
        conversions=records.conversions(benchmarks),
        timed_s=sum(float(benchmark["extra_info"].get("timed_s", 0)) for benchmark in benchmarks),
        unavailable={str(name): str(why) for name, why in ours["unavailable"].items()},
        skipped={str(name): str(why) for name, why in ours["skipped"].items()},
        failed={str(name): str(why) for name, why in ours["failed"].items()},
        learning=read_learning(ours["learning"]),
        costs=costs.read_costs(backends),
        instructions=mechanism.instructions(benchmarks, sources),
        layout=mechanism.layout(benchmarks),
        survey=survey(benchmarks, sources),
        clusters=cluster(benchmarks),
        load=recorded.group(ours, "load"),
        data=read_data(ours),
        published=None if ours.get("published") is None else str(ours["published"]),
    )


def _environment(environment: dict[str, Any]) -> dict[str, Any]:
    """Check what the report reads of it."""
    for name in ("machine", "cpu", "system", "python", "blas"):
        if not isinstance(environment[name], str):
            raise TypeError(f"environment.{name} is no text")
    for name in ("libraries", "speed_variables"):
        if not isinstance(environment[name], dict):
            raise TypeError(f"environment.{name} is no object")
    return {"cores": environment["cores"], **environment}


def _planned(planned: dict[str, Any]) -> dict[str, Any]:
    """Check what resuming a set of runs reads of it."""
    if planned:
        int(planned["runs"])
    return dict(planned)


def _case(
    benchmark: dict[str, Any], backend: str, source: str, *, is_ceiling: bool = False
) -> CaseRecord:
    info, rounds = benchmark["extra_info"], benchmark["stats"]["data"]
    if not rounds or not all(math.isfinite(seconds) and seconds > 0 for seconds in rounds):
        raise NotARun(f"holds a time that is not a positive number, in {benchmark['name']}")
    return CaseRecord(
        backend=backend,
        size=records.size(info),
        seconds=_seconds(rounds, info.get("visits"))
        / _at_least_one(info.get("passes", 1), "passes"),
        rounds=len(rounds),
        timed_s=float(info["timed_s"]),
        wall_s=float(info.get("wall_s", info["timed_s"])),
        visits=len(info.get("visits", [1])),
        source=source,
        is_ceiling=is_ceiling,
    )


def _at_least_one(value: Any, name: str) -> int:
    if int(value) < 1:
        raise ValueError(f"{name} is {value}")
    return int(value)


def _seconds(rounds: Sequence[float], visits: Sequence[int] | None) -> float:
    """Return the one number of a case in a run: the median of the rounds of its least disturbed visit.

    Other programs make all rounds of a visit slower, and none faster. By calibration on stored runs this holds as
    other summaries do and is narrower than most; docs/measuring.md has the eight that were compared.
    """
    counts = [len(rounds)] if visits is None else [int(count) for count in visits]
    if sum(counts) != len(rounds) or min(counts) < 1:
        raise ValueError(f"visits {visits} do not add up to {len(rounds)} rounds")
    ends = list(itertools.accumulate(counts))
    return min(
        statistics.median(rounds[end - count : end])
        for end, count in zip(ends, counts, strict=True)
    )
