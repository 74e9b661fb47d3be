"""A comparison as a person reads it and as JSON: summary, what differs, then the table."""

import json
import math
import textwrap
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from npfs.analysis.comparison import READ_PASS, Change, Comparison, Label, Side, case_id
from npfs.analysis.runs import NO_SIZE
from npfs.analysis.statistics import FALSE_DISCOVERY_RATE, geometric_interval
from npfs.drawing import numbers
from npfs.report import formatting, results
from npfs.report.formatting import Sentences

SCHEMA = 2
WIDTH = 100
WARNING = "!"
HEADINGS = ("case", "BASE", "NEW", "NEW / BASE (interval)", "runs", "verdict")
_DIFFERENCE = ("name", "base", "new")
_PLAIN_UP_TO = 1e6  # a larger factor is written with an exponent
_NUMBERS = ("p_value", "degrees", "base_seconds", "new_seconds", "base_runs", "new_runs")
_STYLES = {Label.SLOWER: "red", Label.FASTER: "green", Label.NOT_KNOWN: "dim"}
_SAYS = Sentences("comparison")


class Format(StrEnum):
    """The forms of a comparison."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"
    GITHUB_ACTION_BENCHMARK = "github-action-benchmark"


def text(comparison: Comparison, form: Format, tolerance: float | None = None) -> str:
    """Return the comparison in that form; the terminal's is plain text here."""
    if form is Format.JSON:
        return json.dumps(document(comparison, tolerance), indent=2, allow_nan=False) + "\n"
    if form is Format.GITHUB_ACTION_BENCHMARK:
        return github_action_benchmark(comparison)
    of_form = markdown if form is Format.MARKDOWN else plain
    return of_form(comparison, tolerance)


def summary(comparison: Comparison) -> str:
    """Count the cases of each label."""
    return _SAYS("summary", counts=_counts(comparison), total=len(comparison.changes))


def method(comparison: Comparison) -> str:
    """Name the runs and the method behind the numbers."""
    return _SAYS("method", of=comparison, rate=FALSE_DISCOVERY_RATE)


def failure(slower: Sequence[Change], tolerance: float) -> str:
    """Name the cases that are slower than is tolerated."""
    return _SAYS("failure", slower=_with_factors(slower), tolerance=tolerance)


def judgement(comparison: Comparison, tolerance: float | None) -> list[str]:
    """Name the cases slower than is tolerated, and count those that may be; nothing unasked."""
    if tolerance is None:
        return []
    slower = _with_factors(comparison.slower_than(tolerance))
    possible, total = len(comparison.not_ruled_out(tolerance)), len(comparison.of_code)
    return [_SAYS("judgement", slower=slower, possible=possible, total=total, tolerance=tolerance)]


def differences(comparison: Comparison) -> list[str]:
    """Name the differences between the sides besides the times."""
    base, new = (side.newest.environment.machine for side in (comparison.base, comparison.new))
    conditions = [of for of in comparison.differences if of[0] != "machine"]
    names = [_SAYS("backend", backend=name) for name in comparison.changed_sources]
    return [
        *([_SAYS("other_machine", base=base, new=new)] if base != new else []),
        *(_SAYS("condition", of=of) for of in conditions),
        *([_SAYS("sources", changed=names)] if comparison.base.sources else []),
    ]


def notes(comparison: Comparison) -> list[str]:
    """Return the warnings that a reader needs before trusting the table."""
    base, new = comparison.base, comparison.new
    sentences = [*_notes_of(base), *_notes_of(new)]
    sentences += [*_missing(comparison, base, new), *_missing(comparison, new, base)]
    if sizes := len(comparison.bandwidth_changes):
        sentences.append(_SAYS("bandwidth", sizes=sizes))
    for side in (base, new):
        if cases := [change.case for change in comparison.bimodal_in(side)]:
            sentences.append(_SAYS("bimodal", side=side.role, cases=cases))
    if number := comparison.apart_by_chance:
        sentences.append(_SAYS("apart_by_chance", number=number))
    return sentences


def _notes_of(side: Side) -> Iterable[str]:
    role = side.role
    if len(side.runs) == 1:
        yield _SAYS("one_run", side=role)
    if cut := [str(run.number) for run in side.runs if run.interrupted]:
        yield _SAYS("interrupted", side=role, runs=cut)
    for path, why in side.rejected:
        yield _SAYS("rejected", side=role, file=path.name, why=why)
    reasons = formatting.by_reason((str(run.number), why) for run, why in side.left_out)
    for why, runs in reasons.items():
        yield _SAYS("left_out", side=role, runs=runs, why=why)
    for backend, runs in side.older_source.items():
        yield _SAYS("older_source", side=role, backend=backend, runs=runs)


def _missing(comparison: Comparison, side: Side, other: Side) -> Iterable[str]:
    """Name the cases that only ``side`` has, with the reason where the other's runs give one."""
    reasons = {case_id(key): other.why_missing(key) for key in comparison.only_in(side)}
    for case, why in reasons.items():
        if why:
            yield _SAYS("only_in_because", side=side.role, case=case, other=other.role, why=why)
    if unexplained := [case for case, why in reasons.items() if not why]:
        yield _SAYS("only_in", side=side.role, cases=unexplained)


def rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the cells of the table, a row for each case, under ``HEADINGS``."""
    return [
        (
            change.case,
            numbers.time(change.base_seconds),
            numbers.time(change.new_seconds),
            factor(change),
            f"{change.base_runs}, {change.new_runs}",
            _SAYS("label", label=change.label),
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


def _with_factors(changes: Iterable[Change]) -> list[str]:
    return [f"{change.case} {factor(change)}" for change in changes]


def _bound(value: float) -> str:
    """Format a bound with three digits, or more where three would make it 1."""
    texts = [_number(value, digits) for digits in (3, 4, 5, 6)]
    return next((text for text in texts if float(text.replace(",", "")) != 1), texts[0])


def _number(value: float, digits: int = 3) -> str:
    if 1 / _PLAIN_UP_TO < value < _PLAIN_UP_TO:
        return numbers.significant(value, digits)
    return f"{value:.1e}"


def markdown(comparison: Comparison, tolerance: float | None = None) -> str:
    """Return the comparison as Markdown, judged by ``tolerance`` if given."""
    lines = [f"**{summary(comparison)}**", "", *(f"- {one}" for one in differences(comparison))]
    if warnings := notes(comparison):
        lines += ["", "Before you trust this:", "", *(f"- {one}" for one in warnings)]
    table = [HEADINGS, ("---",) * len(HEADINGS), *rows(comparison)]
    lines += ["", *map(formatting.table_row, table)]
    after = [*judgement(comparison, tolerance), method(comparison)]
    return "\n".join([*lines, *(f"\n{sentence}" for sentence in after), ""])


def plain(comparison: Comparison, tolerance: float | None = None) -> str:
    """Return the comparison as text of ``WIDTH`` columns, judged by ``tolerance`` if given."""
    lines = [*textwrap.wrap(summary(comparison), WIDTH), ""]
    for mark, sentence in _before_table(comparison):
        lines += textwrap.wrap(f"{mark} {sentence}", WIDTH, subsequent_indent="  ")
    lines += [""] if lines[-1] else []
    lines += formatting.aligned([HEADINGS, *rows(comparison)], WIDTH, from_the_right={1, 2})
    for sentence in (*judgement(comparison, tolerance), method(comparison)):
        lines += ["", *textwrap.wrap(sentence, WIDTH)]
    return "\n".join([*lines, ""])


def github_action_benchmark(comparison: Comparison) -> str:
    """Return the times of NEW as github-action-benchmark reads them."""
    timed = []
    for change in comparison.of_code:
        words = f"{factor(change)} the time of BASE, {_SAYS('label', label=change.label)}"
        of_runs = comparison.new.times[change.backend, change.size]
        time = geometric_interval([*of_runs.values()])
        timed.append((change.case, words, time))
    return results.github_action_benchmark(timed)


def print_terminal(comparison: Comparison, tolerance: float | None = None) -> None:
    """Print the comparison: coloured on a terminal, plain text otherwise."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.file.write(plain(comparison, tolerance))
        return
    console.print(Text(summary(comparison)), "", sep="\n")
    for mark, sentence in _before_table(comparison):
        console.print(Text(f"{mark} {sentence}", style="yellow" if mark == WARNING else ""))
    table = Table(box=box.SIMPLE)
    for column, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if column in {1, 2} else "left", overflow="fold")
    for change, row in zip(comparison.changes, rows(comparison), strict=True):
        table.add_row(*map(Text, row), style=_STYLES.get(change.label, ""))
    console.print(table)
    for sentence in (*judgement(comparison, tolerance), method(comparison)):
        console.print(Text(sentence))


def _before_table(comparison: Comparison) -> list[tuple[str, str]]:
    """Return what differs and the warnings, each with its mark."""
    warnings = [(WARNING, sentence) for sentence in notes(comparison)]
    return [*((" ", sentence) for sentence in differences(comparison)), *warnings]


def document(comparison: Comparison, tolerance: float | None = None) -> dict[str, Any]:
    """Return the comparison for programs. NaN and infinity never appear: what is not known is null.

    ``schema``
        2; another number would mean other fields.
    ``summary``, ``counts``
        The first sentence, and the number of cases of each label.
    ``false_discovery_rate``, ``threshold``
        Of Benjamini and Hochberg: p-values up to ``threshold`` are significant; null if none is.
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
        Sorted as on the terminal: ``case`` (id), ``backend`` (null for the memory bandwidth limit),
        ``n_samples``, ``n_features``, ``dtype``, ``label`` (``slower``, ``faster``,
        ``no_significant_difference`` or, with one run on a side, ``not_known``), ``ratio`` (time
        NEW over time BASE), its bounds ``low`` and ``high`` at the level ``confidence``,
        ``p_value``, ``degrees``, ``base_seconds``, ``new_seconds`` (of one fit, or one read pass),
        ``base_runs``, ``new_runs``. With one run on a side the bounds, ``confidence``, ``p_value``
        and ``degrees`` are null; ``high`` is also null beyond 1.8e308.
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
        "counts": _counts(comparison),
        "false_discovery_rate": FALSE_DISCOVERY_RATE,
        "threshold": comparison.threshold or None,
        "fail_on_slower": failed,
        "base": _side(comparison, comparison.base),
        "new": _side(comparison, comparison.new),
        "differences": [dict(zip(_DIFFERENCE, of, strict=True)) for of in comparison.differences],
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
            "label": change.label,
            "ratio": _finite(change.ratio.value),
            "low": _finite(change.ratio.low),
            "high": _finite(change.ratio.high),
            "confidence": change.confidence if change.ratio.is_known else None,
            **{name: _finite(getattr(change, name)) for name in _NUMBERS},
        }
        for change in comparison.changes
    ]


def _counts(comparison: Comparison) -> dict[str, int]:
    return {label: comparison.count(label) for label in Label}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
