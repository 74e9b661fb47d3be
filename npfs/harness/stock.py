"""What pytest and pytest-benchmark have no public way to, with the reason."""

import contextlib
import functools
import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from _pytest.runner import SetupState, runtestprotocol
from pytest_benchmark.fixture import BenchmarkFixture

FixtureDef = pytest.FixtureDef[Any]
MadeFor = tuple[object, ...]  # a module, class, package or session, and parameters
INTERRUPTS = (KeyboardInterrupt, pytest.exit.Exception)
PLAIN = pytest.StashKey[bool]()  # whether an item has no hooks around it but those of these
OF_PYTEST = ("_pytest.", "pytest_benchmark.", "npfs.harness.", "faulthandler")
KEPT = pytest.StashKey[list[tuple[FixtureDef, MadeFor]]]()  # the fixtures of an item


def benchmark_session(config: pytest.Config) -> Any:
    """Return pytest-benchmark's own session: its options, and the benchmarks that it saves."""
    return config._benchmarksession  # type: ignore[attr-defined]


def run_once(item: pytest.Item) -> Sequence[pytest.TestReport]:
    """Run a test and return its reports, without a line in the terminal and in the counts.

    The public ``pytest_runtest_protocol`` reports each time: a benchmark would count as many tests
    as it has repetitions. In place of the next item stands the session: ``KeptSetups`` keeps all
    but the item.
    """
    keep_fixtures(item)
    return runtestprotocol(item, log=False, nextitem=item.session)  # type: ignore[arg-type]


def run_again(
    item: pytest.Item, repetition: contextlib.AbstractContextManager[None]
) -> Sequence[pytest.TestReport]:
    """Run a test that has passed once more, within ``repetition``; return a report if it fails.

    The hooks around a test take longer than a repetition. They are left out, unless a plug-in other
    than pytest's own, or a ``conftest.py``, does something in them.
    """
    hooks = item.ihook
    around = (hooks.pytest_runtest_setup, hooks.pytest_runtest_call, hooks.pytest_runtest_teardown)
    if PLAIN not in item.stash:
        plugins = [of.function.__module__ for hook in around for of in hook.get_hookimpls()]
        item.stash[PLAIN] = all(name.startswith(OF_PYTEST) for name in plugins)
    if not item.stash[PLAIN] or not isinstance(item, pytest.Function):
        return run_once(item)
    keep_fixtures(item)
    setups = item.session._setupstate

    def run() -> None:
        item._initrequest()
        with _captured(item.config):
            setups.setup(item)
            with repetition:
                item.runtest()

    calls = [pytest.CallInfo.from_call(run, "call", reraise=INTERRUPTS)]
    end = functools.partial(setups.teardown_exact, item.session)  # type: ignore[arg-type]
    calls.append(pytest.CallInfo.from_call(end, "teardown", reraise=INTERRUPTS))
    failed = [call for call in calls if call.excinfo is not None]
    reports = [hooks.pytest_runtest_makereport(item=item, call=call) for call in failed]
    item._request, item.funcargs = False, None  # type: ignore[assignment]
    return reports


@contextlib.contextmanager
def _captured(config: pytest.Config) -> Iterator[None]:
    """Let go what is printed, unless pytest captures nothing."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is None:
        yield
        return
    capture.resume_global_capture()
    try:
        yield
    finally:
        capture.suspend_global_capture(in_=False)
        capture.read_global_capture()


class KeptSetups(SetupState):
    """What is set up for modules, classes and packages stays so until the session ends.

    pytest tears a module down before an item of another one runs, and a fixture before it is made
    for another module or other parameters; here repetitions of all items take turns.

    Attributes
    ----------
    in_place : dict
        What the present value of a fixture was made for.
    aside : dict
        Values and finalizers of fixtures that were made for something else.
    needs : dict
        How many fixtures make the value of one: it is torn down before they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.in_place: dict[FixtureDef, MadeFor] = {}
        self.aside: dict[tuple[FixtureDef, MadeFor], tuple[Any, list[Callable[[], object]]]] = {}
        self.needs: dict[FixtureDef, int] = {}

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
        for fixture in list(self.in_place):
            self.place(fixture, ())
        for key in sorted(self.aside, key=lambda of: -self.needs[of[0]]):
            fixture = key[0]
            fixture.cached_result, fixture._finalizers[:] = self.aside[key]
            fixture.finish(_NoRequest)  # type: ignore[arg-type]
        super().teardown_exact(None)

    def place(self, fixture: FixtureDef, wanted: MadeFor) -> None:
        """Put the value of a fixture aside, and what was made for something else in its place."""
        present = self.in_place.get(fixture, ())
        if present == wanted:
            return
        if fixture.cached_result is not None:
            self.aside[fixture, present] = fixture.cached_result, [*fixture._finalizers]
        known = self.aside.pop((fixture, wanted), (None, [])) if wanted else (None, [])
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
    session._setupstate = KeptSetups()


def keep_fixtures(item: pytest.Item) -> None:
    """Put in place the values of fixtures that were made for the module of an item."""
    setups = item.session._setupstate
    if not isinstance(setups, KeptSetups) or not isinstance(item, pytest.Function):
        return
    if KEPT not in item.stash:
        item.stash[KEPT] = []
        known = item._fixtureinfo.name2fixturedefs
        indices = item.callspec.indices if hasattr(item, "callspec") else {}
        for name, fixtures in known.items():
            needed = _needed(name, known)
            params = tuple((of, indices[of]) for of in needed if of in indices)
            for fixture in fixtures:
                if fixture.scope != "function":
                    item.stash[KEPT].append((fixture, (_scope(item, fixture), *params)))
                    setups.needs[fixture] = len(needed)
    for fixture, made_for in item.stash[KEPT]:
        setups.place(fixture, made_for)


def _scope(item: pytest.Item, fixture: FixtureDef) -> object:
    """Return what a fixture is made once for."""
    if fixture.scope == "class":
        return item.getparent(pytest.Class) or item
    if fixture.scope == "module":
        return item.getparent(pytest.Module)
    packages = [of for of in item.iter_parents() if isinstance(of, pytest.Package)]
    of_fixture = [of for of in packages if of.nodeid == fixture.baseid]
    return next(iter(of_fixture), item.session) if fixture.scope == "package" else item.session


def _needed(name: str, known: Mapping[str, Sequence[FixtureDef]]) -> list[str]:
    """Return the names of all fixtures that make the value of one, itself included."""
    names = [name]
    for needed in names:
        for fixture in known.get(needed, ()):
            names += [of for of in fixture.argnames if of not in names]
    return sorted(names)


def end_setups(item: pytest.Item) -> None:
    """Tear down all that was set up, and report what fails, as of ``item``."""
    teardown = item.session._setupstate.teardown_exact
    call = pytest.CallInfo.from_call(lambda: teardown(None), "teardown", reraise=INTERRUPTS)
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
