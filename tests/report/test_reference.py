"""The committed example is what its committed runs give."""

import shutil
from pathlib import Path

import pytest

from npfs.report.build import build_report

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "reports" / "reference"


def test_the_reference_is_rebuilt_from_its_runs_to_the_same_numbers(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE / "runs", tmp_path / "runs")
    report = build_report(tmp_path)
    assert not report.evidence.rejected
    assert {path.name for path in report.paths} == {
        path.name for path in REFERENCE.iterdir() if path.is_file()
    }
    for name in ("verdict.md", "results.csv"):
        rebuilt = (tmp_path / name).read_text(encoding="utf-8")
        assert rebuilt == (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(REFERENCE.rglob("*.json")), ids=lambda path: path.name[:4])
def test_no_host_name_or_path_is_committed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert '"/' not in text
    assert '"node": "Linux-' in text


def test_the_readme_quotes_the_reference() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    verdict = (REFERENCE / "verdict.md").read_text(encoding="utf-8")
    sentences = [
        line for line in verdict.partition("\n## ")[0].splitlines() if line.startswith("- ")
    ]
    assert len(sentences) > 5
    for sentence in sentences:
        assert f"> {sentence}" in readme
