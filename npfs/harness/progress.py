"""The progress of a command: a bar with the time left on a terminal, elsewhere a line at times."""

import time
from typing import IO, Any

LINE_EVERY_S = 10.0
STEPS = 1000


class Progress:
    """The share of all runs that is done; without a stream nothing is shown."""

    def __init__(self, file: IO[str] | None = None, runs: int = 1, began: float = 0.0) -> None:
        self._runs, self._made, self._began = runs, 0, began
        self._what, self._printed = "", 0.0  # seconds after the beginning
        self._console: Any = None
        self._bar: Any = None
        if file is None:
            return
        from rich import console, progress  # noqa: PLC0415 - a further run shows nothing

        self._console = console.Console(file=file)
        if self._console.is_terminal:
            text, bar = progress.TextColumn, progress.BarColumn()
            self._bar = progress.Progress(
                text("{task.description}"), bar, text("{task.fields[left]}"),
                console=self._console, auto_refresh=False,
            )  # fmt: skip
            self._task = self._bar.add_task("", total=STEPS, left="")
            self._bar.start()

    def expect(self, runs: int) -> None:
        """Expect at least so many runs."""
        self._runs = max(self._runs, runs)

    def begin_run(self, number: int, what: str = "") -> None:
        """Begin a run; ``what`` it times, if not all."""
        self._made = number - 1
        self._runs = max(self._runs, number)
        self._what = what
        self.advance(0.0)

    def advance(self, share: float, at: str = "") -> None:
        """Show that ``share`` of the run is done, ``at`` what it is."""
        done = (self._made + min(max(share, 0.0), 1.0)) / self._runs
        elapsed = time.perf_counter() - self._began
        is_known = done > 0.02 and elapsed > LINE_EVERY_S
        left = f"about {elapsed / done - elapsed:.0f} s left" if is_known else ""
        run = f"run {self._made + 1} of {self._runs}{self._what}"
        if self._bar is not None:
            self._bar.update(
                self._task, completed=done * STEPS, description=run, left=left, refresh=True
            )
        elif self._console is not None and elapsed - self._printed >= LINE_EVERY_S:
            self._printed = elapsed
            self._print(f"{run}, {done:.0%} done{left and f', {left}'}")

    def end_run(self) -> None:
        """Say that the run is saved."""
        self.advance(1.0)

    def say(self, text: str) -> None:
        """Print lines above the bar."""
        if self._console is not None and text:
            self._print(text)

    def close(self) -> None:
        """Stop drawing; the bar goes."""
        if self._bar is not None:
            self._bar.update(self._task, visible=False)
            self._bar.stop()
            self._bar = None

    def _print(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, markup=False, highlight=False)
