"""The guides name all that a user can choose, and all that a report writes."""

import tomllib

import pytest

from npfs.cli import app
from npfs.report.build import TEXTS
from npfs.report.figures import names
from npfs.suite.options import OPTIONS
from npfs.suite.plan import PRESETS
from tests.docs.pages import DOCS, PAGES, ROOT

GUIDES = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMMANDS = [
    one.callback.__name__.replace("_", "-") for one in app.registered_commands if one.callback
]
BACKENDS = [
    name
    for group, entries in PROJECT["entry-points"].items()
    if group.startswith("npfs.backends")
    for name in entries
]


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*(option.name for option in OPTIONS), "reports", "resume"])
def test_each_option_of_the_benchmark_is_explained(name: str) -> None:
    assert f"`--{name}" in text("options.md") + text("own-data.md")


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_is_explained(name: str) -> None:
    assert f"| `{name}` |" in text("options.md")


@pytest.mark.parametrize("name", [*TEXTS, *names()])
def test_each_file_and_figure_of_a_report_is_explained(name: str) -> None:
    assert f"`{name}`" in text("files.md")


@pytest.mark.parametrize("name", BACKENDS)
def test_each_backend_is_explained(name: str) -> None:
    assert f"`{name}`" in text("backends.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_explained(name: str) -> None:
    assert f"npfs {name}" in GUIDES
