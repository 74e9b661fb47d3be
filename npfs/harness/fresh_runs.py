"""A further run of the same command, in a fresh process."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import npfs

CASE_MARK = "[npfs case done]"
SAVED_MARK = "[npfs run saved]"
SETTINGS = "settings.ini"  # of pytest, for the benchmarks
# After Ctrl-C the process gets the signal too; saving what it has takes far less than this.
SECONDS_TO_SAVE = 30


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM): what is measured is saved first, as after Ctrl-C."""


class RunFailed(RuntimeError):
    """A fresh process ended with nothing measured; the message ends with its output."""


class CannotMeasure(RuntimeError):
    """Runs cannot be added here; the message says why and what to do."""


@dataclass(frozen=True)
class Ended:
    """How a fresh process ended.

    Attributes
    ----------
    is_saved : bool
        Whether it saved its run itself.
    exit_code : int
        Of the process; negative for the signal that ended it.
    output : str
        The end of what it printed.
    """

    is_saved: bool
    exit_code: int
    output: str

    @property
    def cause(self) -> str:
        """Name the exit code or the signal that ended the process."""
        if self.exit_code >= 0:
            return f"exit code {self.exit_code}"
        try:
            return f"signal {signal.Signals(-self.exit_code).name}"
        except ValueError:
            return f"signal {-self.exit_code}"


def add_runs(number: int, reports: Path) -> None:
    """Add runs of the standard preset to a reports folder.

    Raises
    ------
    CannotMeasure
        If there is no bench here, or it fails.
    """
    command = bench_command([f"--runs={number}", f"--reports={reports}"])
    ended = subprocess.run(command, check=False)
    if ended.returncode != 0:
        raise CannotMeasure(f"the benchmark ended with exit code {ended.returncode}; see above")


def bench_command(options: Sequence[str]) -> list[str]:
    """Return the command that measures, with the benchmarks of this clone or of the package.

    They run with their own settings of pytest, whatever those of the folder are.

    Raises
    ------
    CannotMeasure
        If the benchmarks are neither here nor in the package.
    """
    package = Path(npfs.__file__).parent
    places = (Path("bench"), package.parent / "bench", package / "bench")
    found = [place.absolute() for place in places if (place / SETTINGS).is_file()]
    if not found:
        raise CannotMeasure(
            "the benchmarks are not in this installation of npfs; install it again, or go to your "
            "clone of npfs"
        )
    settings = ["-c", str(found[0] / SETTINGS), "--rootdir", str(found[0])]
    pytest = [sys.executable, "-m", "pytest", str(found[0]), *settings]
    return [*pytest, "--benchmark-only", *options]


def run_in_place(command: list[str]) -> int:
    """Replace this process by the command where the system can; else return its exit code."""
    if os.name == "posix":
        sys.stdout.flush()
        for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
            if stream.name == os.devnull:  # in place of one that was closed
                os.dup2(stream.fileno(), number)
                os.set_inheritable(number, True)
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


def end_on_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does: with what it has measured."""

    def end(number: int, frame: object) -> None:
        # It may come twice, and the second must not end the saving.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Terminated

    signal.signal(signal.SIGTERM, end)


def fresh_run(arguments: Sequence[str], folder: Path, on_case: Callable[[], None]) -> Ended:
    """Run ``pytest`` with ``arguments`` in ``folder``; call ``on_case`` for each case done.

    Raises
    ------
    KeyboardInterrupt
        After the process, interrupted as well, has saved what it had.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        lines: list[str] = []
        is_saved = False
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if CASE_MARK in line:
                    on_case()
                elif SAVED_MARK in line:
                    is_saved = True
                else:
                    lines = [*lines[-30:], line]
        except KeyboardInterrupt as interruption:
            if isinstance(interruption, Terminated):
                process.terminate()  # Ctrl-C reaches the process by itself, SIGTERM does not
            _let_it_save(process)
            raise
    return Ended(is_saved, process.returncode, "".join(lines))


def _let_it_save(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=SECONDS_TO_SAVE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.communicate()
