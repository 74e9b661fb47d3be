"""Times and ratios of any benchmarks that were timed in runs, by the id of the case."""

from collections.abc import Iterable, Mapping

from npfs.analysis.runs import RunRecord
from npfs.analysis.statistics import Interval, geometric_interval, ratio_interval


def seconds(runs: Iterable[RunRecord]) -> dict[str, dict[int, float]]:
    """Return the seconds of each case that says nothing of a regression, by the index of the run.

    Where a run that was cut short timed a case in fewer repetitions than others, its number does
    not count beside theirs.
    """
    found = [(index, str(case), case) for index, run in enumerate(runs) for case in run.others]
    most: dict[str, int] = {}
    for _, name, case in found:
        most[name] = max(case.repetitions, most.get(name, 0))
    by_case: dict[str, dict[int, float]] = {}
    for index, name, case in found:
        if case.repetitions == most[name]:
            by_case.setdefault(name, {})[index] = case.seconds
    return by_case


def intervals(runs: Iterable[RunRecord]) -> dict[str, Interval]:
    """Return the time of each case."""
    return {
        name: geometric_interval(list(of.values())) for name, of in seconds(runs).items()
    }  # fmt: skip


def ratios(runs: Iterable[RunRecord], baseline: str) -> dict[str, Interval]:
    """Return how many times as fast as ``baseline`` each other case is, paired within runs.

    Raises
    ------
    KeyError
        If no run has the baseline.
    """
    by_case = seconds(runs)
    base = by_case.pop(baseline)
    return {
        name: ratio_interval([base[run] for run in both], [of[run] for run in both])
        for name, of in by_case.items()
        if (both := _shared(base, of))
    }


def _shared(one: Mapping[int, float], other: Mapping[int, float]) -> list[int]:
    return sorted(one.keys() & other.keys())
