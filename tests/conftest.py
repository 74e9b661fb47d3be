"""Warnings are errors in every test, and figures are compared with stored images in every session."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Switch pytest-mpl on; in the options of pyproject.toml it would have to be installed for every command."""
    if hasattr(config.option, "mpl"):
        config.option.mpl = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("error"), append=False)
