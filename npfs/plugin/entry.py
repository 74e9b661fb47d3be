"""The entry point of pytest: options and hooks; all else is loaded where runs are asked for."""

# mypy: disable-error-code="empty-body"

import argparse
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # loaded in every session of pytest
    from npfs.harness.session import RunSession
    from npfs.harness.spec import RunSpec, Settings
    from npfs.schema import Case

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


class Hooks:
    """The hooks by which a suite of benchmarks tells the harness what it is."""

    @pytest.hookspec(firstresult=True)
    def pytest_npfs_settings(self, config: pytest.Config, spec: "RunSpec") -> "Settings":
        """Return what the command asks for.

        Raises
        ------
        pytest.UsageError
            In a sentence, for options that do not go together.
        """

    @pytest.hookspec(firstresult=True)
    def pytest_npfs_case(self, item: pytest.Item) -> str | None:
        """Return the id of a benchmark's case; without one it is that of the node."""

    @pytest.hookspec(firstresult=True)
    def pytest_npfs_describe(
        self, config: pytest.Config, spec: "RunSpec", is_end: bool
    ) -> dict[str, Any]:
        """Return fields of ``npfs.schema.Run``, at the beginning and at the end of a run."""

    @pytest.hookspec(firstresult=True)
    def pytest_npfs_probes(
        self, config: pytest.Config, spec: "RunSpec"
    ) -> "Iterable[tuple[str, Callable[[], Sequence[Case]]]]":
        """Return what a run measures in processes of its own after its cases, by id."""

    @pytest.hookspec(firstresult=True)
    def pytest_npfs_chosen(self, config: pytest.Config) -> dict[str, Any]:
        """Return what this run found out about its cases, for the further runs of the command."""

    @pytest.hookspec
    def pytest_npfs_before_run(self, config: pytest.Config, number: int) -> None:
        """Check what the next run needs.

        Raises
        ------
        npfs.harness.runs.RunFailed
            If it cannot be made.
        """

    @pytest.hookspec(firstresult=True)
    def pytest_npfs_estimate(self, config: pytest.Config, job: str) -> str | None:
        """Return a first estimate of the answer, after the second run."""

    @pytest.hookspec(firstresult=True)
    def pytest_npfs_report(self, config: pytest.Config, run: "RunSession") -> list[str]:
        """Write the report of all runs, and return the lines for the end of the command.

        Raises
        ------
        npfs.harness.runs.RunFailed
            If it cannot be written.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks of a suite."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for suites that have none of their own."""
    group = parser.getgroup("npfs", "npfs: benchmarks in fresh processes")
    for name, metavar, text in OPTIONS:
        group.addoption(f"--npfs-{name}", metavar=metavar, help=text)
    group.addoption("--npfs-resume", action="store_true", help="finish runs that were interrupted")
    for name in HIDDEN:
        group.addoption(f"--npfs-{name}", help=argparse.SUPPRESS)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Name the options that a suite has as well."""
    try:
        return (yield)
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
