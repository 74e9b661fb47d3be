"""The runs of one command: the first in this process, the others each in a fresh one."""

from npfs.data import BadTable
from npfs.harness import recovery
from npfs.harness.fresh_runs import Ended, RunFailed, fresh_run
from npfs.suite import options
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.schedule import Scheduler, Stop

UNKNOWN_MARGIN = 1.0  # the value may be twice as large or half as large


class RunSet:
    """Starts further runs until the plan is fulfilled.

    Attributes
    ----------
    has_passed : bool
        Whether all cases of all runs succeeded.
    stop : Stop or None
        Why no run followed the last one.
    """

    def __init__(self, run: BenchmarkRun) -> None:
        assert run.number is not None
        assert run.job is not None
        self.run, self.folder = run, run.number.folder
        self.scheduler = Scheduler(run.plan, self.folder, run.job)
        self.done = 1
        self.has_passed = True
        self.stop: Stop | None = None
        self.crashed: dict[str, str] = {}

    def start_others(self) -> None:
        """Run the other runs, each in a fresh process.

        Raises
        ------
        RunFailed
            If a process ended with nothing measured, or the table was changed.
        """
        while True:
            cases = self.scheduler.next(self.done, self.run.seconds_left, without=self.crashed)
            if isinstance(cases, Stop):
                self.stop = cases
                return
            self._require_same_data()
            self.done += 1
            self._start(self.done, cases)

    def closing_lines(self) -> list[str]:
        """List the crashes, and the speedups that are not as precise as was asked for."""
        lines = [
            f"A run ended by {cause}, while {case} was timed; that case was left out from then on."
            for case, cause in self.crashed.items()
        ]
        asked, stop = self.run.plan.precision, self.stop
        if stop is None:
            return lines
        if asked is None:
            if self.run.plan.budget_s:
                lines.append(f"The command ended after {self.done} runs: {stop.why}.")
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

    def _start(self, number: int, cases: frozenset[str] | None) -> None:
        run, progress = self.run, self.run.progress
        label = (
            f"run {number} of {run.plan.runs}"
            if number <= run.plan.runs
            else f"run {number}, {len(cases or ())} cases with the widest intervals"
        )
        if progress:
            progress.begin_run(label, run.count_repetitions(cases))
        ended = fresh_run(
            self._arguments(cases),
            run.config.invocation_params.dir,
            progress.case_done if progress else lambda: None,
        )
        # Without an error nothing was to be saved: all was of what the first run alone looks at.
        if not ended.is_saved and ended.exit_code:
            self._bring_back(ended)
        self.has_passed &= ended.exit_code == 0
        if progress:
            progress.run_done()

    def _arguments(self, cases: frozenset[str] | None) -> list[str]:
        given = options.joined(self.run.config.invocation_params.args)
        ours = [f"--npfs-further={self.run.job}", f"--npfs-repetitions={self.run.repetitions}"]
        if self.run.config.getoption("resume"):
            given = [argument for argument in given if argument != "--resume"]
            plan = self.run.plan
            record = {**plan.record, "data": plan.data and plan.data.options.path}
            ours += [f"--{name}={value}" for name, value in record.items() if value is not None]
        if cases is not None:
            ours.append(f"--npfs-only={','.join(sorted(cases))}")
        if self.crashed:
            ours.append(f"--npfs-without={','.join(sorted(self.crashed))}")
        if (left := self.run.seconds_left) is not None:
            ours.append(f"--npfs-seconds={left:.1f}")
        return [*given, "--benchmark-only", *ours]

    def _require_same_data(self) -> None:
        """Read the table again: a run on other numbers could not be pooled with earlier ones."""
        data = self.run.plan.data
        if data is None:
            return
        try:
            is_same = data.options.read().record.digest == data.record.digest
        except BadTable as error:
            raise RunFailed(f"the table cannot be read any more: {error}") from None
        if not is_same:
            raise RunFailed(
                f"{str(data.options.path)!r} was changed between two runs; those made before keep "
                "their report, and a new command begins with the new numbers"
            )

    def _bring_back(self, ended: Ended) -> None:
        """Save the finished cases of a crashed process; leave its last case out from now on."""
        crash = f"the process ended by {ended.cause}"
        recovered = recovery.recover(self.folder, crash=crash, job=self.run.job)
        found = [item for item in recovered if item.job == self.run.job]
        at = next((item.in_progress for item in found if item.in_progress), None)
        if not found:
            raise RunFailed(
                f"a run ended by {ended.cause} with nothing measured; its output was:\n"
                f"{ended.output}"
            )
        if at is not None:
            self.crashed[at] = ended.cause
        if self.run.progress:
            for item in recovered:
                self.run.progress.say(str(item))


def _within(margin: float) -> str:
    """Word a margin of error."""
    return f"within {margin:.3g}" if margin <= UNKNOWN_MARGIN else "hardly known"
