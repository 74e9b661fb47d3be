"""Where the time goes: to the speedups whose intervals are widest, within a budget."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from npfs.evidence.analysis import Evidence, Speedup
from npfs.evidence.runs import NotARun, RunFolder, RunRecord, read_run
from npfs.measure.plan import Plan

# Kept for the report at the end: reading the runs, and drawing the figures.
REPORT_SECONDS = 5.0
# An interval that would need more runs than this is under the noise of the machine, and is left as it is.
MAX_RUNS = 100


@dataclass(frozen=True)
class Stop:
    """No further run: ``why``, and the speedups whose intervals are still too wide."""

    why: str
    not_reached: tuple[Speedup, ...] = ()


class Effort:
    """What the next run of a job times.

    ``folder`` is that of the machine's runs.
    """

    def __init__(self, plan: Plan, folder: Path, job: str) -> None:
        self.plan, self.folder, self.job = plan, folder, job
        self._records: dict[Path, RunRecord | None] = {}

    def next(self, runs_done: int, seconds_left: float | None) -> frozenset[str] | Stop | None:
        """Return the cases of the next run, None for all of them, or why there is none."""
        is_base = runs_done < self.plan.runs
        if seconds_left is None and self.plan.precision is None:
            return None if is_base else Stop("all runs are done")
        evidence = self._evidence()
        if evidence is None:
            return Stop("nothing was measured")
        costs = Costs(evidence.runs)
        left = math.inf if seconds_left is None else seconds_left - REPORT_SECONDS
        if is_base and costs.of_a_run() <= left:
            return None
        wanted = self._wanted(evidence, is_base=is_base)
        if isinstance(wanted, Stop):
            return wanted
        affordable = costs.affordable(wanted, left)
        if not affordable:
            return Stop("the budget is spent", tuple(self.too_wide(evidence)))
        return affordable

    def too_wide(self, evidence: Evidence) -> list[Speedup]:
        """Return the speedups wider than the precision asked for, the widest first."""
        if self.plan.precision is None:
            return []
        return [s for s in by_width(evidence.speedups()) if s.reach > self.plan.precision]

    def _wanted(self, evidence: Evidence, *, is_base: bool) -> list[Speedup] | Stop:
        speedups = by_width(evidence.speedups())
        if is_base:
            return speedups
        if self.plan.precision is None:
            return speedups[: max(1, len(speedups) // 2)]
        too_wide = self.too_wide(evidence)
        if not too_wide:
            return Stop("every speedup is that narrow")
        within_reach = [s for s in too_wide if s.runs_needed(self.plan.precision) <= MAX_RUNS]
        if not within_reach:
            return Stop(
                f"the others would take more than {MAX_RUNS} runs, so they are under the noise of this machine",
                tuple(too_wide),
            )
        return within_reach

    def _evidence(self) -> Evidence | None:
        for path in sorted(self.folder.glob("*.json")):
            if path not in self._records:
                try:
                    record = read_run(path)
                except NotARun:
                    self._records[path] = None
                else:
                    self._records[path] = record if record.job == self.job else None
        runs = [record for record in self._records.values() if record is not None and record.cases]
        return Evidence(RunFolder(tuple(runs), ())) if runs else None


class Costs:
    """What a case and a run cost, in seconds, as the runs so far have shown."""

    def __init__(self, runs: Iterable[RunRecord]) -> None:
        runs = list(runs)
        seconds: dict[str, list[float]] = {}
        around = []
        for run in runs:
            cases = [*run.cases, *run.ceilings]
            for case in cases:
                seconds.setdefault(str(case), []).append(case.wall_s)
            around.append(run.wall_s - sum(case.wall_s for case in cases))
        self._cases = {case: statistics.median(values) for case, values in seconds.items()}
        self._around = statistics.median(around)

    def of_a_run(self) -> float:
        """Return the seconds of a run that times everything."""
        return self._around + sum(self._cases.values())

    def affordable(self, speedups: Iterable[Speedup], seconds: float) -> frozenset[str]:
        """Return the cases of as many of the speedups as a run of ``seconds`` can time, in their order."""
        chosen: set[str] = set()
        spent = self._around
        for speedup in speedups:
            new = {case for case in speedup.cases if case not in chosen}
            cost = sum(self._cases.get(case, 0.0) for case in new)
            if spent + cost <= seconds:
                chosen |= new
                spent += cost
        return frozenset(chosen)


def by_width(speedups: Iterable[Speedup]) -> list[Speedup]:
    """Sort by the width of the interval, the widest first; unknown ones before all."""
    return sorted(speedups, key=lambda speedup: -speedup.reach)
