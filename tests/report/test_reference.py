"""The committed example is what its committed runs give."""

import json
import re
import shutil
from pathlib import Path

import pytest

from npfs.analysis.runs import read_runs
from npfs.report.build import build_report

REFERENCE = Path(__file__).parents[2] / "reports" / "reference"
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def test_the_reference_is_rebuilt_from_its_runs_to_the_same_numbers(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE / "runs", tmp_path / "runs")
    report = build_report(tmp_path)
    assert not report.context.evidence.rejected
    assert {path.name for path in report.paths} == {
        path.name for path in REFERENCE.iterdir() if path.is_file()
    }
    for name in ("verdict.md", "results.csv", "results.json", "startup.csv"):
        rebuilt = (tmp_path / name).read_text(encoding="utf-8")
        committed = (REFERENCE / name).read_text(encoding="utf-8")
        assert NUMBER.sub("#", rebuilt) == NUMBER.sub("#", committed)
        # Another processor adds up in another order: the last digit of an interval may differ.
        numbers = [float(number) for number in NUMBER.findall(committed)]
        assert [float(number) for number in NUMBER.findall(rebuilt)] == pytest.approx(
            numbers, rel=1e-12, abs=0
        )


def test_its_verdict_is_twenty_lines_and_then_folded() -> None:
    above = (REFERENCE / "verdict.md").read_text(encoding="utf-8").partition("<details>")[0]
    assert len([line for line in above.splitlines() if line.strip()]) <= 20


@pytest.mark.parametrize("path", sorted(REFERENCE.rglob("*.json")), ids=lambda path: path.name[:4])
def test_no_host_name_or_path_is_committed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert '"/' not in text
    document = json.loads(text)
    assert path.parent == REFERENCE or document["machine_info"]["node"].startswith("Linux-")


def test_it_is_of_the_full_preset() -> None:
    runs = read_runs(REFERENCE / "runs").runs
    assert {run.planned["preset"] for run in runs} == {"full"}
    assert len(runs) >= 10  # from there on the intervals are calibrated
