"""The site is built once for all tests that look at it."""

from pathlib import Path

import pytest

from tests.docs.pages import build_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site(folder)
    return folder
