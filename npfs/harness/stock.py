"""What pytest and pytest-benchmark have no public way to, with the reason."""

import contextlib
import os
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from _pytest.runner import SetupState, runtestprotocol
from _pytest.warnings import catch_warnings_for_item
from pytest_benchmark.fixture import BenchmarkFixture

Fixture = pytest.FixtureDef[Any]
MadeFor = tuple[object, ...]  # a module, class, package or session, a parameter, and what it needs
Made = tuple[Fixture, MadeFor]


def benchmark_session(config: pytest.Config) -> Any:
    """Return pytest-benchmark's own session: its options, and the benchmarks that it saves."""
    return config._benchmarksession  # type: ignore[attr-defined]


def run_once(item: pytest.Item, *, is_first: bool) -> Sequence[pytest.TestReport]:
    """Run a test and return its reports, without a line in the terminal and in the counts.

    The public ``pytest_runtest_protocol`` reports each time: a benchmark would count as many tests
    as it has repetitions. It also treats warnings as they are to be, which is done here for the
    first time. In place of the next item stands the session: ``KeptSetups`` keeps all but the item.
    """
    item._report_sections.clear()  # of what the last repetition printed
    treated: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
    if is_first:
        treated = catch_warnings_for_item(item.config, item.ihook, when="runtest", item=item)
    with treated:
        return runtestprotocol(item, log=False, nextitem=item.session)  # type: ignore[arg-type]


class KeptSetups(SetupState):
    """Modules, classes, packages and their fixtures stay set up until the session ends.

    pytest tears a module down before an item of another one runs, and a fixture before it is made
    for another module or parameter; here repetitions of all items take turns.

    Attributes
    ----------
    in_place : dict
        What the present value of a fixture was made for.
    aside : dict
        Values and finalizers of fixtures that were made for something else.
    made : list
        All values in the order in which they were made: the last one ends first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.in_place: dict[Fixture, MadeFor] = {}
        self.aside: dict[Made, tuple[Any, list[Callable[[], object]]]] = {}
        self.made: list[Made] = []

    def setup(self, item: pytest.Item) -> None:
        """Set up what is missing of the collectors of an item, and the item."""
        for collector in item.listchain():
            if collector in self.stack:
                if failed := self.stack[collector][1]:
                    raise failed[0].with_traceback(failed[1])
                continue
            self.stack[collector] = ([collector.teardown], None)
            try:
                collector.setup()
            except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:
                self.stack[collector] = self.stack[collector][0], (error, error.__traceback__)
                raise

    def teardown_exact(self, nextitem: pytest.Item | None) -> None:
        """Tear the last item down; all that was set up at the end of the session."""
        if nextitem is not None:
            last = next(reversed(self.stack), None)
            if isinstance(last, pytest.Item):
                super().teardown_exact(_But(last, self.stack))  # type: ignore[arg-type]
            return
        with contextlib.ExitStack() as ends:  # ends all, the last one first, also where one fails
            ends.callback(super().teardown_exact, None)
            for fixture, made_for in self.made:
                ends.callback(self._finish, fixture, made_for)
        self.made.clear()

    def _finish(self, fixture: Fixture, made_for: MadeFor) -> None:
        self.place(fixture, made_for)
        fixture.finish(_NoRequest)  # type: ignore[arg-type]

    def place(self, fixture: Fixture, wanted: MadeFor) -> None:
        """Put the value of a fixture aside, and what was made for something else in its place."""
        present = self.in_place.get(fixture, ())
        if present == wanted:
            return
        if fixture.cached_result is not None:
            self.aside[fixture, present] = fixture.cached_result, [*fixture._finalizers]
        known = self.aside.pop((fixture, wanted), (None, []))
        fixture.cached_result, fixture._finalizers[:] = known
        self.in_place[fixture] = wanted


class _But:
    """Stands for the next item: what is set up, but the last item."""

    def __init__(self, last: pytest.Item, stack: Any) -> None:
        self._chain = [node for node in stack if node is not last]

    def listchain(self) -> list[Any]:
        return self._chain


class _NoRequest:
    node = "the session"


def keep_setups(session: pytest.Session) -> None:
    """Let what is set up stay so from now on."""
    session._setupstate = setups = KeptSetups()
    execute = pytest.FixtureDef.execute

    def kept(self: Fixture, request: Any) -> Any:
        """Return the value that was made for this module, and the like, and this parameter."""
        if self.scope == "function":
            return execute(self, request)
        names = [name for name in self.argnames if name != "request"]
        needed = [request._get_active_fixturedef(name) for name in names]
        param = id(getattr(request, "param", None))
        made_for = request.node, param, *(setups.in_place.get(of) for of in needed)
        setups.place(self, made_for)
        if self.cached_result is None:
            setups.made.append((self, made_for))
        return execute(self, request)

    pytest.FixtureDef.execute = kept  # type: ignore[method-assign]


def end_setups(item: pytest.Item) -> None:
    """Tear down all that was set up, and report what fails, as of ``item``."""
    teardown = item.session._setupstate.teardown_exact
    interrupts = (KeyboardInterrupt, pytest.exit.Exception)
    call = pytest.CallInfo.from_call(lambda: teardown(None), "teardown", reraise=interrupts)
    if call.excinfo is not None:
        report = pytest.TestReport.from_item_and_call(item, call)
        item.ihook.pytest_runtest_logreport(report=report)


class Calibrated(BenchmarkFixture):
    """pytest-benchmark's fixture with known rounds and iterations."""

    rounds = iterations = 1

    def __call__(self, function_to_benchmark: Any, *args: Any, **kwargs: Any) -> Any:
        """Time the function as ``benchmark(...)`` does, without calibrating."""
        pedantic: Any = self.pedantic
        return pedantic(
            function_to_benchmark, args, kwargs, rounds=self.rounds, iterations=self.iterations
        )


def skip_calibration(benchmark: Any, rounds: int, iterations: int) -> None:
    """Let ``benchmark(...)`` time so many rounds of so many iterations: calibration takes 2 ms.

    The fixture keeps its identity, which pytest-benchmark looks for; only its class changes.
    """
    benchmark.__class__ = Calibrated
    benchmark.rounds, benchmark.iterations = rounds, iterations


def terminal_file(config: pytest.Config) -> Any:
    """Return the stream of the terminal: pytest captures ``sys.stdout`` while it is timed."""
    return config.get_terminal_writer()._file


def given_arguments(config: pytest.Config) -> list[str]:
    """Return the arguments of the user, on the command line and elsewhere."""
    return [
        *map(str, config.invocation_params.args),
        *shlex.split(os.environ.get("PYTEST_ADDOPTS", "")),
        *config.getini("addopts"),
    ]
