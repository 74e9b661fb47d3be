"""Start a fresh process and hear from it: events as JSON lines, through a pipe of its own.

What the process prints is kept apart from what it reports, so nothing that a library prints is
taken for an event.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npfs.harness.reporter import PIPE, Terminated

# A process that reports nothing for so long hangs, and is ended. A case takes seconds; the slowest
# fit of a published comparison takes two minutes.
SILENCE_S = 300.0
SECONDS_TO_SAVE = 30.0  # after Ctrl-C, which the process gets as well; saving takes far less
POLL_S = 0.5
OUTPUT_LINES = 30

Event = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How a fresh process ended.

    Attributes
    ----------
    exit_code : int
        Negative for the signal that ended it.
    output : str
        The end of what it printed.
    unreadable : str
        The first line that was no event; empty if there was none.
    hung : bool
        Whether it was ended here, since it reported nothing for too long.
    """

    exit_code: int
    output: str
    unreadable: str = ""
    hung: bool = False

    @property
    def cause(self) -> str:
        """Name what ended the process."""
        if self.hung:
            return "a hang"
        if self.exit_code >= 0:
            return f"exit code {self.exit_code}"
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-self.exit_code).name}"
        return f"signal {-self.exit_code}"


def fresh_process(
    command: Sequence[str],
    on_event: Callable[[Event], object] = lambda event: None,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    silence_s: float = SILENCE_S,
) -> Ended:
    """Run ``command`` to its end and call ``on_event`` with each event that it reports.

    Raises
    ------
    OSError
        If the process cannot be started.
    KeyboardInterrupt
        After the process, interrupted as well, has saved what it had.
    """
    reading, writing = os.pipe()
    number, how = _inheritable(writing)
    variables = {**(os.environ if environment is None else environment), PIPE: str(number)}
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    with tempfile.TemporaryFile() as printed:
        try:
            process = subprocess.Popen(
                command, env=variables, cwd=folder, stdin=subprocess.DEVNULL, stdout=printed,
                stderr=subprocess.STDOUT, **how,
            )  # fmt: skip
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        threading.Thread(target=_forward, args=(reading, lines), daemon=True).start()
        try:
            unreadable, hung = _hear(process, lines, on_event, silence_s)
            if not hung:
                process.wait(silence_s)
        except subprocess.TimeoutExpired:
            hung = True
        except KeyboardInterrupt as interruption:
            if isinstance(interruption, Terminated):
                process.terminate()  # Ctrl-C reaches the process by itself, SIGTERM does not
            _let_it_save(process)
            raise
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        return Ended(process.returncode, _end_of(printed), unreadable, hung)


def _hear(
    process: "subprocess.Popen[bytes]",
    lines: "queue.SimpleQueue[bytes | None]",
    on_event: Callable[[Event], object],
    silence_s: float,
) -> tuple[str, bool]:
    """Pass the events on until the process has ended, or reports nothing for too long."""
    unreadable, silent_s = "", 0.0
    while silent_s < silence_s:
        try:
            line = lines.get(timeout=POLL_S)
        except queue.Empty:
            if process.poll() is not None:  # what it started may still hold the pipe
                return unreadable, False
            silent_s += POLL_S  # counted, not read from a clock, which may jump
            continue
        if line is None:
            return unreadable, False
        silent_s = 0.0
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            unreadable = unreadable or line.decode(errors="replace").strip()[:200]
            continue
        on_event(event)
    return unreadable, True


def _forward(reading: int, lines: "queue.SimpleQueue[bytes | None]") -> None:
    with os.fdopen(reading, "rb") as pipe:
        for line in pipe:
            lines.put(line)
    lines.put(None)


def _inheritable(writing: int) -> tuple[int, dict[str, Any]]:
    """Return the number by which a child knows the pipe, and what starts it so."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        handle = msvcrt.get_osfhandle(writing)
        os.set_handle_inheritable(handle, True)
        return handle, {"close_fds": False}
    return writing, {"pass_fds": (writing,)}


def _let_it_save(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        process.wait(SECONDS_TO_SAVE)


def _end_of(printed: Any) -> str:
    printed.seek(0)
    lines = printed.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-OUTPUT_LINES:])


def end_on_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does: with what it has measured."""

    def end(number: int, frame: object) -> None:
        # It may come twice, and the second must not end the saving.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Terminated

    signal.signal(signal.SIGTERM, end)
