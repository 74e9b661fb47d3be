"""The tables of the page: what to choose in which situation, and the numbers behind the verdict."""

from collections.abc import Iterator, Mapping

from npfs.analysis import startup
from npfs.analysis.decisions import Decision, Quantity, Situation, costs, decisions
from npfs.analysis.evidence import LISTS, NUMPY, Evidence
from npfs.analysis.scale import is_all_there_is
from npfs.analysis.statistics import Interval
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.content import Cell, Table
from npfs.report.details import SHORT
from npfs.schema import Size

CAPTION = "What to choose"
NAMED = 3  # choices within noise of each other; the others are counted
ITSELF = "the choice itself"
BETTER = {Quantity.FIT: "as fast", Quantity.FIRST_RESULT: "as soon"}
# What to measure where nothing suits a situation.
MISSING = {
    Situation.TABLE: "a backend that is timed on it",
    Situation.HANDFUL: "--sizes 10",
    Situation.THOUSANDS: "--sizes 1000",
    Situation.MILLIONS: "--sizes 1e6",
    Situation.MANY_FEATURES: "--features 64",
    Situation.ONCE: "more than one backend, with its first call",
    Situation.SERVICE: "--sizes 1e4",
    Situation.MEMORY: (
        "more than one backend, with its memory, which the first run of a command looks at"
    ),
}
HEADINGS = (
    "backend", "samples × features", "one fit", "ns per sample and epoch", "over lists",
    "over NumPy", "of the read ceiling", "runs",
)  # fmt: skip


def decision_table(evidence: Evidence) -> Table | None:
    """Return a row for each situation, with the costs of the first choice; None for large data."""
    if is_all_there_is(evidence):
        return None
    rows = tuple(_row(evidence, decision) for decision in decisions(evidence))
    samples, size = startup.startup_samples(evidence), startup.memory_size(evidence)
    columns = (
        "situation",
        "choose",
        "against lists",
        "against NumPy",
        f"first result of {numbers.short_count(samples)}" if samples else "first result",
        "memory in a fit" if size is None else f"memory of {numbers.short_count(size.n_samples)}",
        "to install",
        "lines of code",
    )
    return Table(CAPTION, columns, rows, (False,) * 2 + (True,) * 6)


def decision_notes(evidence: Evidence) -> list[str]:
    """Explain the table, and name the break-even of a choice for a service."""
    if is_all_there_is(evidence):
        return []
    notes = [
        "Factors compare the choice with Python lists, and with NumPy as the formula reads. "
        "Choices within noise of each other are all named, the one with the fewest lines of code "
        "first; the costs are those of the first.",
    ]
    size = startup.memory_size(evidence)
    if size is not None:
        notes.append(
            f"Memory is the most that a fit of {formatting.size(size)} takes beside the arrays it is "
            "given, and its share of them; where it decides, these arrays count as well, but for "
            "lists, which do without. It is seen in the first run of a command alone. The first "
            f"result is that of {numbers.count(startup.startup_samples(evidence))} samples, in a "
            "fresh process."
        )
    for decision in decisions(evidence):
        paid = decision.break_even
        if paid is not None and paid.fits is not None:
            notes.append(
                f"{evidence.title(paid.backend)} starts later than {SHORT[NUMPY]} and is ahead "
                f"after {formatting.number(paid.fits)} fits of {formatting.size(paid.size)}."
            )
    return notes


def choice(evidence: Evidence, decision: Decision) -> str:
    """Name what to choose, or what to measure first."""
    if decision.is_uncertain:
        return "the runs differ too much to tell; add runs"
    if not decision.choices:
        what = MISSING[decision.situation] if decision.size is None else "more than one backend"
        return f"not measured; it takes {what}"
    titles = [evidence.title(name) for name in decision.choices]
    if len(titles) > NAMED:
        titles = [*titles[: NAMED - 1], f"{len(titles) - NAMED + 1} others"]
    notes = ["within noise"] * (len(titles) > 1)
    if decision.quantity is Quantity.FIT and decision.size is not None:
        timed = [name for name in evidence.backends if evidence.time(name, decision.size)]
        if len(timed) < len(evidence.backends):
            notes.append(f"of {len(timed)} timed")
    return " or ".join(titles) + (f" ({', '.join(notes)})" if notes else "")


def situation(decision: Decision) -> str:
    """Name the situation, and what was measured for it."""
    if decision.size is None:
        return decision.situation.value
    return (
        f"{decision.situation.value} ({decision.quantity.value} of {formatting.size(decision.size)})"
    )


def against(decision: Decision, reference: str) -> str:
    """Return the factor of the first choice for a cell; empty if it was not compared."""
    if decision.choices[:1] == (reference,):
        return ITSELF
    return _factor(decision, reference)[0]


def _factor(decision: Decision, reference: str) -> tuple[str, str]:
    """Return the factor, and the preposition that puts a name behind it; empty if not compared."""
    factor = decision.factors.get(reference)
    if factor is None:
        return "", ""
    if factor.is_known and (factor.is_too_wide or not factor.is_significant):
        return formatting.ratio(factor), "against"
    if decision.quantity is Quantity.MEMORY:  # seen in one process, where one run is enough
        return f"{numbers.significant(factor.value)}× less memory (seen once)", "against"
    return f"{formatting.factor(factor)} {BETTER[decision.quantity]}", "as with"


def spoken(evidence: Evidence, decision: Decision) -> str:
    """Return a choice and its factors for a line of their own."""
    factors = [
        f"{' '.join(_factor(decision, reference))} {name}"
        for reference, name in ((LISTS, "lists"), (NUMPY, "NumPy"))
        if reference in decision.factors and decision.choices[:1] != (reference,)
    ]
    return ": ".join(filter(None, (choice(evidence, decision), ", ".join(factors))))


def _row(evidence: Evidence, decision: Decision) -> tuple[Cell, ...]:
    texts = [
        situation(decision),
        choice(evidence, decision),
        *(against(decision, reference) for reference in (LISTS, NUMPY)),
        *(_costs(evidence, decision.choices[0]) if decision.choices else ("",) * 4),
    ]
    return tuple(map(Cell, texts))


def _costs(evidence: Evidence, name: str) -> tuple[str, str, str, str]:
    """Return the first result, the memory, what to install and the lines of code of a backend."""
    seconds, size = startup.seconds(evidence, name), startup.memory_size(evidence)
    first = "" if seconds is None else formatting.duration(seconds)
    memory = ""
    if size is not None and (peak := startup.memory(evidence, name, size)[1]) is not None:
        share = numbers.significant(peak / size.data_bytes, 2)
        memory = f"{numbers.n_bytes(peak)} ({share}× the data)"
    cost = costs(evidence).get(name)
    if cost is None:
        return first, memory, "", ""
    lines = "" if cost.lines_of_code is None else str(cost.lines_of_code)
    return first, memory, to_install(cost.installed or {}), lines


def to_install(installed: Mapping[str, int]) -> str:
    """Return the bytes to install, with their packages."""
    if not installed:
        return "nothing"
    names = sorted(installed, key=lambda name: -installed[name])
    named = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{numbers.n_bytes(sum(installed.values()))} ({named})"


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
                Cell(formatting.duration(seconds), seconds.value),
                Cell(numbers.significant(each.value), each.value),
                *ratios,
                Cell("") if fraction is None else Cell(formatting.share(fraction), fraction.value),
                Cell(str(seconds.runs), seconds.runs),
            )
        )
    return Table("The numbers", HEADINGS, tuple(rows), (False, *(True,) * 7))


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
    return Cell(formatting.ratio(speedup), speedup.value)
