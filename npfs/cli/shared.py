"""What several commands share: their options, a sign of life, and how a person's mistake is told."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

MISTAKE = 2  # the exit code of a command that was asked for what cannot be done

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the result alone: no progress, no notes.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON, for programs.")]
Reports = Annotated[Path, typer.Option(help="Folder with the stored runs.", show_default=True)]


@contextlib.contextmanager
def working(on: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show on a terminal that something is being done; the result goes to the standard output, this does not.

    Yields what changes the words that are shown.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda words: None
        return
    from rich.console import Console

    with Console(stderr=True).status(on) as status:
        yield status.update


@contextlib.contextmanager
def ended_by_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C end the process at once, by the signal itself.

    Python's own handler would wait until a compiled function returns, which may be after minutes, and then find its
    exception beside the function's result. There is nothing to be saved meanwhile.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def told_as_a_sentence(command: str, *kinds: type[Exception]) -> Iterator[None]:
    """Print what was wrong with the input and end with exit code 2, for exceptions of these kinds."""
    try:
        yield
    except kinds as error:
        typer.echo(f"npfs {command}: {sentence(error)}", err=True)
        raise typer.Exit(MISTAKE) from None
    except MemoryError:
        typer.echo(
            f"npfs {command}: the data do not fit into the memory that may be taken; choose fewer columns, or give them as "
            "Parquet or .npy, which npfs fit reads in pieces",
            err=True,
        )
        raise typer.Exit(MISTAKE) from None


def sentence(error: Exception) -> str:
    """Return what an exception says; of a system's error what went wrong with which file."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def columns(text: str | None) -> list[str] | None:
    """Split "a,b" into names; None if none are given."""
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def width() -> int:
    """Return the width to print for; where it is not a terminal's, wide enough for a table."""
    return int(os.environ.get("COLUMNS", "0")) or (
        os.get_terminal_size().columns if sys.stdout.isatty() else 120
    )
