"""The examples in docstrings are run."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import npfs

PACKAGE = Path(npfs.__file__).parent
WITH_EXAMPLES = [
    ".".join(("npfs", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name))
    assert tried
    assert not failed


def test_the_estimator_has_an_example() -> None:
    assert "npfs.estimator.linear_regression" in WITH_EXAMPLES
