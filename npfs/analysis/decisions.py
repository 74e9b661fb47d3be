"""What to choose in which situation, from the numbers alone: no tool is favoured.

Candidates are the backends that do the same work. Where the fastest cannot be told from others, the one with the
fewest lines of code is named first, since it costs the least to keep.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from npfs.analysis import startup as once
from npfs.analysis.evidence import LISTS, NUMPY, Evidence
from npfs.analysis.fastest import best_of, fastest
from npfs.analysis.startup import BreakEven
from npfs.analysis.statistics import Interval, ratio_interval
from npfs.schema import Backend, Size

# Memory is counted in pages and arenas: less than this says nothing.
SAME_MEMORY = 1.05


class Situation(Enum):
    """What a person may be about to do."""

    TABLE = "this table"
    HANDFUL = "a handful of numbers"
    THOUSANDS = "thousands"
    MILLIONS = "millions"
    MANY_FEATURES = "many features"
    ONCE = "a script that runs once"
    SERVICE = "a service that fits all day"
    MEMORY = "data near the memory's size"


class Quantity(Enum):
    """What decides."""

    FIT = "a fit"
    FIRST_RESULT = "first result"
    MEMORY = "memory"


@dataclass(frozen=True)
class Decision:
    """What to choose in a situation.

    Attributes
    ----------
    size : Size or None
        Where it was measured; None if nothing suits, and then ``choices`` is empty.
    choices : tuple of str
        The best, and all that cannot be told from it; the simplest of them first.
    factors : mapping of str to Interval
        How many times better the first choice is than lists and than NumPy: in time, or in memory.
    break_even : BreakEven or None
        Of the first choice with NumPy, for a service and for a table.
    is_uncertain : bool
        Whether the runs differ too much to choose.
    """

    situation: Situation
    quantity: Quantity
    size: Size | None
    choices: tuple[str, ...] = ()
    factors: dict[str, Interval] = field(default_factory=dict)
    break_even: BreakEven | None = None
    is_uncertain: bool = False


def decisions(evidence: Evidence) -> list[Decision]:
    """Return a decision for every situation, in the order of reading; of a table for those that it tells."""
    if evidence.newest.data is not None:
        on_table = _by_time(evidence, Situation.TABLE, max(evidence.sizes(), default=None))
        memory = [_by_memory(evidence)] if once.memory_size(evidence) else []
        return [on_table, _by_first_result(evidence), *memory]
    one = evidence.sizes(n_features=1)
    many = [size for size in evidence.sizes(many=True) if size.n_features >= 8]
    widest = max((size.n_features for size in many), default=0)
    return [
        _by_time(evidence, Situation.HANDFUL, _nearest(one, 10, at_most=100)),
        _by_time(evidence, Situation.THOUSANDS, _nearest(one, 1_000, at_least=500, at_most=50_000)),
        _by_time(evidence, Situation.MILLIONS, _nearest(one, 1_000_000, at_least=500_000)),
        _by_time(
            evidence,
            Situation.MANY_FEATURES,
            _nearest([size for size in many if size.n_features == widest], 10_000),
        ),
        _by_first_result(evidence),
        _by_time(evidence, Situation.SERVICE, _nearest(one, 10_000, at_least=2_000)),
        _by_memory(evidence),
    ]


def costs(evidence: Evidence) -> dict[str, Backend]:
    """Return the newest record of each backend that has its costs; older files have none."""
    return {
        name: backend
        for run in evidence.runs
        for name, backend in run.backends.items()
        if backend.installed is not None
    }


def _nearest(
    sizes: Iterable[Size], n_samples: int, *, at_least: int = 1, at_most: float = math.inf
) -> Size | None:
    """Return the size whose number of samples is nearest by its factor; of two the smaller."""
    suiting = [size for size in sizes if at_least <= size.n_samples <= at_most]
    return min(
        suiting,
        key=lambda size: (abs(math.log(size.n_samples / n_samples)), size),
        default=None,
    )


def _by_time(evidence: Evidence, situation: Situation, size: Size | None) -> Decision:
    if size is None:
        return Decision(situation, Quantity.FIT, None)
    names = fastest(evidence, size)
    if not names:
        return Decision(situation, Quantity.FIT, size)
    if any(_is_too_wide(evidence.speedup(names[0], name, size)) for name in names[1:]):
        return Decision(situation, Quantity.FIT, size, is_uncertain=True)
    choices = _simplest_first(evidence, names)
    factors = {
        name: factor
        for name in (LISTS, NUMPY)
        if name != choices[0] and (factor := evidence.speedup(choices[0], name, size)) is not None
    }
    paid = None
    if situation in (Situation.SERVICE, Situation.TABLE) and choices[0] != NUMPY:
        paid = once.break_even(evidence, choices[0], NUMPY, size)
    return Decision(situation, Quantity.FIT, size, choices, factors, paid)


def _by_first_result(evidence: Evidence) -> Decision:
    """Compare whole first calls: interpreter, import and the first fit."""
    size = Size(once.first_call_samples(evidence), 1)
    known = {name: once.seconds(evidence, name) for name in evidence.backends}
    seconds = {name: interval.value for name, interval in known.items() if interval is not None}
    if len(seconds) < 2:
        return Decision(Situation.ONCE, Quantity.FIRST_RESULT, None)
    names = best_of(seconds, lambda a, b: _sooner(evidence, a, b))
    if any(_is_too_wide(_sooner(evidence, names[0], name)) for name in names[1:]):
        return Decision(Situation.ONCE, Quantity.FIRST_RESULT, size, is_uncertain=True)
    choices = _simplest_first(evidence, names)
    factors = {
        name: ratio
        for name in (LISTS, NUMPY)
        if name != choices[0] and (ratio := _sooner(evidence, choices[0], name)) is not None
    }
    return Decision(Situation.ONCE, Quantity.FIRST_RESULT, size, choices, factors)


def _sooner(evidence: Evidence, backend: str, reference: str) -> Interval | None:
    """Return how many times sooner the first result is there, paired within runs."""
    mine, other = once.first_calls(evidence, backend), once.first_calls(evidence, reference)
    runs = sorted(mine.keys() & other.keys())
    if not runs:
        return None
    return ratio_interval(
        [other[run].first_result_s for run in runs], [mine[run].first_result_s for run in runs]
    )


def _by_memory(evidence: Evidence) -> Decision:
    """Compare the data and the most that is taken beside them during a fit."""
    size = once.memory_size(evidence)
    of = {} if size is None else _memory_needs(evidence, size)
    if size is None or len(of) < 2:
        return Decision(Situation.MEMORY, Quantity.MEMORY, None)
    close = [name for name, need in of.items() if need <= SAME_MEMORY * min(of.values())]
    choices = _simplest_first(evidence, close)
    factors = {
        name: Interval(of[name] / of[choices[0]], math.nan, math.nan, 1)
        for name in (LISTS, NUMPY)
        if name in of and name not in choices
    }
    return Decision(Situation.MEMORY, Quantity.MEMORY, size, choices, factors)


def _memory_needs(evidence: Evidence, size: Size) -> dict[str, float]:
    """Return the bytes that a program needs, for each backend where they are known.

    That is the given arrays and the most that is taken beside them; lists are made without arrays.
    """
    peaks = {name: once.memory(evidence, name, size)[1] for name in evidence.backends}
    return {
        name: peak + (0 if name == LISTS else size.data_bytes)
        for name, peak in peaks.items()
        if peak is not None
    }


def _is_too_wide(ratio: Interval | None) -> bool:
    return ratio is not None and ratio.is_too_wide


def _simplest_first(evidence: Evidence, names: list[str]) -> tuple[str, ...]:
    """Sort by lines of code; what has none recorded stays where it is, last."""
    known = costs(evidence)

    def lines(name: str) -> float:
        of = known[name].lines_of_code if name in known else None
        return math.inf if of is None else of

    return tuple(sorted(names, key=lines))
