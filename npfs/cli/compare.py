"""``npfs compare``: two sets of runs, case by case."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from npfs.cli import shared

TOO_SLOW = 1  # the exit code after --fail-on-slower


def compare(
    base: Annotated[
        str,
        Argument(help="Runs to compare with: a file, folder, pattern, git REV, or REV:FOLDER."),
    ],
    new: Annotated[
        str | None,
        Argument(help="Runs to judge, given the same ways. (default: newest job in --reports)"),
    ] = None,
    reports: shared.Reports = shared.REPORTS,
    fail_on_slower: Annotated[
        str | None,
        Option(metavar="PERCENT", help="Exit with 1 if a whole interval is slower by more: 5%."),
    ] = None,
    form: Annotated[
        str, Option("--format", metavar="FORM", help="terminal, markdown or json.")
    ] = "terminal",
    out: Annotated[Path | None, Option(help="Write to this file instead.")] = None,
    as_json: shared.AsJson = False,
    quiet: shared.Quiet = False,
) -> None:
    """Find the cases that became slower or faster between two sets of runs.

    Exit with 0; with 1 if a case is slower than --fail-on-slower; with 2 if nothing is comparable.
    """
    from npfs.analysis import comparison, run_selection
    from npfs.harness.option_values import percentage
    from npfs.report import comparison as written
    from npfs.schema import write_whole

    form = "json" if as_json else form
    if form not in set(written.Format):
        raise shared.Mistake(f"--format {form!r} is unknown; give {' or '.join(written.Format)}")
    shared.recover_runs(reports)
    tolerated = None
    if fail_on_slower is not None:
        with shared.mistakes(ValueError):
            tolerated = percentage("--fail-on-slower", fail_on_slower)
    names = base, new if new is not None else f"newest job in {reports}"
    kinds = run_selection.NoRunsFound, comparison.CannotCompare, OSError
    with shared.working("comparing", quiet=quiet), shared.mistakes(*kinds):
        compared = comparison.compare(*run_selection.select_both(base, new, reports), names=names)
    short = [written.summary(compared), *written.judgement(compared, tolerated)]
    if out is not None:
        with shared.mistakes(OSError):
            write_whole(out, written.text(compared, written.Format(form), tolerated))
        print(*short, *([] if quiet else [f"wrote {out}"]), sep="\n")
    elif form != written.Format.TERMINAL:
        sys.stdout.write(written.text(compared, written.Format(form), tolerated))
    elif quiet:
        print(*short, sep="\n")
    else:
        written.print_terminal(compared, tolerated)
    if tolerated is not None and (slower := compared.slower_than(tolerated)):
        print(f"npfs compare: {written.failure(slower, tolerated)}", file=sys.stderr)
        raise typer.Exit(TOO_SLOW)
