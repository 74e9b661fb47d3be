"""The numbers for other programs: two tables as CSV, JSON, and github-action-benchmark's form."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from npfs.analysis import startup
from npfs.analysis.evidence import LISTS, NUMPY
from npfs.analysis.statistics import Interval
from npfs.report.context import Context
from npfs.report.results import Number, Results
from npfs.schema import TO_ARRAY, TO_LISTS, Size

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
