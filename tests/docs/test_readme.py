"""README is short, its measured parts are those of the reference report, and all that it names exists."""

import re
import shlex
import tomllib
from importlib import import_module

import pytest

from npfs.cli import app
from tests.docs.pages import DOCS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
MOST_WORDS = 700
LINK = re.compile(r'\]\(([^)#]+)|(?:src|srcset)="([^"]+)"')
EXTRA = re.compile(r"-e '\.\[(\w+)\]'")


def command(heading: str) -> str:
    """Return the first line of the first block of sh below a heading, as .ci/run takes it."""
    return README.partition(f"\n## {heading}\n")[2].partition("\n```sh\n")[2].partition("\n")[0]


def test_it_is_one_screen_long() -> None:
    assert len(README.split()) <= MOST_WORDS


def test_its_numbers_are_those_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS / "extensions")
    readme = import_module("readme")
    assert readme.with_measured(README) == README, "run python docs/extensions/readme.py"
    assert {name for _, name, _ in readme.PART.findall(README)} == readme.PARTS.keys()
    assert "×" not in readme.PART.sub("", README)


@pytest.mark.parametrize("heading", ["Run the benchmark", "Run the tests"])
def test_its_commands_install_and_run(heading: str) -> None:
    make, install, run = (shlex.split(part) for part in command(heading).split("&&"))
    assert make == ["python3", "-m", "venv", ".venv"]
    assert install[:5] == [".venv/bin/python", "-m", "pip", "install", "-e"]
    assert run[:3] == [".venv/bin/python", "-m", "pytest"]
    assert all((ROOT / word).exists() for word in run[3:] if not word.startswith("-"))


def test_its_extras_and_subcommands_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {*EXTRA.findall(README)} <= project["optional-dependencies"].keys()
    named = set(re.findall(r"^\.venv/bin/npfs (\w+)", README, re.MULTILINE))
    assert named
    assert named <= {one.callback.__name__ for one in app.registered_commands if one.callback}


def test_its_links_and_pictures_are_there() -> None:
    targets = [link or picture for link, picture in LINK.findall(README)]
    inside = [target for target in targets if ":" not in target]
    assert len(inside) > 10
    assert [target for target in inside if not (ROOT / target).is_file()] == []
