"""Which runs are pooled, and the number that each of them gives for each case and read pass."""

from collections.abc import Iterable, Mapping, Sequence

from npfs.analysis.runs import CaseRecord, RunRecord, Size

# (backend, size) -> run index -> seconds for one fit
Seconds = Mapping[tuple[str, Size], Mapping[int, float]]


def ceiling_seconds(runs: Iterable[RunRecord]) -> dict[Size, dict[int, float]]:
    """Collect the fastest read pass of each run for each size, by the newest source alone.

    A run that timed one core and not all, or the other way round, says nothing: the other may be faster.
    """
    runs = list(runs)
    newest = [read.source for run in runs for read in run.ceilings][-1:]
    visits = most_visits(read for run in runs for read in run.ceilings if read.source in newest)
    passes: dict[Size, dict[int, dict[str, float]]] = {}
    for index, run in enumerate(runs):
        for read in run.ceilings:
            if read.source in newest and read.visits == visits[read.backend, read.size]:
                of_run = passes.setdefault(read.size, {}).setdefault(index, {})
                of_run[read.backend] = read.seconds
    cores = {cores for cores, _ in visits}
    seconds = {
        size: {
            index: min(of_run.values())
            for index, of_run in by_run.items()
            if of_run.keys() == cores
        }
        for size, by_run in passes.items()
    }
    return {size: by_run for size, by_run in seconds.items() if by_run}


def pool(runs: Sequence[RunRecord]) -> tuple[list[RunRecord], list[tuple[RunRecord, str]]]:
    """Keep the runs made under the conditions of the newest; give the reason for each other one.

    A condition that one of them does not have, such as the threads of a library it did not load, is no reason.
    """
    kept, left_out = [], []
    for run in runs:
        differs = [
            f"{name}: {run.conditions[name]} there, {value} now"
            for name, value in runs[-1].conditions.items()
            if run.conditions.get(name, value) != value
        ]
        if differs:
            left_out.append((run, "; ".join(differs)))
        else:
            kept.append(run)
    return kept, left_out


def seconds_by_case(runs: Iterable[RunRecord]) -> tuple[Seconds, dict[str, list[str]]]:
    """Collect the number that each run gives for each case.

    Of a backend whose source changed between runs, only the newest source counts; the second part of
    the result names the runs that are left out of it. Where a run that was cut short visited a case fewer times
    than others, its number for the case does not count beside theirs: it is that of a more disturbed visit.
    """
    seconds: dict[tuple[str, Size], dict[int, float]] = {}
    runs = list(runs)
    newest_source = {case.backend: case.source for run in runs for case in run.cases}
    older: dict[str, list[str]] = {}
    visits = most_visits(
        case for run in runs for case in run.cases if case.source == newest_source[case.backend]
    )
    for index, run in enumerate(runs):
        for case in run.cases:
            if case.source == newest_source[case.backend]:
                if case.visits < visits[case.backend, case.size]:
                    continue
                seconds.setdefault((case.backend, case.size), {})[index] = case.seconds
            elif str(run.number) not in older.setdefault(case.backend, []):
                older[case.backend].append(str(run.number))
    return seconds, older


def most_visits(cases: Iterable[CaseRecord]) -> dict[tuple[str, Size], int]:
    """Return for each case the largest number of visits that a run made to it."""
    visits: dict[tuple[str, Size], int] = {}
    for case in cases:
        key = case.backend, case.size
        visits[key] = max(case.visits, visits.get(key, 0))
    return visits
