"""A live display of runs and cases. It is redrawn between cases only, never while one is timed."""

import time
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class RunProgress:
    """A bar over the cases of a run on a terminal, a line for each run elsewhere."""

    def __init__(self, file: IO[str], *, live: bool) -> None:
        self._console = Console(file=file)
        self._label, self._began = "", time.perf_counter()
        self._bar = _bar(self._console) if live and self._console.is_terminal else None
        if self._bar is not None:
            self._task = self._bar.add_task("", total=None, run="")
            self._bar.start()

    @property
    def is_live(self) -> bool:
        """Whether a bar is drawn."""
        return self._bar is not None

    def begin_run(self, label: str, cases: int) -> None:
        """Begin to count the cases of a run; repetitions of a case count one each."""
        self._label, self._began = label, time.perf_counter()
        if self._bar is not None:
            self._bar.update(self._task, completed=0, total=cases, run=label, refresh=True)

    def case_done(self) -> None:
        """Count one more case."""
        if self._bar is not None:
            self._bar.update(self._task, advance=1, refresh=True)

    def run_done(self) -> None:
        """Say that the run is saved."""
        if self._bar is None:
            seconds = time.perf_counter() - self._began
            self._console.print(f"\n{self._label} saved after {seconds:.1f} s")

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._console.print(f"\n{line}", soft_wrap=True)

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
