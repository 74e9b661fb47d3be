"""The ``npfs`` command; its modules load what a command needs only when it runs."""

import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from npfs.cli import (
    advise,
    backends,
    bench,
    calibrate,
    compare,
    compare_commits,
    doctor,
    fit,
    report,
)
from npfs.cli.shared import FAULT, MISTAKE, Mistake

TRACEBACK = "--traceback"
LEAST_WIDTH, LARGEST_WIDTH = 20, 1000  # characters of a line
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # where the output goes
TO_PYTEST = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "allow_interspersed_args": False,
}

app = typer.Typer(
    help="NumPy From Scratch: when lists, NumPy or Numba is the right tool, on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(value: bool) -> None:
    if value:
        from npfs import __version__

        typer.echo(f"npfs {__version__}")
        raise typer.Exit


@app.callback()
def npfs(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    traceback: Annotated[
        bool,
        typer.Option(
            TRACEBACK, help="After a fault of npfs, show where it happened; also after a command."
        ),
    ] = False,
) -> None:
    """Take the options that come before a command."""


app.command(context_settings=TO_PYTEST)(bench.bench)
for command in (
    report.report,
    advise.advise,
    fit.fit,
    backends.backends,
    compare.compare,
    compare_commits.compare_commits,
    calibrate.calibrate,
    doctor.doctor,
):
    app.command()(command)


def main() -> None:
    """Run the command line; print a mistake or a fault in one sentence and exit with its code."""
    show = TRACEBACK in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != TRACEBACK]
    prepare_terminal()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except Mistake as error:
        command = next(argument for argument in sys.argv[1:] if not argument.startswith("-"))
        print(f"npfs {command}: {error}", file=sys.stderr)
        sys.exit(MISTAKE)
    except BrokenPipeError:  # who reads the output has enough
        discard_output()
        sys.exit(0)
    except Exception as error:
        if show:
            raise
        said = f"this is a fault of npfs, not yours: {type(error).__name__}: {error}"
        hint, code = f"with {TRACEBACK} it shows where, which is what a report of it needs", FAULT
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            discard_output()
            said = f"the output cannot be written ({error.strerror})"
            hint, code = "free some space, or write it elsewhere", MISTAKE
        print(f"npfs: {said}; {hint}", file=sys.stderr)
        sys.exit(code)


def prepare_terminal() -> None:
    """Make the streams and the width such that printing is no error."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed, as by >&-
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # characters that its encoding lacks
    width = os.environ.get("COLUMNS", "")
    if not (width.isdecimal() and LEAST_WIDTH <= int(width) <= LARGEST_WIDTH):
        os.environ.pop("COLUMNS", None)  # then the usual one is taken


def discard_output() -> None:
    """Let go what is not written yet: the interpreter would try it again at its end."""
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
