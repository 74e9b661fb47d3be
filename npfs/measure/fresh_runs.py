"""Further runs of the same command, each in a fresh process, one after another."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

CASE_MARK = "[npfs case done]"
SAVED_MARK = "[npfs run saved]"
# After Ctrl-C the process gets the signal too; saving what it has takes far less than this.
SECONDS_TO_SAVE = 30


class RunFailed(RuntimeError):
    """A fresh process ended without saving a run; the message ends with its output."""


def fresh_run(arguments: Sequence[str], folder: Path, on_case: Callable[[], None]) -> bool:
    """Run ``pytest`` with ``arguments`` in ``folder`` and wait, calling ``on_case`` for each case done.

    Returns whether all its cases passed. (All may be of those that the first run alone measures: nothing saved.)

    Raises
    ------
    RunFailed
        If the process failed and saved no run.
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
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if CASE_MARK in line:
                    on_case()
                else:
                    lines.append(line)
        except KeyboardInterrupt:
            _let_it_save(process)
            raise
    if process.returncode and not any(SAVED_MARK in line for line in lines):
        raise RunFailed(
            f"a run ended with exit code {process.returncode} and nothing saved; its output was:\n"
            + "".join(lines[-30:])
        )
    return process.returncode == 0


def _let_it_save(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=SECONDS_TO_SAVE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.communicate()
