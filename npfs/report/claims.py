"""Claims about NumPy, each with what the numbers of this machine say of it."""

from collections.abc import Callable, Sequence

from npfs.analysis import startup
from npfs.analysis.evidence import LISTS, NUMPY
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.answer import compared_sizes, comparison, speedup_of, where_faster
from npfs.report.context import Context
from npfs.report.formatting import Sentences
from npfs.report.page import Cell, Claim, Table
from npfs.schema import Instructions

CLAIMS = Sentences("claims")
CONFIRMED, PARTLY_CONFIRMED, NOT_CONFIRMED, NOT_MEASURED = (
    "confirmed", "partly_confirmed", "not_confirmed", "not_measured",
)  # fmt: skip
# As their users know them.
LIBRARIES = {"torch": "PyTorch", "jax": "JAX"}


def claims(context: Context) -> list[Claim]:
    """Return the claims in order: where numbers lie, who loops, how fast, who builds on it."""
    rules: tuple[Callable[[Context], Claim], ...] = (
        contiguous,
        no_interpreter_loop,
        faster,
        zero_copy,
    )
    return [rule(context) for rule in rules]


def contiguous(context: Context) -> Claim:
    """Check that an array is one piece of memory, and a list points to objects."""
    layout = context.layout
    if layout is None:
        return _claim("contiguous", NOT_MEASURED, CLAIMS("layout_missing"))
    is_dense = layout.is_contiguous and layout.stride_bytes == layout.array_bytes
    sentences = [CLAIMS("array_layout", layout=layout), CLAIMS("list_layout", layout=layout)]
    standing = _standing([is_dense and layout.list_bytes > layout.array_bytes])
    return _claim("contiguous", standing, *sentences, *_held(context))


def no_interpreter_loop(context: Context) -> Claim:
    """Check that instructions of the interpreter grow with the rows for lists, not for arrays."""
    counted = {
        name: found
        for name in (*context.evidence.backends, *context.evidence.shortcuts)
        if (found := context.instructions(name))
    }
    if not {LISTS, NUMPY} <= counted.keys():
        return _claim("no_interpreter_loop", NOT_MEASURED, CLAIMS("instructions_missing"))
    lists, arrays = counted[LISTS], counted[NUMPY]
    standing = NOT_CONFIRMED
    if arrays.is_constant:
        standing = PARTLY_CONFIRMED if lists.is_constant else CONFIRMED
    sentences = CLAIMS("instructions", lists=lists, arrays=arrays), CLAIMS("counted")
    table = _instructions_table(context, counted)
    return _claim("no_interpreter_loop", standing, *sentences, table=table)


def faster(context: Context) -> Claim:
    """Check the speedup over lists at every number of rows of one feature, or on a table."""
    evidence = context.evidence
    shared = compared_sizes(evidence, NUMPY, LISTS)
    if not shared:
        return _claim("faster", NOT_MEASURED, CLAIMS("not_both"))
    speedups = [speedup_of(evidence, NUMPY, LISTS, size) for size in shared]
    if not any(speedup.is_known for speedup in speedups):
        in_it = comparison(context, NUMPY, LISTS, shared[-1])
        return _claim("faster", NOT_MEASURED, in_it, CLAIMS("one_run"))
    rows = tuple(
        (
            Cell(numbers.count(size.n_samples), size.n_samples),
            Cell(formatting.ratio(speedup), speedup.value),
        )
        for size, speedup in zip(shared, speedups, strict=True)
    )
    table = Table("NumPy over lists", ("rows", "speedup"), rows, (False, True))
    standing = _standing([one.is_above_one and not one.is_too_wide for one in speedups])
    where = where_faster(context, NUMPY, LISTS, shared) if len(shared) > 1 else []
    evidence_of = where or [comparison(context, NUMPY, LISTS, shared[-1])]
    return _claim("faster", standing, *evidence_of, table=table)


def zero_copy(context: Context) -> Claim:
    """Check that the same memory is used by deep-learning frameworks that are installed."""
    if context.layout is None:
        return _claim("zero_copy", NOT_MEASURED, CLAIMS("layout_missing"))
    tried = [one for one in context.layout.zero_copy if one.shares is not None]
    sentences = [
        CLAIMS(
            "shares" if one.shares else "copies",
            library=LIBRARIES.get(one.library, one.library),
            version=one.version,
        )
        for one in tried
    ]
    sentences += [
        CLAIMS("not_tried", library=LIBRARIES.get(one.library, one.library), reason=one.reason)
        for one in context.layout.zero_copy
        if one.shares is None
    ]
    return _claim("zero_copy", _standing([one.shares is True for one in tried]), *sentences)


def _claim(name: str, standing: str, *evidence: str, table: Table | None = None) -> Claim:
    return Claim(CLAIMS(name), CLAIMS(standing), standing, evidence, table)


def _standing(observations: Sequence[bool]) -> str:
    """Return the standing of a claim that holds in some of its observations."""
    if not observations:
        return NOT_MEASURED
    if all(observations):
        return CONFIRMED
    return PARTLY_CONFIRMED if any(observations) else NOT_CONFIRMED


def _held(context: Context) -> list[str]:
    """Return the memory that a process was measured to hold, in a sentence."""
    evidence = context.evidence
    for size in reversed([size for size in startup.memory_sizes(evidence) if size.n_features == 1]):
        lists, arrays = (startup.memory(evidence, name, size)[0] for name in (LISTS, NUMPY))
        if lists is not None and arrays is not None:
            return [CLAIMS("held", size=size, lists=lists, arrays=arrays)]
    return []


def _instructions_table(context: Context, counted: dict[str, Instructions]) -> Table:
    samples = sorted({n for record in counted.values() for n, _ in record.counts})
    rows = []
    for name, record in counted.items():
        by_samples = dict(record.counts)
        cells = [
            Cell(numbers.count(by_samples[n]), by_samples[n]) if n in by_samples else Cell("")
            for n in samples
        ]
        rows.append((Cell(context.evidence.title(name)), *cells))
    columns = ("backend", *(numbers.counted(n, "row") for n in samples))
    numeric = (False, *(True,) * len(samples))
    return Table("Python instructions in an epoch", columns, tuple(rows), numeric)
