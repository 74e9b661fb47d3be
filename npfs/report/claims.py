"""Claims about NumPy, each with what the numbers of this machine say of it."""

from collections.abc import Callable, Sequence

from npfs.analysis import startup
from npfs.analysis.evidence import LISTS, NUMPY, Evidence
from npfs.analysis.runs import backend_of
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.content import (
    CONFIRMED,
    NOT_CONFIRMED,
    NOT_MEASURED,
    PARTLY_CONFIRMED,
    Cell,
    Claim,
    Table,
)
from npfs.report.details import compared_sizes, comparison, speedup_of
from npfs.schema import Instructions, Layout

# As their users know them.
LIBRARIES = {"torch": "PyTorch", "jax": "JAX"}
ADD_A_RUN = "the first run of a command, without --budget, looks at it"


def claims(evidence: Evidence) -> list[Claim]:
    """Return the claims in order: where numbers lie, who loops, how fast, who builds on it."""
    rules: tuple[Callable[[Evidence], Claim], ...] = (
        numbers_lie_side_by_side,
        the_loop_is_not_pythons,
        a_fit_is_faster,
        others_take_its_arrays,
    )
    return [rule(evidence) for rule in rules]


def numbers_lie_side_by_side(evidence: Evidence) -> Claim:
    """An array is one piece of memory, a list points to objects."""
    claim = "An array keeps its numbers side by side in memory; a list keeps pointers to them."
    layout = newest_layout(evidence)
    if layout is None:
        return Claim(claim, NOT_MEASURED, (f"Not looked at: {ADD_A_RUN}.",))
    is_dense = layout.is_contiguous and layout.stride_bytes == layout.array_bytes
    standing = _standing([is_dense and layout.list_bytes > layout.array_bytes])
    sentences = (
        f"In an array a number takes {layout.array_bytes} bytes and the next begins "
        f"{layout.stride_bytes} bytes further on.",
        f"In a list it takes a pointer of {layout.pointer_bytes:.0f} bytes and an object of its "
        f"own of {layout.object_bytes:.0f}{_gaps(layout)}.",
        *_held(evidence),
    )
    return Claim(claim, standing, sentences)


def the_loop_is_not_pythons(evidence: Evidence) -> Claim:
    """Instructions of the interpreter grow with the samples for lists, and do not for arrays."""
    claim = (
        "Vectorised code moves the loop out of the interpreter: more samples are no more "
        "instructions of Python."
    )
    counted = {
        name: found
        for name in (*evidence.backends, *evidence.shortcuts)
        if (found := instructions(evidence, name))
    }
    if not {LISTS, NUMPY} <= counted.keys():
        why = f"Not counted for both lists and NumPy: {ADD_A_RUN}."
        return Claim(claim, NOT_MEASURED, (why,))
    lists, arrays = counted[LISTS], counted[NUMPY]
    standing = NOT_CONFIRMED
    if arrays.is_constant:
        standing = PARTLY_CONFIRMED if lists.is_constant else CONFIRMED
    each = f"{lists.per_sample:.3g} instructions for each further sample of an epoch"
    sentences = (
        f"With lists the interpreter executes {each}; with NumPy "
        + (
            f"{numbers.count(arrays.counts[0][1])} in an epoch, however many samples there are."
            if arrays.is_constant
            else f"{arrays.per_sample:.3g}."
        ),
        "Counted, not timed, so a faster machine does not change it.",
    )
    return Claim(claim, standing, sentences, _instructions_table(evidence, counted))


def a_fit_is_faster(evidence: Evidence) -> Claim:
    """Speedups over lists at every measured number of samples of one feature, or on a table."""
    claim = "A fit with NumPy is faster than with lists."
    shared = compared_sizes(evidence, NUMPY, LISTS)
    if not shared:
        why = "Lists and NumPy were not both timed at a size of one feature."
        return Claim(claim, NOT_MEASURED, (why,))
    speedups = [speedup_of(evidence, NUMPY, LISTS, size) for size in shared]
    if not any(speedup.is_known for speedup in speedups):
        one_run = "One run gives no interval, so it bears out nothing: add runs."
        in_it = comparison(evidence, NUMPY, LISTS, shared[-1])
        return Claim(claim, NOT_MEASURED, (in_it, one_run))
    standing = _standing([one.is_above_one and not one.is_too_wide for one in speedups])
    sentences = tuple(
        comparison(evidence, NUMPY, LISTS, size) for size in dict.fromkeys((shared[0], shared[-1]))
    )
    rows = tuple(
        (
            Cell(numbers.count(size.n_samples), size.n_samples),
            Cell(formatting.ratio(speedup), speedup.value),
        )
        for size, speedup in zip(shared, speedups, strict=True)
    )
    table = Table("NumPy over lists", ("samples", "times as fast"), rows, (False, True))
    return Claim(claim, standing, sentences, table)


def others_take_its_arrays(evidence: Evidence) -> Claim:
    """The same memory is handed to deep-learning frameworks, where they are installed."""
    claim = (
        "Deep-learning frameworks build on its arrays: they take one as it lies in memory, without "
        "a copy."
    )
    layout = newest_layout(evidence)
    if layout is None:
        return Claim(claim, NOT_MEASURED, (f"Not looked at: {ADD_A_RUN}.",))
    seen = [handed for handed in layout.zero_copy if handed.shares is not None]
    not_seen = [handed for handed in layout.zero_copy if handed.shares is None]
    standing = _standing([handed.shares is True for handed in seen])
    sentences = [
        f"{LIBRARIES.get(handed.library, handed.library)} {handed.version} "
        + (
            "works on the very address of the array it is given."
            if handed.shares
            else "made a copy of the array."
        )
        for handed in seen
    ]
    sentences += [
        f"{LIBRARIES.get(handed.library, handed.library)} was not looked at: {handed.reason}."
        for handed in not_seen
    ]
    return Claim(claim, standing, tuple(sentences))


def _standing(observations: Sequence[bool]) -> str:
    """Return the standing of a claim that holds in some of its observations."""
    if not observations:
        return NOT_MEASURED
    if all(observations):
        return CONFIRMED
    return PARTLY_CONFIRMED if any(observations) else NOT_CONFIRMED


def newest_layout(evidence: Evidence) -> Layout | None:
    """Return the layout of the newest run that recorded one."""
    layouts = (case.layout for case in reversed(evidence.all_cases))
    return next((layout for layout in layouts if layout is not None), None)


def instructions(evidence: Evidence, backend: str) -> Instructions | None:
    """Return the newest count of a backend as it is now; None if there is none."""
    source = evidence.sources.get(backend)
    counts = (
        case.instructions
        for case in reversed(evidence.all_cases)
        if case.instructions and backend_of(case) == backend and source in (None, case.source)
    )
    return next(counts, None)


def _gaps(layout: Layout) -> str:
    if layout.gap_bytes is None or layout.gap_share is None:
        return ""
    share = numbers.significant(100 * layout.gap_share)
    return (
        f"; {share} % of these objects lie {layout.gap_bytes} bytes apart in a list that was just "
        f"made, so it is {layout.pointer_bytes + layout.gap_bytes:.0f} bytes in all"
    )


def _held(evidence: Evidence) -> list[str]:
    """Return the memory that a process was measured to hold, in a sentence."""
    for size in reversed([size for size in startup.memory_sizes(evidence) if size.n_features == 1]):
        lists, arrays = (startup.memory(evidence, name, size)[0] for name in (LISTS, NUMPY))
        if lists is not None and arrays is not None:
            return [
                f"For {formatting.size(size)} a process was seen to hold {numbers.n_bytes(lists)} "
                f"more with lists and {numbers.n_bytes(arrays)} more with arrays."
            ]
    return []


def _instructions_table(evidence: Evidence, counted: dict[str, Instructions]) -> Table:
    samples = sorted({n for record in counted.values() for n, _ in record.counts})
    rows = []
    for name, record in counted.items():
        by_samples = dict(record.counts)
        cells = [
            Cell(numbers.count(by_samples[n]), by_samples[n]) if n in by_samples else Cell("")
            for n in samples
        ]
        rows.append((Cell(evidence.title(name)), *cells))
    columns = ("backend", *(f"{numbers.count(n)} samples" for n in samples))
    numeric = (False, *(True,) * len(samples))
    return Table("Instructions of the interpreter in an epoch", columns, tuple(rows), numeric)
