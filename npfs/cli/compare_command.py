"""What ``npfs compare`` does: read both sides, compare, print or write, and tell how it went."""

import math
import re
import sys
from pathlib import Path

from npfs.analysis.comparison import CannotCompare, compare
from npfs.analysis.sides import NoRunsFound, find_sides
from npfs.report import comparison as words
from npfs.report.comparison_output import Format, print_terminal, text
from npfs.whole_file import write_whole

TOO_SLOW, BAD_INPUT = 1, 2


def run_compare(
    base: str,
    new: str | None,
    reports: Path,
    fail_on_slower: str | None,
    form: str,
    out: Path | None,
    *,
    quiet: bool = False,
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
            done = [] if quiet else [f"wrote {out}"]
            print(words.summary(compared), *words.judgement(compared, tolerated), *done, sep="\n")
        elif quiet and chosen is Format.TERMINAL:
            print(words.summary(compared), *words.judgement(compared, tolerated), sep="\n")
        elif chosen is Format.TERMINAL:
            print_terminal(compared, tolerated)
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


def tolerance(text: str) -> float:
    """Return the fraction that a percentage such as "5%" or "2.5 %" stands for.

    Raises
    ------
    CannotCompare
        If it is anything else. A number without the sign could mean either.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", text, re.ASCII)
    if match is None or not math.isfinite(float(match[1])):
        raise CannotCompare(
            f"--fail-on-slower {text!r} is not a percentage; write one with its sign, as 5% or 2.5%"
        )
    return float(match[1]) / 100


def _format(form: str) -> Format:
    if form not in set(Format):
        raise CannotCompare(f"--format {form!r} is unknown; give {' or '.join(Format)}")
    return Format(form)
