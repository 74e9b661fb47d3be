"""How well the intervals held, in words and in a table."""

import textwrap
from collections.abc import Iterable
from statistics import fmean, median
from typing import Any

from npfs.analysis.calibration import Calibration, Coverage, TooFewRuns, calibrate
from npfs.analysis.evidence import Evidence
from npfs.report import formatting

HEADINGS = (
    "",
    "times held",
    "speedups held",
    "foretold alone",
    "false alarms",
    "width of a time",
    "of a speedup",
)

TABLE_WIDTH = 130  # its seven columns of words do not fit the 100 of other text


def sentence(calibration: Calibration) -> str:
    """Return the coverage of the intervals in one sentence with its numbers."""
    times, speedups = calibration.times, calibration.speedups
    over = width = ""
    if speedups:
        over = f" ({_share(h.coverage for h in speedups)} for speedups)"
        width = f"; half of the speedups' intervals are narrower than {_width(speedups)}"
        width += " from end to end"
    return (
        f"On this machine, intervals from {calibration.half} runs held in "
        f"{_share(h.coverage for h in times)} of cases{over}, allowing for the error of the value "
        "they are asked to hold (and foretold it from one half alone in "
        f"{_share(h.coverage_alone for h in calibration.coverages)}); identical code was called "
        f"different in {100 * fmean(h.false_alarms for h in times):.1f} %, over random halves of "
        f"{calibration.runs} stored runs{width}."
    )


def if_possible(evidence: Evidence) -> Calibration | None:
    """Return the calibration, None where there are too few runs."""
    try:
        return calibrate(evidence)
    except TooFewRuns:
        return None


def rows(calibration: Calibration, evidence: Evidence) -> list[tuple[str, ...]]:
    """Return a row for all, for each backend and for each size, as ``HEADINGS`` say."""
    held = calibration.coverages
    names = [*evidence.backends, *evidence.shortcuts]
    sizes = sorted({h.size for h in held})
    return [
        _row("all cases", held),
        *(_row(evidence.title(name), [h for h in held if h.backend == name]) for name in names),
        *(_row(formatting.size(size), [h for h in held if h.size == size]) for size in sizes),
    ]


def plain(calibration: Calibration, evidence: Evidence, width: int = 100) -> list[str]:
    """Return sentence, explanation and table as lines for a terminal."""
    lines = [line for text in sentences(calibration) for line in (*textwrap.wrap(text, width), "")]
    table = [HEADINGS, *rows(calibration, evidence)]
    return lines + formatting.aligned(table, TABLE_WIDTH, from_the_right=range(1, len(HEADINGS)))


def document(calibration: Calibration) -> dict[str, Any]:
    """Return it for programs; shares are fractions, a width is high / low - 1."""
    return {
        "schema": 1,
        "answer": sentence(calibration),
        "runs": calibration.runs,
        "half": calibration.half,
        "any_alarm": calibration.any_alarm,
        "cases": [
            {
                "backend": held.backend,
                "size": str(held.size),
                "reference": held.reference,
                "held": held.coverage,
                "foretold_alone": held.coverage_alone,
                "false_alarms": held.false_alarms if held.reference is None else None,
                "width": held.width,
            }
            for held in calibration.coverages
        ],
    }


def sentences(calibration: Calibration) -> tuple[str, str]:
    """Return the coverage in a sentence, and the method behind it."""
    return (
        sentence(calibration),
        "The stored runs were split at random, many times over, in two halves of "
        f"{calibration.half} runs that share none. Held: the 95 % interval of one half holds the "
        "other's value, allowing for the other's own error (Welch's interval); 95 % would be "
        "exact. Foretold alone: of all times and speedups, the same from the spread of one half "
        "alone, which spread with heavy tails or two values lowers. False alarms: npfs compare "
        "calls the two halves, which are the same code, different. Width: high / low - 1, the "
        "median.",
    )


def _row(name: str, held: Iterable[Coverage]) -> tuple[str, ...]:
    held = list(held)
    times = [h for h in held if h.reference is None]
    speedups = [h for h in held if h.reference is not None]
    return (
        name,
        _share(h.coverage for h in times),
        _share(h.coverage for h in speedups),
        _share(h.coverage_alone for h in held),
        _share((h.false_alarms for h in times), digits=1),
        _width(times),
        _width(speedups),
    )


def _share(shares: Iterable[float], *, digits: int = 0) -> str:
    values = list(shares)
    return f"{100 * fmean(values):.{digits}f} %" if values else ""


def _width(held: Iterable[Coverage]) -> str:
    widths = [h.width for h in held]
    return f"{100 * median(widths):.1f} %" if widths else ""
