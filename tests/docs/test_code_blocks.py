"""Every Python block of the pages is run, from the top of its page to the end, and shows what it is said to show."""

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from tests.docs.pages import PAGES, ROOT, page_id

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
SYBIL = Sybil([PythonCodeBlockParser(doctest_optionflags=FLAGS)])
FENCE = re.compile(r"^ *(?:```+|~~~+|:::+) *([^\s`].*)$", re.MULTILINE)
OTHER_LANGUAGES = {"console", "sh", "text", "toml", "yaml"}
WITH_PYTHON = [
    path for path in (*PAGES, ROOT / "README.md") if "```python" in path.read_text(encoding="utf-8")
]


@pytest.fixture
def no_figure_stays_open() -> Iterator[None]:
    plt.switch_backend("agg")  # it needs no screen
    yield
    plt.close("all")


@pytest.mark.usefixtures("no_figure_stays_open")
@pytest.mark.parametrize("page", WITH_PYTHON, ids=page_id)
def test_code_blocks(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a block may write a file
    for example in SYBIL.parse(page):
        example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_python_is_in_a_block_that_is_not_run(page: Path) -> None:
    languages = set(FENCE.findall(page.read_text(encoding="utf-8")))
    directives = {name for name in languages if name.startswith("{")}
    assert languages - directives <= {"python", *OTHER_LANGUAGES}
    assert not [
        name for name in directives if name.startswith(("{code", "{doctest", "{sourcecode"))
    ]


def test_the_page_on_backends_writes_the_example_package() -> None:
    page = (ROOT / "docs" / "add-a-backend.md").read_text(encoding="utf-8")
    package = (ROOT / "tests" / "plugin" / "npfs_example_backend.py").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n((?!>>>).*?)\n```", page, re.DOTALL)
    assert len(blocks) == 3
    assert "\n\n\n".join(blocks) in package
