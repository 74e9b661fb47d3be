"""How well advice held, in words: its errors at sizes that were timed to check it."""

import statistics
from collections.abc import Sequence
from typing import Any

from npfs.analysis.advice_errors import Checked, summaries

COLUMNS = ("backend", "where", "sizes", "median error", "largest error", "intervals that held")
SCHEMA = 1


def rows(checked: Sequence[Checked]) -> list[tuple[str, ...]]:
    """Return a row of ``COLUMNS`` for each summary."""
    return [
        (
            s.backend,
            "between measured sizes" if s.is_inside else "beyond",
            str(s.sizes),
            f"{100 * s.median_error:.1f} %",
            f"{100 * s.largest_error:.0f} %",
            f"{s.held} of {s.sizes}",
        )
        for s in summaries(checked)
    ]


def sentence(checked: Sequence[Checked]) -> str:
    """Say in a sentence how far off advice was, and how often its intervals held."""
    parts = []
    for is_inside, where in ((True, "between measured sizes"), (False, "up to ten times beyond")):
        errors = [one.error for one in checked if one.reach.is_inside == is_inside]
        if errors:
            parts.append(
                f"{100 * statistics.median(errors):.1f} % {where} ({len(errors)} fit{'s' if len(errors) > 1 else ''})"
            )
    held = sum(one.has_held for one in checked)
    return (
        f"Half of the predictions were off by less than {' and '.join(parts)}; "
        f"{held} of {len(checked)} intervals held what was measured."
    )


def document(checked: Sequence[Checked]) -> dict[str, Any]:
    """Return the check for programs: every fit, and the summaries."""
    return {
        "schema": SCHEMA,
        "answer": sentence(checked),
        "summaries": [summary._asdict() for summary in summaries(checked)],
        "fits": [
            {
                "backend": one.backend,
                "n_samples": one.size.n_samples,
                "n_features": one.size.n_features,
                "epochs": one.epochs,
                "is_inside": one.reach.is_inside,
                "foretold_s": {
                    "value": one.foretold.value,
                    "low": one.foretold.low,
                    "high": one.foretold.high,
                },
                "measured_s": one.measured_s,
            }
            for one in checked
        ],
    }
