"""A real set of runs on a table, made once and asked many questions; a test that adds copies it."""

import csv
from pathlib import Path

import pytest

from tests.bench.commands import FIT, Job, bench


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
        "--backends=python,numpy", "--npfs-repetitions=2", "-k=not more", "--runs=2",
        "--dtypes=float64,float32", "--data", diabetes, "--target=progression",
        f"--reports={reports}", files=FIT,
    )  # fmt: skip
    return Job(reports, process)
