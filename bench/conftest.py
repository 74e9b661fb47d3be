"""The regression's benchmark in pytest's hooks: its options, its cases and its report."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from npfs.harness.runs import RunFailed
from npfs.harness.session import SESSION, RunSession
from npfs.harness.spec import RunSpec, Settings
from npfs.schema import Case
from npfs.suite import options
from npfs.suite.bench_suite import BenchSuite, first_estimate
from npfs.suite.options import Chosen

SUITE = pytest.StashKey[BenchSuite]()
CHOSEN = pytest.StashKey[Chosen]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plan."""
    options.add_options(parser)


def pytest_npfs_settings(config: pytest.Config, spec: RunSpec) -> Settings:
    """Check the options, and load the backends."""
    config.stash[CHOSEN] = chosen = options.chosen(config, spec)
    settings = chosen.settings(config, spec)
    config.stash[SUITE] = BenchSuite(chosen, spec, settings)
    return settings


def pytest_npfs_case(item: pytest.Item) -> str | None:
    """Return the id of the parameters: it is unique here."""
    return item.callspec.id if isinstance(item, pytest.Function) else None


def pytest_npfs_describe(config: pytest.Config, is_end: bool) -> dict[str, Any]:
    """Return the fields of the record that the suite knows."""
    return config.stash[SUITE].describe(is_end=is_end)


def pytest_npfs_probes(
    config: pytest.Config,
) -> Iterable[tuple[str, Callable[[], Iterable[Case]]]]:
    """Return what is measured in processes of its own."""
    return config.stash[SUITE].probes()


def pytest_npfs_chosen(config: pytest.Config) -> dict[str, Any]:
    """Return the choices that further runs take over."""
    return config.stash[SUITE].chosen(config.stash[CHOSEN].options)


def pytest_npfs_before_run(config: pytest.Config) -> None:
    """Refuse a table that was changed."""
    config.stash[SUITE].require_same_data()


def pytest_npfs_estimate(config: pytest.Config, job: str) -> str | None:
    """Return a first estimate of the speedups."""
    return first_estimate(config.stash[SESSION].settings.reports, job)


@pytest.fixture
def suite(request: pytest.FixtureRequest) -> BenchSuite:
    """The suite that a benchmark belongs to."""
    return request.config.stash[SUITE]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one benchmark for each row that its file gives."""
    if "suite" in metafunc.fixturenames:
        rows = metafunc.module.rows(metafunc.config.stash[SUITE])
        metafunc.parametrize(metafunc.module.NAMES, rows[metafunc.function.__name__])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Remove what pytest makes, and skips, of a benchmark without a row."""
    items[:] = [item for item in items if not item.name.endswith("[NOTSET]")]


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what will be timed, and which backends cannot be."""
    suite = config.stash[SUITE]
    plan = suite.plan
    runs = options.RUNS if plan.until_s else str(plan.runs)
    planned = f"{len(plan.cases)} cases (and read passes), runs: {runs}, {plan.epochs} epochs a fit"
    data = () if plan.data is None else (str(plan.data), *plan.data.record.notes)
    return [f"npfs: {line}" for line in (planned, *data, *suite.unavailable.values())]


def pytest_npfs_report(config: pytest.Config, run: RunSession) -> list[str]:
    """Return the verdict of all runs, and the paths of what was written."""
    from npfs.report.build import build_report  # matplotlib only when nothing is timed
    from npfs.report.provenance import NoRuns

    try:
        report = build_report(run.settings.reports)
    except (NoRuns, OSError) as error:
        raise RunFailed(str(error)) from None
    recovered = map(str, config.stash[SUITE].recovered)
    effort = report.effort(run.job, time.perf_counter() - run.began)
    return [*recovered, report.terminal_text(), effort]
