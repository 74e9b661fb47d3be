"""Warnings are errors in every test; figures are compared with stored images in every session.

All tests together run on several cores, grouped so that what is made once a session stays so.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.bench.commands import ROOT, STREAMS, WHOLE, Job, command, install
from tests.loaded_modules import recording_environment

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
# Files that share what is made once a session run in one process: a main job, the site.
TOGETHER = {
    "main job": (
        "tests/bench/test_main_job.py",
        "tests/bench/test_plugin.py",
        "tests/test_imports.py",
    ),
    "site": tuple(
        f"tests/docs/test_{of}.py" for of in ("browser", "numbers", "published", "scale", "site")
    ),
}
# Real runs take seconds each: they begin first, one by one but for those that share a set of runs.
REAL_RUNS, ONE_SET = "tests/bench/", ("tests/bench/test_data.py", "tests/bench/test_bench.py")


# No test asserts a time: one example may take long where a machine is busy.
settings.register_profile("npfs", settings(), deadline=None)
settings.load_profile("npfs")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run on several cores where all tests are asked for; one file is quicker without."""
    option = config.option
    asks_for_all = config.args_source == pytest.Config.ArgsSource.TESTPATHS
    if hasattr(config, "workerinput") or not asks_for_all or option.usepdb:
        return
    if getattr(option, "numprocesses", 0) is None:  # xdist is here, and -n was not given
        option.numprocesses = min(MOST_PROCESSES, os.cpu_count() or 1)
        option.dist, option.loadscopereorder = "loadscope", False


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Switch pytest-mpl on; among the options of pyproject.toml every command would need it."""
    if hasattr(config.option, "mpl"):
        config.option.mpl = True
    if hasattr(config, "workerinput"):  # the benchmarks that a test starts are no part of it
        for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
            del os.environ[name]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give the tests of a group to one process."""
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group
    return scheduler


def group(test: str) -> str:
    """Return the name of the group that a test runs in."""
    path, _, _ = test.partition("::")
    shared = next((name for name, paths in TOGETHER.items() if path in paths), None)
    is_alone = path.startswith(REAL_RUNS) and path not in ONE_SET
    return shared or (test if is_alone else path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turn warnings into errors, and begin with what takes long."""
    items.sort(key=lambda item: not item.nodeid.startswith(REAL_RUNS))
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("error"), append=False)


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder where the example backend is installed, and another that fails to import."""
    folder = tmp_path_factory.mktemp("plugins")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder)]
    subprocess.run([*pip, *options, str(ROOT / "tests" / "plugin")], check=True, timeout=120)
    install(folder, "broken_plugin", "raise RuntimeError('no licence')", entry="broken")
    return str(folder)


@pytest.fixture(scope="session")
def main_job(tmp_path_factory: pytest.TempPathFactory, plugins: str) -> Job:
    """The main job of the README on a few small cases: two runs, all backends and figures."""
    folder, modules = tmp_path_factory.mktemp("main"), tmp_path_factory.mktemp("modules")
    reports = folder / "reports"
    whole = command(
        "--preset=quick", "--sizes=10,1e5", "--runs=2", "--npfs-repetitions=6",
        f"--reports={reports}", f"--benchmark-json={folder / 'own.json'}",
        files=WHOLE, quick=False,
    )  # fmt: skip
    environment = recording_environment(modules)
    environment["PYTHONPATH"] += os.pathsep + plugins
    process = subprocess.run(whole, **STREAMS, env=environment, check=False, timeout=900)
    return Job(reports, process, modules)


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
