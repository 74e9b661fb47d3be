"""The command line as a whole: help, mistakes, faults, colours, completion."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from npfs.backends.registry import backend_names
from tests.cli.conftest import Npfs

COMMANDS = ("bench", "report", "advise", "fit", "backends", "compare", "calibrate", "doctor")


def test_help_lists_every_command(npfs_process: Npfs) -> None:
    result = npfs_process("--help")
    assert result.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in result.stdout
    assert "--install-completion" in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(npfs: Npfs, command: str) -> None:
    result = npfs(command, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert f"npfs {command}" in result.stdout


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("bench", "backends")])
def test_each_command_that_computes_has_a_form_for_programs_and_a_quiet_one(
    npfs: Npfs, command: str
) -> None:
    text = npfs(command, "--help").stdout
    assert "--json" in text
    assert "--quiet" in text


def test_a_misspelt_option_is_corrected(npfs: Npfs) -> None:
    result = npfs("advise", "--sample", "10")
    assert result.returncode == 2
    assert "--samples" in result.stderr


def test_a_misspelt_command_is_corrected(npfs: Npfs) -> None:
    result = npfs("advice")
    assert result.returncode == 2
    assert "advise" in result.stderr


def test_version(npfs_process: Npfs) -> None:
    from npfs import __version__

    assert npfs_process("--version").stdout == f"npfs {__version__}\n"


def test_no_colour_where_none_is_wanted(npfs_process: Npfs) -> None:
    coloured = npfs_process("--help", FORCE_COLOR="1")
    assert "\x1b[" in coloured.stdout
    plain = npfs_process("--help", FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b[3" not in plain.stdout, "bold is no colour"


def test_completion_knows_the_commands(npfs_process: Npfs) -> None:
    result = npfs_process(
        _NPFS_COMPLETE="complete_bash",
        COMP_WORDS="npfs ad",
        COMP_CWORD="1",
        _TYPER_COMPLETE_ARGS="npfs ad",
    )
    assert result.stdout.split() == ["advise"]


def test_a_fault_of_ours_is_a_sentence_and_with_traceback_shows_where(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from npfs.cli import backends\n"
        "def broken(): raise RuntimeError('a part fell off')\n"
        "backends._listing = broken\n"
        "from npfs.cli import main\n"
        "sys.argv[0] = 'npfs'\n"
        "main()\n"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    told = run("backends")
    assert told.returncode == 70
    assert told.stderr.startswith("npfs: this is a fault of npfs, not yours: RuntimeError: a part")
    assert "Traceback" not in told.stderr
    for arguments in (("backends", "--traceback"), ("--traceback", "backends")):
        shown = run(*arguments)
        assert shown.returncode == 1
        assert "Traceback" in shown.stderr
        assert "in broken" in shown.stderr


def test_backends_says_what_is_available_and_why_not(npfs: Npfs) -> None:
    found = json.loads(npfs("backends", "--json").stdout)
    assert [of["name"] for of in found] == backend_names()
    for of in found:
        assert of["available"] == (of["reason"] is None)
    numba = next(of for of in found if of["name"] == "numba")
    assert set(numba["versions"]) >= {"numba", "numpy"}
    text = npfs("backends").stdout
    for of in found:
        assert (of["title"] in text) if of["available"] else (of["name"] in text)


def test_bench_hands_its_options_to_pytest_and_ends_with_its_exit_code(npfs_process: Npfs) -> None:
    result = npfs_process("bench", "--collect-only", "-q", "--preset", "huge")
    assert result.returncode == 4
    assert "--preset must be one of quick" in result.stderr


def test_bench_elsewhere_than_a_clone_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import npfs as package
    from npfs.harness import fresh_runs

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(package, "__file__", str(tmp_path / "npfs" / "__init__.py"))
    with pytest.raises(fresh_runs.CannotMeasure, match="go to your clone"):
        fresh_runs.bench_command([])
