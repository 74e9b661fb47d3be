"""What ``npfs calibrate`` does: read the runs, split them, print how the intervals held."""

import json
import sys
from pathlib import Path

from npfs.analysis.calibration import TooFewRuns, calibrate
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report import calibration as words
from npfs.report.caveats import HOW_TO_RUN

BAD_INPUT = 2


def run_calibrate(reports: Path, half: int, *, as_json: bool = False, quiet: bool = False) -> int:
    """Print how the intervals of the runs in ``reports`` held; return the exit code."""
    runs = read_runs(reports / "runs")
    if not runs.runs:
        print(
            f"npfs calibrate: no runs in {reports / 'runs'}; make some with: {HOW_TO_RUN}",
            file=sys.stderr,
        )
        return BAD_INPUT
    evidence = Evidence(runs)
    try:
        held = calibrate(evidence, half=half)
    except TooFewRuns as error:
        print(f"npfs calibrate: {error}", file=sys.stderr)
        return BAD_INPUT
    if as_json:
        print(json.dumps(words.document(held), indent=1))
    elif quiet:
        print(words.sentence(held))
    else:
        print("\n".join(words.plain(held, evidence)))
    return 0
