"""A comparison as a person reads it: summary first, then what differs, then the table."""

import textwrap
from collections.abc import Sequence

from npfs.evidence.comparison import (
    CEILING,
    Change,
    Comparison,
    Key,
    Label,
    Side,
    case_id,
)
from npfs.evidence.multiplicity import FALSE_DISCOVERY_RATE, selected_confidence
from npfs.evidence.statistics import Interval
from npfs.report import wording

WIDTH = 100
HEADINGS = ("case", "BASE", "NEW", "NEW / BASE (interval)", "runs", "")
_FROM_THE_RIGHT = {1, 2}  # columns of numbers
_PLAIN_UP_TO = 1e6  # a larger factor is written with an exponent
_FEW = 8  # names in a sentence before the rest is counted


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


def differences(comparison: Comparison) -> list[str]:
    """Say what differs between the sides besides the times."""
    base, new = comparison.base, comparison.new
    sentences = []
    machines = [side.newest.environment["machine"] for side in (base, new)]
    if machines[0] != machines[1]:
        sentences.append(
            f"BASE was measured on {machines[0]} and NEW on {machines[1]}: "
            "this compares machines, and not code alone."
        )
    sentences += [
        f"{name}: {before} in BASE, {after} in NEW."
        for name, before, after in comparison.differences
        if name != "machine"
    ]
    changed = [_backend(name) for name in comparison.changed_sources]
    sentences.append(
        f"Source changed: {wording.listed(changed)}."
        if changed
        else "The source of everything timed on both sides is the same."
    )
    return sentences


def notes(comparison: Comparison) -> list[str]:
    """Return what a reader must know before trusting the table."""
    sides = (comparison.base, comparison.new)
    sentences = [sentence for side in sides for sentence in _notes_of(side)]
    sentences += _missing(comparison, comparison.base, comparison.new)
    sentences += _missing(comparison, comparison.new, comparison.base)
    reads = [c for c in comparison.changes if c.backend == CEILING and c.is_called]
    if reads:
        sentences.append(
            f"The read ceiling differs at {len(reads)} size{'s' if reads[1:] else ''}, and no backend "
            "is in it: the machine itself may have been slower or faster on one side."
        )
    noise = [c for c in comparison.changes if c.label is Label.WITHIN_NOISE]
    outside = [c for c in noise if not c.ratio.is_within_noise]
    if outside:
        sentences.append(
            f"{len(outside)} interval{'s leave' if outside[1:] else ' leaves'} out 1 but "
            f"{'are' if outside[1:] else 'is'} within noise: among so many cases some do by chance."
        )
    return sentences


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
        f"{100 * tolerance:g} %, with the whole interval: {', '.join(cases)}"
    )


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
    if ratio.is_too_wide and not change.is_called:
        return f"{value} (too uncertain)"
    return f"{value} ({_bound(ratio.low)} to {_bound(ratio.high)})"


def markdown(comparison: Comparison) -> str:
    """Return the comparison as Markdown."""
    lines = [f"**{summary(comparison)}**", "", *_items(differences(comparison))]
    if warnings := notes(comparison):
        lines += ["", "Before you trust this:", "", *_items(warnings)]
    table = [(*HEADINGS[:-1], "verdict"), ("---",) * len(HEADINGS), *rows(comparison)]
    lines += ["", *("| " + " | ".join(map(_escaped, row)) + " |" for row in table)]
    return "\n".join([*lines, "", basis(comparison), ""])


def plain(comparison: Comparison, width: int = WIDTH) -> str:
    """Return the comparison as text that fits ``width`` columns."""
    lines = [*before_table(comparison, width), ""]
    table = [HEADINGS, *rows(comparison)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADINGS))]
    # A plug-in's long name gets a line of its own.
    widths[0] = min(widths[0], width - sum(widths[1:]) - 2 * (len(widths) - 1))
    for row in table:
        first, *others = row
        if len(first) > widths[0]:
            lines += textwrap.wrap(first, width)
            first = ""
        cells = [
            cell.rjust(widths[column]) if column in _FROM_THE_RIGHT else cell.ljust(widths[column])
            for column, cell in enumerate((first, *others))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([*lines, "", *textwrap.wrap(basis(comparison), width), ""])


def before_table(comparison: Comparison, width: int = WIDTH) -> list[str]:
    """Return the summary, what differs and the notes, wrapped."""
    lines = [*textwrap.wrap(summary(comparison), width), ""]
    for sentence in differences(comparison):
        lines += textwrap.wrap(sentence, width, initial_indent="  ", subsequent_indent="    ")
    for sentence in notes(comparison):
        lines += textwrap.wrap(sentence, width, initial_indent="! ", subsequent_indent="  ")
    return lines


def _notes_of(side: Side) -> list[str]:
    role, sentences = side.role, []
    if len(side.runs) == 1:
        sentences.append(
            f"{role} is one run, which gives no interval: no case is called, and none can fail. "
            "Measure it with more runs."
        )
    cut = [str(run.number) for run in side.runs if run.interrupted]
    if cut:
        sentences.append(f"{role}: {_named(cut)} interrupted; the cases finished by then count.")
    sentences += [f"{role}: {name} was left out: {why}." for name, why in side.rejected]
    reasons: dict[str, list[str]] = {}
    for run, why in side.left_out:
        reasons.setdefault(why, []).append(str(run.number))
    sentences += [
        f"{role}: {_named(numbers)} left out: {why}. A side follows its newest run's settings."
        for why, numbers in reasons.items()
    ]
    sentences += [
        f"{role}: {_backend(name)} of {_named(runs)} left out: its source changed within {role}."
        for name, runs in side.older_source.items()
    ]
    return sentences


def _missing(comparison: Comparison, side: Side, other: Side) -> list[str]:
    """Name the cases that only ``side`` has, with the reason where the other's runs tell one."""
    unexplained, sentences = [], []
    for key in comparison.only_in(side):
        why = _why_missing(key, other)
        if why:
            sentences.append(f"{case_id(key)} is only in {side.role}; in {other.role}: {why}.")
        else:
            unexplained.append(case_id(key))
    if unexplained:
        more = [f"{len(unexplained) - _FEW} more"] if len(unexplained) > _FEW else []
        sentences.append(f"Only in {side.role}: {wording.listed(unexplained[:_FEW] + more)}.")
    return sentences


def _why_missing(key: Key, side: Side) -> str | None:
    for run in reversed(side.runs):
        for reasons in (run.failed, run.skipped):
            if case_id(key) in reasons:
                return reasons[case_id(key)]
        if key[0] in run.unavailable:
            return run.unavailable[key[0]]
    return None


def _named(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return f"run {numbers[0]} was"
    return f"runs {wording.listed(list(numbers))} were"


def _runs(side: Side) -> str:
    return f"{side.role} ({side.name}) {len(side.runs)} run{'s' if len(side.runs) > 1 else ''}"


def _backend(name: str) -> str:
    return "the read ceiling" if name == CEILING else name


def _duration(seconds: float) -> str:
    return wording.duration(Interval(seconds, seconds, seconds, 1))


def _bound(value: float) -> str:
    """Format a bound with three digits, or more where three would make it 1."""
    texts = [_number(value, digits) for digits in (3, 4, 5, 6)]
    return next((text for text in texts if float(text.replace(",", "")) != 1), texts[0])


def _number(value: float, digits: int = 3) -> str:
    if 1 / _PLAIN_UP_TO < value < _PLAIN_UP_TO:
        return wording.significant(value, digits)
    return f"{value:.1e}"


def _escaped(cell: str) -> str:
    return cell.replace("|", r"\|")


def _items(sentences: list[str]) -> list[str]:
    return [f"- {sentence}" for sentence in sentences]
