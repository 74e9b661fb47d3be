"""An interrupted set of runs, found again so that it can be finished."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npfs.evidence.runs import read_runs
from npfs.measure import recovery
from npfs.measure.plan import VISITS


@dataclass(frozen=True)
class UnfinishedSet:
    """The runs of one command that was interrupted.

    Attributes
    ----------
    job : str
        The command that they belong to.
    options : dict
        The options of the plan as they were given then.
    runs_missing : int
        Whole runs that are still to be made; of a run that was cut short the finished cases count as well.
    visits : int
        To each case, as its runs made them.
    recovered : tuple of Recovered
        Runs that were brought back on the way.
    """

    job: str
    options: dict[str, Any]
    runs_missing: int
    visits: int
    recovered: tuple[recovery.Recovered, ...] = ()


def unfinished_set(runs: Path, given: Sequence[str]) -> UnfinishedSet:
    """Return the newest set in the folder ``runs``, if it is not complete.

    ``given`` are the options of the plan that the user gave beside --resume: there must be none.

    Raises
    ------
    ValueError
        Says why there is nothing to resume.
    """
    if given:
        raise ValueError(
            f"--resume takes its settings from the interrupted runs; leave out {', '.join(given)}"
        )
    recovered = recovery.recover(runs)
    found = read_runs(runs).runs
    if not found:
        raise ValueError(
            f"--resume found no runs in {runs}; start with the same command without it"
        )
    newest = found[-1]
    if not newest.planned:
        raise ValueError(f"--resume cannot read what was planned for {newest.path.name}")
    whole = sum(run.job == newest.job and not run.interrupted for run in found)
    planned = int(newest.planned["runs"])
    if whole >= planned:
        raise ValueError(
            f"--resume has nothing to finish: the newest set in {runs} has all its {planned} runs"
        )
    options = dict(newest.planned)
    visits = int(options.pop("visits", VISITS))
    return UnfinishedSet(newest.job, options, planned - whole, visits, tuple(recovered))
