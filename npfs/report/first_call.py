"""What comes once, in sentences and a table."""

from npfs.analysis import startup
from npfs.analysis.evidence import LISTS, NUMBA, NUMPY, Evidence
from npfs.analysis.startup import BreakEven, Outcome
from npfs.analysis.statistics import Interval
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.content import Cell, Table
from npfs.report.details import SHORT
from npfs.schema import COLD, TO_ARRAY, TO_LISTS, Size

PAIRS = ((NUMPY, LISTS), (NUMBA, NUMPY))
UNKNOWN = "not known"


def sentences(evidence: Evidence) -> list[str]:
    """Say after how many fits a longer start has paid, and what a conversion takes."""
    found = [
        _break_even(evidence, *pair, size)
        for pair in PAIRS
        for size in _small_and_large(evidence, *pair)
    ]
    return [*found, *_conversion(evidence)]


def once_table(evidence: Evidence) -> Table | None:
    """Return a row for each backend, memory at the largest size that all have; None without any."""
    backends = startup.backends(evidence)
    if not backends:
        return None
    size = startup.memory_size(evidence)
    at = "" if size is None else f" for {formatting.size(size)}"
    columns = (
        "backend",
        "import",
        "first result",
        "nothing compiled yet",
        f"memory held{at}",
        "at most in a fit",
    )
    rows = []
    for name in backends:
        seconds = (
            startup.seconds(evidence, name, "import_s"),
            startup.seconds(evidence, name),
            startup.seconds(evidence, name, cache=COLD),
        )
        durations = (_duration_cell(evidence, of) for of in seconds)
        rows.append((Cell(evidence.title(name)), *durations, *_memory_cells(evidence, name, size)))
    return Table("What comes once", columns, tuple(rows), (False, *(True,) * 5))


def _small_and_large(evidence: Evidence, backend: str, reference: str) -> list[Size]:
    """Return the size of the first call, or the smallest, and the largest of one feature."""
    shared = [
        size
        for size in evidence.sizes(n_features=1)
        if startup.break_even(evidence, backend, reference, size) is not None
    ]
    samples = startup.startup_samples(evidence)
    small = [size for size in shared if size.n_samples == samples] or shared[:1]
    return list(dict.fromkeys([*small, *shared[-1:]]))


def _break_even(evidence: Evidence, backend: str, reference: str, size: Size) -> str:
    found = startup.break_even(evidence, backend, reference, size)
    if found is not None and found.outcome is Outcome.NEVER:
        found = startup.break_even(evidence, reference, backend, size)
    assert found is not None, "asked only for sizes at which both are known"
    first, second = SHORT[found.backend], SHORT[found.reference]
    fits = f"of {formatting.size(size)}"
    match found.outcome:
        case Outcome.AT_ONCE:
            return (
                f"A program with {first} starts sooner than one with {second}, and its fits {fits} "
                "are faster: no number of fits changes that."
            )
        case Outcome.STARTS_ALIKE:
            return (
                f"These runs cannot tell which starts sooner, a program with {first} or one with "
                f"{second}; with {first} fits {fits} are faster."
            )
        case Outcome.FITS_ALIKE:
            return (
                f"These runs cannot tell fits {fits} with {first} from those with {second}, so not "
                "after how many of them a later start has paid."
            )
    return f"A program with {first} starts later than one with {second}; {_after(found, fits)}."


def _after(found: BreakEven, fits: str) -> str:
    if found.fits is None:
        return f"after how many fits {fits} it is ahead the runs differ too much to tell"
    if found.fits.is_known and found.fits.high < 1:
        return f"it is ahead before both have done one fit {fits}"
    if found.fits.is_too_wide and found.fewest is not None and found.most is not None:
        span = f"{numbers.significant(found.fewest)} to {numbers.significant(found.most)}"
        return f"it is ahead after {span} fits {fits}, which differs by run"
    return f"it is ahead after {formatting.number(found.fits)} fits {fits}"


def _conversion(evidence: Evidence) -> list[str]:
    sizes = [size for size in startup.conversion_sizes(evidence) if size.n_features == 1]
    there = startup.conversion(evidence, TO_ARRAY, sizes[-1]) if sizes else None
    if there is None:
        return []
    in_fits = startup.conversion_in_fits(evidence, TO_ARRAY, LISTS, sizes[-1])
    same = "" if in_fits is None else f", as long as {formatting.number(in_fits)} fits with lists"
    back = startup.conversion(evidence, TO_LISTS, sizes[-1])
    and_back = "" if back is None else f"; the way back takes {formatting.duration(back)}"
    return [
        f"Turning lists of {formatting.size(sizes[-1])} into arrays takes "
        f"{formatting.duration(there)}{same}{and_back}."
    ]


def _memory_cells(evidence: Evidence, backend: str, size: Size | None) -> list[Cell]:
    if size is None:
        return [Cell(UNKNOWN)] * 2
    cells = []
    for n_bytes in startup.memory(evidence, backend, size):
        text = UNKNOWN
        if n_bytes is not None:
            factor = numbers.significant(n_bytes / size.data_bytes)
            text = f"{numbers.significant(n_bytes / 1e6)} MB ({factor}×)"
        cells.append(Cell(text, n_bytes))
    return cells


def _duration_cell(evidence: Evidence, seconds: Interval | None) -> Cell:
    if seconds is None:
        return Cell("")
    is_single = not seconds.is_known and len(evidence.runs) > 1
    return Cell(formatting.duration(seconds) + (" (seen once)" if is_single else ""), seconds.value)


def notes(evidence: Evidence) -> list[str]:
    """Explain the columns of the table."""
    samples = startup.startup_samples(evidence)
    explained = []
    if samples:
        explained.append(
            "First result: a fresh process from its start through the import to the end of its "
            f"first fit, of {numbers.count(samples)} samples. Making data and preparing them is "
            "left out. Compiled code is on disk already, or not yet where that is said."
        )
    if startup.memory_sizes(evidence):
        explained.append(
            "Memory comes on top of the arrays that a backend is given; the factor is over their "
            "bytes."
        )
    return explained + [
        f"Some of it is not known: {reason}." for reason in startup.memory_reasons(evidence)
    ]
