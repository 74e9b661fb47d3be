"""The ``npfs`` command. Its modules load what a command needs when it runs, so that ``npfs --help`` is there at once."""

import sys
from typing import Annotated

import typer

from npfs.cli import measuring, own_data

OUR_FAULT = 70  # EX_SOFTWARE of sysexits.h
TRACEBACK = "--traceback"

app = typer.Typer(
    help="NumPy From Scratch: when lists, NumPy or Numba is the right tool, measured on this machine.",
    no_args_is_help=True,
    add_completion=True,
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


app.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
    }
)(measuring.bench)
for command in (
    measuring.report,
    own_data.advise,
    own_data.fit,
    own_data.backends,
    measuring.compare,
    measuring.calibrate,
    measuring.doctor,
):
    app.command()(command)


def main() -> None:
    """Run the command line; a fault of npfs is one sentence, and a traceback where that is asked for."""
    show = TRACEBACK in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != TRACEBACK]
    try:
        app()
    except Exception as error:
        if show:
            raise
        print(
            f"npfs: this is a fault of npfs, not yours: {type(error).__name__}: {error}; with {TRACEBACK} it shows where, "
            "which is what a report of it needs",
            file=sys.stderr,
        )
        sys.exit(OUR_FAULT)
