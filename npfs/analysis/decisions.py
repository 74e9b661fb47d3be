"""The choice of a backend in each situation, from the numbers alone: no tool is favoured.

Candidates are the backends that do the same work. Where several have no significant difference from
the fastest, the one with the fewest lines of code is named first, since it costs the least to keep.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial

from npfs.analysis import startup
from npfs.analysis.evidence import LISTS, NUMPY, Evidence, paired_ratio
from npfs.analysis.startup import BreakEven
from npfs.analysis.statistics import Interval, geometric_interval
from npfs.schema import Backend, Size

# Many runs tell smaller differences apart, but the same code at another place of the memory makes
# them as well.
SMALLEST_ADVANTAGE = 1.02
# Memory is counted in pages and arenas: less than this says nothing.
SAME_MEMORY = 1.05

Ratio = Callable[[str, str], Interval | None]


class Situation(Enum):
    """A situation in which a person chooses a backend."""

    TABLE = "this table"
    HANDFUL = "a handful of numbers"
    THOUSANDS = "thousands"
    MILLIONS = "millions"
    MANY_FEATURES = "many features"
    ONCE = "a script that runs once"
    SERVICE = "a service that fits all day"
    MEMORY = "data near the memory's size"


class Quantity(Enum):
    """The quantity that decides."""

    FIT = "a fit"
    FIRST_RESULT = "first result"
    MEMORY = "memory"


@dataclass(frozen=True)
class Decision:
    """The choice in a situation.

    Attributes
    ----------
    size : Size or None
        Where it was measured; None if nothing suits, and then ``choices`` is empty.
    choices : tuple of str
        The best, and all without significant difference from it; the simplest of them first.
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
    """Return a decision for every situation, in the order of reading.

    Of a person's own table for the situations that it decides.
    """
    if evidence.newest.data is not None:
        on_table = _by_time(evidence, Situation.TABLE, max(evidence.sizes(), default=None))
        memory = [_by_memory(evidence)] if startup.memory_size(evidence) else []
        return [on_table, _by_first_result(evidence), *memory]
    one = evidence.sizes(n_features=1)
    many = [size for size in evidence.sizes() if size.n_features >= 8]
    widest = max((size.n_features for size in many), default=0)
    of_widest = [size for size in many if size.n_features == widest]
    by_time = [
        (Situation.HANDFUL, _nearest(one, 10, at_most=100)),
        (Situation.THOUSANDS, _nearest(one, 1_000, at_least=500, at_most=50_000)),
        (Situation.MILLIONS, _nearest(one, 1_000_000, at_least=500_000)),
        (Situation.MANY_FEATURES, _nearest(of_widest, 10_000)),
        (Situation.SERVICE, _nearest(one, 10_000, at_least=2_000)),
    ]
    *found, service = (_by_time(evidence, situation, size) for situation, size in by_time)
    return [*found, _by_first_result(evidence), service, _by_memory(evidence)]


def fastest(evidence: Evidence, size: Size) -> list[str]:
    """Return the backend with the least time, and all that are hardly slower or not significantly.

    Nothing if fewer than two that do the same work were measured. A single run has no intervals,
    and its least time counts.
    """
    times = {name: evidence.time(name, size) for name in evidence.backends}
    measured = {name: time.value for name, time in times.items() if time is not None}
    return best_of(measured, partial(evidence.speedup, size=size))


def best_of(values: Mapping[str, float], ratio: Ratio) -> list[str]:
    """Return the name with the least value, and all that are hardly worse or not significantly.

    Nothing of fewer than two. ``ratio`` gives the ratio of two of them. That one does not differ
    significantly from the best, whose value may be noisy, does not say that none of the others
    beats it: then it is no choice.
    """
    if len(values) < 2:
        return []

    def beats(one: str, other: str) -> bool:
        of = ratio(one, other)
        return of is not None and of.is_above_one and of.value >= SMALLEST_ADVANTAGE

    best = min(values, key=lambda name: values[name])
    known = [name for name in values if (of := ratio(best, name)) is not None and of.is_known]
    names = [best, *(name for name in known if name != best and not beats(best, name))]
    return [
        name for name in names if not any(beats(other, name) for other in names if other != name)
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
    nothing = Decision(situation, Quantity.FIT, size)
    if size is None:
        return nothing
    speedup = partial(evidence.speedup, size=size)
    found = _choose(evidence, nothing, fastest(evidence, size), speedup)
    is_long = situation in (Situation.SERVICE, Situation.TABLE)
    if is_long and found.choices and found.choices[0] != NUMPY:
        paid = startup.break_even(evidence, found.choices[0], NUMPY, size)
        return replace(found, break_even=paid)
    return found


def _by_first_result(evidence: Evidence) -> Decision:
    """Compare whole startups: interpreter, import and the first fit."""
    starts = {
        name: {run: start.first_result_s for run, start in startups.items()}
        for name in evidence.backends
        if (startups := startup.startups(evidence, name))
    }

    def times_sooner(backend: str, reference: str) -> Interval | None:
        return paired_ratio(starts.get(reference, {}), starts.get(backend, {}))

    seconds = {name: geometric_interval([*of.values()]).value for name, of in starts.items()}
    size = Size(startup.startup_samples(evidence), 1) if len(seconds) > 1 else None
    nothing = Decision(Situation.ONCE, Quantity.FIRST_RESULT, size)
    return _choose(evidence, nothing, best_of(seconds, times_sooner), times_sooner)


def _choose(evidence: Evidence, nothing: Decision, names: list[str], ratio: Ratio) -> Decision:
    """Complete a decision without choices by those of ``names``, where they are certain."""
    if not names:
        return nothing
    ratios = [ratio(names[0], name) for name in names[1:]]
    if any(of is not None and of.is_too_wide for of in ratios):
        return replace(nothing, is_uncertain=True)
    choices = _simplest_first(evidence, names)
    factors = {
        name: factor
        for name in (LISTS, NUMPY)
        if name != choices[0] and (factor := ratio(choices[0], name)) is not None
    }
    return replace(nothing, choices=choices, factors=factors)


def _by_memory(evidence: Evidence) -> Decision:
    """Compare the bytes that a program needs, for each backend where they are known.

    That is the given arrays and the most that is taken beside them; lists are made without arrays.
    """
    size = startup.memory_size(evidence)
    needs = {
        name: peak + (0 if name == LISTS else size.data_bytes)
        for name in evidence.backends
        if size is not None and (peak := startup.memory(evidence, name, size)[1]) is not None
    }
    if len(needs) < 2:
        return Decision(Situation.MEMORY, Quantity.MEMORY, None)
    close = [name for name, need in needs.items() if need <= SAME_MEMORY * min(needs.values())]

    def times_less(backend: str, reference: str) -> Interval | None:
        if reference in close or reference not in needs:
            return None
        return Interval(needs[reference] / needs[backend], math.nan, math.nan, 1)

    nothing = Decision(Situation.MEMORY, Quantity.MEMORY, size)
    return _choose(evidence, nothing, close, times_less)


def _simplest_first(evidence: Evidence, names: list[str]) -> tuple[str, ...]:
    """Sort by lines of code; backends with none recorded come last, in their order."""
    known = costs(evidence)

    def lines(name: str) -> float:
        of = known[name].lines_of_code if name in known else None
        return math.inf if of is None else of

    return tuple(sorted(names, key=lines))
