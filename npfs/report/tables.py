"""The numbers behind the verdict, as CSV for programs and as a Markdown table for people."""

import csv
import io
from collections.abc import Iterator

from npfs.evidence.analysis import Evidence
from npfs.evidence.rungs import LISTS, NUMPY
from npfs.evidence.runs import Size
from npfs.evidence.statistics import Interval
from npfs.report import wording

COLUMNS = (
    "backend",
    "same_work",
    "n_samples",
    "n_features",
    "dtype",
    "runs",
    *(
        f"{quantity}{bound}"
        for quantity in (
            "seconds",
            f"speedup_over_{LISTS}",
            f"speedup_over_{NUMPY}",
            "fraction_of_ceiling",
        )
        for bound in ("", "_low", "_high")
    ),
)


def results_csv(evidence: Evidence) -> str:
    """Return one row for each case: seconds of a fit and ratios, each with 95 % bounds.

    A bound that one run cannot give, and a ratio to what was not measured, is left empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for backend, size, seconds in _cases(evidence):
        same_work = str(backend not in evidence.shortcuts).lower()
        row = [backend, same_work, size.n_samples, size.n_features, size.dtype, seconds.runs]
        for interval in (
            seconds,
            evidence.speedup(backend, LISTS, size),
            evidence.speedup(backend, NUMPY, size),
            evidence.fraction_of_ceiling(backend, size),
        ):
            row += bounds(interval)
        writer.writerow(row)
    return text.getvalue()


def markdown_table(evidence: Evidence) -> list[str]:
    """Return a table with a row for each case: time, and ratios to lists, NumPy and the ceiling."""
    rows = [
        "| samples × features | backend | one fit | over lists | over NumPy | of the read ceiling | runs |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for backend, size, seconds in _cases(evidence):
        fraction = evidence.fraction_of_ceiling(backend, size)
        shortcut = ", a shortcut" if backend in evidence.shortcuts else ""
        cells = [
            _size(size),
            evidence.title(backend) + shortcut,
            wording.duration(seconds),
            _speedup(evidence, backend, LISTS, size),
            _speedup(evidence, backend, NUMPY, size),
            "" if fraction is None or shortcut else wording.share(fraction),
            str(seconds.runs),
        ]
        rows.append(wording.table_row(cells))
    return rows


def _cases(evidence: Evidence) -> Iterator[tuple[str, Size, Interval]]:
    for dtype in evidence.dtypes:
        for size in evidence.sizes(dtype=dtype):
            for backend in [*evidence.backends, *evidence.shortcuts]:
                seconds = evidence.time(backend, size)
                if seconds is not None:
                    yield backend, size, seconds


def _size(size: Size) -> str:
    dtype = "" if size.dtype == "float64" else f", {size.dtype}"
    return f"{wording.count(size.n_samples)} × {size.n_features}{dtype}"


def _speedup(evidence: Evidence, backend: str, reference: str, size: Size) -> str:
    speedup = None if backend == reference else evidence.speedup(backend, reference, size)
    if speedup is None:
        return ""
    told_apart = not speedup.is_known or speedup.is_too_wide or not speedup.is_within_noise
    noise = "" if told_apart else ", within noise"
    return wording.factor(speedup) + noise


def bounds(interval: Interval | None) -> list[str]:
    """Return the cells for a value and its bounds; what is not known is empty."""
    if interval is None:
        return ["", "", ""]
    bounds = [interval.low, interval.high] if interval.is_known else []
    return [f"{value:.6g}" for value in (interval.value, *bounds)] + [""] * (2 - len(bounds))
