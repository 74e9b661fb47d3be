"""What pytest and pytest-benchmark have no public way to, with the reason."""

import os
import shlex
from collections.abc import Sequence
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from pytest_benchmark.fixture import BenchmarkFixture


def benchmark_session(config: pytest.Config) -> Any:
    """Return pytest-benchmark's own session: its options, and the benchmarks that it saves."""
    return config._benchmarksession  # type: ignore[attr-defined]


def run_once(item: pytest.Item) -> Sequence[pytest.TestReport]:
    """Run a test and return its reports, without a line in the terminal and in the counts.

    The public ``pytest_runtest_protocol`` reports each time: a benchmark would count as many tests
    as it has repetitions. In place of the next item stands the session: nothing else
    stays set up.
    """
    return runtestprotocol(item, log=False, nextitem=item.session)  # type: ignore[arg-type]


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
