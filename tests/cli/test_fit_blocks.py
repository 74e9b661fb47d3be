"""``npfs fit`` on data that do not fit into memory, and fits that are kept and resumed."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from npfs.estimator.linear_regression import LinearRegression
from npfs.regression.problem import make_problem
from tests.cli.conftest import Npfs

PROBLEM = make_problem(20_000, 3, intercept=2.0, seed=8)
TABLE = np.column_stack([PROBLEM.X, PROBLEM.y])
COMMAND = [sys.executable, "-c", "from npfs.cli import main; main()", "fit"]
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


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")
def test_a_file_larger_than_the_memory_that_may_be_taken_is_fitted(tmp_path: Path) -> None:
    """512 MB of numbers in 500 MB of addresses, the interpreter and libraries included."""
    path, times = tmp_path / "large.npy", 800
    large = np.lib.format.open_memmap(path, "w+", np.float64, (times * len(TABLE), 4))
    for k in range(times):
        large[k * len(TABLE) : (k + 1) * len(TABLE)] = TABLE
    large.flush()
    del large
    limit = 500 * MB
    assert path.stat().st_size > limit

    def may_take_less() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    result = subprocess.run(
        [*COMMAND, path, "--target", "3", "--backend", "numpy-inplace", "--epochs", "5", "--json",
         "--scratch", tmp_path],
        capture_output=True, text=True, check=False, timeout=200, preexec_fn=may_take_less,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    found = solved(result)
    assert [*found.values()][:4] == pytest.approx(least_squares(), rel=1e-3)
    assert "block by block" in " ".join(json.loads(result.stdout)["notes"])
    assert [left.name for left in tmp_path.iterdir()] == ["large.npy"]
    path.unlink()


PEAK = r"""
import re
from npfs.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
print(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1])
"""


def peak_bytes(file: Path, kept: Path) -> int:
    """The most memory that a fit of blocks takes in a process of its own."""
    options = ["fit", str(file), "--target", "y", "--epochs", "2", "--checkpoint", str(kept)]
    command = [sys.executable, "-c", PEAK, *options]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    return int(result.stdout.split()[-1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the most that was taken")
def test_the_block_sets_the_memory_and_not_the_data(tmp_path: Path) -> None:
    """Four times the data, 96 MB more, in as much memory: less than 300 MB with the libraries."""
    peaks = []
    for times in (50, 200):
        file = tmp_path / f"{times}.parquet"
        columns = dict(zip("abcy", np.tile(TABLE, (times, 1)).T, strict=True))
        pq.write_table(pa.table(columns), file, row_group_size=500_000, use_dictionary=False)
        peaks.append(peak_bytes(file, tmp_path / f"{times}.npz"))
    assert max(peaks) < 300 * MB
    assert peaks[1] - peaks[0] < 30 * MB


@pytest.mark.parametrize("backend", ["auto", "numba-simd", "numpy-gram"])
def test_what_memory_cannot_hold_is_fitted_block_by_block(
    npfs: Npfs, file: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = solved(npfs("fit", file, "--target", 3, "--json", "--epochs", 100))
    monkeypatch.setattr("npfs.cli.fit_blocks.available_bytes", lambda: 4 * TABLE.nbytes - 1)
    result = npfs("fit", file, "--target", 3, "--json", "--epochs", 100, "--backend", backend)
    assert solved(result) == pytest.approx(in_memory, rel=1e-9)
    assert json.loads(result.stdout)["backend"] == (
        "numba-parallel" if backend == "auto" else backend
    )
    refused = npfs("fit", file, "--target", 3, "--backend", "python")
    assert refused.returncode == 2
    assert "'python' has no kernel for blocks; choose numba-parallel" in refused.stderr


def test_what_memory_can_hold_is_fitted_there(
    npfs: Npfs, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("npfs.cli.fit_blocks.available_bytes", lambda: 4 * TABLE.nbytes)
    assert "block by block" not in npfs("fit", file, "--target", 3, "--epochs", 10).stdout


def test_a_cluster_on_this_machine_needs_nothing(npfs: Npfs, folder: Path) -> None:
    whole = solved(npfs("fit", folder, "--target", "y", "--epochs", 50, "--json"))
    result = npfs("fit", folder, "--target", "y", "--epochs", 50, "--json", "--backend", "dask")
    assert solved(result) == pytest.approx(whole, rel=1e-9)
    assert "Dask's workers (" in " ".join(json.loads(result.stdout)["notes"])


def test_a_text_file_larger_than_memory_says_how_to_go_on(
    npfs: Npfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large.csv").write_text("x,y\n1,2\n2,4\n")
    monkeypatch.setattr("npfs.cli.fit_blocks.available_bytes", lambda: 10)
    result = npfs("fit", "large.csv", "--target", "y")
    assert result.returncode == 2
    assert "cannot be read in pieces; save it as Parquet" in " ".join(result.stderr.split())


def test_a_drawing_shows_samples_of_all_pieces(npfs: Npfs, folder: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "fit.png"
    assert npfs("fit", folder, "--target", "y", "--epochs", 10, "--plot", drawn).returncode == 0
    assert drawn.stat().st_size > 10_000


def test_a_fit_that_was_killed_is_resumed_to_the_same_end(tmp_path: Path, file: Path) -> None:
    kept = tmp_path / "kept.npz"
    arguments = [*COMMAND, str(file), "--target", "3", "--backend", "numpy-inplace", "--json", "-q"]
    options = ["--checkpoint", str(kept), "--checkpoint-every", "10"]
    process = subprocess.Popen(
        [*arguments, "--epochs", "10000000", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not kept.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    with np.load(kept) as found:
        epochs = len(found["loss_history"]) + 15
    resumed, whole = (
        subprocess.run(
            [*arguments, "--epochs", str(epochs), *more],
            capture_output=True,
            text=True,
            check=False,
        )
        for more in ([*options, "--resume"], ["--checkpoint", str(tmp_path / "other.npz")])
    )
    assert solved(resumed) == solved(whole)
    assert "Went on from epoch" in " ".join(json.loads(resumed.stdout)["notes"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resume"], "--resume needs the file to keep; add --checkpoint FILE"),
        (["--checkpoint-every", "10"], "--checkpoint-every needs the file to keep"),
        (["--checkpoint", "data.npy"], "exists; go on from it with --resume"),
        (["--checkpoint", "absent/kept"], "there is no folder absent"),
        (["--checkpoint", "kept", "--checkpoint-every", "often"], "takes a number of epochs, 100"),
        (["--checkpoint", "kept", "--checkpoint-every", "0"], "takes a number of epochs, 100"),
        (["--checkpoint", "kept", "--resume"], "no checkpoint 'kept' to go on from"),
        (["--checkpoint", "kept", "--scratch", "absent"], "name a folder with --scratch"),
        (["--scheduler", "tcp://x:1", "--backend", "numpy"], "--scheduler is for --backend dask"),
        (["--checkpoint", "kept", "--backend", "nosuch"], "unknown backend 'nosuch'"),
        (["--checkpoint", "kept", "--scratch", "data.npy"], "takes no temporary file"),
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


def test_ctrl_c_says_how_to_go_on(
    npfs: Npfs, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    options = ("fit", file, "--target", 3, "--checkpoint", tmp_path / "kept", "--epochs")
    assert npfs(*options, 5).returncode == 0
    monkeypatch.setattr(LinearRegression, "fit_blocks", interrupted)
    result = npfs(*options, 9, "--resume")
    assert result.returncode == 130
    assert f"go on with --checkpoint {tmp_path / 'kept'} --resume" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_checkpoint_of_other_data_is_refused(npfs: Npfs, file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert npfs("fit", file, "--target", 3, "--epochs", 5, "--checkpoint", kept).returncode == 0
    other = npfs("fit", file, "--target", 2, "--epochs", 9, "--checkpoint", kept, "--resume")
    assert other.returncode == 2
    assert "of other data or other options" in other.stderr


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
