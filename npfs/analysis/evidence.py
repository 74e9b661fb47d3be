"""From records to findings: pooled times, speedups paired within runs, crossovers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from npfs.analysis.multiplicity import FALSE_DISCOVERY_RATE, benjamini_hochberg
from npfs.analysis.pooling import ceiling_seconds, pool, seconds_by_case
from npfs.analysis.runs import RunFolder, RunRecord, Size
from npfs.analysis.statistics import Interval, geometric_interval, ratio_interval
from npfs.analysis.student_t import student_t_quantile

REFERENCES = ("python", "numpy")  # what speedups are given over
NORMAL_QUANTILE = 1.96  # of 95 %


@dataclass(frozen=True)
class Crossover:
    """From which size ``faster`` stays faster than ``slower``, beyond noise.

    ``above`` is the smallest measured size from which that holds, ``below`` the measured size before
    it, None if there is none. ``above`` is None if it never holds.
    """

    faster: str
    slower: str
    below: int | None
    above: int | None


class Noise(NamedTuple):
    """How differences are told from chance: by p-values up to ``level``, for ``comparisons`` at once."""

    level: float
    comparisons: int


@dataclass(frozen=True)
class Speedup:
    """How many times as fast ``backend`` is as ``reference``, at one size."""

    backend: str
    reference: str
    size: Size
    interval: Interval

    def __str__(self) -> str:
        return f"{self.backend}-{self.size} over {self.reference}"

    @property
    def cases(self) -> tuple[str, str]:
        """The two cases that it compares."""
        return f"{self.backend}-{self.size}", f"{self.reference}-{self.size}"

    @property
    def reach(self) -> float:
        """How far the interval reaches from its value, as a share of it; infinite if it is not known."""
        interval = self.interval
        if not interval.is_known or interval.low <= 0:
            return math.inf
        return math.sqrt(interval.high / interval.low) - 1

    def runs_needed(self, reach: float) -> float:
        """Estimate how many runs would make the interval reach no further, from the spread of those there are."""
        if not self.interval.is_known:
            return 0.0
        runs = self.interval.runs
        spread = math.log1p(self.reach) * math.sqrt(runs) / student_t_quantile(0.975, runs - 1)
        return (NORMAL_QUANTILE * spread / math.log1p(reach)) ** 2


class Evidence:
    """Findings from the runs that may be pooled: those made under the conditions of the newest."""

    def __init__(self, folder: RunFolder) -> None:
        self.rejected = folder.rejected
        self.runs, self.left_out = pool(folder.runs)
        self.seconds, self.older_source = seconds_by_case(self.runs)
        self._ceilings = ceiling_seconds(self.runs)
        timed = {f"{backend}-{size}" for backend, size in self.seconds}
        skipped = {name: why for run in self.runs for name, why in sorted(run.skipped.items())}
        # A case may be skipped or fail in one run and be timed in another.
        self.not_timed = {name: why for name, why in skipped.items() if name not in timed}
        self.partly_timed = {name: why for name, why in skipped.items() if name in timed}
        self.failed = {name: why for run in self.runs for name, why in sorted(run.failed.items())}

    @property
    def newest(self) -> RunRecord:
        """The newest run; its conditions are those of the pool."""
        return self.runs[-1]

    @property
    def backends(self) -> list[str]:
        """Measured backends that do the same work, slowest first at their largest size."""
        return [name for name in self._measured if name not in self._shortcuts]

    @property
    def shortcuts(self) -> list[str]:
        """Measured backends that reach the same iterates by less work."""
        return [name for name in self._measured if name in self._shortcuts]

    def sizes(
        self, *, n_features: int | None = None, many: bool = False, dtype: str | None = None
    ) -> list[Size]:
        """Return measured sizes, ascending: all, those of ``n_features``, or all above one feature.

        Of one ``dtype``: float64 unless given, or what was measured if float64 was not.
        """
        dtype = dtype or next(iter(self.dtypes), None)
        sizes = {size for _, size in self.seconds if size.dtype == dtype}
        if n_features is not None:
            sizes = {size for size in sizes if size.n_features == n_features}
        if many:
            sizes = {size for size in sizes if size.n_features > 1}
        return sorted(sizes)

    @property
    def dtypes(self) -> list[str]:
        """Measured kinds of numbers, float64 first."""
        return sorted({size.dtype for _, size in self.seconds}, reverse=True)

    def title(self, backend: str) -> str:
        """Return the name of a backend that a person reads."""
        return next(
            (run.titles[backend] for run in reversed(self.runs) if backend in run.titles), backend
        )

    def source(self, backend: str) -> str | None:
        """Return the digest of the newest source of a backend that was timed."""
        sources = (
            case.source
            for run in reversed(self.runs)
            for case in run.cases
            if case.backend == backend
        )
        return next(sources, None)

    def time(self, backend: str, size: Size) -> Interval | None:
        """Return the seconds of one fit, None if it was not measured."""
        by_run = self.seconds.get((backend, size))
        return geometric_interval(list(by_run.values())) if by_run else None

    def speedup(
        self, backend: str, reference: str, size: Size, *, reference_size: Size | None = None
    ) -> Interval | None:
        """Return how many times faster ``backend`` is than ``reference``, paired within runs.

        None if no run measured both. ``reference_size`` is ``size`` unless given.
        """
        speedup = self._speedup(backend, reference, size, reference_size or size)
        return None if speedup is None else replace(speedup, level=self.noise.level)

    def _speedup(
        self, backend: str, reference: str, size: Size, reference_size: Size
    ) -> Interval | None:
        mine = self.seconds.get((backend, size), {})
        return _paired(self.seconds.get((reference, reference_size), {}), mine)

    @cached_property
    def noise(self) -> Noise:
        """The guard against chance: every two backends are compared at every size that both have."""
        names: dict[Size, list[str]] = {}
        for backend, size in sorted(self.seconds):
            names.setdefault(size, []).append(backend)
        ratios = [
            ratio
            for size, backends in names.items()
            for a, b in combinations(backends, 2)
            if (ratio := self._speedup(a, b, size, size)) is not None and ratio.is_known
        ]
        p_values = [ratio.p_value for ratio in ratios]
        return Noise(benjamini_hochberg(p_values, FALSE_DISCOVERY_RATE), len(ratios))

    def speedups(self) -> list[Speedup]:
        """Return every speedup over lists and over NumPy that was measured."""
        return [
            Speedup(backend, reference, size, interval)
            for backend, size in sorted(self.seconds)
            for reference in REFERENCES
            if backend != reference
            and (interval := self.speedup(backend, reference, size)) is not None
        ]

    def ceiling(self, size: Size) -> Interval | None:
        """Return the seconds of one read pass over the data, by one core or all, the faster."""
        by_run = self._ceilings.get(size)
        return geometric_interval(list(by_run.values())) if by_run else None

    def fraction_of_ceiling(self, backend: str, size: Size) -> Interval | None:
        """Return a read pass over the time of an epoch: 1 would be as fast as memory can be read."""
        epochs = self.newest.epochs
        mine = {run: s / epochs for run, s in self.seconds.get((backend, size), {}).items()}
        return _paired(self._ceilings.get(size, {}), mine)

    def crossover(self, faster: str, slower: str, *, n_features: int = 1) -> Crossover | None:
        """Find where ``faster`` begins to stay faster; None if they share no size."""
        measured = []
        for size in self.sizes(n_features=n_features):
            speedup = self.speedup(faster, slower, size)
            if speedup is not None:
                measured.append((size.n_samples, speedup))
        if not measured:
            return None
        above = below = None
        for n_samples, speedup in reversed(measured):
            if not speedup.is_above_one:
                below = n_samples
                break
            above = n_samples
        return Crossover(faster, slower, below, above)

    @property
    def _shortcuts(self) -> set[str]:
        return {name for run in self.runs for name in run.shortcuts}

    @property
    def _measured(self) -> list[str]:
        names = {backend for backend, _ in self.seconds}
        return sorted(names, key=lambda name: (-self._seconds_per_number(name), name))

    def _seconds_per_number(self, backend: str) -> float:
        """Seconds for each number of the largest one-feature size, else of the largest size."""
        sizes = sorted(size for name, size in self.seconds if name == backend)
        size = max((s for s in sizes if s.n_features == 1), default=sizes[-1])
        time = self.time(backend, size)
        assert time is not None
        return time.value / size.numbers


def _paired(numerators: Mapping[int, float], denominators: Mapping[int, float]) -> Interval | None:
    """Return the ratio over the runs that have both."""
    both = [run for run in denominators if run in numerators]
    if not both:
        return None
    return ratio_interval([numerators[run] for run in both], [denominators[run] for run in both])
