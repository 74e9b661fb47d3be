"""Numbers and sentences as a person reads them.

Numbers are scaled here, once, and never without their interval. The sentences of reports,
comparisons and advice are Jinja macros under ``templates/sentences/``: no code builds a sentence or
looks into one. A macro gets numbers and names, formats them by ``FILTERS`` and decides no more than
the wording.
"""

import re
import textwrap
from collections.abc import Collection, Iterable, Sequence
from functools import cache, partial
from typing import Self

from jinja2 import Environment, PackageLoader, StrictUndefined

from npfs.analysis.prediction import Estimate
from npfs.analysis.statistics import TOO_WIDE, Interval, Mode
from npfs.drawing import numbers
from npfs.schema import Size

NEARLY_ALIKE = 1.2  # below it a factor is written as a percentage, or with three digits


class Text(str):
    """A value and a note on it, such as its interval: 35.0× (34.0 to 36.1).

    A page sets the note smaller; no code has to look for it.
    """

    value: str
    note: str

    def __new__(cls, value: str, note: str = "") -> Self:
        """Join the two."""
        made = super().__new__(cls, f"{value} {note}".strip())
        made.value, made.note = value, note
        return made


def factor(ratio: Interval) -> Text:
    """Format a ratio with its interval: 35.0× (34.0 to 36.1)."""
    return number(ratio, "×")


def start(name: str) -> str:
    """Return a name as the first word of a sentence."""
    return name[:1].upper() + name[1:]


def apart(name: str) -> str:
    """Return a name in the middle of a sentence: a title that has a comma ends with one."""
    return f"{name}," if "," in name else name


def does(name: str, verb: str, plural: str) -> str:
    """Return a name with its verb: NumPy is; lists are; Numba, all cores, is."""
    return f"{apart(name)} {plural if name == 'lists' else verb}"


def rough(value: float) -> str:
    """Format a factor for a sentence, with two significant digits: 35×, 9.1×, 1.05×."""
    return f"{numbers.significant(value, 2 if value >= NEARLY_ALIKE or value < 1 else 3)}×"


def gain(value: float) -> str:
    """Format a speedup above 1 for a sentence, with two significant digits: 35×, 5.0 %."""
    return f"{numbers.percent(value - 1)} %" if value < NEARLY_ALIKE else rough(value)


def faster(value: float) -> str:
    """Format a speedup above 1 for a sentence: 35× faster, 5.0 % faster."""
    return f"{gain(value)} faster"


def ratio(of: Interval) -> Text:
    """Format a ratio that is compared with 1; it says so where it is not significant."""
    text = factor(of)
    if not of.is_known or of.is_too_wide or of.is_significant:
        return text
    return Text(text.value, f"{text.note}, no significant difference")


def number(of: Interval, sign: str = "") -> Text:
    """Format a number of things with its interval, a ``sign`` behind each value."""
    value = f"{numbers.significant(of.value)}{sign}"
    if not of.is_known:
        return Text(value, "(one run, so no interval)")
    if of.bimodal:
        low, high = (f"{numbers.significant(mode.value)}{sign}" for mode in of.bimodal)
        return Text(f"{low} or {high}", f"({_in_runs(*of.bimodal)})")
    if of.is_too_wide:
        return Text(value, "(too uncertain)")
    return Text(value, f"({numbers.significant(of.low)} to {numbers.significant(of.high)})")


def share(ratio: Interval) -> Text:
    """Format a ratio as a percentage with its interval."""
    value = f"{numbers.percent(ratio.value)} %"
    if not ratio.is_known or ratio.is_too_wide:
        return Text(value)
    return Text(value, f"({numbers.percent(ratio.low)} to {numbers.percent(ratio.high)})")


def duration(seconds: Interval) -> Text:
    """Format a time with its interval, in the unit that suits its value."""
    scale, unit = numbers.time_unit(seconds.value)
    value = numbers.time(seconds.value)
    if not seconds.is_known:
        return Text(value)
    if seconds.bimodal:
        low, high = (numbers.significant(mode.value / scale) for mode in seconds.bimodal)
        return Text(f"{low} or {high} {unit}", f"({_in_runs(*seconds.bimodal)})")
    return span(seconds.value, seconds.low, seconds.high)


def span(value: float, low: float, high: float, unit: str = "") -> Text:
    """Format seconds with two bounds, or a ratio, whose ``unit`` is "×"."""
    scale, of_time = numbers.time_unit(value)
    if unit:
        scale, digits = 1.0, 2
    else:
        unit, digits = f" {of_time}", 3
    text = f"{numbers.significant(value / scale, digits)}{unit}"
    if high > TOO_WIDE * low:
        return Text(text, "(too uncertain)")
    bounds = [numbers.significant(bound / scale, digits) for bound in (low, high)]
    return Text(text, f"({' to '.join(bounds)})")


def estimate(of: Estimate) -> Text:
    """Format estimated seconds with their interval."""
    return span(of.value, of.low, of.high)


def _in_runs(first: Mode, second: Mode) -> str:
    return f"in {first.runs} and {second.runs} runs"


def size(of: Size) -> str:
    """Format a size: 10,000 rows; 10,000 rows × 16 features."""
    if of.n_features == 1:
        return numbers.counted(of.n_samples, "row")
    rows, features = (of.n_samples, "row"), (of.n_features, "feature")
    return f"{numbers.counted(*rows)} × {numbers.counted(*features)}"


def rows(number: int) -> str:
    """Format a round number of rows for a sentence: 1 row, 10,000 rows, 2 million rows."""
    return f"{numbers.amount(number)} row{'' if number == 1 else 's'}"


def table_row(cells: Iterable[str]) -> str:
    """Return a row of a Markdown table; a bar or a line break in a name stays in its cell."""
    lines = (" ".join(markdown(cell).split()) for cell in cells)
    return "| " + " | ".join(line.replace("|", r"\|") for line in lines) + " |"


class Marked(str):
    """Text that is Markdown already."""


def markdown(text: str) -> str:
    """Escape what Markdown would read as a tag, a link or an image: a name stays a name."""
    return text if isinstance(text, Marked) else re.sub(r"[\\<\[\]$*`]", r"\\\g<0>", text)


def numbered_runs(of: Sequence[str]) -> str:
    """Name runs as the subject of a sentence: run 1 was; runs 1 and 2 were."""
    return f"run {of[0]} was" if len(of) == 1 else f"runs {numbers.listed(of)} were"


def wrapped(text: str, width: int, first: str = "", further: str = "  ") -> str:
    """Wrap a sentence for a terminal."""
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=further, break_on_hyphens=False
    )


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


FILTERS = {
    "about": numbers.about,
    "amount": numbers.amount,
    "apart": apart,
    "bytes": numbers.n_bytes,
    "count": numbers.count,
    "counted": numbers.counted,
    "does": does,
    "duration": duration,
    "estimate": estimate,
    "either": partial(numbers.listed, last="or"),
    "factor": factor,
    "faster": faster,
    "gain": gain,
    "listed": numbers.listed,
    "md": markdown,
    "number": number,
    "numbered_runs": numbered_runs,
    "percent": numbers.percent,
    "rough": rough,
    "row": table_row,
    "rows": rows,
    "share": share,
    "significant": numbers.significant,
    "size": size,
    "start": start,
    "time": numbers.time,
    "wrapped": wrapped,
}


class Sentences:
    """The sentences about one topic, which is the name of a template."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def __call__(self, name: str, /, **values: object) -> str:
        """Return the sentence of that name, on one line."""
        macro = getattr(environment().get_template(f"sentences/{self._topic}.j2").module, name)
        return " ".join(str(macro(**values)).split())


@cache
def environment(*, autoescape: bool = False) -> Environment:
    """Return the environment of text, where nothing is escaped, or of a page, which escapes all."""
    made = Environment(
        loader=PackageLoader("npfs.report", "templates"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= FILTERS
    return made
