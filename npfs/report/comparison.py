"""A comparison as a person reads it: summary first, then what differs, then the table."""

import textwrap
from collections.abc import Sequence

from npfs.analysis.comparison import Change, Comparison, Label, Side
from npfs.analysis.statistics import FALSE_DISCOVERY_RATE, Interval, selected_confidence
from npfs.drawing import numbers
from npfs.report import wording
from npfs.report.comparison_notes import differences, notes
from npfs.report.plain_table import aligned

WIDTH = 100
HEADINGS = ("case", "BASE", "NEW", "NEW / BASE (interval)", "runs", "")
_PLAIN_UP_TO = 1e6  # a larger factor is written with an exponent


def summary(comparison: Comparison) -> str:
    """Say how many cases differ, and how many of those may be chance."""
    slower, faster, noise, unknown = (comparison.count(label) for label in Label)
    total = len(comparison.changes)
    text = (
        f"{slower} of {total} {'cases' if total > 1 else 'case'} {'is' if slower == 1 else 'are'} "
        f"slower, {faster} faster, {noise} within noise"
    )
    if unknown:
        text += f", {unknown} not known (one run)"
    q = f"{100 * FALSE_DISCOVERY_RATE:.0f} %"
    if slower + faster:
        text += f"; of the differences called, at most {q} in expectation are chance"
        return text + " (Benjamini and Hochberg)."
    return text + "."


def basis(comparison: Comparison) -> str:
    """Say what the numbers rest on."""
    level = f"{100 * selected_confidence(comparison.threshold):.4g} %"
    called = f", {level} where called slower or faster" if comparison.threshold else ""
    return (
        f"Ratios are time NEW over time BASE, below 1 is faster. {_runs(comparison.base)}, "
        f"{_runs(comparison.new)}, one number a run; intervals are 95 %{called} (Welch's t on "
        "logarithms). They know the spread between the runs of a side, not what else changed on the "
        "machine between the two sides."
    )


def failure(slower: Sequence[Change], tolerance: float) -> str:
    """Say which cases are slower than is tolerated."""
    cases = [f"{change.case} {factor(change)}" for change in slower]
    return (
        f"{len(cases)} case{'s are' if cases[1:] else ' is'} slower by more than "
        f"{_percent(tolerance)}, with the whole interval: {', '.join(cases)}."
    )


def judgement(comparison: Comparison, tolerance: float | None) -> list[str]:
    """Say whether a case is slower than is tolerated, and how many may be; nothing if it was not asked."""
    if tolerance is None:
        return []
    slower, possible = comparison.slower_than(tolerance), comparison.not_ruled_out(tolerance)
    first = (
        failure(slower, tolerance)
        if slower
        else f"No case is clearly slower by more than {_percent(tolerance)}."
    )
    rest = f"In {len(possible)} of {len(comparison.changes)} cases that cannot be ruled out: "
    rest += "the interval reaches it, or is not known; more runs narrow it."
    return [f"{first} {rest}" if possible else first]


def rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the cells of the table, a row for each case, under ``HEADINGS``."""
    return [
        (
            change.case,
            _duration(change.base_seconds),
            _duration(change.new_seconds),
            factor(change),
            f"{change.base_runs}, {change.new_runs}",
            str(change.label),
        )
        for change in comparison.changes
    ]


def factor(change: Change) -> str:
    """Format a ratio with its interval, never so rounded that the interval contradicts the label."""
    ratio = change.ratio
    value = f"{_number(ratio.value)}×"
    if not ratio.is_known:
        return value
    if ratio.is_too_wide and not change.is_significant:
        return f"{value} (too uncertain)"
    return f"{value} ({_bound(ratio.low)} to {_bound(ratio.high)})"


def markdown(comparison: Comparison, tolerance: float | None = None) -> str:
    """Return the comparison as Markdown, judged by ``tolerance`` if given."""
    lines = [f"**{summary(comparison)}**", "", *_items(differences(comparison))]
    if warnings := notes(comparison):
        lines += ["", "Before you trust this:", "", *_items(warnings)]
    table = [(*HEADINGS[:-1], "verdict"), ("---",) * len(HEADINGS), *rows(comparison)]
    lines += ["", *map(wording.table_row, table)]
    after = [*judgement(comparison, tolerance), basis(comparison)]
    return "\n".join([*lines, *(f"\n{sentence}" for sentence in after), ""])


def plain(comparison: Comparison, tolerance: float | None = None, *, width: int = WIDTH) -> str:
    """Return the comparison as text that fits ``width`` columns, judged by ``tolerance`` if given."""
    lines = [*before_table(comparison, width), ""]
    lines += aligned([HEADINGS, *rows(comparison)], width, from_the_right={1, 2})
    for sentence in (*judgement(comparison, tolerance), basis(comparison)):
        lines += ["", *textwrap.wrap(sentence, width)]
    return "\n".join([*lines, ""])


def before_table(comparison: Comparison, width: int = WIDTH) -> list[str]:
    """Return the summary, what differs and the notes, wrapped."""
    lines = [*textwrap.wrap(summary(comparison), width), ""]
    for sentence in differences(comparison):
        lines += textwrap.wrap(sentence, width, initial_indent="  ", subsequent_indent="    ")
    for sentence in notes(comparison):
        lines += textwrap.wrap(sentence, width, initial_indent="! ", subsequent_indent="  ")
    return lines


def _runs(side: Side) -> str:
    return f"{side.role} ({side.name}) {len(side.runs)} run{'s' if len(side.runs) > 1 else ''}"


def _percent(tolerance: float) -> str:
    return f"{100 * tolerance:g} %"


def _duration(seconds: float) -> str:
    return wording.duration(Interval(seconds, seconds, seconds, 1))


def _bound(value: float) -> str:
    """Format a bound with three digits, or more where three would make it 1."""
    texts = [_number(value, digits) for digits in (3, 4, 5, 6)]
    return next((text for text in texts if float(text.replace(",", "")) != 1), texts[0])


def _number(value: float, digits: int = 3) -> str:
    if 1 / _PLAIN_UP_TO < value < _PLAIN_UP_TO:
        return numbers.significant(value, digits)
    return f"{value:.1e}"


def _items(sentences: list[str]) -> list[str]:
    return [f"- {sentence}" for sentence in sentences]
