"""Runs of a command that was interrupted, which a new command finishes."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npfs.analysis.runs import RunRecord, read_runs
from npfs.harness.recorder import Recovered, recover
from npfs.harness.spec import REPETITIONS


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
    recovered: tuple[Recovered, ...] = ()

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
    recovered = recover(runs)
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
