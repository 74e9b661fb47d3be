"""The reference report, read once for all pages."""

from functools import cache
from pathlib import Path

from npfs.analysis.evidence import Evidence
from npfs.report.build import read_evidence
from npfs.report.context import Context
from npfs.report.figures import Figure, figures

REFERENCE = Path(__file__).parents[2] / "reports" / "reference"


@cache
def evidence(below: str = "") -> Evidence:
    """Return the evidence of the committed runs, or of those in a folder ``below`` it."""
    return read_evidence(REFERENCE / below)


@cache
def context(below: str = "") -> Context:
    """Return what the report concludes from them."""
    return Context(evidence(below))


@cache
def _figures(below: str) -> dict[str, Figure]:
    return {found.name: found for found in figures(context(below))}


def figure(name: str, below: str = "") -> Figure | None:
    """Return a figure of the report; None if it has none of that name."""
    return _figures(below).get(name)


def depends_on() -> str:
    """Return the file with which pages that quote the report grow old."""
    return str(REFERENCE / "results.json")
