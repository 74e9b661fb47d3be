"""From run records to findings: pooled runs, times, speedups paired within runs, crossovers."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from npfs.analysis.disturbance import Disturbance, disturbance
from npfs.analysis.runs import CaseRecord, RunFolder, RunRecord
from npfs.analysis.statistics import (
    FALSE_DISCOVERY_RATE,
    Interval,
    benjamini_hochberg,
    geometric_interval,
    ratio_interval,
    student_t_quantile,
)
from npfs.schema import Case, Size

LISTS, NUMPY, NUMBA = "python", "numpy", "numba"
NUMBA_SIMD, NUMBA_PARALLEL = "numba-simd", "numba-parallel"
REFERENCES = (LISTS, NUMPY)  # what speedups are given over
# Each variant next to what it improves.
VARIANTS = (("numpy-inplace", NUMPY), (NUMBA_SIMD, NUMBA), (NUMBA_PARALLEL, NUMBA_SIMD))
NORMAL_QUANTILE = 1.96  # of 95 %

# (backend, size) -> run index -> seconds for one fit
Seconds = Mapping[tuple[str, Size], Mapping[int, float]]


class Crossover(NamedTuple):
    """The sizes between which one backend becomes significantly faster than another for good.

    ``above`` is the smallest measured size from which it stays faster, None if it never does;
    ``below`` is the measured size before it, None if there is none.
    """

    below: int | None
    above: int | None


class Significance(NamedTuple):
    """The guard against chance: p-values up to ``level`` count, for ``comparisons`` at once."""

    level: float
    comparisons: int


@dataclass(frozen=True)
class Measured:
    """What is to be known precisely: a speedup, or a time.

    Attributes
    ----------
    cases : tuple of str
        The ids of those that were timed for it.
    """

    interval: Interval
    cases: tuple[str, ...]
    name: str

    def __str__(self) -> str:
        return self.name

    def runs_needed(self, margin_of_error: float) -> float:
        """Estimate the runs for a margin of error, from the spread of those there are."""
        if not self.interval.is_known:
            return 0.0
        runs = self.interval.runs
        spread = math.log1p(self.interval.margin_of_error) * math.sqrt(runs)
        spread /= student_t_quantile(0.975, runs - 1)
        return (NORMAL_QUANTILE * spread / math.log1p(margin_of_error)) ** 2


class Evidence:
    """Findings from the runs that may be pooled: those made under the conditions of the newest.

    Attributes
    ----------
    runs : list of RunRecord
        The pooled runs, oldest first.
    left_out : list of (RunRecord, str)
        The other ones, each with the reason.
    rejected : sequence of (Path, str)
        Files that are no run, each with the reason.
    sources : mapping of str to str
        The newest source digest of each timed backend; only its times count.
    older_source : mapping of str to list of str
        For each backend whose source changed between runs, the runs that do not count for it.
    seconds : mapping of (backend, size) to mapping of int to float
        Seconds for one fit, by the index of the run in ``runs``.
    bandwidth_seconds : mapping of Size to mapping of int to float
        Seconds for one read pass over the data.
    not_timed, partly_timed : dict of str to str
        Cases skipped in every run, and those skipped in some, with the reason.
    failed : dict of str to str
        Cases that failed in a run, with the reason.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.rejected = folder.rejected
        self.runs, self.left_out = pool(folder.runs)
        fits = [(index, case) for index, run in enumerate(self.runs) for case in run.cases]
        self.sources = {case.backend: case.source for _, case in fits}
        current = [(run, case) for run, case in fits if case.source == self.sources[case.backend]]
        self.seconds = _seconds_by_case(self.runs, current)
        self.older_source: dict[str, list[str]] = {}
        for index, case in fits:
            number, source = str(self.runs[index].number), self.sources[case.backend]
            if case.source != source and number not in self.older_source.get(case.backend, ()):
                self.older_source.setdefault(case.backend, []).append(number)
        self.bandwidth_seconds = _bandwidth_seconds(self.runs)
        timed = {f"{backend}-{size}" for backend, size in self.seconds}
        timed |= {str(case) for run in self.runs for case in run.others}
        skipped = {name: why for run in self.runs for name, why in sorted(run.skipped.items())}
        # A case may be skipped or fail in one run and be timed in another.
        self.not_timed = {name: why for name, why in skipped.items() if name not in timed}
        self.partly_timed = {name: why for name, why in skipped.items() if name in timed}
        self.failed = {name: why for run in self.runs for name, why in sorted(run.failed.items())}
        self._titles = {name: one.title for run in self.runs for name, one in run.backends.items()}
        self._speedups: dict[tuple[str, str, Size, Size], Interval | None] = {}

    @property
    def newest(self) -> RunRecord:
        """Return the newest run; its conditions are those of the pool."""
        return self.runs[-1]

    @cached_property
    def disturbance(self) -> Disturbance:
        """Count the disturbed repetitions of the pooled runs."""
        return disturbance(self.runs)

    @cached_property
    def all_cases(self) -> list[Case]:
        """Return the cases of all pooled runs, of any group and source, oldest first."""
        return [case for run in self.runs for case in run.all_cases]

    @cached_property
    def backends(self) -> list[str]:
        """Return measured backends that do the same work, slowest first at their largest size."""
        return [name for name in self._measured if name not in self.shortcuts]

    @cached_property
    def shortcuts(self) -> list[str]:
        """Return measured backends that reach the same iterates by less work."""
        records = [item for run in self.runs for item in run.backends.items()]
        shortcuts = {name for name, backend in records if not backend.same_work}
        return [name for name in self._measured if name in shortcuts]

    def sizes(self, *, n_features: int | None = None, dtype: str | None = None) -> list[Size]:
        """Return measured sizes, ascending: all, or those of ``n_features``.

        Of one ``dtype``: float64 unless given, or what was measured if float64 was not.
        """
        dtype = dtype or next(iter(self.dtypes), None)
        sizes = {size for _, size in self.seconds if size.dtype == dtype}
        if n_features is not None:
            sizes = {size for size in sizes if size.n_features == n_features}
        return sorted(sizes)

    @property
    def dtypes(self) -> list[str]:
        """Return measured kinds of numbers, float64 first."""
        return sorted({size.dtype for _, size in self.seconds}, reverse=True)

    def title(self, backend: str) -> str:
        """Return the name of a backend that a person reads."""
        return self._titles.get(backend, backend)

    @cached_property
    def _times(self) -> dict[tuple[str, Size], Interval]:
        return {
            key: geometric_interval(list(by_run.values())) for key, by_run in self.seconds.items()
        }

    def time(self, backend: str, size: Size) -> Interval | None:
        """Return the seconds of one fit, None if it was not measured."""
        return self._times.get((backend, size))

    def speedup(
        self, backend: str, reference: str, size: Size, *, reference_size: Size | None = None
    ) -> Interval | None:
        """Return the speedup of ``backend`` over ``reference``, paired within runs.

        None if no run measured both. ``reference_size`` is ``size`` unless given.
        """
        key = backend, reference, size, reference_size or size
        if key not in self._speedups:
            mine = self.seconds.get((backend, size), {})
            ratio = paired_ratio(self.seconds.get((reference, key[-1]), {}), mine)
            self._speedups[key] = ratio and replace(ratio, level=self.significance.level)
        return self._speedups[key]

    @cached_property
    def significance(self) -> Significance:
        """Return the level of significance where every two backends are compared at each size."""
        names: dict[Size, list[str]] = {}
        for backend, size in sorted(self.seconds):
            names.setdefault(size, []).append(backend)
        p_values = [
            ratio.p_value
            for size, backends in names.items()
            for a, b in combinations(backends, 2)
            if (ratio := paired_ratio(self.seconds[b, size], self.seconds[a, size])) is not None
            and ratio.is_known
        ]
        return Significance(benjamini_hochberg(p_values, FALSE_DISCOVERY_RATE), len(p_values))

    def speedups(self) -> list[Measured]:
        """Return every speedup over lists and over NumPy that was measured."""
        return [
            Measured(
                interval,
                (f"{backend}-{size}", f"{reference}-{size}"),
                f"{backend}-{size} over {reference}",
            )
            for backend, size in sorted(self.seconds)
            for reference in REFERENCES
            if backend != reference
            and (interval := self.speedup(backend, reference, size)) is not None
        ]

    def bandwidth_limit(self, size: Size) -> Interval | None:
        """Return the seconds of one read pass over the data, by one core or all, the faster."""
        by_run = self.bandwidth_seconds.get(size)
        return geometric_interval(list(by_run.values())) if by_run else None

    def fraction_of_bandwidth_limit(self, backend: str, size: Size) -> Interval | None:
        """Return a read pass over the time of an epoch: 1 is as fast as memory can be read."""
        epochs = self.newest.epochs
        mine = {run: s / epochs for run, s in self.seconds.get((backend, size), {}).items()}
        return paired_ratio(self.bandwidth_seconds.get(size, {}), mine)

    def crossover(self, faster: str, slower: str, *, n_features: int = 1) -> Crossover | None:
        """Find where ``faster`` begins to stay faster; None if they share no size."""
        speedups = {
            size.n_samples: speedup
            for size in self.sizes(n_features=n_features)
            if (speedup := self.speedup(faster, slower, size)) is not None
        }
        if not speedups:
            return None
        above = None
        for n_samples in reversed(speedups):
            if not speedups[n_samples].is_above_one:
                return Crossover(n_samples, above)
            above = n_samples
        return Crossover(None, above)

    @cached_property
    def _measured(self) -> list[str]:
        """Return all, slowest first by seconds for each number of the largest one-feature size."""

        def seconds_per_number(backend: str) -> float:
            sizes = sorted(size for name, size in self.seconds if name == backend)
            size = max((s for s in sizes if s.n_features == 1), default=sizes[-1])
            return self._times[backend, size].value / size.numbers

        names = {backend for backend, _ in self.seconds}
        return sorted(names, key=lambda name: (-seconds_per_number(name), name))


def pool(runs: Sequence[RunRecord]) -> tuple[list[RunRecord], list[tuple[RunRecord, str]]]:
    """Return the runs made under the conditions of the newest, and the others with the reason.

    A condition that one of them does not have, such as the threads of a library it did not load, is
    no reason.
    """
    judged = [(run, _other_conditions(run, runs[-1])) for run in runs]
    return [run for run, why in judged if not why], [(run, why) for run, why in judged if why]


def _other_conditions(run: RunRecord, newest: RunRecord) -> str:
    return "; ".join(
        f"{name}: {run.conditions[name]} there, {value} now"
        for name, value in newest.conditions.items()
        if run.conditions.get(name, value) != value
    )


def paired_ratio(
    numerators: Mapping[int, float], denominators: Mapping[int, float]
) -> Interval | None:
    """Return the ratio over the runs that have both; None if there are none."""
    both = sorted(numerators.keys() & denominators.keys())
    if not both:
        return None
    return ratio_interval([numerators[run] for run in both], [denominators[run] for run in both])


def _seconds_by_case(runs: Sequence[RunRecord], cases: Iterable[tuple[int, CaseRecord]]) -> Seconds:
    """Collect the number that each run gives for each case.

    Where a run that was cut short timed a case in fewer repetitions than others of its command, its
    number does not count beside theirs: it is that of a more disturbed repetition.
    """
    cases = list(cases)
    most: dict[tuple[str, str, Size], int] = {}
    for run, case in cases:
        key = runs[run].job, case.backend, case.size
        most[key] = max(case.repetitions, most.get(key, 0))
    seconds: dict[tuple[str, Size], dict[int, float]] = {}
    for run, case in cases:
        if case.repetitions == most[runs[run].job, case.backend, case.size]:
            seconds.setdefault((case.backend, case.size), {})[run] = case.seconds
    return seconds


def _bandwidth_seconds(runs: Sequence[RunRecord]) -> dict[Size, dict[int, float]]:
    """Collect the fastest read pass of each run for each size, by the newest source alone.

    A run that timed one core and not all, or the other way round, says nothing: the other may be
    faster.
    """
    reads = [(index, read) for index, run in enumerate(runs) for read in run.reads]
    newest = [read.source for _, read in reads][-1:]
    passes = _seconds_by_case(runs, [(run, read) for run, read in reads if read.source in newest])
    cores = {cores for cores, _ in passes}
    seconds = {}
    for size in sorted({size for _, size in passes}):
        of_cores = [passes.get((number, size), {}) for number in cores]
        complete = set.intersection(*map(set, of_cores))
        seconds[size] = {run: min(of[run] for of in of_cores) for run in sorted(complete)}
    return {size: by_run for size, by_run in seconds.items() if by_run}
