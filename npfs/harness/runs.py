"""The runs of one command: the first in this process, each other one in a fresh process."""

import sys
import time
from typing import Any

from npfs.harness import recorder
from npfs.harness.processes import Ended, fresh_process
from npfs.harness.schedule import Scheduler, Stop
from npfs.harness.session import REPORT_SECONDS, RunSession
from npfs.harness.spec import padding_of

UNKNOWN_MARGIN = 1.0  # the value may be twice as large or half as large
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

    def __init__(self, session: RunSession, arguments: list[str]) -> None:
        assert session.recorder is not None
        self.session, self.arguments = session, arguments
        self.folder = session.recorder.folder
        self.scheduler = Scheduler(session.settings, self.folder, session.job)
        self.made, self.has_passed = 1, True
        self.stop: Stop | None = None
        self.crashed: dict[str, str] = {}
        self._silence_s = float(session.config.getoption("npfs_silence"))

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
            self.made += 1
            self._make(cases)
            if self.made == ESTIMATE_AFTER and session.settings.runs > ESTIMATE_AFTER:
                said = session.config.hook.pytest_npfs_estimate(
                    config=session.config, job=session.job
                )
                session.progress.say(said or "")

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
            lines.append(f"Every speedup is known to within {asked:.2g} of its value.")
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
        session = self.session
        seed = session.settings.seed
        crashed = "an earlier run's process ended while it was timed"
        spec = session.further(
            position=self.made,
            only=None if cases is None else tuple(sorted(cases)),
            failed=dict.fromkeys(self.crashed, crashed),
            seconds_left=session.seconds_left,
            padding_bytes=padding_of(seed, self.made),
            chosen=session.config.hook.pytest_npfs_chosen(config=session.config) or {},
        )
        what = "" if cases is None else f", {len(cases)} cases with the widest intervals"
        session.progress.begin_run(self.made, what)
        saved: list[str] = []

        def hear(event: dict[str, Any]) -> None:
            if "saved" in event:
                saved.append(str(event["saved"]))
            elif isinstance(event.get("share"), int | float):
                session.progress.advance(event["share"], str(event.get("at", "")))

        ended = fresh_process(
            [sys.executable, "-m", "pytest", *self.arguments],
            hear,
            environment=spec.environment(),
            folder=session.config.invocation_params.dir,
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
