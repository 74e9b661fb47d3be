"""The numbers behind the verdict, as CSV for programs and as a Markdown table for people."""

import csv
import io

from npfs.evidence.analysis import Evidence
from npfs.evidence.runs import Size
from npfs.evidence.statistics import Interval
from npfs.report import wording
from npfs.report.verdict import LISTS, NUMPY

COLUMNS = (
    "backend",
    "n_samples",
    "n_features",
    "runs",
    *(
        f"{quantity}{bound}"
        for quantity in ("seconds", f"speedup_over_{LISTS}", f"speedup_over_{NUMPY}")
        for bound in ("", "_low", "_high")
    ),
)


def results_csv(evidence: Evidence) -> str:
    """Return one row for each case: seconds of a fit and speedups, each with 95 % bounds.

    A bound that one run cannot give, and a speedup over what was not measured, is left empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for size in evidence.sizes():
        for backend in evidence.backends:
            seconds = evidence.time(backend, size)
            if seconds is None:
                continue
            row: list[object] = [backend, size.n_samples, size.n_features, seconds.runs]
            row += _bounds(seconds)
            for reference in (LISTS, NUMPY):
                row += _bounds(evidence.speedup(backend, reference, size))
            writer.writerow(row)
    return text.getvalue()


def markdown_table(evidence: Evidence) -> list[str]:
    """Return a table with a row for each case: time, and speedups over lists and over NumPy."""
    rows = [
        "| samples × features | backend | one fit | over lists | over NumPy | runs |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for size in evidence.sizes():
        for backend in evidence.backends:
            seconds = evidence.time(backend, size)
            if seconds is not None:
                cells = [
                    _size(size),
                    evidence.title(backend),
                    wording.duration(seconds),
                    _speedup(evidence, backend, LISTS, size),
                    _speedup(evidence, backend, NUMPY, size),
                    str(seconds.runs),
                ]
                rows.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return rows


def _size(size: Size) -> str:
    return f"{wording.count(size.n_samples)} × {size.n_features}"


def _speedup(evidence: Evidence, backend: str, reference: str, size: Size) -> str:
    speedup = None if backend == reference else evidence.speedup(backend, reference, size)
    if speedup is None:
        return ""
    noise = ", within noise" if speedup.is_known and speedup.is_within_noise else ""
    return wording.factor(speedup) + noise


def _bounds(interval: Interval | None) -> list[str]:
    if interval is None:
        return ["", "", ""]
    bounds = [interval.low, interval.high] if interval.is_known else []
    return [f"{value:.6g}" for value in (interval.value, *bounds)] + [""] * (2 - len(bounds))
