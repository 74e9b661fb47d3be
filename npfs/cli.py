"""The ``npfs`` command."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="NumPy From Scratch: when lists, NumPy or Numba is the right tool, measured on this machine.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_show_locals=False,
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
) -> None:
    """Take the options that come before a command."""


@app.command()
def report(
    reports: Annotated[
        Path, typer.Option(help="Folder whose runs/ are read and where the report is written.")
    ] = Path("reports"),
) -> None:
    """Build figures, table and verdict again from the saved runs."""
    from npfs.report.build import NoRuns, build_report

    try:
        built = build_report(reports)
    except (NoRuns, OSError) as error:
        typer.echo(f"npfs report: {error}", err=True)
        raise typer.Exit(2) from None
    for line in built.terminal_lines():
        typer.echo(line)


@app.command()
def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON, for programs.")
    ] = False,
) -> None:
    """Show what this machine is, what makes its times differ, and what to do about it."""
    from rich.console import Console

    from npfs.doctor import examine, print_diagnosis

    found = examine()
    if as_json:
        import json

        typer.echo(json.dumps(found.as_json(), indent=1))
    else:
        print_diagnosis(found, Console())


def main() -> None:
    """Run the command line."""
    app()
