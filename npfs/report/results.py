"""The numbers for other programs: JSON, two tables as CSV, and github-action-benchmark's form.

``results.json`` is the context as a document, by ``docs/results.schema.json``.

Seconds and bytes; what is not known is null. ``SCHEMA`` rises when a field changes its meaning or
goes.
"""

import csv
import inspect
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from npfs import __version__
from npfs.analysis import startup
from npfs.analysis.decisions import Decision, FirstMap, Job, MemoryNeeds
from npfs.analysis.evidence import LISTS, NUMPY
from npfs.analysis.prediction import Estimate
from npfs.analysis.statistics import Interval
from npfs.report.context import Context
from npfs.report.page import Page
from npfs.schema import COLD, TO_ARRAY, TO_LISTS, WARM, Size

SCHEMA = 2
TITLE = "results.json of npfs"

STARTUP = "startup.csv"
QUANTITIES = (
    "seconds", f"speedup_over_{LISTS}", f"speedup_over_{NUMPY}", "share_of_bandwidth_limit"
)  # fmt: skip
COLUMNS = (
    "backend", "same_work", "n_samples", "n_features", "dtype", "runs",
    *(f"{quantity}{bound}" for quantity in QUANTITIES for bound in ("", "_low", "_high")),
)  # fmt: skip
STARTUP_COLUMNS = (
    "backend", "quantity", "cache", "n_samples", "n_features", "dtype", "runs",
    "value", "low", "high",
)  # fmt: skip


class Number(Struct, frozen=True):
    """A value with its 95 % confidence interval, and what each run gave.

    Of a ratio, ``significant`` is by the false discovery rate of all comparisons; null of one run,
    and of what is no comparison.
    """

    value: float
    low: float | None
    high: float | None
    runs: int
    values: tuple[float, ...]
    bimodal: tuple[float, float] | None
    significant: bool | None = None


class Total(Struct, frozen=True):
    """A predicted time to a result with its 95 % interval, or a ratio of two."""

    value: float
    low: float | None
    high: float | None


class JobResult(Struct, frozen=True):
    """The decision for a job.

    ``first`` and ``good_enough`` are among lists, NumPy and Numba; several show no significant
    difference. ``good_enough_within`` has what else would be with another limit, in seconds.
    """

    job: Job  # of ``npfs.analysis.decisions``: fits on one data set in one process
    time_to_result: dict[str, Total]
    first: tuple[str, ...]
    good_enough: tuple[str, ...]
    good_enough_within: dict[str, tuple[str, ...]]
    numpy_over_first: Total | None
    fastest: tuple[str, ...]
    without: tuple[str, ...]
    extrapolated: bool


class Claim(Struct, frozen=True):
    """A claim about NumPy, and what the numbers say of it."""

    claim: str
    standing: str
    evidence: tuple[str, ...]


class Case(Struct, frozen=True):
    """A backend at a size."""

    backend: str
    same_work: bool
    size: Size
    seconds: Number
    speedup_over_python: Number | None
    speedup_over_numpy: Number | None
    share_of_bandwidth_limit: Number | None


class Limit(Struct, frozen=True):
    """The seconds of one pure read pass."""

    size: Size
    seconds: Number


class Memory(Struct, frozen=True):
    """The bytes beside the given arrays."""

    size: Size
    held_bytes: float | None
    peak_bytes: float | None


class Backend(Struct, frozen=True):
    """What is known of a backend beside its times.

    ``startup`` has seconds by the state of the cache ("warm", "cold") and the part.
    """

    title: str
    fit_lines: int | None
    installed_bytes: dict[str, int] | None
    startup: dict[str, dict[str, Number]]
    memory: tuple[Memory, ...]
    instructions: tuple[tuple[int, int], ...] | None


class Disturbance(Struct, frozen=True):
    """Repetitions, those that were disturbed, and the cases that are bimodal by themselves."""

    repetitions: int
    disturbed: int
    bimodal: tuple[str, ...]


class Run(Struct, frozen=True):
    """A run that counts."""

    number: int
    job: str
    started: str
    file: str


class Results(Struct, frozen=True, rename={"version": "npfs"}):
    """Everything that a report says, for programs."""

    schema: Annotated[int, Meta(ge=SCHEMA, le=SCHEMA)]
    version: str
    question: str
    answer: Annotated[tuple[str, ...], Meta(max_length=3)]
    jobs: tuple[JobResult, ...]
    jobs_in_notebook: tuple[JobResult, ...]
    first_map: FirstMap | None
    numba_overtakes_s: float | None
    memory_needed: MemoryNeeds | None
    claims: tuple[Claim, ...]
    cases: tuple[Case, ...]
    bandwidth_limits: tuple[Limit, ...]
    backends: dict[str, Backend]
    disturbance: Disturbance
    comparisons: int
    significance_level: float
    warnings: tuple[str, ...]
    conditions: dict[str, str]
    epochs: int
    runs: tuple[Run, ...]


def results(context: Context, page: Page) -> Results:
    """Return the document of a context; its sentences are those of the page."""
    evidence, decisions = context.evidence, context.decisions
    large = context.is_large_data
    return Results(
        schema=SCHEMA,
        version=__version__,
        question=page.question,
        answer=page.answer,
        jobs=() if large else tuple(_job(context, one) for one in decisions.jobs),
        jobs_in_notebook=() if large else tuple(_job(context, one) for one in decisions.notebook),
        first_map=None if large else decisions.first_map,
        numba_overtakes_s=decisions.numba_overtakes_s,
        memory_needed=decisions.memory,
        claims=tuple(Claim(one.claim, one.id, one.evidence) for one in page.claims),
        cases=tuple(_case(context, *case) for case in context.cases),
        bandwidth_limits=tuple(
            Limit(size, _number(limit))
            for size in evidence.sizes()
            if (limit := evidence.bandwidth_limit(size)) is not None
        ),
        backends=_backends(context),
        disturbance=Disturbance(
            evidence.disturbance.repetitions,
            evidence.disturbance.disturbed,
            tuple(evidence.disturbance.by_themselves),
        ),
        comparisons=evidence.significance.comparisons,
        significance_level=evidence.significance.level,
        warnings=page.all_warnings,
        conditions=dict(evidence.newest.conditions),
        epochs=evidence.newest.epochs,
        runs=tuple(Run(run.number, run.job, run.started, run.path.name) for run in evidence.runs),
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the document."""
    draft = "https://json-schema.org/draft/2020-12/schema"
    (found,), definitions = msgspec.json.schema_components([Results])
    for defined in definitions.values():  # docstrings, which msgspec takes as they are, or cleaned
        if "description" in defined:
            defined["description"] = inspect.cleandoc(defined["description"])
    return {"$schema": draft, "title": TITLE, **found, "$defs": definitions}


def _job(context: Context, decision: Decision) -> JobResult:
    has_interval = len(context.evidence.runs) > 1

    def total(of: Estimate) -> Total:
        return Total(of.value, *((of.low, of.high) if has_interval else (None, None)))

    over = decision.numpy_over_first
    return JobResult(
        job=decision.job,
        time_to_result={name: total(one.total) for name, one in decision.predictions.items()},
        first=decision.first,
        good_enough=decision.good_enough,
        good_enough_within={str(s): names for s, names in (decision.otherwise or {}).items()},
        numpy_over_first=None if over is None else total(over),
        fastest=decision.fastest,
        without=decision.without,
        extrapolated=decision.is_extrapolated,
    )


def _case(context: Context, backend: str, size: Size, seconds: Interval) -> Case:
    evidence = context.evidence
    share = evidence.fraction_of_bandwidth_limit(backend, size)
    return Case(
        backend,
        backend not in evidence.shortcuts,
        size,
        _number(seconds),
        _ratio(evidence.speedup(backend, LISTS, size)),
        _ratio(evidence.speedup(backend, NUMPY, size)),
        None if share is None else _number(share),
    )


def _backends(context: Context) -> dict[str, Backend]:
    evidence = context.evidence
    names = dict.fromkeys([*evidence.backends, *evidence.shortcuts, *startup.backends(evidence)])
    return {name: _backend(context, name) for name in names}


def _backend(context: Context, name: str) -> Backend:
    evidence, known = context.evidence, context.costs.get(name)
    found = context.instructions(name)
    return Backend(
        title=evidence.title(name),
        fit_lines=known.fit_lines if known else None,
        installed_bytes=known.installed if known else None,
        startup={
            cache: {
                part: _number(seconds)
                for part in startup.PARTS
                if (seconds := startup.seconds(evidence, name, part, cache)) is not None
            }
            for cache in (WARM, COLD)
            if startup.startups(evidence, name, cache)
        },
        memory=tuple(
            Memory(size, held, peak)
            for size in startup.memory_sizes(evidence)
            for held, peak in [startup.memory(evidence, name, size)]
            if (held, peak) != (None, None)
        ),
        instructions=found.counts if found else None,
    )


def _ratio(interval: Interval | None) -> Number | None:
    if interval is None:
        return None
    return _number(interval, interval.is_significant if interval.is_known else None)


def _number(interval: Interval, significant: bool | None = None) -> Number:
    modes = interval.bimodal
    low, high = (n if math.isfinite(n) else None for n in (interval.low, interval.high))
    values = None if modes is None else (modes[0].value, modes[1].value)
    return Number(interval.value, low, high, interval.runs, interval.values, values, significant)


def results_json(results: Results) -> str:
    """Return the document as text."""
    return msgspec.json.format(msgspec.json.encode(results), indent=1).decode() + "\n"


def results_csv(results: Results) -> str:
    """Return one row for each case: seconds of a fit and ratios, each with 95 % bounds.

    A bound that one run cannot give, and a ratio to what was not measured, is left empty.
    """
    rows = []
    for case in results.cases:
        same_work = str(case.same_work).lower()
        row = [case.backend, same_work, *case.size.params().values(), case.seconds.runs]
        rows.append(row + [cell for name in QUANTITIES for cell in _bounds(getattr(case, name))])
    return csv_text(COLUMNS, rows)


def startup_csv(context: Context, results: Results) -> str:
    """Return a row for each quantity in seconds (with 95 % bounds) or bytes; "" if there are none.

    A conversion has no backend, and only a startup has a cache.
    """
    rows = [*_startup_rows(context, results), *_memory_rows(results), *_conversion_rows(context)]
    return csv_text(STARTUP_COLUMNS, rows) if rows else ""


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()


def github_action_benchmark(timed: Iterable[tuple[str, str, Number | Interval]]) -> str:
    """Return names, words and seconds as github-action-benchmark reads them.

    That is the form ``customSmallerIsBetter``.
    """
    entries = []
    for name, words, seconds in timed:
        entry: dict[str, Any] = {"name": name, "unit": "s", "value": seconds.value}
        runs = "1 run"
        if seconds.runs > 1 and seconds.low is not None and seconds.high is not None:
            entry["range"] = f"{seconds.low:.4g} to {seconds.high:.4g}"
            runs = f"{seconds.runs} runs, 95 % interval"
        entry["extra"] = f"{words}; {runs}" if words else runs
        entries.append(entry)
    return json.dumps(entries, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _startup_rows(context: Context, results: Results) -> Iterator[list[Any]]:
    size = Size(max(1, startup.startup_samples(context.evidence)), 1)
    for name, backend in results.backends.items():
        for cache, parts in backend.startup.items():
            for part, seconds in parts.items():
                measured = [*size.params().values(), seconds.runs, *_bounds(seconds)]
                yield [name, part, cache, *measured]


def _memory_rows(results: Results) -> Iterator[list[Any]]:
    for name, backend in results.backends.items():
        for one in backend.memory:
            for quantity in ("held_bytes", "peak_bytes"):
                if (amount := getattr(one, quantity)) is not None:
                    size = one.size.params().values()
                    yield [name, quantity, "", *size, "", f"{amount:.0f}", "", ""]


def _conversion_rows(context: Context) -> Iterator[list[Any]]:
    for size in startup.conversion_sizes(context.evidence):
        for direction in (TO_ARRAY, TO_LISTS):
            if seconds := startup.conversion(context.evidence, direction, size):
                measured = [*size.params().values(), seconds.runs, *_bounds(seconds)]
                yield ["", f"{direction}_s", "", *measured]


def _bounds(number: Number | Interval | None) -> list[str]:
    """Return the cells for a value and its bounds; what is not known is empty."""
    if number is None:
        return ["", "", ""]
    bounds = (number.low, number.high)
    has_bounds = number.runs > 1 and None not in bounds
    return [f"{number.value:.6g}", *(f"{bound:.6g}" if has_bounds else "" for bound in bounds)]
