"""A person's own table, timed as people do it: real processes, tiny cases."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from sklearn.datasets import load_diabetes

from tests.bench.commands import FIT, ROOT, Job, bench, install, load, run_paths, timed

ALONE = ("--backends=numpy", "--npfs-repetitions=2", "-k=not more")


def test_every_backend_is_timed_on_a_table(table_runs: Job) -> None:
    header = "npfs: on diabetes.csv, 442 samples of 10 features, standardised; target progression"
    assert header in table_runs.process.stdout
    first, second = table_runs.runs
    ids = {"python-442x10", "numpy-442x10", "numpy-442x10-float32"}
    assert timed(first) == timed(second) == ids
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
    files = run_paths(table_runs.reports)
    assert all("my own" not in path.read_text("utf-8") for path in files)
    basis = (
        "Fits are timed on the table diabetes.csv (442 rows × 10 features, standardized; "
        f"target progression; digest {digest[:16]}), not on synthetic data."
    )
    assert basis in " ".join(table_runs.output.split())
    for report in ("verdict.md", "index.html"):
        assert basis in (table_runs.reports / report).read_text("utf-8")
    assert "442 rows × 10, 1,000 epochs" in table_runs.process.stdout


def test_float32_is_an_axis_and_lists_say_that_they_have_none(table_runs: Job) -> None:
    none = "python-442x10-float32"
    for run in table_runs.runs:
        assert run["npfs"]["skipped"] == {none: "it computes in float64 only"}
    verdict = (table_runs.reports / "verdict.md").read_text(encoding="utf-8")
    assert "it computes in float64 only" in verdict
    assert "1 case was not timed in every run" in table_runs.output
    results = (table_runs.reports / "results.csv").read_text()
    assert "numpy,true,442,10,float32,2," in results


def test_a_mistake_is_one_sentence_before_anything_is_timed(tmp_path: Path) -> None:
    result = bench("--data=absent.csv", "--target=y", f"--reports={tmp_path}", files=FIT)
    assert result.returncode == 4
    message = "'absent.csv': there is no such file; is the path right?"
    assert f"ERROR: {message}\n" in result.stdout
    assert "Traceback" not in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_columns_and_rows_can_be_left_out(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,name,y\n" + "".join(f"{k},n{k},{k % 5}\n" for k in range(20)) + ",x,1\n")
    result = bench(
        *ALONE, "--runs=1", f"--data={table}", "--target=y", "--columns=a", "--missing=drop",
        f"--reports={tmp_path / 'r'}", files=FIT,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    note = "Left out 1 of 21 rows: 1 value missing in 'a', the first in data row 21 of 'a'."
    assert f"npfs: {note}" in result.stdout
    [run] = map(load, run_paths(tmp_path / "r"))
    assert timed(run) == {"numpy-20"}
    assert (run["npfs"]["data"]["features"], run["npfs"]["data"]["notes"]) == (["a"], [note])


def test_a_set_of_runs_is_finished_on_the_same_table_alone(
    table_runs: Job, diabetes: Path, tmp_path: Path
) -> None:
    shutil.copytree(table_runs.reports / "runs", tmp_path / "runs")
    for path in run_paths(tmp_path):
        run = load(path)
        run["npfs"]["planned"]["runs"] = "3"  # as if one were still to be made
        path.write_text(json.dumps(run))
    other = tmp_path / "diabetes.csv"
    other.write_text(diabetes.read_text().replace("59.0", "58.0"))
    result = bench("--resume", "--data", other, f"--reports={tmp_path}", files=FIT)
    assert result.returncode == 4
    assert f"{str(other)!r} has other numbers than when these runs began" in result.stdout
    options = ("--data", diabetes, "--npfs-repetitions=2", "-k=not more", f"--reports={tmp_path}")
    result = bench("--resume", *options, files=FIT)
    assert result.returncode == 0, result.stdout
    runs = [load(path)["npfs"] for path in run_paths(tmp_path)]
    assert len(runs) == 3
    assert len({(run["job"], run["data"]["digest"]) for run in runs}) == 1
    assert "3 runs in fresh processes" in result.stdout


def test_a_table_that_changes_between_runs_ends_the_set(
    tmp_path: Path, diabetes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = shutil.copy(diabetes, tmp_path)
    install(tmp_path, "meddling", MEDDLING)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    monkeypatch.setenv("NPFS_TABLE", str(table))
    result = bench(
        "--backends=meddling,numpy", "--runs=3", "--npfs-repetitions=2", f"--data={table}",
        "--target=progression", f"--reports={tmp_path / 'r'}", files=FIT,
    )  # fmt: skip
    assert result.returncode == 2, result.stdout
    assert f"{str(table)!r} was changed between two runs;" in " ".join(result.stdout.split())
    assert "This is one run" in result.stdout
    assert len(run_paths(tmp_path / "r")) == 1


MEDDLING = """
import os
from pathlib import Path
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

def prepare(X, y):
    table = Path(os.environ["NPFS_TABLE"])
    table.write_text(table.read_text().replace("59.0", "58.0"))
    return numpy_vectorized.prepare(X, y)

BACKEND = Backend("meddling", "Changes the table", prepare, numpy_vectorized.fit)
"""
