"""Third parties' backends, installed as packages: found, checked, timed and reported, or named."""

import os
import subprocess
import sys

from tests.bench.commands import Job, probed, timed


def test_the_example_passes_the_test_kit(plugins: str) -> None:
    code = "from npfs import check_backend, load_backend; check_backend(load_backend('array'))"
    environment = os.environ | {"PYTHONPATH": plugins}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)


def test_what_is_installed_is_timed_and_reported(main_job: Job) -> None:
    """No backend is named, so that all that are registered are timed."""
    for run in main_job.runs:
        assert {"array-10", "array-100000"} <= timed(run)
        assert "startup-array-warm" in probed(run, "startup")
        assert "Standard library array" in run["npfs"]["backends"]["array"]["title"]
    verdict = (main_job.reports / "verdict.md").read_text(encoding="utf-8")
    sentences, _, numbers = verdict.partition("<details>")
    assert "Standard library array" in sentences
    assert "| Standard library array | 100,000 × 1 |" in numbers
    assert "array,true,100000,1,float64,2," in (main_job.reports / "results.csv").read_text()


def test_what_is_broken_is_named_with_the_reason(main_job: Job) -> None:
    broken = "Not compared: backend 'broken' failed to load: RuntimeError: no licence"
    assert broken in main_job.output
