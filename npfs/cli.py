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
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORM",
            help="all (every file, with figures), or one of html, markdown, csv, json and "
            "github-action-benchmark, printed.",
        ),
    ] = "all",
    out: Annotated[
        Path | None,
        typer.Option(help="Write there instead: a folder for all, a file for one."),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser.")
    ] = False,
) -> None:
    """Build the report again from the saved runs: page, verdict, figures and tables."""
    from npfs.measure.recovery import recover
    from npfs.report.report_command import run_report

    for found in recover(reports / "runs"):
        typer.echo(found, err=form != "all")
    raise typer.Exit(run_report(reports, form, out, open_page=open_page))


@app.command()
def calibrate(
    reports: Annotated[Path, typer.Option(help="Folder whose runs/ are split in halves.")] = Path(
        "reports"
    ),
    measure: Annotated[
        int, typer.Option(min=0, metavar="N", help="First add N runs of the standard preset.")
    ] = 0,
    half: Annotated[int, typer.Option(min=2, help="Runs in a half.")] = 5,
) -> None:
    """Say how well the intervals hold: whether one half of the stored runs foretells the other."""
    from npfs.measure.fresh_runs import CannotMeasure, add_runs
    from npfs.measure.recovery import recover
    from npfs.report.calibrate_command import run_calibrate

    try:
        if measure:
            add_runs(measure, reports)
    except CannotMeasure as error:
        typer.echo(f"npfs calibrate: {error}", err=True)
        raise typer.Exit(2) from None
    for found in recover(reports / "runs"):
        typer.echo(found)
    raise typer.Exit(run_calibrate(reports, half))


@app.command()
def compare(
    base: Annotated[
        str,
        typer.Argument(
            metavar="BASE",
            help="Runs to compare with: a run file, a folder, a pattern in quotes, or a git revision "
            "(REV: the runs under its reports/; or REV:FOLDER).",
        ),
    ],
    new: Annotated[
        str | None,
        typer.Argument(
            help="Runs to judge, given the same ways. [default: newest job in --reports]"
        ),
    ] = None,
    reports: Annotated[Path, typer.Option(help="Where NEW comes from if not given.")] = Path(
        "reports"
    ),
    fail_on_slower: Annotated[
        str | None,
        typer.Option(
            metavar="PERCENT",
            help="Exit with 1 if a case is slower by more than this, as 5%, with its whole interval.",
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORM", help="terminal, markdown or json.")
    ] = "terminal",
    out: Annotated[Path | None, typer.Option(help="Write to this file instead.")] = None,
) -> None:
    """Say which cases became slower or faster between two sets of runs.

    Exits with 0; with 1 if --fail-on-slower is passed; with 2 if there is nothing to compare.
    """
    from npfs.measure.recovery import recover
    from npfs.report.compare_command import run_compare

    for found in recover(reports / "runs"):
        typer.echo(found, err=True)

    raise typer.Exit(run_compare(base, new, reports, fail_on_slower, form, out))


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
