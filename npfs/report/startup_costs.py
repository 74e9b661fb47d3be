"""Startup, memory and conversions, in sentences and a table."""

from npfs.analysis import startup
from npfs.analysis.evidence import LISTS, NUMBA, NUMPY
from npfs.analysis.startup import Outcome
from npfs.analysis.statistics import Interval
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.context import SHORT, Context
from npfs.report.formatting import Sentences
from npfs.report.page import Cell, Table
from npfs.schema import COLD, TO_ARRAY, TO_LISTS, Size

STARTUP = Sentences("startup")
OUTCOMES = {
    Outcome.AT_ONCE: "sooner",
    Outcome.STARTS_ALIKE: "startup_alike",
    Outcome.FITS_ALIKE: "fits_alike",
}
PAIRS = ((NUMPY, LISTS), (NUMBA, NUMPY))


def sentences(context: Context) -> list[str]:
    """Say after how many fits a longer startup breaks even, and what a conversion takes."""
    found = [
        _break_even(context, *pair, size)
        for pair in PAIRS
        for size in _small_and_large(context, *pair)
    ]
    return [*found, *_conversion(context)]


def startup_table(context: Context) -> Table | None:
    """Return a row for each backend, memory at the largest size that all have; None without any."""
    evidence = context.evidence
    backends = startup.backends(evidence)
    if not backends:
        return None
    size = context.memory_size
    at = "" if size is None else f" at {formatting.size(size)}"
    columns = (
        "backend",
        "import",
        "first result",
        "nothing compiled yet",
        f"memory held{at}",
        "peak in a fit",
        "to install",
        "lines of the fit",
    )
    rows = []
    for name in backends:
        seconds = (
            startup.seconds(evidence, name, "import_s"),
            startup.seconds(evidence, name),
            startup.seconds(evidence, name, cache=COLD),
        )
        durations = (_duration_cell(context, of) for of in seconds)
        memory = _memory_cells(context, name, size)
        rows.append((Cell(evidence.title(name)), *durations, *memory, *_cost_cells(context, name)))
    return Table("Startup, memory and code", columns, tuple(rows), (False, *(True,) * 7))


def _small_and_large(context: Context, backend: str, reference: str) -> list[Size]:
    """Return the size of the first call, or the smallest, and the largest of one feature."""
    evidence = context.evidence
    shared = [
        size
        for size in evidence.sizes(n_features=1)
        if startup.break_even(evidence, backend, reference, size) is not None
    ]
    samples = startup.startup_samples(evidence)
    small = [size for size in shared if size.n_samples == samples] or shared[:1]
    return list(dict.fromkeys([*small, *shared[-1:]]))


def _break_even(context: Context, backend: str, reference: str, size: Size) -> str:
    found = startup.break_even(context.evidence, backend, reference, size)
    if found is not None and found.outcome is Outcome.NEVER:
        found = startup.break_even(context.evidence, reference, backend, size)
    assert found is not None, "asked only for sizes at which both are known"
    pair = {"a": SHORT[found.backend], "b": SHORT[found.reference], "size": size}
    if found.outcome is not Outcome.AFTER:
        return STARTUP(OUTCOMES[found.outcome], **pair)
    if found.fits is None:
        return STARTUP("after_unknown", **pair)
    if found.fits.is_known and found.fits.high < 1:
        return STARTUP("within_one_fit", **pair)
    if found.fits.is_too_wide:
        return STARTUP("after_range", **pair, fewest=found.fewest, most=found.most)
    return STARTUP("after", **pair, fits=found.fits)


def _conversion(context: Context) -> list[str]:
    evidence = context.evidence
    sizes = [size for size in startup.conversion_sizes(evidence) if size.n_features == 1]
    there = startup.conversion(evidence, TO_ARRAY, sizes[-1]) if sizes else None
    if there is None:
        return []
    fits = startup.conversion_in_fits(evidence, TO_ARRAY, LISTS, sizes[-1])
    back = startup.conversion(evidence, TO_LISTS, sizes[-1])
    return [STARTUP("conversion", size=sizes[-1], to_array=there, fits=fits, to_lists=back)]


def _memory_cells(context: Context, backend: str, size: Size | None) -> list[Cell]:
    if size is None:
        return [Cell(STARTUP("unknown"))] * 2
    cells = []
    for n_bytes in startup.memory(context.evidence, backend, size):
        text = STARTUP("unknown")
        if n_bytes is not None:
            factor = numbers.significant(n_bytes / size.data_bytes)
            text = f"{numbers.significant(n_bytes / 1e6)} MB ({factor}×)"
        cells.append(Cell(text, n_bytes))
    return cells


def _cost_cells(context: Context, backend: str) -> tuple[Cell, Cell]:
    """Return the bytes to install with their packages, and the lines of the fit."""
    cost = context.costs.get(backend)
    if cost is None:
        return Cell(""), Cell("")
    names = sorted(cost.installed or {}, key=lambda name: -(cost.installed or {})[name])
    named = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    text = f"{numbers.n_bytes(cost.installed_bytes)} ({named})" if names else "nothing"
    lines = cost.fit_lines
    return Cell(text, cost.installed_bytes), Cell("" if lines is None else str(lines), lines)


def _duration_cell(context: Context, seconds: Interval | None) -> Cell:
    if seconds is None:
        return Cell("")
    is_single = not seconds.is_known and len(context.evidence.runs) > 1
    note = f" ({STARTUP('single')})" if is_single else ""
    return Cell(formatting.duration(seconds) + note, seconds.value)


def notes(context: Context) -> list[str]:
    """Explain the columns of the table."""
    samples = startup.startup_samples(context.evidence)
    explained = [STARTUP("first_result", samples=samples)] if samples else []
    explained += [STARTUP("memory")] if context.memory_size else []
    reasons = startup.memory_reasons(context.evidence)
    return explained + [STARTUP("memory_unknown", reason=reason) for reason in reasons]
