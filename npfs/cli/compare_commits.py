"""``npfs compare-commits``: two commits, measured alternately in one job."""

import sys
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from npfs.cli import shared
from npfs.cli.compare import FailOnSlower, Form, Out, checked, finish


def compare_commits(
    base: Annotated[str, Argument(help="The commit to compare with: any git revision.")],
    new: Annotated[str, Argument(help="The commit to judge.")],
    command: Annotated[
        list[str] | None,
        Argument(metavar="-- pytest ...", help="What measures: pytest DIR --benchmark-only."),
    ] = None,
    runs: Annotated[int, Option(min=1, help="Runs of each side; two at a time take turns.")] = 5,
    install: Annotated[
        list[str] | None,
        Option(metavar="ARG", help="For pip install, repeatable, such as '.[test]'. (default: .)"),
    ] = None,
    keep: Annotated[
        Path | None,
        Option(metavar="DIR", help="Keep environments, worktrees and runs in this new folder."),
    ] = None,
    fail_on_slower: FailOnSlower = None,
    form: Form = "terminal",
    out: Out = None,
    as_json: shared.AsJson = False,
    quiet: shared.Quiet = False,
) -> None:
    """Install two commits, measure them in turns on this machine, and compare them.

    Exit with 0; with 1 if a case is slower than --fail-on-slower; with 2 if nothing is comparable.
    """
    from npfs.analysis.comparison import CannotCompare, compare
    from npfs.analysis.runs import read_runs
    from npfs.plugin import commits

    def say(sentence: str) -> None:
        if not quiet:
            print(sentence, file=sys.stderr, flush=True)

    asked = checked("json" if as_json else form, fail_on_slower, out)
    with shared.mistakes(CannotCompare, OSError):
        start = commits.pytest_command(command or [])
        with commits.check_out(base, new, keep) as sides:
            commits.measure(*sides, start, runs=runs, install=install or ["."], say=say)
            folders = [read_runs(side.home / "runs") for side in sides]
            names = (f"{base}, {sides[0].id[:7]}", f"{new}, {sides[1].id[:7]}")
            compared = compare(*folders, names=names, is_paired=True)
    finish("compare-commits", compared, *asked, quiet=quiet)
