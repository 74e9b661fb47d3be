"""The verdict: the answer in three sentences.

No backend is favoured, and nothing is said without a measured number: a rule that lacks its numbers
says nothing.
"""

from collections.abc import Callable

from npfs.analysis import startup
from npfs.analysis.evidence import LISTS, NUMBA, NUMPY, Evidence
from npfs.analysis.scale import is_all_there_is
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.details import (
    READING_COUNTS_FROM,
    SHORT,
    compared_sizes,
    comparison,
    least_and_most,
    shared_sizes,
    speedup_of,
)
from npfs.report.scale import scale_sentences
from npfs.schema import Size

QUESTION = "Why NumPy, and not lists? And do I need Numba?"
OF_LARGE_DATA = "When memory ends: a mapped file, or a cluster?"


def question(evidence: Evidence) -> str:
    """Return the question that the runs answer."""
    return OF_LARGE_DATA if is_all_there_is(evidence) else QUESTION


def answer(evidence: Evidence) -> list[str]:
    """Return the answer: lists or NumPy, NumPy or Numba, and what it costs, as far as measured."""
    rules: tuple[Callable[[Evidence], str], ...] = (lists_or_numpy, numpy_or_numba, what_it_costs)
    if is_all_there_is(evidence):
        return scale_sentences(evidence)[:3]
    return [sentence for rule in rules if (sentence := rule(evidence))]


def lists_or_numpy(evidence: Evidence) -> str:
    """Compare lists with NumPy: the crossover, and the speedups around it."""
    shared = shared_sizes(evidence, NUMPY, LISTS, n_features=1)
    if not shared:
        of_data = compared_sizes(evidence, NUMPY, LISTS)
        return comparison(evidence, NUMPY, LISTS, of_data[-1]) if of_data else ""
    most = shared[-1]
    speedup = speedup_of(evidence, NUMPY, LISTS, most)
    if not speedup.is_known:
        return _in_one_run(evidence, shared)
    if speedup.is_too_wide or not speedup.is_significant:
        return comparison(evidence, NUMPY, LISTS, most)
    if speedup.is_below_one:
        turned = speedup_of(evidence, LISTS, NUMPY, most)
        return (
            f"Stay with lists here: on {formatting.size(most)} a fit is {formatting.factor(turned)} as "
            "fast as with NumPy."
        )
    crossover = evidence.crossover(NUMPY, LISTS)
    assert crossover is not None
    assert crossover.above is not None, "NumPy is faster at the largest size"
    where = "at every measured number of samples"
    if crossover.below is not None:
        where = f"from {numbers.count(crossover.above)} samples on"
    won = [size for size in shared if speedup_of(evidence, LISTS, NUMPY, size).is_above_one]
    below = ""
    if won:
        lists = formatting.factor(speedup_of(evidence, LISTS, NUMPY, won[0]))
        below = f"; on {formatting.size(won[0])} lists are {lists} as fast"
    return (
        f"Use NumPy in place of lists {where}: on {numbers.count(most.n_samples)} a fit is "
        f"{formatting.factor(speedup)} as fast{below}."
    )


def _in_one_run(evidence: Evidence, shared: list[Size]) -> str:
    """Compare at the most samples, and at the fewest if the other is ahead there."""
    fewest, most = (speedup_of(evidence, NUMPY, LISTS, size) for size in (shared[0], shared[-1]))
    sizes = shared[-1:] if (fewest.value < 1) == (most.value < 1) else [shared[-1], shared[0]]
    return " ".join(comparison(evidence, NUMPY, LISTS, size) for size in sizes)


def numpy_or_numba(evidence: Evidence) -> str:
    """Compare a plain compiled loop with NumPy, for one feature and for the most."""
    one = shared_sizes(evidence, NUMBA, NUMPY, n_features=1)
    many = [size for size in shared_sizes(evidence, NUMBA, NUMPY) if size.n_features > 1]
    if not one:
        return comparison(evidence, NUMBA, NUMPY, many[-1]) if many else ""
    speedups = {size: speedup_of(evidence, NUMBA, NUMPY, size) for size in one}
    above = [size for size in one if speedups[size].is_above_one]
    if not above or any(speedups[size].is_too_wide for size in above):
        if all(speedup.is_below_one for speedup in speedups.values()):
            turned = formatting.factor(speedup_of(evidence, NUMPY, NUMBA, one[-1]))
            return (
                "On one feature you do not need Numba: NumPy is faster at every measured number of "
                f"samples, {turned} on "
                f"{formatting.size(one[-1])}{_with_many_features(evidence, many)}."
            )
        return comparison(evidence, NUMBA, NUMPY, one[-1])
    low, high = least_and_most({size: speedups[size] for size in above})
    said = (
        f"{formatting.factor(speedups[low])} as fast as NumPy at {numbers.count(low.n_samples)} "
        "samples"
    )
    if high != low:
        said += f" and {formatting.factor(speedups[high])} at {numbers.count(high.n_samples)}"
    if len(above) == len(one):
        start = "Numba is faster still"
    else:
        sizes = numbers.listed([numbers.count(size.n_samples) for size in above])
        start = f"Numba is faster than NumPy at {sizes} samples, not at the others"
    return f"{start}: a plain compiled loop is {said}{_with_many_features(evidence, many)}."


def what_it_costs(evidence: Evidence) -> str:
    """Return the cost of a start, and the fits after which it has paid."""
    known = {name: startup.seconds(evidence, name) for name in (LISTS, NUMPY, NUMBA)}
    starts = [
        f"{formatting.seen(seconds)} with {SHORT[name]}"
        for name, seconds in known.items()
        if seconds is not None
    ]
    if len(starts) < 2:
        return ""
    return (
        f"The price is the start: the first result takes {numbers.listed(starts)}{_paid(evidence)}."
    )


def _with_many_features(evidence: Evidence, many: list[Size]) -> str:
    """Return a clause on the most features: who is ahead."""
    if not many:
        return ""
    size = max(many, key=lambda size: (size.n_features, -abs(size.n_samples - READING_COUNTS_FROM)))
    speedup = speedup_of(evidence, NUMBA, NUMPY, size)
    where = f"on {formatting.size(size)}"
    if not speedup.is_known or speedup.is_too_wide or speedup.is_above_one:
        return f"; {where} Numba is {formatting.factor(speedup)} as fast as NumPy"
    turned = formatting.factor(speedup_of(evidence, NUMPY, NUMBA, size))
    if not speedup.is_significant:
        return f"; {where} the two are within noise of each other, {turned} for NumPy"
    return f"; {where} NumPy is {turned} as fast as Numba"


def _paid(evidence: Evidence) -> str:
    """Return a clause: how many fits repay Numba's start."""
    size = Size(startup.startup_samples(evidence), 1)
    paid = startup.break_even(evidence, NUMBA, NUMPY, size) if size.n_samples else None
    if paid is None or paid.fits is None or paid.fits.is_too_wide:
        return ""
    return f", which {formatting.number(paid.fits)} fits of {formatting.size(size)} repay"
