"""The pytest side of a benchmark: options, order, saving, further runs, and the report."""

import time
from collections.abc import Generator
from typing import Any

import pytest
from msgspec.structs import astuple

from npfs.harness import environment
from npfs.harness.fresh_runs import CASE_MARK, SAVED_MARK, RunFailed, end_on_sigterm
from npfs.harness.progress import RunProgress
from npfs.schema import Size
from npfs.suite import options, plan
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import case_and_number, repetition_id
from npfs.suite.run_set import RunSet

RUN = pytest.StashKey[BenchmarkRun]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plan."""
    options.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything is timed."""
    chosen = options.chosen(config)
    options.set_benchmark_defaults(config, chosen.plan)
    config.stash[RUN] = BenchmarkRun(config, chosen)


@pytest.fixture
def npfs_run(request: pytest.FixtureRequest) -> BenchmarkRun:
    """The run that a benchmark belongs to."""
    return request.config.stash[RUN]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one benchmark for each case of the plan."""
    names = set(metafunc.fixturenames)
    chosen = metafunc.config.stash[RUN].plan
    size_names = Size.__struct_fields__
    if {"backend", *size_names} <= names:
        what, cases = "backend", chosen.cases
    elif {"cores", *size_names} <= names:
        what = "cores"
        cases = [plan.Case(f"read-{n}", size) for size in chosen.sizes for n in ("one", "all")]
    elif hasattr(metafunc.module, "parameters"):
        of_module, rows = metafunc.module.parameters(metafunc.config.stash[RUN])
        # Without a row pytest makes a benchmark that is skipped; it is removed after collection.
        metafunc.parametrize(of_module, list(rows.values()), ids=list(rows))
        return
    else:
        return
    repetitions = [(case, number) for case in cases for number in range(1, plan.REPETITIONS + 1)]
    metafunc.parametrize(
        (what, *size_names),
        [(case.backend.removeprefix("read-"), *astuple(case.size)) for case, _ in repetitions],
        ids=[repetition_id(case, number) for case, number in repetitions],
    )


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what will be timed, and which backends cannot be."""
    run = config.stash[RUN]
    cases = len(run.plan.cases)
    planned = (
        f"{cases} cases (and read passes), {run.plan.runs} runs, {run.plan.epochs} epochs a fit"
    )
    data = () if run.plan.data is None else (str(run.plan.data), *run.plan.data.record.notes)
    return [f"npfs: {said}" for said in (planned, *data, *run.unavailable.values())]


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Claim the run's number, so that the order can depend on it."""
    run = session.config.stash[RUN]
    if run.is_timed:
        run.claim()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle the cases, differently in each run."""
    run = config.stash[RUN]
    items[:] = [item for item in items if not _is_without_a_row(item)]
    if (
        not run.plan.limits.measures_startup
    ):  # fits, read passes and the parts of an epoch on a cluster
        items[:] = [item for item in items if "n_samples" in getattr(item, "fixturenames", ())]
    ours = {
        item.callspec.id: item
        for item in items
        if isinstance(item, pytest.Function) and "npfs_run" in item.fixturenames
    }
    if run.number is None:  # nothing is timed: one repetition of each case shows that it works
        again = [item for one, item in ours.items() if case_and_number(one)[1] > 1]
        items[:] = [item for item in items if item not in again]
        return
    repetitions = []
    for one in ours:
        case, number = case_and_number(one)
        if number <= run.repetitions and _is_chosen(config, case):
            repetitions.append(one)
    order = plan.shuffled(repetitions, run.plan.seed, run.number.value)
    rest = [item for item in items if item not in ours.values()]
    items[:] = [*rest, *(ours[one] for one in order)]
    run.begin(order)


def _is_without_a_row(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and item.name.endswith("[NOTSET]")


def _is_chosen(config: pytest.Config, case: str) -> bool:
    """Test whether a further run times the case: it is still needed and has not crashed."""
    only = config.getoption("npfs_only")
    without = config.getoption("npfs_without").split(",")
    return case not in without and (only is None or case in only.split(","))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Make no repetition that is not needed."""
    run = item.config.stash[RUN]
    if run.number is None or not isinstance(item, pytest.Function):
        return None
    if "npfs_run" not in item.fixturenames or not run.is_left_out(item.callspec.id):
        return None
    # The repetition before this one left its module in place, which the next one may not be of.
    item.session._setupstate.teardown_exact(nextitem)
    _show_finished(item)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Show each finished case."""
    result = yield
    _show_finished(item)
    return result


def _show_finished(item: pytest.Item) -> None:
    """Count a case, here or in the process that watches this one."""
    run = item.config.stash[RUN]
    if run.progress is not None:
        run.progress.case_done()
    elif not run.is_first:
        item.config.get_terminal_writer().line(f"\n{CASE_MARK}")


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Time the cases, save the run, then start the others; Ctrl-C keeps what is there."""
    run = session.config.stash[RUN]
    if run.number is None:
        return (yield)
    terminal = session.config.get_terminal_writer()
    end_on_sigterm()
    if run.is_first and session.items:
        live = session.config.get_verbosity() == 0
        run.progress = RunProgress(terminal._file, live=live)
        run.progress.begin_run(f"run 1 of {run.plan.runs}", len(session.items))
    try:
        try:
            result = yield
        except BaseException:
            run.interrupted = True
            raise
        finally:
            saved = run.save()
            nothing_timed = run.is_first and bool(session.items) and not saved
            session.testsfailed += bool(run.not_saved) or nothing_timed
        if saved and not run.is_first:
            terminal.line(f"\n{SAVED_MARK}")
        if saved and run.progress and not session.shouldfail and not session.shouldstop:
            run.progress.run_done()
            further = RunSet(run)
            further.start_others()
            run.closing_notes += further.closing_lines()
            session.testsfailed += not further.has_passed
    except RunFailed as error:
        raise session.Interrupted(str(error)) from None
    finally:
        if run.progress:
            run.progress.close()
    return result


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Name the machine by what it is, not by its host name: run files are made to be shared."""
    machine_info["node"] = environment.machine_id(machine_info)


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Add our key to every JSON file that is written, the user's own ``--benchmark-json`` too."""
    config.stash[RUN].add_to(output_json)


def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    """Print no dots where a bar is drawn."""
    run = config.stash[RUN]
    if report.passed and run.progress is not None and run.progress.is_live:
        return ("passed" if report.when == "call" else "", "", "")
    return None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Generator[None, None, None]:
    """End with the verdict of all runs, whatever becomes of the tables of others."""
    try:
        yield
    except Exception as error:
        terminalreporter.ensure_newline()
        terminalreporter.write_line(
            f"A table of another plug-in could not be printed ({type(error).__name__}: {error})."
        )
    _show_report(terminalreporter)


def _show_report(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the verdict of all runs, and the paths of what was written."""
    run = terminalreporter.config.stash[RUN]
    if run.number is None or not run.is_first:
        return
    terminalreporter.ensure_newline()
    terminalreporter.section("npfs")
    for line in run.closing_lines():
        terminalreporter.write_line(line)
    if not run.has_saved:
        return
    from npfs.report.build import NoRuns, build_report  # matplotlib only when nothing is timed

    try:
        report = build_report(run.reports)
    except (NoRuns, OSError) as error:
        terminalreporter.write_line(
            f"The runs are saved in {run.reports / 'runs'}, "
            f"but the report could not be written: {error}. "
            "When that is mended: npfs report"
        )
        return
    effort = report.effort(str(run.job), time.perf_counter() - run.began)
    for line in [*report.terminal_lines(), effort]:
        terminalreporter.write_line(line)
