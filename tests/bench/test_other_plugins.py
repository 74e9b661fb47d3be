"""The benchmark beside other plug-ins, and from other folders."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.commands import ROOT

SMALL = ("--sizes=10", "--backends=python,numpy", "--npfs-repetitions=2", "--runs=2")


def pytest_in(folder: Path, *arguments: str, path: Path | None = None) -> tuple[int, str]:
    """Run pytest in a folder; return its exit code and what it said."""
    found = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(path or ROOT)},
    )  # fmt: skip
    return found.returncode, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-p", "no:benchmark"], "timed by pytest-benchmark, which is switched off here"),
        (["--benchmark-group-by=param:backend"], "--benchmark-group-by takes group, name, func,"),
        (["--reports="], "--reports takes a folder, such as reports; got ''"),
        (["-p", "repeating", "--count=2"], "--count of pytest-repeat does not go with the runs"),
        (["-p", "repeating", "--codspeed"], "--codspeed of pytest-codspeed does not go with the"),
    ],
)
def test_what_would_lose_the_report_is_refused_first(
    tmp_path: Path, options: list[str], said: str
) -> None:
    (tmp_path / "repeating.py").write_text(
        "def pytest_addoption(parser):\n"
        "    parser.addoption('--count', type=int, default=1)\n"
        "    parser.addoption('--codspeed', action='store_true')\n"
    )
    code, output = pytest_in(ROOT, "bench", f"--reports={tmp_path}/r", *options, path=tmp_path)
    assert code == 4
    assert said in output
    assert output.count("\n") <= 3
    assert not (tmp_path / "r").exists()


def test_a_report_is_made_whatever_other_tables_do_and_wherever_it_begins(tmp_path: Path) -> None:
    """Run 2 begins where a folder has the name that an option was given for run 1."""
    (tmp_path / "failing.py").write_text(
        "def pytest_terminal_summary(terminalreporter):\n    raise KeyError('backend')\n"
    )
    reports = os.path.relpath(tmp_path / "reports", ROOT / "bench")
    code, output = pytest_in(
        ROOT / "bench", "bench_fit.py", "--benchmark-only", "-p", "failing", "--reports", reports,
        *SMALL, path=tmp_path,
    )  # fmt: skip
    assert code == 0, output
    assert "could not be printed (KeyError: 'backend')" in output
    assert len(list((tmp_path / "reports" / "runs").rglob("*.json"))) == 2
    assert (tmp_path / "reports" / "verdict.md").is_file()
