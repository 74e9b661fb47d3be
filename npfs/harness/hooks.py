"""The hooks by which a suite of benchmarks tells the harness what it is."""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # loaded in every session of pytest
    from npfs.harness.session import RunSession
    from npfs.harness.spec import RunSpec, Settings
    from npfs.schema import Case


@pytest.hookspec(firstresult=True)
def pytest_npfs_settings(config: pytest.Config, spec: "RunSpec") -> "Settings":
    """Return what the command asks for.

    Raises
    ------
    pytest.UsageError
        In a sentence, for options that do not go together.
    """


@pytest.hookspec(firstresult=True)
def pytest_npfs_case(item: pytest.Item) -> str | None:
    """Return the id of a benchmark's case; without one it is that of the node."""


@pytest.hookspec(firstresult=True)
def pytest_npfs_describe(config: pytest.Config, spec: "RunSpec", is_end: bool) -> dict[str, Any]:
    """Return fields of ``npfs.schema.Run``, at the beginning and at the end of a run."""


@pytest.hookspec(firstresult=True)
def pytest_npfs_probes(
    config: pytest.Config, spec: "RunSpec"
) -> "Iterable[tuple[str, Callable[[], Sequence[Case]]]]":
    """Return what a run measures in processes of its own after its cases, by id."""


@pytest.hookspec(firstresult=True)
def pytest_npfs_chosen(config: pytest.Config) -> dict[str, Any]:
    """Return what this run found out about its cases, for the further runs of the command."""


@pytest.hookspec
def pytest_npfs_before_run(config: pytest.Config, number: int) -> None:
    """Check what the next run needs.

    Raises
    ------
    npfs.harness.runs.RunFailed
        If it cannot be made.
    """


@pytest.hookspec(firstresult=True)
def pytest_npfs_estimate(config: pytest.Config, job: str) -> str | None:
    """Return a first estimate of the answer, after the second run."""


@pytest.hookspec(firstresult=True)
def pytest_npfs_report(config: pytest.Config, run: "RunSession") -> list[str]:
    """Write the report of all runs, and return the lines for the end of the command.

    Raises
    ------
    npfs.harness.runs.RunFailed
        If it cannot be written.
    """
