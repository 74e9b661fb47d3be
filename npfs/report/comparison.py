"""A comparison as a person reads it and as JSON: summary, what differs, then the table."""

import json
import math
import textwrap
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from npfs.analysis.comparison import READ_PASS, Change, Comparison, Key, Label, Side, case_id
from npfs.analysis.runs import NO_SIZE
from npfs.analysis.statistics import FALSE_DISCOVERY_RATE, Interval, bimodal, selected_confidence
from npfs.drawing import numbers
from npfs.report import formatting

SCHEMA = 1
WIDTH = 100
HEADINGS = ("case", "BASE", "NEW", "NEW / BASE (interval)", "runs", "")
_PLAIN_UP_TO = 1e6  # a larger factor is written with an exponent
_FEW = 8  # names in a sentence before the rest is counted
_STYLES = {Label.SLOWER: "red", Label.FASTER: "green", Label.NOT_KNOWN: "dim"}


class Format(StrEnum):
    """The forms of a comparison."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


def text(comparison: Comparison, form: Format, tolerance: float | None = None) -> str:
    """Return the comparison in that form; the terminal's is plain text here."""
    if form is Format.JSON:
        return json.dumps(document(comparison, tolerance), indent=2, allow_nan=False) + "\n"
    of_form = markdown if form is Format.MARKDOWN else plain
    return of_form(comparison, tolerance)


def print_terminal(comparison: Comparison, tolerance: float | None = None) -> None:
    """Print the comparison: coloured on a terminal, plain text of 100 columns otherwise."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.file.write(plain(comparison, tolerance))
        return
    for line in before_table(comparison, console.width):
        console.print(Text(line, style="yellow" if line.startswith("!") else ""))
    table = Table(box=box.SIMPLE)
    for column, heading in enumerate(HEADINGS):
        table.add_column(
            Text(heading), justify="right" if column in {1, 2} else "left", overflow="fold"
        )
    for change, row in zip(comparison.changes, rows(comparison), strict=True):
        table.add_row(*map(Text, row), style=_STYLES.get(change.label, ""))
    console.print(table)
    for sentence in (*judgement(comparison, tolerance), provenance(comparison)):
        console.print(Text(sentence))


def summary(comparison: Comparison) -> str:
    """Count the cases that differ, and those of them that may be chance."""
    slower, faster, noise, unknown = (comparison.count(label) for label in Label)
    total = len(comparison.changes)
    text = (
        f"{slower} of {total} {'cases' if total > 1 else 'case'} {'is' if slower == 1 else 'are'} "
        f"slower, {faster} faster, {noise} within noise"
    )
    if unknown:
        text += f", {unknown} not known (one run)"
    if slower + faster:
        text += (
            f"; of the differences called, at most {_percent(FALSE_DISCOVERY_RATE)} in expectation "
            "are chance (Benjamini and Hochberg)"
        )
    return f"{text}."


def provenance(comparison: Comparison) -> str:
    """Name the runs and the method behind the numbers."""
    level = f"{100 * selected_confidence(comparison.threshold):.4g} %"
    called = f", {level} where called slower or faster" if comparison.threshold else ""
    return (
        f"Ratios are time NEW over time BASE, below 1 is faster. {_runs(comparison.base)}, "
        f"{_runs(comparison.new)}, one number a run; intervals are 95 %{called} (Welch's t on "
        "logarithms). They know the spread between the runs of a side, not what else changed on "
        "the machine between the two sides."
    )


def failure(slower: Sequence[Change], tolerance: float) -> str:
    """Name the cases that are slower than is tolerated."""
    cases = [f"{change.case} {factor(change)}" for change in slower]
    return (
        f"{len(cases)} case{'s are' if cases[1:] else ' is'} slower by more than "
        f"{_percent(tolerance)}, with the whole interval: {', '.join(cases)}."
    )


def judgement(comparison: Comparison, tolerance: float | None) -> list[str]:
    """Name the cases slower than is tolerated, and count those that may be; nothing unasked."""
    if tolerance is None:
        return []
    slower, possible = comparison.slower_than(tolerance), comparison.not_ruled_out(tolerance)
    judged = f"No case is clearly slower by more than {_percent(tolerance)}."
    if slower:
        judged = failure(slower, tolerance)
    if possible:
        judged += (
            f" In {len(possible)} of {len(comparison.changes)} cases that cannot be ruled out: "
            "the interval reaches it, or is not known; more runs narrow it."
        )
    return [judged]


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
    """Format a ratio with its interval, so rounded that the interval agrees with the label."""
    ratio = change.ratio
    value = f"{_number(ratio.value)}×"
    if not ratio.is_known:
        return value
    if ratio.is_too_wide and not change.is_significant:
        return f"{value} (too uncertain)"
    return f"{value} ({_bound(ratio.low)} to {_bound(ratio.high)})"


def markdown(comparison: Comparison, tolerance: float | None = None) -> str:
    """Return the comparison as Markdown, judged by ``tolerance`` if given."""
    lines = [f"**{summary(comparison)}**", "", *(f"- {one}" for one in differences(comparison))]
    if warnings := notes(comparison):
        lines += ["", "Before you trust this:", "", *(f"- {one}" for one in warnings)]
    table = [(*HEADINGS[:-1], "verdict"), ("---",) * len(HEADINGS), *rows(comparison)]
    lines += ["", *map(formatting.table_row, table)]
    after = [*judgement(comparison, tolerance), provenance(comparison)]
    return "\n".join([*lines, *(f"\n{sentence}" for sentence in after), ""])


def plain(comparison: Comparison, tolerance: float | None = None, *, width: int = WIDTH) -> str:
    """Return the comparison as text of ``width`` columns, judged by ``tolerance`` if given."""
    lines = [*before_table(comparison, width), ""]
    lines += formatting.aligned([HEADINGS, *rows(comparison)], width, from_the_right={1, 2})
    for sentence in (*judgement(comparison, tolerance), provenance(comparison)):
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
    return f"{side.role} ({side.name}) {numbers.counted(len(side.runs), 'run')}"


def _percent(tolerance: float) -> str:
    return f"{100 * tolerance:g} %"


def _duration(seconds: float) -> str:
    return formatting.duration(Interval(seconds, seconds, seconds, 1))


def _bound(value: float) -> str:
    """Format a bound with three digits, or more where three would make it 1."""
    texts = [_number(value, digits) for digits in (3, 4, 5, 6)]
    return next((text for text in texts if float(text.replace(",", "")) != 1), texts[0])


def _number(value: float, digits: int = 3) -> str:
    if 1 / _PLAIN_UP_TO < value < _PLAIN_UP_TO:
        return numbers.significant(value, digits)
    return f"{value:.1e}"


def differences(comparison: Comparison) -> list[str]:
    """Name the differences between the sides besides the times."""
    base, new = (side.newest.environment.machine for side in (comparison.base, comparison.new))
    sentences = []
    if base != new:
        sentences.append(
            f"BASE was measured on {base} and NEW on {new}: "
            "this compares machines, and not code alone."
        )
    sentences += [
        f"{name}: {before} in BASE, {after} in NEW."
        for name, before, after in comparison.differences
        if name != "machine"
    ]
    changed = [_backend(name) for name in comparison.changed_sources]
    sentences.append(
        f"Source changed: {numbers.listed(changed)}."
        if changed
        else "The source of everything timed on both sides is the same."
    )
    return sentences


def notes(comparison: Comparison) -> list[str]:
    """Return the warnings that a reader needs before trusting the table."""
    base, new = comparison.base, comparison.new
    sentences = [*_notes_of(base), *_notes_of(new)]
    sentences += [*_missing(comparison, base, new), *_missing(comparison, new, base)]
    reads = [c for c in comparison.changes if c.backend == READ_PASS and c.is_significant]
    if reads:
        sentences.append(
            f"The read ceiling differs at {numbers.counted(len(reads), 'size')}, and no "
            "backend is in it: the machine itself may have been slower or faster on one side."
        )
    sentences += [*_bimodal(comparison, base), *_bimodal(comparison, new)]
    outside = [c for c in comparison.changes if c.label is Label.WITHIN_NOISE and c.leaves_out_one]
    if outside:
        sentences.append(
            f"{len(outside)} interval{'s leave' if outside[1:] else ' leaves'} out 1 but "
            f"{'are' if outside[1:] else 'is'} within noise: among so many cases some do by chance."
        )
    return sentences


def _notes_of(side: Side) -> list[str]:
    role, sentences = side.role, []
    if len(side.runs) == 1:
        sentences.append(
            f"{role} is one run, which gives no interval: no case is called, and none can fail. "
            "Measure it with more runs."
        )
    cut = [str(run.number) for run in side.runs if run.interrupted]
    if cut:
        sentences.append(
            f"{role}: {formatting.numbered_runs(cut)} interrupted; the cases finished by then count."
        )
    sentences += [f"{role}: {path.name} was left out: {why}." for path, why in side.rejected]
    sentences += [
        f"{role}: {clause}. A side follows its newest run's settings."
        for clause in formatting.left_out(side.left_out)
    ]
    sentences += [
        f"{role}: {_backend(name)} of {formatting.numbered_runs(runs)} left out: its source changed "
        f"within {role}."
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
        sentences.append(f"Only in {side.role}: {_few(unexplained)}.")
    return sentences


def _why_missing(key: Key, side: Side) -> str | None:
    for run in reversed(side.runs):
        reasons = {**run.skipped, **run.failed}
        if why := reasons.get(case_id(key)) or run.unavailable.get(key[0]):
            return why
    return None


def _bimodal(comparison: Comparison, side: Side) -> list[str]:
    """Name the bimodal cases of a side: their ratio may be of states, not of code."""
    changes = comparison.changes
    names = [c.case for c in changes if bimodal(side.times[c.backend, c.size]) is not None]
    if not names:
        return []
    return [
        f"{side.role}: the runs of {_few(names)} lie around two values, as of a machine in two "
        "states; a difference there may be the machine's."
    ]


def _few(names: list[str]) -> str:
    """List the first names and count the rest."""
    more = len(names) - _FEW
    return numbers.listed([*names[:_FEW], f"{more} more"] if more > 0 else names)


def _backend(name: str) -> str:
    return "the read ceiling" if name == READ_PASS else name


def document(comparison: Comparison, tolerance: float | None = None) -> dict[str, Any]:
    """Return the comparison for programs. NaN and infinity never appear: what is not known is null.

    ``schema``
        1; another number would mean other fields.
    ``summary``, ``counts``
        The first sentence, and the number of cases of each label.
    ``false_discovery_rate``, ``threshold``
        Of Benjamini and Hochberg: p-values up to ``threshold`` are called; null if none is.
    ``fail_on_slower``
        Null unless asked for; ``tolerance`` (0.05 for 5 %), the case ids that ``failed`` it, and
        those whose interval reaches it or is not known, ``not_ruled_out``.
    ``base``, ``new``
        ``name`` as given; ``runs`` that count (``file``, ``number``, ``job``, ``started``);
        ``conditions`` of the newest; ``sources``, a digest for each backend; ``left_out`` and
        ``rejected`` files, each with its ``reason``; ``only_here``, case ids that the other lacks.
    ``differences``
        ``name``, ``base`` and ``new`` of each condition that differs; ``changed_sources``,
        backends.
    ``notes``
        Sentences to know before trusting the numbers.
    ``cases``
        Sorted as on the terminal: ``case`` (id), ``backend`` (null for the read ceiling),
        ``n_samples``, ``n_features``, ``dtype``, ``label``, ``ratio`` (time NEW over time BASE),
        its bounds ``low`` and ``high`` at the level ``confidence``, ``p_value``, ``degrees``,
        ``base_seconds``, ``new_seconds`` (of one fit, or one read pass), ``base_runs``,
        ``new_runs``. With one run on a side the bounds, ``confidence``, ``p_value`` and ``degrees``
        are null; ``high`` is also null beyond 1.8e308.
    """
    failed = None
    if tolerance is not None:
        failed = {
            "tolerance": tolerance,
            "failed": [change.case for change in comparison.slower_than(tolerance)],
            "not_ruled_out": [change.case for change in comparison.not_ruled_out(tolerance)],
        }
    return {
        "schema": SCHEMA,
        "summary": summary(comparison),
        "counts": {label.name.lower(): comparison.count(label) for label in Label},
        "false_discovery_rate": FALSE_DISCOVERY_RATE,
        "threshold": comparison.threshold or None,
        "fail_on_slower": failed,
        "base": _side(comparison, comparison.base),
        "new": _side(comparison, comparison.new),
        "differences": [
            {"name": name, "base": base, "new": new} for name, base, new in comparison.differences
        ],
        "changed_sources": comparison.changed_sources,
        "notes": notes(comparison),
        "cases": _cases(comparison),
    }


def _side(comparison: Comparison, side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "runs": [
            {"file": run.path.name, "number": run.number, "job": run.job, "started": run.started}
            for run in side.runs
        ],
        "conditions": dict(side.newest.conditions),
        "sources": side.sources,
        "left_out": [{"file": run.path.name, "reason": why} for run, why in side.left_out],
        "rejected": [{"file": path.name, "reason": why} for path, why in side.rejected],
        "only_here": [case_id(key) for key in comparison.only_in(side)],
    }


def _cases(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "case": change.case,
            "backend": None if change.backend == READ_PASS else change.backend,
            **({} if change.size == NO_SIZE else change.size.params()),
            "label": change.label.name.lower(),
            "ratio": _finite(change.ratio.value),
            "low": _finite(change.ratio.low),
            "high": _finite(change.ratio.high),
            "confidence": change.confidence if change.ratio.is_known else None,
            "p_value": _finite(change.p_value),
            "degrees": _finite(change.degrees),
            "base_seconds": change.base_seconds,
            "new_seconds": change.new_seconds,
            "base_runs": change.base_runs,
            "new_runs": change.new_runs,
        }
        for change in comparison.changes
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
