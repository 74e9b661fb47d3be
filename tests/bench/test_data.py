"""A person's own table, timed as people do it: real processes, tiny cases."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_diabetes

from tests.bench.plug_in import install
from tests.bench.test_bench import ROOT, STREAMS, load, run_paths

QUICK = ("--backends=python,numpy", "--benchmark-max-time=0.01")


def bench(*options: object) -> subprocess.CompletedProcess[str]:
    """Fits alone: read passes would load Numba."""
    command = [sys.executable, "-m", "pytest", "bench/bench_fit.py", "--benchmark-only"]
    return subprocess.run([*command, *map(str, options)], **STREAMS, check=False, timeout=120)


@pytest.fixture
def diabetes(tmp_path: Path) -> Path:
    """The diabetes data of scikit-learn, 442 samples of 10 features, in a folder with a name of its own."""
    data = load_diabetes(scaled=False)
    path = tmp_path / "my own 'data'" / "diabetes.csv"
    path.parent.mkdir()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*data.feature_names, "progression"])
        writer.writerows([*x, y] for x, y in zip(data.data.tolist(), data.target, strict=True))
    return path


def timed(run: dict[str, Any]) -> set[str]:
    return {benchmark["param"] for benchmark in run["benchmarks"]}


def test_every_backend_is_timed_on_a_table(tmp_path: Path, diabetes: Path) -> None:
    reports = tmp_path / "r"
    result = bench(
        *QUICK, "--runs=2", "--dtypes=float64,float32", "--data", diabetes, "--target=progression",
        f"--reports={reports}",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    header = "npfs: on diabetes.csv, 442 samples of 10 features, standardised; target progression"
    assert header in result.stdout
    first, second = map(load, run_paths(reports))
    assert (
        timed(first) == timed(second) == {"python-442x10", "numpy-442x10", "numpy-442x10-float32"}
    )
    data = load_diabetes(scaled=False)
    digest = hashlib.sha256(data.data.tobytes() + data.target.tobytes()).hexdigest()
    assert first["npfs"]["data"] == second["npfs"]["data"] == {
        "file": "diabetes.csv",
        "digest": digest[:16],
        "n_samples": 442,
        "n_features": 10,
        "target": "progression",
        "features": data.feature_names,
        "notes": [],
    }  # fmt: skip
    assert first["npfs"]["planned"]["data"] == "diabetes.csv"
    assert all("my own" not in path.read_text("utf-8") for path in run_paths(reports))
    basis = (
        "Fits are timed on the table diabetes.csv (442 samples of 10 features, standardised; target progression; "
        f"digest {digest[:16]}), not on synthetic data."
    )
    assert basis in " ".join(result.stdout.split())
    for report in ("verdict.md", "index.html"):
        assert basis in (reports / report).read_text("utf-8")
    assert "this table (a fit of 442 samples of 10 features)" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--data=absent.csv", "--target=y"), "'absent.csv': there is no such file; is the path right?"),
        (("--data=README.md",), "--data needs the column that is to be predicted; add --target COL"),
        (
            ("--data=README.md", "--target=y", "--sizes=10"),
            "--sizes cannot be chosen for --data, which brings its own; leave --sizes out (--columns a,b chooses columns)",
        ),
        (("--target=y",), "--target belongs to --data FILE; add it, or leave --target out"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_before_anything_is_timed(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    result = bench(*options, f"--reports={tmp_path}")
    assert result.returncode == 4
    assert f"ERROR: {message}\n" in result.stdout
    assert "Traceback" not in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_columns_and_rows_can_be_left_out(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,name,y\n" + "".join(f"{k},n{k},{k % 5}\n" for k in range(20)) + ",x,1\n")
    result = bench(f"--data={table}", "--target=y")
    assert (
        f"ERROR: {str(table)!r}: column 'name' holds text, such as 'n0' in data row 1; choose columns of numbers, "
        "such as --columns 'a'\n"
    ) in result.stdout
    result = bench(
        *QUICK, "--runs=1", f"--data={table}", "--target=y", "--columns=a", "--missing=drop",
        f"--reports={tmp_path / 'r'}",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    note = "Left out 1 of 21 rows: 1 value missing in 'a', the first in data row 21 of 'a'."
    assert f"npfs: {note}" in result.stdout
    [run] = map(load, run_paths(tmp_path / "r"))
    assert timed(run) == {"python-20", "numpy-20"}
    assert (run["npfs"]["data"]["features"], run["npfs"]["data"]["notes"]) == (["a"], [note])


def test_a_set_of_runs_is_finished_on_the_same_table_alone(tmp_path: Path, diabetes: Path) -> None:
    reports = tmp_path / "r"
    bench(*QUICK, "--runs=1", f"--data={diabetes}", "--target=progression", f"--reports={reports}")
    [path] = run_paths(reports)
    run = load(path)
    run["npfs"]["planned"]["runs"] = "3"  # as if two were still to be made
    path.write_text(json.dumps(run))
    result = bench("--resume", f"--reports={reports}")
    assert result.returncode == 4
    assert (
        "--resume finds no 'diabetes.csv' here; say where the table is, with --data"
        in result.stdout
    )
    whole = diabetes.read_text()
    diabetes.write_text(whole.replace("59.0", "58.0"))
    result = bench("--resume", "--data", diabetes, f"--reports={reports}")
    assert result.returncode == 4
    assert f"{str(diabetes)!r} has other numbers than when these runs began" in result.stdout
    diabetes.write_text(whole)
    options = ("--data", diabetes, "--benchmark-max-time=0.01", f"--reports={reports}")
    result = bench("--resume", *options)
    assert result.returncode == 0, result.stdout
    runs = [load(path)["npfs"] for path in run_paths(reports)]
    assert len(runs) == 3
    assert len({(run["job"], run["data"]["digest"]) for run in runs}) == 1
    assert "3 runs, each a fresh process" in result.stdout


def test_a_table_that_changes_between_runs_ends_the_set(
    tmp_path: Path, diabetes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "meddling", MEDDLING)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    monkeypatch.setenv("NPFS_TABLE", str(diabetes))
    result = bench(
        "--backends=meddling,numpy", "--runs=3", "--benchmark-max-time=0.01", f"--data={diabetes}",
        "--target=progression", f"--reports={tmp_path / 'r'}",
    )  # fmt: skip
    assert result.returncode == 2, result.stdout
    assert f"{str(diabetes)!r} was changed between two runs;" in " ".join(result.stdout.split())
    assert "This is one run" in result.stdout
    assert len(run_paths(tmp_path / "r")) == 1


MEDDLING = """
import os
import subprocess
import sys
from pathlib import Path
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

def prepare(X, y):
    table = Path(os.environ["NPFS_TABLE"])
    table.write_text(table.read_text().replace("59.0", "58.0"))
    return numpy_vectorized.prepare(X, y)

BACKEND = Backend("meddling", "Changes the table", prepare, numpy_vectorized.fit)
"""
