"""An interrupted set of runs, found again so that it can be finished."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npfs.analysis.runs import read_runs
from npfs.harness.recorder import Recovered, recover
from npfs.schema import Data
from npfs.suite.own_data import OwnData
from npfs.suite.plan import REPETITIONS


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
        Whole runs that are still to be made; of a run that was cut short the finished cases count
        as well.
    repetitions : int
        Of each case, as its runs made them.
    recovered : tuple of Recovered
        Runs that were brought back on the way.
    data : Data or None
        The table that they were made on.
    """

    job: str
    options: dict[str, Any]
    runs_missing: int
    repetitions: int
    recovered: tuple[Recovered, ...] = ()
    data: Data | None = None

    def options_with(self, data: str | None) -> dict[str, Any]:
        """Return the options with the present path of the table: a run keeps only its file's name.

        Raises
        ------
        ValueError
            If the runs were not made on a table, or its file is not here.
        """
        if self.data is None:
            if data is not None:
                raise ValueError(
                    "--resume finishes runs that were made without --data; leave it out"
                )
            return self.options
        path = data or self.data.file
        if not Path(path).exists():
            raise ValueError(
                f"--resume finds no {path!r} here; say where the table is, with --data beside it"
            )
        return {**self.options, "data": path}

    def require_same(self, data: OwnData | None) -> None:
        """Refuse a table whose numbers are not those that the first runs were made on.

        Raises
        ------
        ValueError
            Names the file.
        """
        if self.data and data and data.record.digest != self.data.digest:
            raise ValueError(
                f"{str(data.options.path)!r} has other numbers than when these runs began; bring "
                "the table back, or start anew without --resume"
            )


def unfinished_set(runs: Path, given: Collection[str]) -> UnfinishedSet:
    """Return the newest set in the folder ``runs``, if it is not complete.

    ``given`` are the options of the plan that the user gave beside --resume: there must be none.

    Raises
    ------
    ValueError
        Says why there is nothing to resume.
    """
    if given:
        raise ValueError(
            "--resume takes its settings from the interrupted runs; leave out "
            f"{', '.join(sorted(given))}"
        )
    recovered = recover(runs)
    found = read_runs(runs).runs
    if not found:
        raise ValueError(
            f"--resume found no runs in {runs}; start with the same command without it"
        )
    newest = found[-1]
    if not newest.planned:
        raise ValueError(f"--resume cannot read what was planned for {newest.path.name}")
    whole = sum(run.job == newest.job and not run.interrupted for run in found)
    planned = int(newest.planned["runs"] or 0)
    if whole >= planned:
        raise ValueError(
            f"--resume has nothing to finish: the newest set in {runs} has all its {planned} runs"
        )
    options = dict(newest.planned)
    repetitions = int(options.pop("repetitions", None) or REPETITIONS)
    return UnfinishedSet(
        newest.job, options, planned - whole, repetitions, tuple(recovered), newest.data
    )
