"""Terminals and files that cannot take what is printed: nothing is a fault of npfs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("a,größe,y\n" + "".join(f"{k},{k % 7},{3 * k}\n" for k in range(60)))
    return path


def run(arguments: str, redirect: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell, which can close a stream."""
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    return subprocess.run(
        f"'{sys.executable}' -m npfs.cli {arguments} {redirect}",
        shell=True, capture_output=True, text=True, errors="replace", check=False, timeout=60,
        env={**environment, **variables},
    )  # fmt: skip


@pytest.mark.parametrize("columns", ["", "abc", "-5", "99999999999999999999"])
def test_a_width_that_is_none_is_the_usual_one(table: Path, columns: str) -> None:
    found = run(f"fit {table} --target y --epochs 5", COLUMNS=columns)
    assert (found.returncode, found.stderr) == (0, "")
    assert 100 < max(map(len, found.stdout.splitlines())) <= 120


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_characters_that_a_terminal_lacks_are_replaced(table: Path, encoding: str) -> None:
    found = run(f"fit {table} --target y --epochs 5", PYTHONIOENCODING=encoding)
    assert found.returncode == 0, found.stderr
    assert "mean squared error" in found.stdout
    assert "intercept" in found.stdout
    found = run(f"fit {table} --target größer", PYTHONIOENCODING=encoding)
    assert found.returncode == 2
    assert "it has no column" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX closes streams so")
@pytest.mark.parametrize("redirect", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_error(table: Path, redirect: str) -> None:
    for command in (f"fit {table} --target y", f"fit {table} --target y --json"):
        found = run(command, redirect)
        assert (found.returncode, found.stderr) == (0, "")
    assert run(f"fit {table} --target x", redirect).returncode == 2


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX closes streams so")
def test_the_benchmark_runs_without_a_stream(tmp_path: Path) -> None:
    options = "--sizes=10 --backends=python --runs=1 --benchmark-max-time=0.005 -k python-10"
    found = run(f"bench {options} --reports={tmp_path}/r", ">&-")
    assert (found.returncode, found.stderr) == (0, "")
    assert (tmp_path / "r" / "verdict.md").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it has no such device")
@pytest.mark.parametrize("command", ["fit {} --target y", "fit {} --target y --json"])
def test_a_full_disk_is_said(table: Path, command: str) -> None:
    found = run(command.format(table), "> /dev/full")
    assert found.returncode == 2
    assert found.stderr.startswith("npfs")
    assert "the output cannot be written (No space left on device)" in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_pipe_that_is_read_no_further_is_no_error(table: Path) -> None:
    found = run("backends --json", "| head -c 1")
    assert found.stderr == ""
