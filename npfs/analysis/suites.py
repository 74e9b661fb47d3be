"""Times and ratios of any benchmarks that were timed in runs, by the id of the case."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from npfs.analysis.evidence import Evidence, Measured, paired_ratio
from npfs.analysis.runs import RunFolder, RunRecord
from npfs.analysis.statistics import (
    FALSE_DISCOVERY_RATE,
    Interval,
    benjamini_hochberg,
    geometric_interval,
)

Params = Mapping[str, str | int | float]


class NoBaseline(ValueError):
    """No benchmark is that baseline; the message says which there are."""


@dataclass(frozen=True)
class Timing:
    """A benchmark that was timed in runs.

    Attributes
    ----------
    id, name : str
        The name leaves out the file where all benchmarks are in one.
    time : Interval
        Seconds of a call.
    baseline : str or None
        The id of the benchmark that it is compared with; its own if it is a baseline.
    ratio : Interval or None
        How many times as fast as its baseline it is, paired within runs.
    """

    id: str
    name: str
    params: Params
    time: Interval
    baseline: str | None = None
    ratio: Interval | None = None

    @property
    def function(self) -> str:
        """Return the name without its parameters."""
        return _function(self.name)


class Suite:
    """All benchmarks of the newest command's runs, compared with a baseline if one is given.

    Runs of earlier commands may have timed other code, which nothing tells.

    ``baseline`` is the name of a benchmark, or ``PARAM=VALUE``: then each is compared with the one
    of the same function whose other parameters are the same. Where several benchmarks have the
    name, each is compared with that of the same parameters. None takes that of the newest run.

    Raises
    ------
    NoBaseline
        If no benchmark is.
    """

    def __init__(self, folder: RunFolder, baseline: str | None = None) -> None:
        newest = [run for run in folder.runs if run.job == folder.runs[-1].job]
        self.evidence = Evidence(RunFolder(tuple(newest), folder.rejected))
        self.runs = self.evidence.runs
        self.seconds = seconds(self.runs)
        cases = {case.id: case for run in self.runs for case in run.all_cases}
        self.params: dict[str, Params] = {name: cases[name].params for name in self.seconds}
        files = {name.partition("::")[:2] for name in self.seconds}
        self._cut = len("".join(next(iter(files)))) if len(files) == 1 else 0
        self.baseline = baseline or self.evidence.newest.planned.get("baseline")
        try:
            self.baselines = {} if self.baseline is None else baselines(self.params, self.baseline)
        except NoBaseline:
            if baseline is not None:
                raise
            self.baselines, self.baseline = {}, None  # it failed, or was skipped

    @cached_property
    def timings(self) -> list[Timing]:
        """Return the benchmarks, in the order of their ids and numeric parameters."""
        ratios = {name: self._ratio(name) for name in self.seconds}
        p_values = [ratio.p_value for ratio in ratios.values() if ratio and ratio.is_known]
        level = benjamini_hochberg(p_values, FALSE_DISCOVERY_RATE)
        return [
            Timing(
                name,
                self.name(name),
                self.params[name],
                geometric_interval(list(of.values())),
                self.baselines.get(name),
                (ratio := ratios[name]) and replace(ratio, level=level),
            )
            for name, of in sorted(self.seconds.items(), key=lambda item: self._order(item[0]))
        ]

    @property
    def most_runs(self) -> int:
        """Count the runs behind the number of most; one that was resumed counts for few."""
        return max((len(of) for of in self.seconds.values()), default=len(self.runs))

    @cached_property
    def not_in_all_runs(self) -> list[str]:
        """Return benchmarks that some of the runs lack without a reason."""
        return [
            name
            for name, of in self.seconds.items()
            if any(
                index not in of and not (run.interrupted or name in run.skipped | run.failed)
                for index, run in enumerate(self.runs)
            )
        ]

    @property
    def measured(self) -> list[Measured]:
        """Return the ratios over the baseline, or without one the times: what precision is of."""
        found = []
        for one in self.timings:
            if self.baseline is None:
                found.append(Measured(one.time, (one.id,), one.name))
            elif one.ratio is not None and one.baseline is not None:
                over = f"{one.name} over {self.name(one.baseline)}"
                found.append(Measured(one.ratio, (one.id, one.baseline), over))
        return found

    def name(self, case: str) -> str:
        """Return the id without the file where all benchmarks are in one."""
        return case[self._cut :] or case

    def _order(self, case: str) -> tuple[str, list[tuple[bool, float, str]]]:
        params = [
            (isinstance(of, str), 0.0 if isinstance(of, str) else of, str(of))
            for of in self.params[case].values()
        ]
        return _function(case), params

    def _ratio(self, case: str) -> Interval | None:
        baseline = self.baselines.get(case)
        if baseline is None or baseline == case:
            return None
        return paired_ratio(self.seconds[baseline], self.seconds[case])


def baselines(benchmarks: Mapping[str, Params], given: str) -> dict[str, str]:
    """Return the baseline of each benchmark that has one; ``Suite`` says which that is.

    Raises
    ------
    NoBaseline
        If no benchmark is.
    """
    param, _, value = given.partition("=")
    values = {str(of[param]) for of in benchmarks.values() if param in of}
    if "=" in given and values:
        if value not in values:
            raise NoBaseline(
                f"baseline {given!r}: no benchmark has that value; {param} is one of "
                f"{', '.join(sorted(values))}"
            )
        chosen = [case for case, of in benchmarks.items() if str(of.get(param)) == value]
        key = _key(param)
    else:
        chosen, key = [case for case in benchmarks if given in _names(case)], _params
    keys = {key(case, benchmarks[case]): case for case in chosen}
    if len(keys) < len(chosen):
        raise NoBaseline(f"baseline {given!r} is each of {', '.join(chosen)}; give one in full")
    if not keys:
        names = list(dict.fromkeys(_function(case).rpartition("::")[2] for case in benchmarks))
        params = ", ".join(dict.fromkeys(name for of in benchmarks.values() for name in of))
        raise NoBaseline(
            f"baseline {given!r} is no benchmark here; give one of "
            f"{', '.join(names[:8])}{', ...' if names[8:] else ''}, or PARAM=VALUE"
            f"{params and f' of {params}'}"
        )
    if key is _params and len(keys) == 1:
        return dict.fromkeys(benchmarks, *keys.values())
    found = {case: keys.get(key(case, of)) for case, of in benchmarks.items()}
    if len(found) > 1 and all(case == baseline for case, baseline in found.items()):
        raise NoBaseline(f"baseline {given!r} is every benchmark here; give PARAM=VALUE")
    return {case: baseline for case, baseline in found.items() if baseline}


def seconds(runs: Iterable[RunRecord]) -> dict[str, dict[int, float]]:
    """Return the seconds of each case that says nothing of a regression, by the index of the run.

    Where a run that was cut short timed a case in fewer repetitions than others of its command, its
    number does not count beside theirs.
    """
    runs, most = list(runs), dict[tuple[str, str], int]()
    found = [(index, str(case), case) for index, run in enumerate(runs) for case in run.others]
    for index, name, case in found:
        of = runs[index].job, name
        most[of] = max(case.repetitions, most.get(of, 0))
    by_case: dict[str, dict[int, float]] = {}
    for index, name, case in found:
        if case.repetitions == most[runs[index].job, name]:
            by_case.setdefault(name, {})[index] = case.seconds
    return by_case


def _names(case: str) -> set[str]:
    """Return the names by which a person may call a benchmark: with and without file and class."""
    found = set()
    for of in (case, _function(case)):
        parts = of.split("::")
        found |= {"::".join(parts[k:]) for k in range(len(parts))}
    return found


def _function(case: str) -> str:
    """Return the id of a benchmark without its parameters."""
    return case.partition("[")[0]


def _params(case: str, params: Params) -> tuple[object, ...]:
    return tuple(sorted((name, str(value)) for name, value in params.items()))


def _key(param: str) -> Callable[[str, Params], tuple[object, ...]]:
    """Return what benchmarks have in common that differ in one parameter alone."""

    def key(case: str, params: Params) -> tuple[object, ...]:
        others = {name: value for name, value in params.items() if name != param}
        return _function(case), _params(case, others)

    return key
