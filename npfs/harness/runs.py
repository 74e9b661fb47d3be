"""The runs of one command, each but the first in a fresh process, and what decides on the next.

Within a budget, time goes to the speedups whose intervals are widest.
"""

import functools
import math
import statistics
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npfs.analysis.evidence import Evidence, Measured
from npfs.analysis.runs import NotARun, RunFolder, RunRecord, read_run, read_runs
from npfs.analysis.suites import Suite
from npfs.harness import recorder
from npfs.harness.processes import SILENCE_S, Ended, fresh_process
from npfs.harness.session import REPORT_SECONDS, RunSession
from npfs.harness.spec import REPETITIONS, Settings, padding_of

UNKNOWN_MARGIN = 1.0  # the value may be twice as large or half as large
SLOWER = 5.0  # a repetition may take so many times the slowest one of the first run
ESTIMATE_AFTER = 2  # runs: the fewest that give an interval


class RunFailed(RuntimeError):
    """A run could not be made, or ended with nothing measured; the message says why."""


class RunSet:
    """Starts further runs until the command has what it asks for.

    Attributes
    ----------
    made : int
        Runs so far.
    has_passed : bool
        Whether all cases of all runs succeeded.
    stop : Stop or None
        Why no run followed the last one.
    crashed : dict of str to str
        Cases that ended a process, with what ended it.
    """

    def __init__(self, session: RunSession) -> None:
        assert session.recorder is not None
        self.session = session
        self.folder = session.recorder.folder
        self.scheduler = Scheduler(session.settings, self.folder, session.job)
        self.made, self.has_passed = 1, True
        self.stop: Stop | None = None
        self.crashed: dict[str, str] = {}
        usual = max(SILENCE_S, SLOWER * session.slowest_s)
        self._silence_s = float(session.config.getoption("npfs_silence") or usual)

    def make_others(self) -> None:
        """Make the other runs, each in a fresh process.

        Raises
        ------
        RunFailed
            If a process ended with nothing measured, or a run cannot be made any more.
        """
        session = self.session
        while True:
            seconds = time.perf_counter() - session.began
            left = session.seconds_left
            if session.settings.until_s is not None:
                seconds += REPORT_SECONDS
            cases = self.scheduler.next(self.made, seconds, left, without=self.crashed)
            if isinstance(cases, Stop):
                self.stop = cases
                return
            session.config.hook.pytest_npfs_before_run(config=session.config, number=self.made + 1)
            if (until_s := session.settings.until_s) is not None:
                session.progress.expect(int(self.made * until_s / seconds))
            self.made += 1
            self._make(cases)
            if self.made == ESTIMATE_AFTER and session.settings.runs > ESTIMATE_AFTER:
                estimate = session.config.hook.pytest_npfs_estimate(
                    config=session.config, job=session.job
                )
                session.progress.say(estimate or "")

    def closing_lines(self) -> list[str]:
        """List the crashes, and the speedups that are not as precise as was asked for."""
        lines = [
            f"A run ended by {cause}, while {case} was timed; that case was left out from then on."
            for case, cause in self.crashed.items()
        ]
        settings, stop = self.session.settings, self.stop
        asked = settings.precision
        if stop is None:
            return lines
        if asked is None:
            if settings.budget_s:
                lines.append(f"The command ended after {self.made} runs: {stop.why}.")
        elif stop.is_reached:
            lines.append(f"Every interval is within {asked:.2g} of its value.")
        elif not stop.not_reached:
            lines.append(f"--precision had nothing to look at: {stop.why}.")
        else:
            names = [f"{s} ({_within(s.interval.margin_of_error)})" for s in stop.not_reached]
            lines.append(
                f"Not known to within {asked:.2g} of their values, since {stop.why}: "
                f"{', '.join(names)}."
            )
        return lines

    def _make(self, cases: frozenset[str] | None) -> None:
        session, left = self.session, self.session.seconds_left
        if cases is None and session.config.getoption("lf", False):  # chosen by an earlier session
            cases = frozenset(session.done)
        seed = session.settings.seed
        crashed = "an earlier run's process ended while it was timed"
        spec = session.further(
            position=self.made,
            only=None if cases is None else tuple(sorted(cases)),
            failed=dict.fromkeys(self.crashed, crashed),
            seconds_left=None if left is None else left - REPORT_SECONDS,
            padding_bytes=padding_of(seed, self.made),
            chosen=session.config.hook.pytest_npfs_chosen(config=session.config) or {},
        )
        is_part = cases is not None and not cases.issuperset(session.done)
        what = f", {len(cases or ())} cases with the widest intervals" if is_part else ""
        session.progress.begin_run(self.made, what)
        saved: list[str] = []

        def hear(event: dict[str, Any]) -> None:
            if "saved" in event:
                saved.append(str(event["saved"]))
            elif isinstance(event.get("share"), int | float):
                session.progress.advance(event["share"], str(event.get("at", "")))
                session.reporter.report(run=self.made, share=event["share"])

        folder = session.config.invocation_params.dir
        # What "pytest" alone does not import, "python -m pytest" must not either.
        alone = [] if {"", str(folder)} & {*sys.path} else ["-P"]
        with spec.environment() as environment:
            ended = fresh_process(
                [sys.executable, *alone, "-m", "pytest", *session.settings.arguments],
                hear,
                environment=environment,
                folder=folder,
                silence_s=self._silence_s,
            )
        if not saved and ended.exit_code:
            self._bring_back(ended)
        self.has_passed &= ended.exit_code == 0
        session.progress.end_run()

    def _bring_back(self, ended: Ended) -> None:
        """Save the finished cases of a crashed process; leave its last case out from now on."""
        job = self.session.job
        crash = f"the process ended by {ended.cause}"
        recovered = recorder.recover(self.folder, crash=crash, job=job)
        found = [item for item in recovered if item.job == job]
        at = next((item.in_progress for item in found if item.in_progress), None)
        if not found:
            heard = f" It reported {ended.unreadable!r}." if ended.unreadable else ""
            raise RunFailed(
                f"a run ended by {ended.cause} with nothing measured;{heard} its output was:\n"
                f"{ended.output}"
            )
        if at is not None:
            self.crashed[at] = ended.cause
        for item in recovered:
            self.session.progress.say(str(item))


def _within(margin: float) -> str:
    """Word a margin of error."""
    return f"within {margin:.3g}" if margin <= UNKNOWN_MARGIN else "hardly known"


# An interval that would need more runs than this is under the noise of the machine, and is left as
# it is.
MAX_RUNS = 100


@dataclass(frozen=True)
class Stop:
    """No further run: ``why``, and the speedups whose intervals are still too wide."""

    why: str
    not_reached: tuple[Measured, ...] = ()
    is_reached: bool = False


class Scheduler:
    """Decides what the next run of a job times; ``folder`` is that of the machine's runs."""

    def __init__(self, settings: Settings, folder: Path, job: str) -> None:
        self.settings, self.folder, self.job = settings, folder, job
        self._runs_when_asked: dict[str, int] = {}

    def next(
        self,
        runs_done: int,
        seconds: float,
        seconds_left: float | None,
        *,
        without: Collection[str] = (),
    ) -> frozenset[str] | Stop | None:
        """Return the cases of the next run, None for all of them, or why there is none.

        ``seconds`` are those of the command so far, ``seconds_left`` those of its budget;
        ``without`` are cases that are timed no more.
        """
        settings = self.settings
        is_base = runs_done < settings.runs
        if seconds_left is None and settings.precision is None:
            if is_base:
                return None
            until_s = settings.until_s
            fits = until_s is not None and seconds * (runs_done + 1) / runs_done <= until_s
            return None if fits else Stop("all runs are done")
        runs = self._runs()
        if not runs:
            return Stop("nothing was measured")
        costs, measured = Costs(runs), _measured(runs)
        left = math.inf if seconds_left is None else seconds_left - REPORT_SECONDS
        if is_base and costs.of_a_run() <= left:
            return None
        return self._next_by_width(measured, costs, left, runs_done, without)

    def _next_by_width(
        self,
        measured: Sequence[Measured],
        costs: "Costs",
        left: float,
        runs_done: int,
        without: Collection[str],
    ) -> frozenset[str] | Stop:
        wanted = self._wanted(measured, is_base=runs_done < self.settings.runs)
        if isinstance(wanted, Stop):
            return wanted
        can_gain = [s for s in wanted if self._can_gain(s, without)]
        affordable = costs.affordable(can_gain, left)
        if not affordable or runs_done >= MAX_RUNS:
            return Stop(_why(can_gain, affordable), tuple(self.too_wide(measured)))
        for one in can_gain:
            if affordable.issuperset(one.cases):
                self._runs_when_asked[str(one)] = one.interval.runs
        return affordable

    def _can_gain(self, measured: Measured, without: Collection[str]) -> bool:
        """Test whether a further run may add to it: the last one that was to time it did."""
        is_stuck = self._runs_when_asked.get(str(measured)) == measured.interval.runs
        return not is_stuck and not any(case in without for case in measured.cases)

    def too_wide(self, measured: Iterable[Measured]) -> list[Measured]:
        """Return what is wider than the precision asked for, the widest first."""
        precision = self.settings.precision
        if precision is None:
            return []
        return [of for of in by_width(measured) if of.interval.margin_of_error > precision]

    def _wanted(self, measured: Iterable[Measured], *, is_base: bool) -> list[Measured] | Stop:
        by_its_width = by_width(measured)
        if not by_its_width:
            return Stop("no two cases were timed that can be compared")
        if is_base:
            return by_its_width
        if self.settings.precision is None:
            return by_its_width[: max(1, len(by_its_width) // 2)]
        too_wide = self.too_wide(by_its_width)
        if not too_wide:
            return Stop("every interval is that narrow", is_reached=True)
        possible = [s for s in too_wide if s.runs_needed(self.settings.precision) <= MAX_RUNS]
        if not possible:
            return Stop(
                f"the others would take more than {MAX_RUNS} runs, so they are under the noise of "
                "this machine",
                tuple(too_wide),
            )
        return possible

    def _runs(self) -> tuple[RunRecord, ...]:
        found = [_read(path) for path in sorted(self.folder.glob("*.json"))]
        return tuple(r for r in found if r and r.job == self.job and (r.cases or r.others))


def _measured(runs: tuple[RunRecord, ...]) -> list[Measured]:
    """Return what the runs were made for: speedups; of other suites ratios, or times."""
    folder = RunFolder(runs, ())
    if any(run.cases for run in runs):
        return Evidence(folder).speedups()
    return Suite(folder).measured


@functools.cache
def _read(path: Path) -> RunRecord | None:
    """Read a run once: its file does not change any more."""
    try:
        return read_run(path)
    except NotARun:
        return None


class Costs:
    """The seconds that a case and a run take, as the runs so far have shown."""

    def __init__(self, runs: Iterable[RunRecord]) -> None:
        seconds: dict[str, list[float]] = {}
        around = []
        for run in runs:
            cases = [*run.cases, *run.reads, *run.others]
            for case in cases:
                seconds.setdefault(str(case), []).append(case.wall_s)
            around.append(run.wall_s - sum(case.wall_s for case in cases))
        self._cases = {case: statistics.median(values) for case, values in seconds.items()}
        self._around = statistics.median(around)

    def of_a_run(self) -> float:
        """Return the seconds of a run that times everything."""
        return self._around + sum(self._cases.values())

    def affordable(self, measured: Iterable[Measured], seconds: float) -> frozenset[str]:
        """Return the cases of the first of them, as many as a run of ``seconds`` can time."""
        chosen: set[str] = set()
        spent = self._around
        for one in measured:
            new = {case for case in one.cases if case not in chosen}
            cost = sum(self._cases.get(case, 0.0) for case in new)
            if spent + cost <= seconds:
                chosen |= new
                spent += cost
        return frozenset(chosen)


def by_width(measured: Iterable[Measured]) -> list[Measured]:
    """Sort by the width of the interval, the widest first; unknown ones before all."""
    return sorted(measured, key=lambda of: -of.interval.margin_of_error)


def _why(can_gain: Collection[Measured], affordable: Collection[str]) -> str:
    """Say why there is no further run."""
    if not can_gain:
        return "further runs add nothing"
    return "the budget is spent" if not affordable else f"{MAX_RUNS} runs are enough"


@dataclass(frozen=True)
class UnfinishedSet:
    """The runs of one command that was interrupted.

    Attributes
    ----------
    newest : RunRecord
        The last of them.
    options : dict
        The options of the plan as they were given then.
    runs_missing : int
        Whole runs that are still to be made; of a run that was cut short the finished cases count
        as well.
    repetitions : int
        Of each case, as its runs made them.
    recovered : tuple of Recovered
        Runs that were brought back on the way.
    """

    newest: RunRecord
    options: dict[str, Any]
    runs_missing: int
    repetitions: int
    recovered: tuple[recorder.Recovered, ...] = ()

    @property
    def job(self) -> str:
        """Name the command that they belong to."""
        return self.newest.job


def unfinished_set(runs: Path, given: Collection[str], option: str = "--resume") -> UnfinishedSet:
    """Return the newest set in the folder ``runs``, if it is not complete.

    ``given`` are the options of the plan that the user gave beside ``option``: there must be none.

    Raises
    ------
    ValueError
        Says why there is nothing to resume.
    """
    if given:
        raise ValueError(
            f"{option} takes its settings from the interrupted runs; leave out "
            f"{', '.join(sorted(given))}"
        )
    recovered = recorder.recover(runs)
    found = read_runs(runs).runs
    if not found:
        raise ValueError(
            f"{option} found no runs in {runs}; start with the same command without it"
        )
    newest = found[-1]
    if not newest.planned:
        raise ValueError(f"{option} cannot read what was planned for {newest.path.name}")
    whole = sum(run.job == newest.job and not run.interrupted for run in found)
    planned = int(newest.planned["runs"] or 0)
    if whole >= planned:
        raise ValueError(
            f"{option} has nothing to finish: the newest set in {runs} has all its {planned} runs"
        )
    options = dict(newest.planned)
    repetitions = int(options.pop("repetitions", None) or REPETITIONS)
    return UnfinishedSet(newest, options, planned - whole, repetitions, tuple(recovered))
