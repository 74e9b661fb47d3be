"""A comparison in the form that was asked for, on the terminal or in a file."""

import json
import math
from enum import StrEnum
from typing import Any

from npfs.analysis.comparison import READ_PASS, Comparison, Label, Side, case_id
from npfs.analysis.statistics import FALSE_DISCOVERY_RATE
from npfs.report import comparison as words
from npfs.report.comparison_notes import notes

SCHEMA = 1
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
    of_form = words.markdown if form is Format.MARKDOWN else words.plain
    return of_form(comparison, tolerance)


def document(comparison: Comparison, tolerance: float | None = None) -> dict[str, Any]:
    """Return the comparison for programs. NaN and infinity never appear: what is not known is null.

    ``schema``
        1; another number would mean other fields.
    ``summary``, ``counts``
        The first sentence, and the number of cases of each label.
    ``false_discovery_rate``, ``threshold``
        Of Benjamini and Hochberg: p-values up to ``threshold`` are called; null if none is.
    ``fail_on_slower``
        Null unless asked for; ``tolerance`` (0.05 for 5 %), the case ids that ``failed`` it, and those
        whose interval reaches it or is not known, ``not_ruled_out``.
    ``base``, ``new``
        ``name`` as given; ``runs`` that count (``file``, ``number``, ``job``, ``started``);
        ``conditions`` of the newest; ``sources``, a digest for each backend; ``left_out`` and
        ``rejected`` files, each with its ``reason``; ``only_here``, case ids that the other lacks.
    ``differences``
        ``name``, ``base`` and ``new`` of each condition that differs; ``changed_sources``, backends.
    ``notes``
        Sentences to know before trusting the numbers.
    ``cases``
        Sorted as on the terminal: ``case`` (id), ``backend`` (null for the read ceiling), ``n_samples``,
        ``n_features``, ``dtype``, ``label``, ``ratio`` (time NEW over time BASE), its bounds ``low`` and
        ``high`` at the level ``confidence``, ``p_value``, ``degrees``, ``base_seconds``, ``new_seconds``
        (of one fit, or one read pass), ``base_runs``, ``new_runs``. With one run on a side the bounds,
        ``confidence``, ``p_value`` and ``degrees`` are null; ``high`` is also null beyond 1.8e308.
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
        "summary": words.summary(comparison),
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


def print_terminal(comparison: Comparison, tolerance: float | None = None) -> None:
    """Print the comparison: coloured on a terminal, plain text of 100 columns otherwise."""
    from rich import box  # noqa: PLC0415 - only a terminal needs it
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False)
    if not console.is_terminal:
        console.file.write(words.plain(comparison, tolerance))
        return
    for line in words.before_table(comparison, console.width):
        console.print(Text(line, style="yellow" if line.startswith("!") else ""))
    table = Table(box=box.SIMPLE)
    for column, heading in enumerate(words.HEADINGS):
        table.add_column(
            Text(heading), justify="right" if column in {1, 2} else "left", overflow="fold"
        )
    for change, row in zip(comparison.changes, words.rows(comparison), strict=True):
        table.add_row(*map(Text, row), style=_STYLES.get(change.label, ""))
    console.print(table)
    for sentence in (*words.judgement(comparison, tolerance), words.basis(comparison)):
        console.print(Text(sentence))


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
            "n_samples": change.size.n_samples,
            "n_features": change.size.n_features,
            "dtype": change.size.dtype,
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
