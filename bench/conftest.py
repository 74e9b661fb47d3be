"""The pytest side of a benchmark: options, order, saving, the further runs, the report at the end."""

import argparse
import os
import shlex
import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from npfs.backends.base import Backend, BackendUnavailable
from npfs.backends.registry import UnknownBackend, load_all, load_backend
from npfs.measure import environment, plan, resume
from npfs.measure.benchmark_run import BenchmarkRun
from npfs.measure.fresh_runs import CASE_MARK, SAVED_MARK, RunFailed, end_on_sigterm
from npfs.measure.progress import RunProgress
from npfs.measure.run_set import RunSet
from npfs.measure.visits import case_of, number_of, visit_id

RUN = pytest.StashKey[BenchmarkRun]()
PLAN = (
    "preset",
    "sizes",
    "features",
    "backends",
    "dtypes",
    "epochs",
    "runs",
    "seed",
    "budget",
    "precision",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plan."""
    group = parser.getgroup("npfs", "npfs: what is timed")
    for name, metavar, default, text in (
        ("preset", "NAME", "standard", f"sizes to time: {', '.join(plan.PRESETS)}"),
        ("sizes", "N,N", None, "numbers of samples, such as 100,1e4; in place of the preset's"),
        ("features", "D,D", None, "numbers of features, each with each of the sizes"),
        ("backends", "NAME,NAME", None, "backends to time (default: all that are installed)"),
        ("dtypes", "T,T", "float64", f"kinds of numbers: {', '.join(plan.DTYPES)}"),
        ("epochs", "N", str(plan.EPOCHS), "gradient-descent steps in a fit"),
        ("runs", "N", str(plan.RUNS), "fresh processes that each time every case once"),
        ("seed", "N", "0", "of the data and of the order of cases"),
        ("budget", "SECONDS", None, "end the whole command within this time"),
        (
            "precision",
            "SHARE",
            None,
            "go on until every speedup is known to within this, such as 0.05",
        ),
        ("reports", "DIR", "reports", "folder for runs, figures and verdict"),
    ):
        shown = "" if default is None else f" (default: {default})"
        group.addoption(f"--{name}", metavar=metavar, default=default, help=text + shown)
    group.addoption("--resume", action="store_true", help="finish an interrupted set of runs")
    for name, value in (
        ("further", None),  # the set of runs that this process makes one of
        ("visits", plan.VISITS),
        ("only", None),
        ("without", ""),
        ("seconds", None),
    ):
        group.addoption(f"--npfs-{name}", default=value, help=argparse.SUPPRESS)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything is loaded or timed."""
    try:
        options = {name: config.getoption(name) for name in PLAN}
        unfinished = None
        if config.getoption("resume"):
            reports = config.invocation_params.dir / config.getoption("reports")
            unfinished = resume.unfinished_set(reports / "runs", _given(config))
            options = unfinished.options
        backends, unavailable = _chosen_backends(options["backends"])
        options["backends"] = ",".join(backends)
        chosen = plan.make_plan(**options)
    except (ValueError, UnknownBackend, BackendUnavailable) as error:
        raise pytest.UsageError(str(error)) from None
    if unfinished is not None:
        chosen = replace(chosen, runs=unfinished.runs_missing)
    if (seconds := config.getoption("npfs_seconds")) is not None:
        chosen = replace(chosen, budget_s=float(seconds))
    _set_benchmark_defaults(config, chosen)
    config.stash[RUN] = run = BenchmarkRun(config, chosen, backends, unavailable)
    if unfinished is not None:
        run.job = unfinished.job
        run.recovered = list(unfinished.recovered)


def _given(config: pytest.Config) -> list[str]:
    """Return the options of the plan that the user has given."""
    given = [
        argument.partition("=")[0].removeprefix("--")
        for argument in map(str, config.invocation_params.args)
    ]
    return [f"--{name}" for name in PLAN if name in given]


def _chosen_backends(option: str | None) -> tuple[dict[str, Backend], dict[str, str]]:
    if option is None:
        return load_all()
    return {name: load_backend(name) for name in plan.split_names("--backends", option)}, {}


def _set_benchmark_defaults(config: pytest.Config, chosen: plan.Plan) -> None:
    """Set pytest-benchmark's options that the user has not; a further run writes only its own file."""
    given = [
        *(str(argument) for argument in config.invocation_params.args),
        *shlex.split(os.environ.get("PYTEST_ADDOPTS", "")),
        *config.getini("addopts"),
    ]
    for option, value in (
        ("max-time", str(chosen.seconds_per_visit)),
        ("min-time", str(plan.ROUND_SECONDS)),
        ("min-rounds", plan.MIN_ROUNDS),
    ):
        if not any(argument.startswith(f"--benchmark-{option}") for argument in given):
            setattr(config.option, f"benchmark_{option.replace('-', '_')}", value)
    # The stock table is one run's, without intervals: shown to those who use a stock option.
    stock = [argument for argument in given if argument.startswith("--benchmark-")]
    config.option.benchmark_quiet |= set(stock) <= {"--benchmark-only"}
    if config.getoption("npfs_further"):
        for name, off in (("json", None), ("save", None), ("autosave", None), ("compare", [])):
            setattr(config.option, f"benchmark_{name}", off)
        config.option.benchmark_histogram = config.option.benchmark_cprofile_dump = []
        config.option.benchmark_compare_fail = config.option.xmlpath = None


@pytest.fixture
def npfs_run(request: pytest.FixtureRequest) -> BenchmarkRun:
    """The run that a benchmark belongs to."""
    return request.config.stash[RUN]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one benchmark for each case of the plan."""
    names = set(metafunc.fixturenames)
    chosen = metafunc.config.stash[RUN].plan
    if {"backend", *plan.Size._fields} <= names:
        what, cases = "backend", chosen.cases
    elif {"cores", *plan.Size._fields} <= names:
        what = "cores"
        cases = [plan.Case(f"ceiling-{n}", size) for size in chosen.sizes for n in ("one", "all")]
    elif hasattr(metafunc.module, "parameters"):
        of_module, rows = metafunc.module.parameters(metafunc.config.stash[RUN])
        metafunc.parametrize(of_module, list(rows.values()), ids=list(rows))
        return
    else:
        return
    visits = [(case, number) for case in cases for number in range(1, plan.VISITS + 1)]
    metafunc.parametrize(
        (what, *plan.Size._fields),
        [(case.backend.removeprefix("ceiling-"), *case.size) for case, _ in visits],
        ids=[visit_id(case, number) for case, number in visits],
    )


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what will be timed, and which backends cannot be."""
    run = config.stash[RUN]
    cases = len(run.plan.cases)
    planned = f"npfs: {cases} cases (and read passes), {run.plan.runs} runs, {run.plan.epochs} epochs a fit"
    return [planned, *(f"npfs: {reason}" for reason in run.unavailable.values())]


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
    ours = {
        item.callspec.id: item
        for item in items
        if isinstance(item, pytest.Function) and "npfs_run" in item.fixturenames
    }
    if run.number is None:  # nothing is timed: one visit to each case shows that it works
        again = [item for visit, item in ours.items() if number_of(visit) > 1]
        items[:] = [item for item in items if item not in again]
        return
    visits: dict[str, list[str]] = {}
    for visit in ours:
        if number_of(visit) <= run.visits and _is_chosen(config, case_of(visit)):
            visits.setdefault(case_of(visit), []).append(visit)
    order = plan.shuffled(visits, run.plan.seed, run.number.value)
    rest = [item for item in items if item not in ours.values()]
    items[:] = [*rest, *(ours[visit] for visit in order)]
    run.begin(order)


def _is_chosen(config: pytest.Config, case: str) -> bool:
    """Return whether a further run times the case: not one that others need no more, or that crashed."""
    only = config.getoption("npfs_only")
    without = config.getoption("npfs_without").split(",")
    return case not in without and (only is None or case in only.split(","))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Make no visit that is not needed."""
    run = item.config.stash[RUN]
    if run.number is None or not isinstance(item, pytest.Function):
        return None
    if "npfs_run" not in item.fixturenames or not run.is_left_out(item.callspec.id):
        return None
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


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with the verdict of all runs, and the paths of what was written."""
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
            f"The runs are saved in {run.reports / 'runs'}, but the report could not be written: {error}. "
            "When that is mended: npfs report"
        )
        return
    effort = report.effort(str(run.job), time.perf_counter() - run.began)
    for line in [*report.terminal_lines(), effort]:
        terminalreporter.write_line(line)
