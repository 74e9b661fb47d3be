"""The command line as a whole: help, mistakes, faults, colours, completion."""

import sys

import pytest

from npfs.cli import backends, main
from tests.cli.conftest import Npfs

COMMANDS = (
    "bench",
    "report",
    "advise",
    "fit",
    "backends",
    "compare",
    "compare-commits",
    "calibrate",
    "doctor",
)


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


def test_a_fault_of_ours_is_a_sentence_and_with_traceback_shows_where(
    npfs: Npfs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("a part fell off")

    monkeypatch.setattr(backends, "_listing", broken)
    result = npfs("backends")
    assert (result.returncode, result.stdout) == (70, "")
    assert result.stderr.startswith(
        "npfs: this is a fault of npfs, not yours: RuntimeError: a part"
    )
    assert "Traceback" not in result.stderr
    for arguments in (("backends", "--traceback"), ("--traceback", "backends")):
        monkeypatch.setattr(sys, "argv", ["npfs", *arguments])
        with pytest.raises(RuntimeError, match="a part fell off"):  # Python prints where
            main()
