"""The commands that measure this machine and read its runs: bench, report, calibrate, compare, doctor."""

from pathlib import Path
from typing import Annotated

import typer

from npfs.cli.shared import AsJson, Quiet, told_as_a_sentence, working


def bench(context: typer.Context) -> None:
    """Run the benchmark: the same as python -m pytest bench --benchmark-only, with any of its options.

    Such as --preset quick, --runs 10, --data FILE --target COLUMN; npfs bench -- --help lists them all.
    """
    from npfs.harness.fresh_runs import CannotMeasure, bench_command, run_in_place

    with told_as_a_sentence("bench", CannotMeasure):
        command = bench_command(context.args)
    raise typer.Exit(run_in_place(command))


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
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Build the report again from the saved runs: page, verdict, figures and tables."""
    from npfs.cli.report_command import run_report
    from npfs.harness.recovery import recover

    form = "json" if as_json else form
    for found in recover(reports / "runs"):
        typer.echo(found, err=form != "all")
    with working("building the report", quiet=quiet):
        code = run_report(reports, form, out, open_page=open_page, quiet=quiet)
    raise typer.Exit(code)


def calibrate(
    reports: Annotated[Path, typer.Option(help="Folder whose runs/ are split in halves.")] = Path(
        "reports"
    ),
    measure: Annotated[
        int, typer.Option(min=0, metavar="N", help="First add N runs of the standard preset.")
    ] = 0,
    half: Annotated[int, typer.Option(min=2, help="Runs in a half.")] = 5,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say how well the intervals hold: whether one half of the stored runs foretells the other."""
    from npfs.cli.calibrate_command import run_calibrate
    from npfs.harness.fresh_runs import CannotMeasure, add_runs
    from npfs.harness.recovery import recover

    with told_as_a_sentence("calibrate", CannotMeasure):
        if measure:
            add_runs(measure, reports)
    for found in recover(reports / "runs"):
        typer.echo(found, err=True)
    with working("splitting the runs in halves", quiet=quiet or as_json):
        code = run_calibrate(reports, half, as_json=as_json, quiet=quiet)
    raise typer.Exit(code)


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
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say which cases became slower or faster between two sets of runs.

    Exits with 0; with 1 if --fail-on-slower is passed; with 2 if there is nothing to compare.
    """
    from npfs.cli.compare_command import run_compare
    from npfs.harness.recovery import recover

    for found in recover(reports / "runs"):
        typer.echo(found, err=True)
    form = "json" if as_json else form
    with working("comparing", quiet=quiet):
        code = run_compare(base, new, reports, fail_on_slower, form, out, quiet=quiet)
    raise typer.Exit(code)


def doctor(as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Show what this machine is, what makes its times differ, and what to do about it."""
    from rich.console import Console

    from npfs.suite.doctor import examine, print_diagnosis

    with working("looking at this machine", quiet=quiet or as_json):
        found = examine()
    if as_json:
        import json

        typer.echo(json.dumps(found.as_json(), indent=1))
    else:
        print_diagnosis(found, Console(), quiet=quiet)
