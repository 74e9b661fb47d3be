"""Numbers as a person reads them: scaled here, once, and never without their interval."""

import re
import textwrap
from collections.abc import Collection, Iterable, Sequence

from npfs.analysis.runs import RunRecord
from npfs.analysis.statistics import Interval, Mode
from npfs.drawing import numbers
from npfs.schema import Size

NEARLY_ALIKE = 1.2  # below it a factor is written as a percentage, or with three digits


def factor(ratio: Interval) -> str:
    """Format a ratio with its interval: 35.0× (34.0 to 36.1)."""
    return number(ratio, "×")


def rough(value: float) -> str:
    """Format a factor for a sentence, with two significant digits: 35×, 9.1×, 1.05×."""
    return f"{numbers.significant(value, 2 if value >= NEARLY_ALIKE or value < 1 else 3)}×"


def faster(value: float) -> str:
    """Format a speedup above 1 for a sentence: 35× faster, 5 % faster."""
    if value < NEARLY_ALIKE:
        return f"{100 * (value - 1):.0f} % faster"
    return f"{rough(value)} faster"


def ratio(of: Interval) -> str:
    """Format a ratio that is compared with 1; it says so where it is not significant."""
    is_clear = not of.is_known or of.is_too_wide or of.is_significant
    return factor(of) + ("" if is_clear else ", no significant difference")


def number(of: Interval, sign: str = "") -> str:
    """Format a number of things with its interval, a ``sign`` behind each value."""
    value = f"{numbers.significant(of.value)}{sign}"
    if not of.is_known:
        return f"{value} (one run, so no interval)"
    if of.bimodal:
        low, high = (f"{numbers.significant(mode.value)}{sign}" for mode in of.bimodal)
        return f"{low} or {high} ({_in_runs(*of.bimodal)})"
    if of.is_too_wide:
        return f"{value} (too uncertain to tell)"
    return f"{value} ({numbers.significant(of.low)} to {numbers.significant(of.high)})"


def share(ratio: Interval) -> str:
    """Format a ratio as a percentage with its interval."""
    value = f"{numbers.percent(ratio.value)} %"
    if not ratio.is_known or ratio.is_too_wide:
        return value
    return f"{value} ({numbers.percent(ratio.low)} to {numbers.percent(ratio.high)})"


def duration(seconds: Interval) -> str:
    """Format a time with its interval, in the unit that suits its value."""
    scale, unit = numbers.time_unit(seconds.value)
    value = numbers.time(seconds.value)
    if not seconds.is_known:
        return value
    if seconds.bimodal:
        low, high = (numbers.significant(mode.value / scale) for mode in seconds.bimodal)
        return f"{low} or {high} {unit} ({_in_runs(*seconds.bimodal)})"
    if seconds.is_too_wide:
        return f"{value} (too uncertain to tell)"
    return numbers.time_span(seconds.value, seconds.low, seconds.high)


def seen(seconds: Interval) -> str:
    """Format a time, and say so where it was seen once."""
    return duration(seconds) + ("" if seconds.is_known else " (one run, so no interval)")


def _in_runs(first: Mode, second: Mode) -> str:
    return f"in {first.runs} and {second.runs} runs"


def size(of: Size) -> str:
    """Format a size: 10,000 samples; 10,000 × 16."""
    if of.n_features == 1:
        return f"{numbers.count(of.n_samples)} sample{'s' if of.n_samples > 1 else ''}"
    return f"{numbers.count(of.n_samples)} samples of {of.n_features} features"


def table_row(cells: Iterable[str]) -> str:
    """Return a row of a Markdown table; a bar in a name stays in its cell."""
    return "| " + " | ".join(markdown(cell).replace("|", r"\|") for cell in cells) + " |"


def markdown(text: str) -> str:
    """Escape what Markdown would read as a tag, a link or an image: a name stays a name."""
    return re.sub(r"[\\<\[\]]", r"\\\g<0>", text)


def numbered_runs(of: Sequence[str]) -> str:
    """Name runs as the subject of a sentence: run 1 was; runs 1 and 2 were."""
    return f"run {of[0]} was" if len(of) == 1 else f"runs {numbers.listed(of)} were"


def left_out(runs: Iterable[tuple[RunRecord, str]]) -> list[str]:
    """Name the runs that were left out, a clause for each reason."""
    reasons = by_reason((str(run.number), why) for run, why in runs)
    return [f"{numbered_runs(left)} left out: {why}" for why, left in reasons.items()]


def by_reason(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the names that share a reason, from pairs of name and reason."""
    names: dict[str, list[str]] = {}
    for name, why in named:
        names.setdefault(why, []).append(name)
    return names


def aligned(
    rows: Sequence[Sequence[str]], width: int, *, from_the_right: Collection[int]
) -> list[str]:
    """Return a line for each row, its columns aligned; those of numbers ``from_the_right``.

    A name in the first column that leaves no room for the others in ``width`` gets a line of its
    own.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[0] = min(widths[0], width - sum(widths[1:]) - 2 * (len(widths) - 1))
    lines = []
    for name, *others in rows:
        fits = len(name) <= widths[0]
        lines += [] if fits else textwrap.wrap(name, width)
        cells = [
            cell.rjust(size) if column in from_the_right else cell.ljust(size)
            for column, (cell, size) in enumerate(
                zip((name if fits else "", *others), widths, strict=True)
            )
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
