"""Real sets of runs, each made once and asked many questions; a test that adds to one copies it."""

import csv
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.bench.commands import FIT, WHOLE, bench, load, run_paths

THREE = ("python", "numpy", "numba")


@dataclass(frozen=True)
class Job:
    """A benchmark that has ended."""

    reports: Path
    process: subprocess.CompletedProcess[str]

    @cached_property
    def runs(self) -> list[dict[str, Any]]:
        """The run files, in the order of the runs."""
        return list(map(load, run_paths(self.reports)))

    @property
    def output(self) -> str:
        """What was printed, in one line."""
        return " ".join(self.process.stdout.split())


@pytest.fixture(scope="session")
def main_job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The main job as the README has it, with a few small cases: two runs, all benches, figures."""
    folder = tmp_path_factory.mktemp("main")
    reports = folder / "reports"
    process = bench(
        "--sizes=10,1e2,1e5", "--dtypes=float64,float32", f"--backends={','.join(THREE)}", "--runs=2",
        "--benchmark-max-time=0.01", f"--reports={reports}", f"--benchmark-json={folder / 'own.json'}",
        files=WHOLE, figures=True,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout
    return Job(reports, process)


@pytest.fixture(scope="session")
def diabetes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The diabetes data of scikit-learn, 442 samples of 10 features, in a folder with its own name."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    path = tmp_path_factory.mktemp("table") / "my own 'data'" / "diabetes.csv"
    path.parent.mkdir()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*data.feature_names, "progression"])
        writer.writerows([*x, y] for x, y in zip(data.data.tolist(), data.target, strict=True))
    return path


@pytest.fixture(scope="session")
def table_runs(tmp_path_factory: pytest.TempPathFactory, diabetes: Path) -> Job:
    """Two runs of fits on that table."""
    reports = tmp_path_factory.mktemp("table_runs") / "reports"
    process = bench(
        "--backends=python,numpy", "--benchmark-max-time=0.01", "--runs=2",
        "--dtypes=float64,float32", "--data", diabetes, "--target=progression",
        f"--reports={reports}", files=FIT,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout
    return Job(reports, process)
