"""Coverage by backend and size: a table for a terminal, and all of it for programs."""

import textwrap
from typing import Any

from npfs.analysis.calibration import Calibration, Summary
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import NO_SIZE
from npfs.report import formatting
from npfs.report.provenance import CALIBRATION, coverage, coverage_and_method

SCHEMA = 2
HEADINGS = (
    "", "times covered", "speedups covered", "covered alone", "false alarms", "width of a time",
    "of a speedup",
)  # fmt: skip
TABLE_WIDTH = 130  # its seven columns of words do not fit the 100 of other text


def rows(calibration: Calibration, evidence: Evidence) -> list[tuple[str, ...]]:
    """Return a row for all, for each backend, size and other benchmark, as ``HEADINGS`` say."""
    others = [of.backend for of in calibration.coverages if of.size == NO_SIZE]
    backends = [*evidence.backends, *evidence.shortcuts, *others]
    sizes = sorted({of.size for of in calibration.coverages if of.size != NO_SIZE})
    return [
        _row("all cases", calibration.summary()),
        *(_row(evidence.title(name), calibration.summary(backend=name)) for name in backends),
        *(_row(formatting.size(size), calibration.summary(size=size)) for size in sizes),
    ]


def plain(calibration: Calibration, evidence: Evidence, width: int = 100) -> list[str]:
    """Return coverage, method and table as lines for a terminal."""
    lines = [
        line
        for text in coverage_and_method(calibration)
        for line in (*textwrap.wrap(text, width), "")
    ]
    columns = zip(HEADINGS, *rows(calibration, evidence), strict=True)
    table = list(zip(*(of for of in columns if any(of[1:])), strict=True))  # not all have speedups
    return lines + formatting.aligned(table, TABLE_WIDTH, from_the_right=range(1, len(HEADINGS)))


def document(calibration: Calibration) -> dict[str, Any]:
    """Return it for programs; shares are fractions, a width is high / low - 1."""
    return {
        "schema": SCHEMA,
        "answer": coverage(calibration),
        "runs": calibration.runs,
        "half": calibration.half,
        "any_alarm": calibration.any_alarm,
        "cases": [
            {**vars(of), "size": None if of.size == NO_SIZE else str(of.size)}
            for of in calibration.coverages
        ],
    }


def _row(name: str, found: Summary) -> tuple[str, ...]:
    shares = vars(found).values()
    return name, *("" if share is None else CALIBRATION("percent", share=share) for share in shares)
