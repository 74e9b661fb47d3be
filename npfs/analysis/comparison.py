"""Comparison of two sets of runs: the ratio of each case's times, and its significance."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from statistics import geometric_mean

import numpy as np

from npfs.analysis import suites
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import NO_SIZE, NOT_RECORDED, RunFolder, RunRecord
from npfs.analysis.statistics import (
    CONFIDENCE,
    FALSE_DISCOVERY_RATE,
    Interval,
    LogRatio,
    benjamini_hochberg,
    bimodal,
    log_ratio,
    paired_log_ratio,
    selected_confidence,
)
from npfs.schema import Size

READ_PASS = "memory-bandwidth-limit"  # stands in place of a backend, for the read pass

Key = tuple[str, Size]  # a backend and a size, or the id of a benchmark and ``NO_SIZE``


class CannotCompare(ValueError):
    """The two sides cannot be compared; the message says why and what to give instead."""


class Label(StrEnum):
    """The judgement of a case; it is not known from one run."""

    SLOWER = "slower"
    FASTER = "faster"
    NO_DIFFERENCE = "no_significant_difference"
    NOT_KNOWN = "not_known"


class Side(Evidence):
    """The runs of one side that count: those under the conditions of its newest.

    Attributes
    ----------
    role : str
        "BASE" or "NEW".
    name : str
        As a person gave it.
    """

    def __init__(self, role: str, name: str, folder: RunFolder) -> None:
        super().__init__(folder)
        self.role, self.name = role, name
        reads = [read.source for run in self.runs for read in run.reads]
        self.sources |= {READ_PASS: reads[-1]} if reads else {}

    @cached_property
    def times(self) -> dict[Key, dict[int, float]]:
        """Return a number by each run, for one fit; under ``READ_PASS`` for one read pass."""
        found = {**self.seconds}
        found |= {(READ_PASS, size): by_run for size, by_run in self.bandwidth_seconds.items()}
        found |= {(name, NO_SIZE): by_run for name, by_run in suites.seconds(self.runs).items()}
        numbers = [run.number for run in self.runs]
        return {
            key: {numbers[index]: seconds for index, seconds in by_run.items()}
            for key, by_run in found.items()
        }

    def why_missing(self, key: Key) -> str | None:
        """Return the reason that the newest run gives for not timing a case; None if none does."""
        for run in reversed(self.runs):
            reasons = {**run.skipped, **run.failed}
            if why := reasons.get(case_id(key)) or run.unavailable.get(key[0]):
                return why
        return None

    def few_cases(self) -> str:
        """Return the ids of the first cases, by size, and the number of the others."""
        names = [case_id(key) for key in sorted(self.times, key=_by_size)]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"{', '.join(names[:3])}{more}" if names else "none"


@dataclass(frozen=True)
class Change:
    """One case on both sides.

    Attributes
    ----------
    backend : str
        ``READ_PASS`` for the read pass.
    ratio : Interval
        Time NEW over time BASE: below 1 is faster. At the level ``confidence``; no bounds if a side
        has one run.
    label : Label
        Faster and slower only where the threshold for all cases is passed, and the interval leaves
        out 1.
    base_seconds, new_seconds : float
        Geometric means over ``base_runs`` and ``new_runs`` runs.
    p_value, degrees : float
        Of Welch's test; NaN if a side has one run.
    """

    backend: str
    size: Size
    ratio: Interval
    confidence: float
    label: Label
    p_value: float
    degrees: float
    base_seconds: float
    new_seconds: float
    base_runs: int
    new_runs: int

    @property
    def case(self) -> str:
        """Return the id of the case."""
        return case_id((self.backend, self.size))

    @property
    def is_significant(self) -> bool:
        """Test whether the sides differ significantly."""
        return self.label in {Label.SLOWER, Label.FASTER}


@dataclass(frozen=True)
class Comparison:
    """All cases that both sides have, and what differs between the sides.

    Attributes
    ----------
    changes : tuple of Change
        The slower ones first, by their lower bound; then the faster ones; then the others by size.
    threshold : float
        P-values up to it are significant; 0 if none is.
    differences : tuple of (str, str, str)
        What differs in the conditions of the newest runs: its name, in BASE, in NEW.
    is_paired : bool
        Whether runs took turns and were compared in pairs.
    """

    base: Side
    new: Side
    changes: tuple[Change, ...]
    threshold: float
    differences: tuple[tuple[str, str, str], ...]
    is_paired: bool = False

    def count(self, label: Label) -> int:
        """Count the cases with that label."""
        return sum(change.label is label for change in self.changes)

    @property
    def confidence(self) -> float | None:
        """Return the level of the intervals of significant cases; None if there are none."""
        return selected_confidence(self.threshold) if self.threshold else None

    @property
    def bandwidth_changes(self) -> list[Change]:
        """Return the significant changes of the read passes: of the machine, not of a backend."""
        return [c for c in self.changes if c.backend == READ_PASS and c.is_significant]

    @property
    def apart_by_chance(self) -> int:
        """Count the intervals that leave out 1 without a significant difference."""
        ratios = [c.ratio for c in self.changes if c.label is Label.NO_DIFFERENCE]
        return sum(ratio.low > 1 or ratio.high < 1 for ratio in ratios)

    def bimodal_in(self, side: Side) -> list[Change]:
        """Return the cases that are bimodal on that side: the machine may be what differs."""
        return [
            c
            for c in self.changes
            if bimodal([*side.times[c.backend, c.size].values()]) is not None
        ]

    def only_in(self, side: Side) -> list[Key]:
        """Return the cases that the other side lacks, by size."""
        other = self.new if side is self.base else self.base
        return sorted(side.times.keys() - other.times.keys(), key=_by_size)

    @property
    def changed_sources(self) -> list[str]:
        """Return backends on both sides whose source differs."""
        base, new = self.base.sources, self.new.sources
        return sorted(name for name in base.keys() & new.keys() if base[name] != new[name])

    @property
    def of_code(self) -> list[Change]:
        """Return the cases but the read passes: where one of these is slower, the machine is."""
        return [change for change in self.changes if change.backend != READ_PASS]

    def slower_than(self, tolerance: float) -> list[Change]:
        """Return the slower cases of code whose whole interval is above ``1 + tolerance``."""
        slower = [change for change in self.of_code if change.label is Label.SLOWER]
        return [change for change in slower if change.ratio.low > 1 + tolerance]

    def not_ruled_out(self, tolerance: float) -> list[Change]:
        """Return the other cases that may be that much slower: by their interval, or not known."""
        slower = self.slower_than(tolerance)
        return [c for c in self.of_code if c not in slower and not c.ratio.high <= 1 + tolerance]


def compare(
    base: RunFolder,
    new: RunFolder,
    *,
    names: tuple[str, str] = ("BASE", "NEW"),
    is_paired: bool = False,
) -> Comparison:
    """Compare every case that both sides have; ``names`` are the sides as a person gave them.

    ``is_paired`` says that runs of the same number took turns: they are compared in pairs.

    Raises
    ------
    CannotCompare
        If a run is on both sides, no case is, or a fit has another number of epochs there.
    """
    _refuse_shared_runs(base.runs, new.runs)
    before, after = Side("BASE", names[0], base), Side("NEW", names[1], new)
    epochs = before.newest.epochs, after.newest.epochs
    if epochs[0] != epochs[1]:
        raise CannotCompare(
            f"a fit has {epochs[0]} epochs in BASE and {epochs[1]} in NEW, which is not the same "
            f"work; measure one side again, with --epochs {epochs[0]} or --epochs {epochs[1]}"
        )
    changes, threshold = compare_times(*_aligned(before, after, is_paired), is_paired=is_paired)
    if not changes:
        raise CannotCompare(
            f"BASE and NEW have no case in common: BASE has {before.few_cases()}, "
            f"NEW has {after.few_cases()}"
        )
    found = before, after, tuple(changes), threshold, _differences(before, after)
    return Comparison(*found, is_paired)


def _aligned(base: Side, new: Side, is_paired: bool) -> Iterator[dict[Key, list[float]]]:
    """Yield the times of both sides; in pairs those of the same runs in the same order."""
    for side, other in ((base, new), (new, base)):
        yield {
            key: [s for run, s in of.items() if not is_paired or run in other.times.get(key, ())]
            for key, of in side.times.items()
        }


def compare_times(
    base: Mapping[Key, Sequence[float]],
    new: Mapping[Key, Sequence[float]],
    *,
    is_paired: bool = False,
) -> tuple[list[Change], float]:
    """Compare the times of each case on both sides; return the changes, sorted, and the threshold.

    A case differs significantly where its p-value passes the threshold of Benjamini and Hochberg
    over all cases that can be tested. Its interval is then at their level for selected cases, at
    which it leaves out 1.
    """
    compared = paired_log_ratio if is_paired else log_ratio
    both = [key for key in base.keys() & new.keys() if base[key] and new[key]]
    ratios = {key: compared(np.log(new[key]), np.log(base[key])) for key in both}
    p_values = [ratio.p_value for ratio in ratios.values() if ratio.is_known]
    threshold = benjamini_hochberg(p_values, FALSE_DISCOVERY_RATE)
    changes = []
    for key, ratio in ratios.items():
        is_significant = ratio.p_value <= threshold and threshold > 0
        confidence = selected_confidence(threshold) if is_significant else CONFIDENCE
        interval = ratio.interval(confidence)
        changes.append(
            Change(
                *key, interval, confidence, _label(ratio, interval, is_significant),
                ratio.p_value, ratio.degrees, geometric_mean(base[key]), geometric_mean(new[key]),
                len(base[key]), len(new[key]),
            )
        )  # fmt: skip
    return sorted(changes, key=_most_telling_first), threshold


def case_id(key: Key) -> str:
    """Return the id of a case: numpy-10000x16."""
    backend, size = key
    return backend if size == NO_SIZE else f"{backend}-{size}"


def _refuse_shared_runs(base: Iterable[RunRecord], new: Iterable[RunRecord]) -> None:
    """Refuse a run on both sides: a time beside itself differs less than two runs do."""
    known = {run.key for run in base}
    both = [run for run in new if run.key in known]
    if both:
        more = f", and {len(both) - 1} more" if both[1:] else ""
        raise CannotCompare(
            f"{both[0].path.name} is on both sides{more}; give runs that do not overlap"
        )


def _label(ratio: LogRatio, interval: Interval, is_significant: bool) -> Label:
    """Judge by the bounds: Interval's p-value is of one sample, and this one is Welch's."""
    if is_significant and interval.low > 1:
        return Label.SLOWER
    if is_significant and interval.high < 1:
        return Label.FASTER
    return Label.NO_DIFFERENCE if ratio.is_known else Label.NOT_KNOWN


def _most_telling_first(change: Change) -> tuple[int, float, tuple[Size, str]]:
    rank = list(Label).index(change.label)
    bound = {Label.SLOWER: -change.ratio.low, Label.FASTER: change.ratio.high}
    return rank, bound.get(change.label, 0.0), _by_size((change.backend, change.size))


def _by_size(key: Key) -> tuple[Size, str]:
    return key[1], key[0]


def _differences(base: Side, new: Side) -> tuple[tuple[str, str, str], ...]:
    before, after = (
        {**side.newest.conditions, "system": side.newest.environment.system} for side in (base, new)
    )
    both = {
        name: (before.get(name, NOT_RECORDED), after.get(name, NOT_RECORDED))
        for name in before | after
    }
    return tuple((name, *pair) for name, pair in both.items() if pair[0] != pair[1])
