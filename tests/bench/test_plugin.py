"""Third parties' backends, installed as packages: found, checked, timed and reported, or named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.commands import ROOT, bench, install, load, run_paths, timed


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder where the example package is installed, and another that fails to import."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder)]
    subprocess.run([*pip, *options, str(ROOT / "tests" / "plugin")], check=True, timeout=120)
    install(folder, "broken_plugin", "raise RuntimeError('no licence')", entry="broken")
    return str(folder)


def test_the_example_passes_the_test_kit(site: str) -> None:
    code = "from npfs import check_backend, load_backend; check_backend(load_backend('array'))"
    environment = os.environ | {"PYTHONPATH": site}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)


def test_what_is_installed_is_timed_and_reported_and_what_is_broken_named(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No backend is named, so that all that are registered are timed."""
    monkeypatch.setenv("PYTHONPATH", site)
    result = bench(
        "--sizes=10,1000", "--runs=2", "--benchmark-max-time=0.02", f"--reports={tmp_path}"
    )
    assert result.returncode == 0, result.stdout
    broken = "Not compared: backend 'broken' failed to load: RuntimeError: no licence"
    assert broken in " ".join(result.stdout.split())
    run = load(run_paths(tmp_path)[0])
    assert {"array-10", "array-1000", "numpy-10"} <= timed(run)
    assert "Standard library array" in run["npfs"]["backends"]["array"]["title"]
    verdict = (tmp_path / "verdict.md").read_text(encoding="utf-8")
    sentences, _, numbers = verdict.partition("<details>")
    assert "Standard library array" in sentences
    assert "| Standard library array | 1,000 × 1 |" in numbers
    assert "array,true,1000,1,float64,2," in (tmp_path / "results.csv").read_text()
