"""``npfs fit`` in one pass: files of any size, folders, clusters, and moments that are kept."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from npfs.regression.problem import make_problem
from tests.cli.conftest import Npfs

PROBLEM = make_problem(20_000, 3, intercept=2.0, seed=8)
TABLE = np.column_stack([PROBLEM.X, PROBLEM.y])
MB = 10**6


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.npy"
    np.save(path, TABLE)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "parts"
    path.mkdir()
    for k, rows in enumerate(np.split(TABLE, [0, 7_000, 7_001])):
        columns = dict(zip("abcy", rows.T, strict=True))
        pq.write_table(pa.table(columns), path / f"part-{k}.parquet")
    return path


def solved(result: subprocess.CompletedProcess[str]) -> dict[str, float]:
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    return {c["feature"]: c["value"] for c in found["coefficients"]} | {
        "intercept": found["intercept"], "r2": found["r2"],
    }  # fmt: skip


def least_squares() -> list[float]:
    design = np.column_stack([PROBLEM.X, np.ones(len(TABLE))])
    found: list[float] = np.linalg.lstsq(design, PROBLEM.y)[0].tolist()
    return found


def test_a_folder_of_parquet_files_is_one_table(npfs: Npfs, folder: Path) -> None:
    found = solved(npfs("fit", folder, "--target", "y", "--epochs", 200, "--json"))
    wanted = dict(zip(["a", "b", "c", "intercept"], least_squares(), strict=True))
    left = TABLE[:, :3] @ least_squares()[:3] + least_squares()[3] - PROBLEM.y
    wanted["r2"] = 1 - float(np.var(left) / np.var(PROBLEM.y))
    assert found == pytest.approx(wanted)


PEAK = r"""
import re
from npfs.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
print(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1])
"""


def peak_bytes(file: Path) -> int:
    """The most memory that a fit takes in a process of its own."""
    command = [sys.executable, "-c", PEAK, "fit", str(file), "--target", "-1", "--epochs", "3"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    return int(result.stdout.split()[-1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the most that was taken")
@pytest.mark.parametrize("kind", ["npy", "parquet"])
def test_memory_does_not_grow_with_the_data(tmp_path: Path, kind: str) -> None:
    """Five times the data, 130 MB more, in as much memory: less than 300 MB with the libraries."""
    peaks = []
    for times in (50, 250):
        file, table = tmp_path / f"{times}.{kind}", np.tile(TABLE, (times, 1))
        if kind == "npy":
            np.save(file, table)
        else:
            columns = dict(zip("abcy", table.T, strict=True))
            pq.write_table(pa.table(columns), file, row_group_size=500_000, use_dictionary=False)
        peaks.append(peak_bytes(file))
    assert max(peaks) < 300 * MB
    assert peaks[1] - peaks[0] < 40 * MB


def test_one_pass_is_the_fit_by_passes(npfs: Npfs, file: Path) -> None:
    options = ("fit", file, "--target", 3, "--json", "--epochs", 100)
    found, by_passes = npfs(*options), npfs(*options, "--backend", "numpy")
    assert solved(found) == pytest.approx(solved(by_passes), rel=1e-9)
    one, other = (json.loads(result.stdout)["loss_history"] for result in (found, by_passes))
    np.testing.assert_allclose(one, other, rtol=1e-9)
    assert json.loads(found.stdout)["backend"] == "moments"
    assert "one pass over the data" in npfs(*options[:4]).stdout


def test_many_features_are_scored_without_moments(
    npfs: Npfs, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("fit", file, "--target", 3, "--json", "--epochs", 100, "--backend", "numpy")
    few = solved(npfs(*options))
    monkeypatch.setattr("npfs.cli.fit.FEW_FEATURES", 2)
    monkeypatch.setattr("npfs.largedata.moments.Moments.of", None)
    assert solved(npfs(*options)) == pytest.approx(few, rel=1e-12)


def test_passes_need_one_table_that_memory_holds(
    npfs: Npfs, file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = npfs("fit", folder, "--target", "y", "--backend", "numpy")
    assert refused.returncode == 2
    assert "holds a folder; leave --backend out to fit it in one pass" in refused.stderr
    monkeypatch.setattr("npfs.harness.environment.available_bytes", lambda: 4 * TABLE.nbytes - 1)
    refused = npfs("fit", file, "--target", 3, "--backend", "numpy")
    assert refused.returncode == 2
    assert "kB of numbers; leave --backend out" in refused.stderr
    assert npfs("fit", file, "--target", 3).returncode == 0


def test_workers_of_a_cluster_read_the_parts(npfs: Npfs, folder: Path) -> None:
    from distributed import Client

    from npfs.largedata.connection import local_cluster

    whole = solved(npfs("fit", folder, "--target", "y", "--epochs", 50, "--json"))
    with local_cluster(1) as cluster, Client(cluster, direct_to_workers=True):
        options = ("--epochs", 50, "--json", "--scheduler", cluster.scheduler_address)
        assert solved(npfs("fit", folder, "--target", "y", *options)) == pytest.approx(whole)


def test_moments_are_kept_and_more_data_are_added(npfs: Npfs, folder: Path) -> None:
    whole = solved(npfs("fit", folder, "--target", "y", "--json"))
    kept = folder.parent / "m.npz"
    for part in sorted(folder.iterdir()):
        if part.name != "part-0.parquet":  # which has no row
            result = npfs("fit", part, "--target", "y", "--json", "--moments", kept)
    assert solved(result) == pytest.approx(whole, rel=1e-9)
    assert "held 7,001 samples, and holds 20,000 now" in json.loads(result.stdout)["notes"][0]
    before = kept.read_bytes()
    other = npfs("fit", part, "--target", "a", "--moments", kept)
    assert other.returncode == 2
    assert "the moments are of 'y' from 'a', 'b', 'c' and the data of 'a'" in other.stderr
    assert kept.read_bytes() == before


def test_what_is_odd_about_the_columns_is_noted(npfs: Npfs, tmp_path: Path) -> None:
    x = np.arange(100.0)
    np.save(tmp_path / "odd.npy", np.column_stack([x, x, x * 0 + 5, x * 1e9, x % 7]))
    notes = " ".join(npfs("fit", "odd.npy", "--target", -1, "--epochs", 5).stdout.split())
    assert "Constant, so they say nothing about the target: 'column 2'" in notes
    assert (
        "The same numbers as an earlier column, so the solution is not unique: 'column 1'" in notes
    )
    assert "Columns differ much in size" in notes


def test_a_text_file_larger_than_memory_is_fitted_in_one_pass(
    npfs: Npfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large.csv").write_text("x,y\n" + "1,2\n2,4\n" * 1000)
    monkeypatch.setattr("npfs.harness.environment.available_bytes", lambda: 10)
    assert npfs("fit", "large.csv", "--target", "y", "-q").returncode == 0
    result = npfs("fit", "large.csv", "--target", "y", "--backend", "numpy")
    assert result.returncode == 2
    assert "leave --backend out to fit it in one pass" in " ".join(result.stderr.split())


def test_a_drawing_shows_samples_of_all_pieces(npfs: Npfs, folder: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "fit.png"
    assert npfs("fit", folder, "--target", "y", "--epochs", 10, "--plot", drawn).returncode == 0
    assert drawn.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resume"], "--resume is gone: a fit reads the data once"),
        (["--checkpoint", "kept"], "--checkpoint is gone: a fit reads the data once"),
        (["--checkpoint-every", "10"], "--checkpoint-every is gone"),
        (["--scratch", "."], "--scratch is gone"),
        (["--scheduler", "tcp://x:1", "--backend", "numpy"], "--scheduler belongs to a fit in one"),
        (["--moments", "m.npz", "--backend", "auto"], "--moments belongs to a fit in one pass"),
        (["--moments", "data.npy"], "'data.npy' holds no moments"),
        (
            ["--moments", "absent/m.npz"],
            "there is no folder absent for --moments; make it, or name",
        ),
        (["--backend", "dask"], "--backend dask is for the benchmark; leave it out"),
        (["--backend", "nosuch"], "unknown backend 'nosuch'"),
    ],
)
def test_a_mistake_is_a_sentence(
    npfs: Npfs, file: Path, options: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    result = npfs("fit", file, "--target", 3, "--epochs", 5, *options)
    assert result.returncode == 2
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_a_part_of_another_schema_is_named(npfs: Npfs, folder: Path) -> None:
    pq.write_table(pa.table({"a": ["x"], "b": [1.0], "y": [2.0]}), folder / "part-9.parquet")
    result = npfs("fit", folder, "--target", "y")
    assert result.returncode == 2
    assert "part-9.parquet" in result.stderr
    shutil.rmtree(folder)
    folder.mkdir()
    assert npfs("fit", folder, "--target", "y").returncode == 2


def test_a_missing_value_is_named_by_its_part(npfs: Npfs, folder: Path) -> None:
    pq.write_table(
        pa.table({"a": [1.0, 2.0], "b": [1.0, float("nan")], "c": [1.0, 1.0], "y": [2.0, 1.0]}),
        folder / "part-9.parquet",
    )
    result = npfs("fit", folder, "--target", "y", "--epochs", 5)
    assert result.returncode == 2
    assert "part-9.parquet" in result.stderr
    assert "'b'" in result.stderr
    dropped = npfs("fit", folder, "--target", "y", "--epochs", 5, "--missing", "drop", "--json")
    assert json.loads(dropped.stdout)["n_samples"] == 20_001
    assert "Left out 1 of 20,002 rows" in " ".join(json.loads(dropped.stdout)["notes"])
