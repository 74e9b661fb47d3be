"""One run of the benchmark: what it times, what it skips, and how it is saved.

The bench's ``conftest.py`` drives it from pytest's hooks.
"""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from npfs.backends.base import Backend
from npfs.measure import environment, learning
from npfs.measure.fresh_runs import fresh_run
from npfs.measure.plan import Case, Plan
from npfs.measure.progress import RunProgress
from npfs.measure.run_files import RunNumber
from npfs.run_format import KEY, SCHEMA


class BenchmarkRun:
    """The run of this process: what it times, what it skipped, and where it is saved."""

    def __init__(
        self,
        config: pytest.Config,
        chosen: Plan,
        backends: dict[str, Backend],
        unavailable: dict[str, str],
    ) -> None:
        self.config, self.plan, self.backends = config, chosen, backends
        self.unavailable = unavailable
        self.skipped: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.min_rounds = int(config.getoption("benchmark_min_rounds"))
        self.max_time = float(config.getoption("benchmark_max_time"))
        self.reports = config.invocation_params.dir / config.getoption("reports")
        self.job: str | None = config.getoption("npfs_job")
        self.is_first = self.job is None
        self.number: RunNumber | None = None
        self.progress: RunProgress | None = None
        self.interrupted = self.has_saved = False
        self.order: list[str] = []
        self.learning: dict[str, Any] = {}
        self.began = time.perf_counter()

    @property
    def is_timed(self) -> bool:
        """Whether rounds are measured: not when benchmarks are disabled, skipped or only listed."""
        session = self.benchmarks_of_stock
        return not (session.disabled or session.skip or self.config.option.collectonly)

    @property
    def benchmarks_of_stock(self) -> Any:
        """pytest-benchmark's own session."""
        return self.config._benchmarksession  # type: ignore[attr-defined]

    def claim(self) -> None:
        """Take a number in the folder of this machine, before anything is timed."""
        self.machine_info = self.benchmarks_of_stock.get_machine_info()
        self.environment = environment.collect(self.machine_info)
        folder = self.reports / "runs" / self.environment["machine"]
        try:
            self.number = RunNumber(folder)
        except OSError as error:
            raise pytest.UsageError(
                f"the reports folder cannot be written: {error}; name another with --reports DIR"
            ) from None
        self.job = self.job or f"{self.number.started:%Y%m%dT%H%M%S}-{self.number.value:04d}"

    def skip(self, case: Case, reason: str) -> NoReturn:
        """Record that the case is not timed, and why."""
        self.skipped[str(case)] = reason
        pytest.skip(reason)

    @contextlib.contextmanager
    def saved_only_if_it_succeeds(self, benchmark: Any, case: Case) -> Iterator[None]:
        """Keep a case that was cut short, or whose result is wrong, out of all files."""
        try:
            yield
        except MemoryError:
            benchmark.has_error = True
            self.skip(case, "the data do not fit into memory")
        except Exception as error:
            benchmark.has_error = True
            self.failed[str(case)] = f"{type(error).__name__}: {error}".splitlines()[0]
            raise
        except BaseException:
            benchmark.has_error = True
            raise

    def describe(self) -> dict[str, Any]:
        """Return what goes under the run file's own key (see ``npfs.run_format``)."""
        assert self.number is not None
        return {
            "schema": SCHEMA,
            "job": self.job,
            "run": self.number.value,
            "started": self.number.started.isoformat(),
            "wall_s": time.perf_counter() - self.began,
            "interrupted": self.interrupted,
            "preset": self.plan.preset,
            "epochs": self.plan.epochs,
            "seed": self.plan.seed,
            "order": self.order,
            "environment": self.environment,
            "backends": {
                name: {
                    "title": backend.title,
                    "same_work": backend.same_work,
                    "note": backend.note,
                    "source": environment.source_digest(backend),
                }
                for name, backend in self.backends.items()
            },
            "timing": {
                name: str(self.benchmarks_of_stock.options[name])
                for name in ("timer", "disable_gc", "warmup")
            },
            "unavailable": self.unavailable,
            "skipped": self.skipped,
            "failed": self.failed,
            "learning": self.learning,
        }

    def save(self) -> Path | None:
        """Save the finished cases as a run file, if there are any."""
        assert self.number is not None
        done = [b for b in self.benchmarks_of_stock.benchmarks if b and not b.has_error]
        has_fits = any("backend" in b.extra_info for b in done)
        if not done or (self.skipped and not has_fits):  # a start-up without any fit says nothing
            return None
        self.learning = learning.record(self.backends.values())
        hook = self.config.hook
        commit_info = hook.pytest_benchmark_generate_commit_info(config=self.config)
        document = hook.pytest_benchmark_generate_json(
            config=self.config,
            benchmarks=done,
            include_data=True,
            machine_info=self.machine_info,
            commit_info=commit_info,
        )
        hook.pytest_benchmark_update_json(config=self.config, benchmarks=done, output_json=document)
        path = self.number.save(document)
        self.has_saved = True
        return path

    def add_to(self, document: dict[str, Any]) -> None:
        """Put our key into a document of pytest-benchmark's."""
        if self.number is not None:
            document[KEY] = self.describe()

    def start_others(self) -> bool:
        """Run the other runs of the plan, each in a fresh process; return whether all cases passed."""
        passed = True
        arguments = [str(argument) for argument in self.config.invocation_params.args]
        for run in range(2, self.plan.runs + 1):
            passed &= fresh_run(
                [*arguments, "--benchmark-only", f"--npfs-job={self.job}"],
                self.config.invocation_params.dir,
                self.progress.case_done if self.progress else lambda: None,
            )
            if self.progress:
                self.progress.run_done(run)
        return passed
