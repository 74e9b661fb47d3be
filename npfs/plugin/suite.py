"""A suite of benchmarks without options of its own: its settings and its report."""

import subprocess
import sys
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import pytest

from npfs.analysis.runs import read_runs
from npfs.analysis.suites import NoBaseline, Suite, baselines
from npfs.harness.option_values import seconds, share, whole_number
from npfs.harness.plugin import case_of
from npfs.harness.runs import unfinished_set
from npfs.harness.session import SESSION, RunSession, simple
from npfs.harness.spec import REPETITIONS, RunSpec, Settings

# In a process of its own, which wakes when this one has ended, or says that it goes on.
WATCH = """
import sys
if not sys.stdin.read():
    from pathlib import Path
    from npfs.harness.recorder import recover
    print(*recover(Path(sys.argv[1])), sep="\\n", file=sys.stderr)
"""
PLANNED: dict[str, Callable[[str, str], Any]] = {
    "runs": partial(whole_number, at_least=1),
    "baseline": lambda option, text: text,
    "budget": seconds,
    "precision": share,
}


def pytest_npfs_settings(config: pytest.Config, spec: RunSpec) -> Settings:
    """Return what the options ask for; a further run takes them from its specification."""
    asked = {name: config.getoption(f"npfs_{name}") for name in PLANNED}
    reports = config.invocation_params.dir / (config.getoption("npfs_reports") or "reports")
    planned, left = spec.chosen.get("planned", asked), None
    try:
        if config.getoption("npfs_resume") and spec.is_first:
            given = [f"--npfs-{name}" for name, value in asked.items() if value is not None]
            left = unfinished_set(reports / "runs", given, "--npfs-resume")
            planned = left.options
        values: dict[str, Any] = {
            name: None if (text := planned.get(name)) is None else parse(f"--npfs-{name}", text)
            for name, parse in PLANNED.items()
        }
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    return Settings(
        reports=reports,
        runs=values["runs"] if left is None else left.runs_missing,
        budget_s=values["budget"],
        precision=values["precision"],
        repetitions=int(config.getoption("npfs_repetitions") or REPETITIONS),
        passes=None if left is None else left.repetitions,
        planned=planned,
        job="" if left is None else left.job,
        arguments=tuple(map(str, config.invocation_params.args)),
        baseline=values["baseline"],
    )


def pytest_npfs_chosen(config: pytest.Config) -> dict[str, Any]:
    """Return the options for further runs: of runs that are resumed the command has none."""
    return {"planned": config.stash[SESSION].settings.planned}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a baseline that is not among the benchmarks."""
    run = session.config.stash[SESSION]
    params = {
        case: simple(item.callspec.params if hasattr(item, "callspec") else {})
        for item in session.items
        if (case := case_of(item)) is not None
    }
    if run.spec.is_first and run.settings.baseline is not None and params:
        try:
            baselines(params, run.settings.baseline)
        except NoBaseline as error:
            raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, bool | None, bool | None]:
    """Keep what was timed where a benchmark ends this process, and say which one it was."""
    run = session.config.stash[SESSION]
    if run.recorder is None or not run.spec.is_first:
        return (yield)
    command = [sys.executable, "-c", WATCH, str(run.recorder.folder)]
    watching = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        return (yield)
    finally:
        watching.communicate(b"alive")


def pytest_npfs_report(run: RunSession) -> list[str]:
    """Return the table of all runs; ``npfs report`` draws them, which takes longer."""
    from npfs.report import suite  # noqa: PLC0415 - only when nothing is timed

    found = Suite(read_runs(run.settings.reports / "runs"))
    where = suite.SUITE("where", reports=run.settings.reports)
    lines = suite.at_the_end(found, where).splitlines()
    return [*lines, *([suite.SUITE("resume")] if run.interrupted else [])]
