"""A live display of runs and cases. It is redrawn between cases only, never while one is timed."""

import time
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class RunProgress:
    """A bar over all cases of all runs on a terminal, a line for each run elsewhere."""

    def __init__(self, file: IO[str], runs: int, cases: int, *, live: bool) -> None:
        self._console = Console(file=file)
        self._runs, self._cases = runs, cases
        self._run_began = time.perf_counter()
        self._bar = _bar(self._console) if live and self._console.is_terminal else None
        if self._bar is not None:
            self._task = self._bar.add_task("", total=runs * cases, run=f"run 1 of {runs}")
            self._bar.start()
            self._bar.refresh()

    @property
    def is_live(self) -> bool:
        """Whether a bar is drawn."""
        return self._bar is not None

    def case_done(self) -> None:
        """Count one more case."""
        if self._bar is not None:
            self._bar.update(self._task, advance=1, refresh=True)

    def run_done(self, run: int) -> None:
        """Say that run number ``run`` of this command is saved."""
        seconds = time.perf_counter() - self._run_began
        self._run_began = time.perf_counter()
        if self._bar is not None:
            following = min(run + 1, self._runs)
            self._bar.update(
                self._task,
                completed=run * self._cases,
                run=f"run {following} of {self._runs}",
                refresh=True,
            )
        else:
            self._console.print(f"\nrun {run} of {self._runs} saved after {seconds:.1f} s")

    def close(self) -> None:
        """Stop drawing; what was drawn stays."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.fields[run]}, case"),
        MofNCompleteColumn(),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        auto_refresh=False,
    )
