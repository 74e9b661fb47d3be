"""Repetitions that were disturbed, and cases that vary by themselves.

Other programs slow down whatever runs at a moment: the repetitions before and after, of other
cases, are slow as well. What is bimodal by itself (the waking of threads, the place of pages) is
slow alone. Repetitions of different cases follow each other in a shuffled order, so the two can be
distinguished.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from npfs.analysis.runs import CaseRecord, RunRecord

DISTURBED = 0.10  # a repetition is, if it took so much longer than the least one of its case
FEWEST = 5  # repetitions of a case in a run: of fewer the least one may be disturbed too
CHANCE = 1e-4  # of calling a case bimodal by itself that is not; a report has some hundred


@dataclass(frozen=True)
class Disturbance:
    """How much of what was timed was disturbed.

    Attributes
    ----------
    repetitions, disturbed : int
        Of all cases in all runs.
    by_themselves : tuple of str
        Cases that are slow in more repetitions than their neighbours in time explain.
    """

    repetitions: int
    disturbed: int
    by_themselves: tuple[str, ...]

    @property
    def share(self) -> float:
        """Return the share of the repetitions that was disturbed."""
        return self.disturbed / self.repetitions if self.repetitions else 0.0


def disturbance(runs: Iterable[RunRecord]) -> Disturbance:
    """Count the disturbed repetitions, and find the cases that vary by themselves.

    A case is called so if it is slow between two neighbours that are not, and that more often than
    a binomial distribution explains with the share of such repetitions over all cases.
    """
    slow_alone: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    repetitions = disturbed = 0
    for run in runs:
        timeline = in_order(run)
        repetitions += len(timeline)
        disturbed += sum(is_slow for _, is_slow in timeline)
        for before, (case, is_slow), after in zip(
            timeline, timeline[1:], timeline[2:], strict=False
        ):
            if not before[1] and not after[1]:
                judged[case] += 1
                slow_alone[case] += is_slow
    usual = sum(slow_alone.values()) / max(1, sum(judged.values()))
    return Disturbance(
        repetitions,
        disturbed,
        tuple(
            sorted(c for c, n in judged.items() if _tail(slow_alone[c], n, usual) < CHANCE)
        ),
    )  # fmt: skip


def in_order(run: RunRecord) -> list[tuple[str, bool]]:
    """Return the repetitions as they followed each other: the case, and whether it was slow."""
    known = {str(case): is_slow(case) for case in (*run.cases, *run.reads, *run.others)}
    places: dict[str, list[int]] = defaultdict(list)
    for place, case in enumerate(run.order):
        places[case.partition("~")[0]].append(place)  # files of schema 2 number the repetitions
    found = [
        (place, case, slow)
        for case, slows in known.items()
        if len(slows) == len(places[case]) >= FEWEST
        for place, slow in zip(places[case], slows, strict=True)
    ]
    return [(case, slow) for _, case, slow in sorted(found)]


def is_slow(case: CaseRecord) -> Sequence[bool]:
    """Return for each repetition whether it was disturbed."""
    least = min(case.of_repetitions)
    return [seconds > (1 + DISTURBED) * least for seconds in case.of_repetitions]


def _tail(successes: int, trials: int, chance: float) -> float:
    """Return the probability of so many successes or more, by the binomial distribution."""
    if successes == 0 or not 0 < chance < 1:
        return 1.0
    return math.fsum(
        math.exp(
            math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
            + k * math.log(chance) + (trials - k) * math.log1p(-chance)
        )
        for k in range(successes, trials + 1)
    )  # fmt: skip
