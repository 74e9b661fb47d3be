"""The numbers behind the verdict, as CSV for programs and as a table for people."""

import csv
import io
from collections.abc import Iterator

from npfs.analysis.evidence import LISTS, NUMPY, Evidence
from npfs.analysis.statistics import Interval
from npfs.drawing import numbers
from npfs.report import wording
from npfs.report.content import Cell, Table
from npfs.schema import Size

HEADINGS = (
    "backend", "samples × features", "one fit", "ns per sample and epoch", "over lists", "over NumPy",
    "of the read ceiling", "runs",
)  # fmt: skip
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
    for backend, size, seconds in cases(evidence):
        same_work = str(backend not in evidence.shortcuts).lower()
        row = [backend, same_work, size.n_samples, size.n_features, size.dtype, seconds.runs]
        for interval in (
            seconds,
            evidence.speedup(backend, LISTS, size),
            evidence.speedup(backend, NUMPY, size),
            evidence.fraction_of_bandwidth_limit(backend, size),
        ):
            row += bounds(interval)
        writer.writerow(row)
    return text.getvalue()


def numbers_table(evidence: Evidence) -> Table:
    """Return a row for each case: time, and ratios to lists, NumPy and the ceiling."""
    epochs = evidence.newest.epochs
    rows = []
    for backend, size, seconds in cases(evidence):
        is_shortcut = backend in evidence.shortcuts
        each = seconds.scaled(1e9 / (size.n_samples * epochs))
        fraction = None if is_shortcut else evidence.fraction_of_bandwidth_limit(backend, size)
        ratios = [_ratio(evidence, backend, reference, size) for reference in (LISTS, NUMPY)]
        rows.append(
            (
                Cell(evidence.title(backend) + (", a shortcut" if is_shortcut else "")),
                Cell(_size(size), size.numbers),
                Cell(wording.duration(seconds), seconds.value),
                Cell(numbers.significant(each.value), each.value),
                *ratios,
                Cell("") if fraction is None else Cell(wording.share(fraction), fraction.value),
                Cell(str(seconds.runs), seconds.runs),
            )
        )
    return Table("The numbers", HEADINGS, tuple(rows), (False, *(True,) * 7))


def markdown_rows(table: Table) -> list[str]:
    """Return a table as lines of Markdown."""
    return [
        wording.table_row(table.columns),
        wording.table_row("---:" if numeric else "---" for numeric in table.numeric),
        *(wording.table_row(cell.text for cell in row) for row in table.rows),
    ]


def cases(evidence: Evidence) -> Iterator[tuple[str, Size, Interval]]:
    """Yield backend, size and seconds of a fit of every case."""
    for dtype in evidence.dtypes:
        for size in evidence.sizes(dtype=dtype):
            for backend in [*evidence.backends, *evidence.shortcuts]:
                seconds = evidence.time(backend, size)
                if seconds is not None:
                    yield backend, size, seconds


def _size(size: Size) -> str:
    dtype = "" if size.dtype == "float64" else f", {size.dtype}"
    return f"{numbers.count(size.n_samples)} × {size.n_features}{dtype}"


def _ratio(evidence: Evidence, backend: str, reference: str, size: Size) -> Cell:
    speedup = None if backend == reference else evidence.speedup(backend, reference, size)
    if speedup is None:
        return Cell("")
    return Cell(wording.ratio(speedup), speedup.value)


def bounds(interval: Interval | None) -> list[str]:
    """Return the cells for a value and its bounds; what is not known is empty."""
    if interval is None:
        return ["", "", ""]
    bounds = [interval.low, interval.high] if interval.is_known else []
    return [f"{value:.6g}" for value in (interval.value, *bounds)] + [""] * (2 - len(bounds))
