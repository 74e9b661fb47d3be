"""Warnings are errors in every test; figures are compared with stored images in every session.

All tests together run on several cores, grouped so that what is made once a session stays so.
"""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

MOST_PROCESSES = 4  # real runs and clusters start processes of their own
# Made once a session: a real set of runs, a cluster, the site. Tests of one share a process.
SHARED = ("main_job", "table_runs", "client", "site")
REAL_RUNS = "tests/bench/"  # each takes seconds: they begin first, and each where there is room


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run on several cores where all tests are asked for; one file is quicker without."""
    option = config.option
    asks_for_all = config.args_source == pytest.Config.ArgsSource.TESTPATHS
    if hasattr(config, "workerinput") or not asks_for_all or option.usepdb:
        return
    if getattr(option, "numprocesses", 0) is None:  # xdist is here, and -n was not given
        option.numprocesses = min(MOST_PROCESSES, os.cpu_count() or 1)
        option.dist, option.loadscopereorder = "loadgroup", False


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Switch pytest-mpl on; among the options of pyproject.toml every command would need it."""
    if hasattr(config.option, "mpl"):
        config.option.mpl = True
    if hasattr(config, "workerinput"):  # the benchmarks that a test starts are no part of it
        for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
            del os.environ[name]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Turn warnings into errors, and tell which tests run one after the other."""
    items.sort(key=lambda item: not item.nodeid.startswith(REAL_RUNS))
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("error"), append=False)
        if config.pluginmanager.hasplugin("xdist"):
            item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    shared = [name for name in SHARED if name in getattr(item, "fixturenames", ())]
    path, _, _ = item.nodeid.partition("::")
    return next(iter(shared), item.nodeid if path.startswith(REAL_RUNS) else path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A started browser; without one the tests are skipped, with the reason."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the path")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()
