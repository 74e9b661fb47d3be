"""The entry point of pytest: options and hooks; all else is loaded where runs are asked for."""

import argparse
from collections.abc import Generator

import pytest

from npfs.harness import hooks

HARNESS, SUITE = "npfs-harness", "npfs-suite"
OPTIONS = (
    ("runs", "N", "time benchmarks in N fresh processes, and give intervals over them"),
    ("baseline", "NAME|PARAM=VALUE", "the benchmark that the others are compared with"),
    ("budget", "SECONDS", "end within it, with fewer runs or repetitions if need be"),
    ("precision", "SHARE", "add runs until every interval is that narrow, such as 0.05"),
    ("reports", "DIR", "folder for runs, figure and table (default: reports)"),
)
# For tests of the harness, and for what measures by it.
HIDDEN = ("repetitions", "silence")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks of a suite."""
    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for suites that have none of their own."""
    group = parser.getgroup("npfs", "npfs: benchmarks in fresh processes")
    for name, metavar, text in OPTIONS:
        group.addoption(f"--npfs-{name}", metavar=metavar, help=text)
    group.addoption("--npfs-resume", action="store_true", help="finish runs that were interrupted")
    for name in HIDDEN:
        group.addoption(f"--npfs-{name}", help=argparse.SUPPRESS)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, None, None]:
    """Name the options that a suite has as well."""
    try:
        yield
        parser.parse_known_args([])
    except (ValueError, argparse.ArgumentError) as error:
        if "--npfs-" in str(error):
            raise pytest.UsageError(
                f"a conftest.py here adds an option of npfs ({error}); rename it there, or leave "
                "npfs out with -p no:npfs"
            ) from None
        raise


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the harness if the command asks for runs, or the suite is made for it."""
    has_settings = bool(config.hook.pytest_npfs_settings.get_hookimpls())
    if not has_settings and config.getoption("npfs_runs") is None:
        given = [name for name, *_ in OPTIONS if config.getoption(f"npfs_{name}") is not None]
        if not config.getoption("npfs_resume"):
            if given:
                raise pytest.UsageError(f"--npfs-{given[0]} belongs to --npfs-runs N; add it")
            return
    from npfs.harness import plugin  # noqa: PLC0415 - NumPy and more, for those who ask for runs

    if not has_settings:
        from npfs.plugin import suite  # noqa: PLC0415

        config.pluginmanager.register(suite, SUITE)
    config.pluginmanager.register(plugin, HARNESS)
