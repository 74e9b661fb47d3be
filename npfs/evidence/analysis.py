"""From records to findings: pooled times, speedups paired within runs, crossovers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from npfs.evidence.runs import RunFolder, RunRecord, Size
from npfs.evidence.statistics import Interval, geometric_interval, ratio_interval

# (backend, size) -> run index -> seconds for one fit
Seconds = Mapping[tuple[str, Size], Mapping[int, float]]


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


class Evidence:
    """Findings from the runs that may be pooled: those made under the conditions of the newest."""

    def __init__(self, folder: RunFolder) -> None:
        self.rejected = folder.rejected
        self.runs, self.left_out = pool(folder.runs)
        self.seconds, self.older_source = seconds_by_case(self.runs)
        timed = {f"{backend}-{size}" for backend, size in self.seconds}
        # A case may be skipped or fail in one run and be timed in another.
        self.not_timed = {
            name: why
            for run in self.runs
            for name, why in sorted(run.skipped.items())
            if name not in timed
        }
        self.failed = {name: why for run in self.runs for name, why in sorted(run.failed.items())}

    @property
    def newest(self) -> RunRecord:
        """The newest run; its conditions are those of the pool."""
        return self.runs[-1]

    @property
    def backends(self) -> list[str]:
        """Measured backends, slowest first at the largest size that each was measured at."""
        names = {backend for backend, _ in self.seconds}
        return sorted(names, key=lambda name: (-self._seconds_per_element(name), name))

    def sizes(self, *, n_features: int | None = None, many: bool = False) -> list[Size]:
        """Return measured sizes, ascending: all, those of ``n_features``, or all above one feature."""
        sizes = {size for _, size in self.seconds}
        if n_features is not None:
            sizes = {size for size in sizes if size.n_features == n_features}
        if many:
            sizes = {size for size in sizes if size.n_features > 1}
        return sorted(sizes)

    def title(self, backend: str) -> str:
        """Return the name of a backend that a person reads."""
        return next(
            (run.titles[backend] for run in reversed(self.runs) if backend in run.titles), backend
        )

    def time(self, backend: str, size: Size) -> Interval | None:
        """Return the seconds of one fit, None if it was not measured."""
        by_run = self.seconds.get((backend, size))
        return geometric_interval(list(by_run.values())) if by_run else None

    def speedup(self, backend: str, reference: str, size: Size) -> Interval | None:
        """Return how many times faster ``backend`` is than ``reference``, paired within runs.

        None if no run measured both.
        """
        mine = self.seconds.get((backend, size), {})
        other = self.seconds.get((reference, size), {})
        both = [run for run in mine if run in other]
        if not both:
            return None
        return ratio_interval([other[run] for run in both], [mine[run] for run in both])

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

    def _seconds_per_element(self, backend: str) -> float:
        """Seconds for each element of the largest one-feature size, else of the largest size."""
        sizes = sorted(size for name, size in self.seconds if name == backend)
        size = max((s for s in sizes if s.n_features == 1), default=sizes[-1])
        time = self.time(backend, size)
        assert time is not None
        return time.value / (size.n_samples * (size.n_features + 1))


def pool(runs: Sequence[RunRecord]) -> tuple[list[RunRecord], list[tuple[RunRecord, str]]]:
    """Keep the runs made under the conditions of the newest; give the reason for each other one."""
    kept, left_out = [], []
    for run in runs:
        differs = [
            f"{name}: {run.conditions.get(name)} there, {value} now"
            for name, value in runs[-1].conditions.items()
            if run.conditions.get(name) != value
        ]
        if differs:
            left_out.append((run, "; ".join(differs)))
        else:
            kept.append(run)
    return kept, left_out


def seconds_by_case(runs: Iterable[RunRecord]) -> tuple[Seconds, dict[str, list[str]]]:
    """Collect the number that each run gives for each case.

    Of a backend whose source changed between runs, only the newest source counts; the second part of
    the result names the runs that are left out of it.
    """
    seconds: dict[tuple[str, Size], dict[int, float]] = {}
    runs = list(runs)
    newest_source = {case.backend: case.source for run in runs for case in run.cases}
    older: dict[str, list[str]] = {}
    for index, run in enumerate(runs):
        for case in run.cases:
            if case.source == newest_source[case.backend]:
                seconds.setdefault((case.backend, case.size), {})[index] = case.seconds
            elif str(run.number) not in older.setdefault(case.backend, []):
                older[case.backend].append(str(run.number))
    return seconds, older
