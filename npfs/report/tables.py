"""The numbers behind the answer, a row for each case; and the same size compared on a terminal."""

from npfs.analysis.evidence import LISTS, NUMPY
from npfs.analysis.statistics import Interval
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.content import Cell, Table
from npfs.report.context import Context
from npfs.schema import Size

HEADINGS = (
    "backend", "rows × features", "one fit", "ns per row and epoch", "over lists", "over NumPy",
    "of the memory bandwidth limit", "runs",
)  # fmt: skip


def numbers_table(context: Context) -> Table:
    """Return a row for each case: time, ratios to lists and NumPy, and to the bandwidth limit."""
    evidence = context.evidence
    epochs = evidence.newest.epochs
    rows = []
    for backend, size, seconds in context.cases:
        is_shortcut = backend in evidence.shortcuts
        each = seconds.scaled(1e9 / (size.n_samples * epochs))
        share = None if is_shortcut else evidence.fraction_of_bandwidth_limit(backend, size)
        ratios = [_ratio(context, backend, reference, size) for reference in (LISTS, NUMPY)]
        rows.append(
            (
                Cell(evidence.title(backend) + (", a shortcut" if is_shortcut else "")),
                Cell(_size(size), size.numbers),
                Cell(formatting.duration(seconds), seconds.value),
                Cell(numbers.significant(each.value), each.value),
                *ratios,
                Cell("") if share is None else Cell(formatting.share(share), share.value),
                Cell(str(seconds.runs), seconds.runs),
            )
        )
    return Table("The numbers", HEADINGS, tuple(rows), (False, *(True,) * 7))


def fit_lines(context: Context) -> list[str]:
    """Return the times of one fit at the largest size that all backends have, aligned.

    A row for each backend: its time, the margin of error, and the speedup over lists.
    """
    size = _common_size(context)
    if size is None:
        return []
    evidence = context.evidence
    rows = [("", "time", "margin", "over lists" if LISTS in evidence.backends else "")]
    for backend in evidence.backends:
        seconds = evidence.time(backend, size)
        if seconds is not None:
            ratio = evidence.speedup(backend, LISTS, size)
            over = formatting.rough(ratio.value) if ratio else ""
            over = "1×" if backend == LISTS else over
            rows.append((evidence.title(backend), *_time(seconds), over))
    heading = f"One fit of {formatting.size(size)}, {evidence.newest.epochs} epochs"
    return [heading, *formatting.aligned(rows, 76, from_the_right={1, 2, 3})]


def _common_size(context: Context) -> Size | None:
    """Return the largest size that every backend has, or as many as any size."""
    evidence = context.evidence
    counts = {
        size: sum(evidence.time(name, size) is not None for name in evidence.backends)
        for size in evidence.sizes(n_features=1) or evidence.sizes()
    }
    return max(counts, key=lambda size: (counts[size], size.numbers), default=None)


def _time(seconds: Interval) -> tuple[str, str]:
    margin = "" if not seconds.is_known else f"± {numbers.percent(seconds.margin_of_error)} %"
    return numbers.time(seconds.value), "too uncertain" if seconds.is_too_wide else margin


def _size(size: Size) -> str:
    dtype = "" if size.dtype == "float64" else f", {size.dtype}"
    return f"{numbers.count(size.n_samples)} × {size.n_features}{dtype}"


def _ratio(context: Context, backend: str, reference: str, size: Size) -> Cell:
    speedup = None if backend == reference else context.evidence.speedup(backend, reference, size)
    if speedup is None:
        return Cell("")
    return Cell(formatting.ratio(speedup), speedup.value)
