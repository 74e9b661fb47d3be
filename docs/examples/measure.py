"""Time ``bench_three_ways`` in fresh processes: ``python docs/examples/measure.py --runs 10``.

It writes ``measured.json``, of which the site takes the numbers of the tour's pages 1 and 6. Close
other programs first.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from npfs.analysis.runs import RunRecord, read_runs
from npfs.analysis.statistics import geometric_interval
from npfs.analysis.suites import seconds
from npfs.schema import Environment, write_whole

HERE = Path(__file__).parent
MEASURED = HERE / "measured.json"


def measure(runs: int, reports: Path) -> tuple[RunRecord, ...]:
    """Return the runs, each a fresh process."""
    command = [
        sys.executable, "-m", "pytest", "bench_three_ways.py",
        "--benchmark-only", f"--npfs-runs={runs}", f"--npfs-reports={reports}",
    ]  # fmt: skip
    subprocess.run(command, cwd=HERE, check=True)
    return read_runs(reports / "runs").runs


def record(runs: tuple[RunRecord, ...]) -> dict[str, Any]:
    """Return the machine, and the seconds of each case."""
    params = {case.case.id: case.case.params for case in runs[-1].others}
    cases = [
        {**params[name], **seconds_of(list(by_run.values()))}
        for name, by_run in seconds(runs).items()
        if len(by_run) == len(runs)
    ]
    return {
        "machine": machine(runs[-1].environment),
        "measured": runs[-1].started[:10],
        "runs": len(runs),
        "cases": sorted(cases, key=lambda case: (case["example"], case["tool"], case["n"])),
    }


def seconds_of(runs: list[float]) -> dict[str, Any]:
    """Return the seconds of a call with their 95 % interval, and those of each run."""
    found = geometric_interval(runs)
    return {"seconds": found.value, "low": found.low, "high": found.high, "of_runs": runs}


def as_text(found: dict[str, Any]) -> str:
    """Return the record as JSON, a case a line."""
    cases = ",\n".join(f"  {json.dumps(case)}" for case in found.pop("cases"))
    head = json.dumps(found, indent=1).removesuffix("\n}")
    return f'{head},\n "cases": [\n{cases}\n ]\n}}\n'


def machine(of: Environment) -> str:
    """Return the processor, the system and the versions."""
    versions = [f"{name} {of.libraries[name.lower()]}" for name in ("NumPy", "Numba")]
    return ", ".join([of.cpu, f"{of.cores} cores", of.system, of.python, *versions])


def main() -> None:
    """Measure, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    with tempfile.TemporaryDirectory() as folder:
        found = record(measure(parser.parse_args().runs, Path(folder)))
    write_whole(MEASURED, as_text(found))


if __name__ == "__main__":
    main()
