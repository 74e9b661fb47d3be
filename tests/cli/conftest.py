"""The command line: in this process, which is quick, or in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from npfs.cli import main
from tests.analysis import test_prediction as advice

Npfs = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def npfs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Npfs:
    """Run ``npfs`` in this process, in an empty folder, on no terminal, 120 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = ["npfs", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(command, int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def npfs_process(tmp_path: Path) -> Npfs:
    """Run ``npfs`` in a process of its own, as a person starts it."""

    def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("npfs")
        return subprocess.run(
            [program, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "COLUMNS": "120", **variables},
        )

    return run


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Store runs of lists and NumPy with known speeds where npfs looks for them."""
    advice.evidence(tmp_path / "reports", runs=3)
    return tmp_path / "reports"
