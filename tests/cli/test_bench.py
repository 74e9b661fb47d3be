"""``npfs bench``: the benchmark as pytest runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Npfs


def test_bench_hands_its_options_to_pytest_and_ends_with_its_exit_code(npfs_process: Npfs) -> None:
    result = npfs_process("bench", "--collect-only", "-q", "--preset", "huge")
    assert result.returncode == 4
    assert "--preset must be one of quick" in result.stderr


def test_bench_elsewhere_than_a_clone_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import npfs as package
    from npfs.cli import bench

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(package, "__file__", str(tmp_path / "npfs" / "__init__.py"))
    with pytest.raises(bench.CannotMeasure, match="go to your clone"):
        bench.bench_command([])


def test_the_package_brings_the_benchmarks_along(tmp_path: Path) -> None:
    """From a wheel, in a folder with settings of its own, where no home can be written."""
    root = Path(__file__).parents[2]
    commands: list[list[str | Path]] = [
        ["-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "wheel"],
        ["-m", "pip", "install", "-q", "--no-deps", "--no-index", "-f", tmp_path / "wheel",
         "--target", tmp_path / "installed", "npfs"],
    ]  # fmt: skip
    for command in commands:
        subprocess.run([sys.executable, *command], cwd=root, check=True, capture_output=True)
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\npython_files = x_*.py\n")
    code = "import npfs.cli; print(npfs.__file__, flush=True); npfs.cli.main()"
    options = ("--sizes=10", "--backends=python,numpy", "--runs=1", "--benchmark-max-time=0.005")
    found = subprocess.run(
        [sys.executable, "-c", code, "bench", *options],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed"), "HOME": "/dev/null/home"},
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.startswith(str(tmp_path / "installed"))
    assert (folder / "reports" / "verdict.md").is_file()
    left = {path.name for path in folder.iterdir()} - {".benchmarks"}  # pytest-benchmark's own
    assert left == {"pytest.ini", "reports"}
