"""A third party's backend, installed as a package: found, checked, timed and reported with no edit here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.plug_in import install
from tests.bench.test_bench import ROOT, command


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the example package is installed."""
    site = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(site)]
    subprocess.run([*install, *options, str(ROOT / "tests" / "plugin")], check=True, timeout=120)
    return os.environ | {"PYTHONPATH": str(site)}


def test_the_example_passes_the_test_kit(environment: dict[str, str]) -> None:
    code = "from npfs import check_backend, load_backend; check_backend(load_backend('array'))"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)


def test_the_example_is_timed_and_reported(environment: dict[str, str], tmp_path: Path) -> None:
    result = subprocess.run(
        command(
            "--sizes=10,1000", "--runs=2", "--benchmark-max-time=0.02", f"--reports={tmp_path}"
        ),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout
    run = json.loads(next((tmp_path / "runs").rglob("*.json")).read_text())
    assert {"array-10", "array-1000"} <= {bench["param"] for bench in run["benchmarks"]}
    assert "Standard library array" in run["npfs"]["backends"]["array"]["title"]
    verdict = (tmp_path / "verdict.md").read_text(encoding="utf-8")
    sentences, _, numbers = verdict.partition("<details>")
    assert "Standard library array" in sentences
    assert "| Standard library array | 1,000 × 1 |" in numbers
    assert "array,true,1000,1,float64,2," in (tmp_path / "results.csv").read_text()


def test_a_plug_in_that_fails_to_import_is_named_and_the_others_run(tmp_path: Path) -> None:
    install(tmp_path, "broken_plugin", "raise RuntimeError('no licence')", entry="broken")
    result = subprocess.run(
        command(
            "--sizes=10", "--runs=1", "--benchmark-max-time=0.01", f"--reports={tmp_path / 'r'}"
        ),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout
    assert (
        "Not compared: backend 'broken' failed to load: RuntimeError: no licence" in result.stdout
    )
    assert "numpy-10" in next((tmp_path / "r" / "runs").rglob("*.json")).read_text()
