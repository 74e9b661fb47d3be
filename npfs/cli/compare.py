"""``npfs compare``: two sets of runs, case by case."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from npfs.cli import shared

if TYPE_CHECKING:
    from npfs.analysis.comparison import Comparison
    from npfs.report.comparison import Format

TOO_SLOW = 1  # the exit code after --fail-on-slower
FailOnSlower = Annotated[
    str | None,
    Option(metavar="PERCENT", help="Exit with 1 if a whole interval is slower by more: 5%."),
]
Form = Annotated[
    str,
    Option("--format", metavar="FORM", help="terminal, markdown, json or github-action-benchmark."),
]
Out = Annotated[Path | None, Option(help="Write to this file instead.")]


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
    fail_on_slower: FailOnSlower = None,
    form: Form = "terminal",
    out: Out = None,
    as_json: shared.AsJson = False,
    quiet: shared.Quiet = False,
) -> None:
    """Find the cases that became slower or faster between two sets of runs.

    Exit with 0; with 1 if a case is slower than --fail-on-slower; with 2 if nothing is comparable.
    """
    from npfs.analysis import comparison, run_selection

    asked = checked("json" if as_json else form, fail_on_slower, out)
    shared.recover_runs(reports)
    names = base, new if new is not None else f"newest job in {reports}"
    kinds = run_selection.NoRunsFound, comparison.CannotCompare, OSError
    with shared.working("comparing", quiet=quiet), shared.mistakes(*kinds):
        compared = comparison.compare(*run_selection.select_both(base, new, reports), names=names)
    finish("compare", compared, *asked, quiet=quiet)


def checked(
    form: str, fail_on_slower: str | None, out: Path | None
) -> tuple["Format", float | None, Path | None]:
    """Return the form, what is tolerated and the file; wrong ones are mistakes."""
    from npfs.harness.option_values import percentage
    from npfs.report.comparison import Format

    if form not in set(Format):
        raise shared.Mistake(f"--format {form!r} is unknown; give {' or '.join(Format)}")
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        raise shared.Mistake(f"--out takes a file in a folder that is there; got {str(out)!r}")
    tolerated = None
    if fail_on_slower is not None:
        with shared.mistakes(ValueError):
            tolerated = percentage("--fail-on-slower", fail_on_slower)
    return Format(form), tolerated, out


def finish(
    command: str,
    compared: "Comparison",
    form: "Format",
    tolerated: float | None,
    out: Path | None,
    *,
    quiet: bool,
) -> None:
    """Print the comparison, or write it; exit with ``TOO_SLOW`` if a case is slower."""
    from npfs.report import comparison as written
    from npfs.schema import write_whole

    short = [written.summary(compared), *written.judgement(compared, tolerated)]
    if out is not None:
        with shared.mistakes(OSError):
            write_whole(out, written.text(compared, form, tolerated))
        print(*short, *([] if quiet else [f"wrote {out}"]), sep="\n")
    elif form != written.Format.TERMINAL:
        sys.stdout.write(written.text(compared, form, tolerated))
    elif quiet:
        print(*short, sep="\n")
    else:
        written.print_terminal(compared, tolerated)
    if tolerated is not None and (slower := compared.slower_than(tolerated)):
        print(f"npfs {command}: {written.failure(slower, tolerated)}", file=sys.stderr)
        raise typer.Exit(TOO_SLOW)
