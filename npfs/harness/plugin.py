"""The harness as a plugin of pytest: benchmarks are timed in runs, each a fresh process.

``npfs.plugin.entry`` loads it. A suite tells what it is by the hooks there.
"""

import importlib
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

from npfs.harness import environment, stock
from npfs.harness.processes import end_on_sigterm
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
from npfs.harness.spec import given_spec

CASE = pytest.StashKey[str]()
FIRST = pytest.StashKey[tuple[int, int]]()  # rounds and iterations of an item in a repetition
# A round of half a millisecond hides the clock's resolution (tens of ns) and what reading it costs.
# A neighbour's disturbance lasts longer than one repetition and shorter than all: docs/measuring.md
# shows how the width of an interval depends on the number and the length.
ROUND_S = 0.0005
# Options that write files or tables: a further run writes its own file alone. And those that choose
# tests by how the last session ended.
FOR_THE_FIRST: dict[str, Any] = {
    "benchmark_json": None, "benchmark_save": None, "benchmark_autosave": None,
    "benchmark_compare": [], "benchmark_histogram": [], "benchmark_cprofile_dump": [],
    "benchmark_compare_fail": None, "xmlpath": None,
    "lf": False, "failedfirst": False, "newfirst": False, "stepwise": False,
}  # fmt: skip
# What repeats tests by itself, or in parallel: its option, the plug-in, the usual value, a remedy.
OTHERS = (
    ("count", "pytest-repeat", 1, "leave it out"),
    ("codspeed", "pytest-codspeed", False, "leave it out"),
    ("numprocesses", "pytest-xdist", 0, "give -n0"),
    ("dist", "pytest-xdist", "no", "give -n0"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything is timed."""
    config.addinivalue_line("markers", f"{REPETITIONS}(n): of a benchmark in a run, at most")
    config.addinivalue_line("markers", f"{OPTIONAL}: a benchmark that may not be needed")
    given = given_spec()
    _require_possible(config)
    settings = config.hook.pytest_npfs_settings(config=config, spec=given)
    config.stash[SESSION] = session = RunSession(config, given, settings)
    _set_defaults(config, settings.repetition_s)
    if not session.spec.is_first:
        for option, off in FOR_THE_FIRST.items():
            setattr(config.option, option, off)


def _require_possible(config: pytest.Config) -> None:
    """Refuse what leaves no run once everything is measured.

    Raises
    ------
    pytest.UsageError
        One sentence: what was given, and what to give.
    """
    if config.getoption("benchmark_group_by", None) is None:
        raise pytest.UsageError(
            "the runs are timed by pytest-benchmark, which is switched off here (-p no:benchmark); "
            "leave that out"
        )
    for option, plugin, usual, remedy in OTHERS:
        if (config.getoption(option, None) or usual) != usual:
            raise pytest.UsageError(
                f"--{option} of {plugin} does not go with the runs of npfs, which repeat each case "
                f"by themselves, one at a time; {remedy}"
            )
    if config.getoption("benchmark_histogram"):
        try:
            importlib.import_module("pygal")
        except ImportError:
            raise pytest.UsageError(
                "--benchmark-histogram needs pygal: python -m pip install "
                "'pytest-benchmark[histogram]', or leave it out: the report has figures"
            ) from None


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
    """Return the run that is timed; None where benchmarks are only listed, or switched off."""
    run = config.stash.get(SESSION, None)
    return run if run is not None and run.recorder is not None else None


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
    run = session.config.stash[SESSION]
    if run.is_timed:
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
    except KeyboardInterrupt:
        run.interrupted = True
        raise
    finally:
        run.progress.close()
    return True


def _time_items(session: pytest.Session, run: RunSession) -> None:
    cases = {name: item for item in session.items if (name := case_of(item)) is not None}
    others = [item for item in session.items if case_of(item) is None]
    stock.keep_setups(session)
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
    freeze_gc()
    wait, end = _turns(run)
    wait()
    pass_began, current = time.perf_counter(), 1
    for index, (case, in_pass) in enumerate(run.order):
        if in_pass > current:
            freeze_gc()
            wait()
            now = time.perf_counter()
            if current <= JUDGED_PASSES:
                run.decide_repetitions(current, now - pass_began)
            pass_began, current = now, in_pass
        if run.is_left_out(case, in_pass):
            continue
        _time_once(cases[case], case, run)
        _end_if_asked(session)
        run.show(case, share=(index + 1) / len(run.order))
    end()
    if cases:
        stock.end_setups(next(reversed(cases.values())))
    if run.done:
        probes = session.config.hook.pytest_npfs_probes(config=session.config, spec=run.spec)
        run.probe(probes or ())


def _turns(run: RunSession) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return what waits for the turn of the run, and what ends it; most runs have no other."""
    if run.spec.turns is None:
        return (lambda: None), (lambda: None)
    from npfs.harness.turns import Turn  # noqa: PLC0415

    turn = Turn(run.spec.turns)
    return turn.wait, turn.end


def _time_once(item: pytest.Item, case: str, run: RunSession) -> None:
    """Run a benchmark; only its first repetition counts as a test, and one that fails."""
    is_first = case not in run.done
    for report in stock.run_once(item, is_first=is_first):
        if is_first or report.failed:
            item.ihook.pytest_runtest_logreport(report=report)
    benchmark = item.stash.get(BENCHMARK, None)
    if FIRST not in item.stash and benchmark is not None and benchmark.stats is not None:
        known = len(benchmark.stats.stats.data), benchmark.stats.iterations
        if known != (1, 1) or not is_first:  # a first call may compile
            item.stash[FIRST] = known


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
    if run is None or case is None:
        return (yield)
    with run.repetition(item, case):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record a case that fails, or is skipped: it is not tried again."""
    report = yield
    run, case = _run(item.config), case_of(item)
    if run is None or case is None or report.passed:
        return report
    error = call.excinfo and call.excinfo.value
    reason = str(getattr(error, "msg", None) or error or report.longrepr)
    if hasattr(report, "wasxfail"):
        reason = f"it is expected to fail: {report.wasxfail or reason}"
    elif report.failed and call.when == "call" and error is not None:
        reason = f"{type(error).__name__}: {error}"
        if run.done.get(case):
            reason += f" (in repetition {run.done[case] + 1}; those before passed)"
    run.end(item, case, "failed" if report.failed else "skipped", reason)
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the run's number up if pytest ended before it was timed."""
    run = _run(config)
    if run is not None and run.recorder is not None and not run.order:
        run.recorder.release()


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Name the machine by what it is, not by its host name: run files are made to be shared."""
    machine_info["node"] = environment.machine_id(machine_info)


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Add our key to every JSON file that is written, the user's own ``--benchmark-json`` too."""
    config.stash[SESSION].add_to(output_json)


def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    """Print no dots where progress is shown."""
    if _run(config) is None or report.failed:
        return None
    if report.skipped:
        return ("" if OPTIONAL in report.keywords else "skipped", "", "")
    return ("passed" if report.when == "call" else "", "", "")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: pytest.ExitCode
) -> Generator[None, None, None]:
    """End with the report of all runs, whatever becomes of the tables of others."""
    try:
        yield
    except Exception as error:
        terminalreporter.ensure_newline()
        terminalreporter.write_line(
            f"A table of another plug-in could not be printed ({type(error).__name__}: {error})."
        )
    run = _run(terminalreporter.config)
    if run is None or not run.spec.is_first or exitstatus == pytest.ExitCode.USAGE_ERROR:
        return
    lines = run.closing_lines()
    if run.saved is not None:
        try:
            lines += run.config.hook.pytest_npfs_report(config=run.config, run=run)
        except RunFailed as error:
            lines.append(
                f"The runs are saved in {run.settings.reports / 'runs'}, but the report could not "
                f"be written: {error}. When that is mended: npfs report"
            )
    terminalreporter.ensure_newline()
    terminalreporter.section("npfs")
    for line in lines:
        terminalreporter.write_line(line)
