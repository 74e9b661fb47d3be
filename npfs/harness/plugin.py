"""The harness as a plugin of pytest: benchmarks are timed in runs, each a fresh process.

``bench/conftest.py`` loads it. A suite tells what it is by the hooks of ``Hooks``;
any other file of pytest-benchmark's benchmarks is timed in runs with ``--npfs-runs``.
"""
# mypy: disable-error-code="empty-body"

import argparse
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis import suites
from npfs.analysis.runs import read_runs
from npfs.harness import environment, option_values, stock
from npfs.harness.processes import SILENCE_S, end_on_sigterm
from npfs.harness.progress import Progress
from npfs.harness.runs import RunFailed, RunSet
from npfs.harness.session import (
    BENCHMARK,
    JUDGED_PASSES,
    OPTIONAL,
    REPETITIONS,
    SESSION,
    RunSession,
    freeze_gc,
)
from npfs.harness.spec import REPETITIONS as DEFAULT_REPETITIONS
from npfs.harness.spec import RunSpec, Settings, given_spec
from npfs.schema import Case

CASE = pytest.StashKey[str]()
FIRST = pytest.StashKey[tuple[int, int]]()  # rounds and iterations of an item's first repetition
# A round of half a millisecond hides the clock's resolution (tens of ns) and what reading it costs.
# A neighbour's disturbance lasts longer than one repetition and shorter than all: docs/measuring.md
# shows how the width of an interval depends on the number and the length.
ROUND_S = 0.0005
UNITS = ((1e9, "ns"), (1e6, "µs"), (1e3, "ms"), (1, "s"))
# Options of pytest-benchmark that write files or tables: a further run writes its own file alone.
OUTPUTS: dict[str, Any] = {
    "benchmark_json": None, "benchmark_save": None, "benchmark_autosave": None,
    "benchmark_compare": [], "benchmark_histogram": [], "benchmark_cprofile_dump": [],
    "benchmark_compare_fail": None, "xmlpath": None,
}  # fmt: skip


class Hooks:
    """The hooks by which a suite of benchmarks tells the harness what it is."""

    @pytest.hookspec(firstresult=True)
    def pytest_npfs_settings(self, config: pytest.Config, spec: RunSpec) -> Settings | None:
        """Return what the command asks for; None to time nothing in runs.

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
        self, config: pytest.Config, spec: RunSpec, is_end: bool
    ) -> dict[str, Any]:
        """Return fields of ``npfs.schema.Run``, at the beginning and at the end of a run."""

    @pytest.hookspec(firstresult=True)
    def pytest_npfs_probes(
        self, config: pytest.Config, spec: RunSpec
    ) -> Iterable[tuple[str, Callable[[], Sequence[Case]]]]:
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


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks of a suite."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for suites that have none of their own."""
    group = parser.getgroup("npfs", "npfs: benchmarks in fresh processes")
    group.addoption("--npfs-runs", metavar="N", help="time benchmarks in N fresh processes")
    group.addoption("--npfs-reports", metavar="DIR", default="reports", help="folder for runs")
    for name, value in (("repetitions", DEFAULT_REPETITIONS), ("silence", SILENCE_S)):
        group.addoption(f"--npfs-{name}", default=value, help=argparse.SUPPRESS)


@pytest.hookimpl(trylast=True)
def pytest_npfs_settings(config: pytest.Config, spec: RunSpec) -> Settings | None:
    """Return the settings of a suite without options of its own."""
    given = config.getoption("npfs_runs")
    if given is None:
        return None
    try:
        runs = option_values.whole_number("--npfs-runs", given, at_least=1)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    return Settings(
        reports=config.invocation_params.dir / Path(config.getoption("npfs_reports")),
        runs=runs,
        repetitions=int(config.getoption("npfs_repetitions")),
        arguments=tuple(map(str, config.invocation_params.args)),
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything is timed."""
    config.addinivalue_line("markers", f"{REPETITIONS}(n): of a benchmark in a run, at most")
    config.addinivalue_line("markers", f"{OPTIONAL}: a benchmark that may not be needed")
    given = given_spec()
    settings = config.hook.pytest_npfs_settings(config=config, spec=given)
    config.stash[SESSION] = session = settings and RunSession(config, given, settings)
    if session is None:
        return
    _set_defaults(config, settings.repetition_s)
    if not session.spec.is_first:
        for option, off in OUTPUTS.items():
            setattr(config.option, option, off)


def _set_defaults(config: pytest.Config, repetition_s: float) -> None:
    """Set pytest-benchmark's options that the user left open."""
    given = stock.given_arguments(config)
    for option, value in (
        ("max-time", str(repetition_s)),
        ("min-time", str(ROUND_S)),
        ("min-rounds", 1),
    ):
        if not any(argument.startswith(f"--benchmark-{option}") for argument in given):
            setattr(config.option, f"benchmark_{option.replace('-', '_')}", value)
    # The stock table is one run's, without intervals: shown to those who use a stock option.
    stock_options = {argument for argument in given if argument.startswith("--benchmark-")}
    config.option.benchmark_quiet |= stock_options <= {"--benchmark-only"}


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Keep pytest-benchmark's fixture; a later repetition needs no calibration of its own."""
    value = yield
    if fixturedef.argname == "benchmark":
        request.node.stash[BENCHMARK] = value
        if (first := request.node.stash.get(FIRST, None)) is not None:
            stock.skip_calibration(value, *first)
    return value


def _run(config: pytest.Config) -> RunSession | None:
    return config.stash.get(SESSION, None)


def case_of(item: pytest.Item) -> str | None:
    """Return the id of a benchmark's case; None if the test is no benchmark."""
    if "benchmark" not in getattr(item, "fixturenames", ()):
        return None
    if CASE not in item.stash:  # it is asked for in every repetition
        item.stash[CASE] = item.ihook.pytest_npfs_case(item=item) or item.nodeid
    return item.stash[CASE]


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Claim the run's number, so that the order can depend on it."""
    run = _run(session.config)
    if run is not None and run.is_timed:
        run.claim()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Time the cases in repetitions, save the run, then make the others; Ctrl-C keeps all."""
    run = _run(session.config)
    if run is None or run.recorder is None:
        return None
    if session.testsfailed and not session.config.option.continue_on_collection_errors:
        run.recorder.release()
        return None  # pytest's own loop says so
    end_on_sigterm()
    try:
        try:
            _time_items(session, run)
        except BaseException:
            run.interrupted = True
            raise
        finally:
            saved = run.save()
            nothing_timed = run.spec.is_first and bool(session.items) and not saved
            session.testsfailed += bool(run.not_saved) or nothing_timed
        if saved and run.spec.is_first and not session.shouldfail and not session.shouldstop:
            further = RunSet(run)
            further.make_others()
            run.closing_notes += further.closing_lines()
            session.testsfailed += not further.has_passed
    except RunFailed as error:
        raise session.Interrupted(str(error)) from None
    finally:
        run.progress.close()
    return True


def _time_items(session: pytest.Session, run: RunSession) -> None:
    cases = {name: item for item in session.items if (name := case_of(item)) is not None}
    others = [item for item in session.items if case_of(item) is None]
    if run.spec.is_first:
        file = stock.terminal_file(session.config)
        shown = session.config.get_verbosity() >= 0 and bool(cases)
        run.progress = Progress(file if shown else None, run.settings.runs, run.began)
        run.progress.begin_run(1)
        for item in others:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=session)
            _end_if_asked(session)
    most = {name: _most_repetitions(item) for name, item in cases.items()}
    run.begin(most)
    pass_began, current = time.perf_counter(), 1
    freeze_gc()
    for index, (case, in_pass) in enumerate(run.order):
        if in_pass > current:
            freeze_gc()
            now = time.perf_counter()
            if current <= JUDGED_PASSES:
                run.decide_repetitions(current, now - pass_began)
            pass_began, current = now, in_pass
        if run.is_left_out(case, in_pass):
            continue
        _time_once(cases[case], case, run)
        _end_if_asked(session)
        run.show(case, share=(index + 1) / len(run.order))
    if run.done:
        probes = session.config.hook.pytest_npfs_probes(config=session.config, spec=run.spec)
        run.probe(probes or ())


def _time_once(item: pytest.Item, case: str, run: RunSession) -> None:
    """Run a benchmark; only its first repetition counts as a test, and one that fails."""
    is_first = case not in run.done
    for report in stock.run_once(item):
        if is_first or report.failed:
            item.ihook.pytest_runtest_logreport(report=report)
    benchmark = item.stash.get(BENCHMARK, None)
    if is_first and benchmark is not None and benchmark.stats is not None:
        item.stash[FIRST] = len(benchmark.stats.stats.data), benchmark.stats.iterations


def _end_if_asked(session: pytest.Session) -> None:
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)


def _most_repetitions(item: pytest.Item) -> int:
    mark = item.get_closest_marker(REPETITIONS)
    return int(mark.args[0]) if mark else 10**6


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Record a repetition."""
    run, case = _run(item.config), case_of(item)
    if run is None or run.recorder is None or case is None:
        return (yield)
    with run.repetition(item, case):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record a case whose fixtures fail: it is not tried again."""
    report = yield
    run, case = _run(item.config), case_of(item)
    if run is not None and run.recorder is not None and case is not None and call.when != "call":
        reason = (str(call.excinfo and call.excinfo.value).splitlines() or [""])[0]
        if report.failed or report.skipped:
            run.end(item, case, "failed" if report.failed else "skipped", reason)
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the run's number up if pytest ended before it was timed."""
    run = _run(config)
    if run is not None and run.recorder is not None and not run.order:
        run.recorder.release()


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    """Name the machine by what it is, not by its host name: run files are made to be shared."""
    if _run(config) is not None:
        machine_info["node"] = environment.machine_id(machine_info)


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Add our key to every JSON file that is written, the user's own ``--benchmark-json`` too."""
    run = _run(config)
    if run is not None:
        run.add_to(output_json)


def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    """Print no dots where progress is shown."""
    run = _run(config)
    if run is None or run.recorder is None or report.failed:
        return None
    if report.skipped:
        return ("" if OPTIONAL in report.keywords else "skipped", "", "")
    return ("passed" if report.when == "call" else "", "", "")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with the times of all runs, where no suite has a report of its own."""
    run = _run(terminalreporter.config)
    if run is None or run.recorder is None or not run.spec.is_first or run.settings.has_report:
        return
    terminalreporter.section("npfs")
    for line in [*run.closing_lines(), *_times(run)]:
        terminalreporter.write_line(line)


def _times(run: RunSession) -> list[str]:
    """Return a line for the time of each case, over all runs of the command."""
    if run.saved is None:
        return []
    made = [one for one in read_runs(run.saved.parent).runs if one.job == run.job]
    lines = [
        f"{name}: {_duration(time.value)} ({_duration(time.low)} to {_duration(time.high)})"
        if time.is_known
        else f"{name}: {_duration(time.value)}"
        for name, time in suites.intervals(made).items()
    ]
    return [*lines, f"{len(made)} runs, each a fresh process; 95 % intervals over runs"]


def _duration(seconds: float) -> str:
    """Return seconds in the unit that suits them."""
    factor, unit = next(((f, u) for f, u in UNITS if seconds < 1000 / f), UNITS[-1])
    return f"{seconds * factor:.3g} {unit}"
