"""Read run files into records; report other files with the reason and leave them in place."""

import itertools
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from npfs import schema
from npfs.schema import KEY, SCHEMA, Benchmark, Case, Size

# The full preset's files have half a megabyte; reading much more would only keep a person waiting.
LARGEST_BYTES = 50 * 10**6
UNKNOWN = "unknown"
NOT_RECORDED = "not recorded"  # by the version of npfs that wrote the file
NO_SIZE = Size(1, 1, "")  # of benchmarks that are not of a regression
SYNTHETIC = "synthetic"  # y = 3x + noise; also the data of runs before tables could be timed


class NotARun(ValueError):
    """The file is not a run that this version can read."""


@dataclass(frozen=True)
class CaseRecord:
    """A case that was timed in one run.

    Attributes
    ----------
    seconds : float
        The median of the rounds of the least disturbed repetition, for one fit, read or conversion.
    rounds : int
    of_repetitions : tuple of float
        The median of the rounds of each repetition, as timed.
    """

    case: Case
    size: Size
    seconds: float
    rounds: int
    of_repetitions: tuple[float, ...]

    def __str__(self) -> str:
        return self.case.id

    @property
    def backend(self) -> str:
        """The backend; of a read pass "one" or "all", the cores that read."""
        return backend_of(self.case)

    @property
    def source(self) -> str:
        """The digest of the code that was timed."""
        return self.case.source

    @property
    def wall_s(self) -> float:
        """Seconds that the case took in all, its data and checks included."""
        return self.case.timed_s if self.case.wall_s is None else self.case.wall_s

    @property
    def repetitions(self) -> int:
        """Count the repetitions; a run that was cut short has fewer than others."""
        return len(self.case.repetitions) or 1


class RunRecord(schema.Run, frozen=True, kw_only=True, dict=True):
    """One run file: its ``schema.Run``, and its cases by group.

    Attributes
    ----------
    cases : tuple of CaseRecord
        Fits of the run's number of epochs.
    other_epochs : tuple of CaseRecord
        Fits of another number of epochs, which ``case.epochs`` holds.
    reads, conversions : tuple of CaseRecord
        Pure read passes, and conversions between lists and arrays.
    others : tuple of CaseRecord
        Benchmarks of another suite, which have no size.
    all_cases : tuple of Case
        Of any group, with their startup, memory and whatever else they measured.
    """

    path: Path
    cases: tuple[CaseRecord, ...]
    other_epochs: tuple[CaseRecord, ...]
    reads: tuple[CaseRecord, ...]
    conversions: tuple[CaseRecord, ...]
    others: tuple[CaseRecord, ...]
    all_cases: tuple[Case, ...]

    @cached_property
    def conditions(self) -> dict[str, str]:
        """The conditions that must be equal for two runs to be pooled, in words for a person."""
        return conditions_of(self)

    @property
    def key(self) -> tuple[str, str, int]:
        """Return what tells one run from all others, wherever its file lies."""
        return self.started, self.job, self.number

    @property
    def timed_s(self) -> float:
        """Add up the seconds of all that was timed, calibration included."""
        return sum(case.timed_s for case in self.all_cases)


@dataclass(frozen=True)
class RunFolder:
    """All runs found, oldest first, and the files that are no runs, with the reason."""

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
        first = runs.setdefault(run.key, run)
        if first is not run:
            rejected.append((path, f"is a copy of {first.path.name}"))
    return RunFolder(tuple(oldest_first(runs.values())), tuple(rejected))


def oldest_first(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Sort by start, and runs of one machine by number: its clock may be set back."""
    began: dict[str, str] = {}
    keyed = []
    for run in sorted(runs, key=lambda run: run.number):
        machine = run.conditions["machine"]
        began[machine] = max(run.started, began.get(machine, ""))
        keyed.append(((began[machine], run.number, run.job), run))
    return [run for _, run in sorted(keyed, key=lambda item: item[0])]


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
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotARun(f"is not valid JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get(KEY), dict):
        raise NotARun("was not written by npfs (another tool's file, or saved by other means)")
    version = document[KEY].get("schema")
    if isinstance(version, int) and version > SCHEMA:
        raise NotARun(
            f"has schema {version}, this version of npfs reads {SCHEMA}; update npfs to read it"
        )
    if isinstance(version, bool) or version not in range(1, SCHEMA + 1):
        raise NotARun(f"is damaged: no version of npfs has written schema {version!r}")
    try:
        return _record(path, _upgraded(document) if version == 1 else document)
    except KeyError as error:
        raise NotARun(f"is damaged: it lacks the field {error}") from None
    except (msgspec.ValidationError, TypeError, AttributeError, ValueError) as error:
        raise NotARun(f"is damaged: {error}") from None


def _upgraded(document: dict[str, Any]) -> dict[str, Any]:
    from npfs.analysis import older  # noqa: PLC0415  (only old files need it)

    return older.upgraded(document)


def _record(path: Path, document: dict[str, Any]) -> RunRecord:
    ours = [one for one in document["benchmarks"] if {"id", "group"} <= one["extra_info"].keys()]
    found = msgspec.convert({**document, "benchmarks": ours}, schema.Document)
    run, cases = found.npfs, tuple(benchmark.extra_info for benchmark in found.benchmarks)

    def in_group(group: str) -> tuple[CaseRecord, ...]:
        return tuple(
            timed(one, run.epochs) for one in found.benchmarks if one.extra_info.group == group
        )

    if run.planned:
        int(run.planned["runs"] or "")  # resuming a set of runs reads it
    for case in (*cases, *run.probes):
        if case.startup:
            size_of(case)  # raises if there is none
    fits = in_group(schema.FIT)
    return RunRecord(
        **{name: getattr(run, name) for name in run.__struct_fields__},
        path=path,
        cases=tuple(fit for fit in fits if not is_of_other_epochs(fit.case)),
        other_epochs=tuple(fit for fit in fits if is_of_other_epochs(fit.case)),
        reads=in_group(schema.READ),
        conversions=in_group(schema.CONVERSION),
        others=in_group(schema.ANY),
        all_cases=(*cases, *run.probes),
    )


def is_of_other_epochs(case: Case) -> bool:
    """Test whether a fit is of a number of epochs of its own, not of the run's."""
    return "epochs" in case.params


def backend_of(case: Case) -> str:
    """Return the backend of a case, or what stands in its place in the group."""
    params = case.params
    return str(params.get("backend", params.get("cores", params.get("direction", ""))))


def size_of(case: Case) -> Size:
    """Return the size of a case.

    Raises
    ------
    msgspec.ValidationError
        If it has none, or one below 1.
    """
    return msgspec.convert(case.params, Size)


def timed(benchmark: Benchmark, epochs: int) -> CaseRecord:
    """Summarize the rounds of a benchmark; a fit that was timed by fewer epochs counts as a whole.

    Raises
    ------
    ValueError
        If its repetitions and rounds do not agree, or it has no size.
    """
    case, rounds = benchmark.extra_info, benchmark.stats.data
    of_repetitions = medians(rounds, case.repetitions or (len(rounds),))
    seconds = min(of_repetitions)
    if case.epochs and case.group == schema.FIT and not is_of_other_epochs(case):
        seconds *= epochs / case.epochs
    size = NO_SIZE if case.group == schema.ANY else size_of(case)
    return CaseRecord(case, size, seconds / case.passes, len(rounds), of_repetitions)


def medians(rounds: Sequence[float], repetitions: Sequence[int]) -> tuple[float, ...]:
    """Return the median of the rounds of each repetition; the least one is the run's number.

    Other programs make all rounds of a repetition slower, and none faster. By calibration on stored
    runs this holds as other summaries do and is narrower than most; docs/measuring.md has the eight
    that were compared.
    """
    if sum(repetitions) != len(rounds):
        raise ValueError(f"repetitions {repetitions} do not add up to {len(rounds)} rounds")
    ends = itertools.accumulate(repetitions)
    return tuple(
        statistics.median(rounds[end - count : end])
        for end, count in zip(ends, repetitions, strict=True)
    )


def conditions_of(run: schema.Run) -> dict[str, str]:
    """Describe what must be equal for two runs to be pooled, in words for a person."""
    environment = run.environment
    blas = environment.blas_in_effect
    kernels = blas[0] if blas else schema.Blas()
    container = environment.container or schema.Container()
    conditions = {
        "machine": environment.machine,
        "usable cores": environment.usable_cores,
        "container's cores": _known(environment.container, container.cpu_quota or "no limit"),
        "governor": _known(environment.governor, environment.governor),
        "boost": _known(environment.boost, environment.boost),
        "Python": environment.python,
        "BLAS": environment.blas,
        "BLAS kernels": _known(blas, kernels.architecture),
        "BLAS threads": _known(blas, kernels.threads),
        "epochs": run.epochs,
        "data": run.data or run.published or SYNTHETIC,
        "speed variables": environment.speed_variables or "none",
    }
    conditions |= {f"timing, {name}": value for name, value in run.timing.items()}
    if environment.numba is not None:  # it is, where no backend loaded Numba
        conditions["Numba threads"] = environment.numba.threads if environment.numba else UNSET
    for library in ("numpy", "numba", "llvmlite"):
        conditions[library] = environment.libraries.get(library) or "not installed"
    return {
        name: NOT_RECORDED if value is UNSET else UNKNOWN if value is None else str(value)
        for name, value in conditions.items()
    }


def _known(field: object, value: object) -> object:
    """Return the value, or UNSET if the field that it comes from was not recorded."""
    return UNSET if field is UNSET else value
