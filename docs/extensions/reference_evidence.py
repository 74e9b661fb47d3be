"""The evidence of the reference report, read once for all pages."""

from functools import cache
from pathlib import Path

from npfs.analysis.evidence import Evidence
from npfs.report.build import read_evidence

REFERENCE = Path(__file__).parents[2] / "reports" / "reference"


@cache
def evidence() -> Evidence:
    """Return what the committed runs say."""
    return read_evidence(REFERENCE)


def depends_on() -> str:
    """Return the file with which pages that quote the report grow old."""
    return str(REFERENCE / "results.json")
