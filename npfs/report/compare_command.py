"""What ``npfs compare`` does: read both sides, compare, print or write, and tell how it went."""

import sys
from pathlib import Path

from npfs.evidence.comparison import CannotCompare, compare, tolerance
from npfs.evidence.sides import NoRunsFound, find_sides
from npfs.report import comparison as words
from npfs.report import wording
from npfs.report.comparison_output import Format, print_terminal, text, write_whole

TOO_SLOW, BAD_INPUT = 1, 2


def run_compare(
    base: str,
    new: str | None,
    reports: Path,
    fail_on_slower: str | None,
    form: str,
    out: Path | None,
) -> int:
    """Compare and print; return the exit code.

    0, or 1 if a case is slower than ``fail_on_slower`` tolerates, or 2 after a sentence that says what
    was wrong with the input.
    """
    try:
        tolerated = None if fail_on_slower is None else tolerance(fail_on_slower)
        chosen = _format(form)
        names = base, new if new is not None else f"newest job in {reports}"
        compared = compare(*find_sides(base, new, reports), names=names)
        if out is not None:
            write_whole(out, text(compared, chosen, tolerated))
            print(words.summary(compared), f"wrote {out}", sep="\n")
        elif chosen is Format.TERMINAL:
            print_terminal(compared)
        else:
            sys.stdout.write(text(compared, chosen, tolerated))
    except (NoRunsFound, CannotCompare, OSError) as error:
        print(f"npfs compare: {error}", file=sys.stderr)
        return BAD_INPUT
    slower = [] if tolerated is None else compared.slower_than(tolerated)
    if slower and tolerated is not None:
        print(f"npfs compare: {words.failure(slower, tolerated)}", file=sys.stderr)
        return TOO_SLOW
    return 0


def _format(form: str) -> Format:
    if form not in set(Format):
        raise CannotCompare(f"--format {form!r} is unknown; give {wording.listed(list(Format))}")
    return Format(form)
