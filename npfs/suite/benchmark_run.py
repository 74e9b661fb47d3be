"""One run of the benchmark: what it times, what it skips, and how it is saved.

The bench's ``conftest.py`` drives it from pytest's hooks.
"""

import contextlib
import functools
import time
from collections.abc import Collection, Iterator
from typing import Any, NoReturn

import msgspec
import pytest

from npfs.backends.base import DoesNotFit
from npfs.harness import environment, load, recovery, steady_state
from npfs.harness.progress import RunProgress
from npfs.harness.run_files import RunNumber
from npfs.schema import FIT, KEY, SCHEMA, Learning, Load, LogEntry, Run
from npfs.schema import Backend as BackendRecord
from npfs.schema import Case as CaseRecord
from npfs.suite import costs, learning, timing
from npfs.suite.options import Chosen
from npfs.suite.plan import REPORT_SECONDS, Case, case_and_number, repetitions_that_fit


class BenchmarkRun:
    """The run of this process: what it times, what it skipped, and where it is saved."""

    def __init__(self, config: pytest.Config, chosen: Chosen) -> None:
        self.config, self.plan, self.backends = config, chosen.plan, chosen.backends
        self.unavailable, self.unfinished = chosen.unavailable, chosen.unfinished
        self.skipped: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.finished: dict[str, Any] = {}  # the first repetition of each case, and all rounds
        self.min_rounds = int(config.getoption("benchmark_min_rounds"))
        self.repetition_s = float(config.getoption("benchmark_max_time"))
        self.predicted_fit_seconds = functools.cache(self._predict_fit_seconds)
        self.second_epochs = functools.cache(self._choose_second_epochs)
        self.calls: dict[str, Case] = {}  # the cases that may be timed in more epochs too, by id
        self.reports = config.invocation_params.dir / config.getoption("reports")
        self.job: str | None = config.getoption("npfs_further")  # of a set that began elsewhere
        self.is_first = self.job is None
        self.repetitions = min(
            int(config.getoption("npfs_repetitions")), self.plan.limits.repetitions
        )
        self.decides_repetitions = self.is_first and self.plan.budget_s is not None
        self.number: RunNumber | None = None
        self.recovered: list[recovery.Recovered] = []
        if self.unfinished is not None:
            self.job, self.repetitions = self.unfinished.job, self.unfinished.repetitions
            self.decides_repetitions = False
            self.recovered += self.unfinished.recovered
        self.progress: RunProgress | None = None
        self.interrupted = self.has_saved = False
        self.closing_notes: list[str] = []
        self.not_saved = ""
        self.order: list[str] = []
        self.learning: Learning | None = None
        self.load = Load()
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

    @property
    def measures_startup(self) -> bool:
        """Whether this run also measures what does not vary: a cold startup, memory, layout."""
        return self.is_first and self.plan.budget_s is None

    @property
    def seconds_left(self) -> float | None:
        """Seconds of the budget that are left; None if there is no budget."""
        if self.plan.budget_s is None:
            return None
        return self.plan.budget_s - (time.perf_counter() - self.began)

    @functools.cached_property
    def described(self) -> dict[str, BackendRecord]:
        """The record of each backend; looked up once."""
        return {
            name: BackendRecord(
                title=backend.title,
                same_work=backend.same_work,
                note=backend.note,
                lines_of_code=costs.lines_of_code(backend),
                installed=costs.installed_bytes(backend),
            )
            for name, backend in self.backends.items()
        }

    def claim(self) -> None:
        """Take a number in the folder of this machine, before anything is timed."""
        self.machine_info = self.benchmarks_of_stock.get_machine_info()
        self.environment = environment.collect(self.machine_info)
        folder = self.reports / "runs" / self.environment.machine
        if self.unfinished and not folder.is_dir():
            raise pytest.UsageError(
                "--resume cannot finish the runs of another machine on this one"
            )
        try:
            if self.is_first:
                self.recovered += recovery.recover(folder)
            self.number = RunNumber(folder)
        except OSError as error:
            raise pytest.UsageError(
                f"the reports folder cannot be written: {error}; name another with --reports DIR"
            ) from None
        self.load = Load(before=load.snapshot())
        self.job = self.job or f"{self.number.started:%Y%m%dT%H%M%S}-{self.number.value:04d}"
        steady_state.settle_allocator()

    def count_repetitions(self, cases: Collection[str] | None) -> int:
        """Count the repetitions that a run makes of ``cases``, or of all that there are."""
        return sum(
            number <= self.repetitions and (cases is None or case in cases)
            for case, number in map(case_and_number, self.order)
        )

    def begin(self, order: list[str]) -> None:
        """Write the head of the journal, when the order of the cases is known."""
        assert self.number is not None
        self.order = order
        self.commit_info = self.config.hook.pytest_benchmark_generate_commit_info(
            config=self.config
        )
        self._note(run=self._document([]))
        for case in filter(None, self.config.getoption("npfs_without").split(",")):
            self.failed[case] = "an earlier run's process ended while it was timed"
            self._note(case=case, failed=self.failed[case])

    def _predict_fit_seconds(self, case: Case) -> float:
        tool, plan = self.backends[case.backend], self.plan
        return timing.predicted_fit_seconds(
            tool, case.size, plan.epochs, plan.source, plan.limits.probe_samples
        )

    def _choose_second_epochs(self, case: Case) -> int | None:
        """Choose the second number of epochs for a case; None if its call is negligible."""
        if self.number is None:  # nothing is timed
            return timing.MANY_EPOCHS[0]
        plan = self.plan
        if str(case) in self.failed or timing.reason_not_to_allocate(case.size, plan.limits.copies):
            return None
        self._note(begun=f"more-epochs-{case}")  # a backend that crashes here is known by it
        try:
            if self.predicted_fit_seconds(case) > plan.fit_limit_s:
                return None
            tool = self.backends[case.backend]
            return timing.second_epochs(tool, case.size, plan.source, plan.epochs)
        except Exception as error:
            if isinstance(error.__cause__, KeyboardInterrupt):  # see recording
                raise KeyboardInterrupt from error
            return None  # the case's own benchmark reports what is wrong with it

    def skip(self, case: Case | str, reason: str) -> NoReturn:
        """Record that the case is not timed, and why."""
        if str(case) not in self.finished:
            self.skipped[str(case)] = reason
            self._note(case=str(case), skipped=reason)
        pytest.skip(reason)

    def is_left_out(self, repetition: str) -> bool:
        """Test whether to leave a repetition out.

        Its case was skipped or has failed, its call is negligible, or time is short.
        """
        case, number = case_and_number(repetition)
        if case in self.skipped or case in self.failed:
            return True
        if case in self.calls and self.second_epochs(self.calls[case]) is None:
            return True
        if number == 2 and self.decides_repetitions and self.plan.budget_s is not None:
            first_pass_s = time.perf_counter() - self.began
            self.repetitions = repetitions_that_fit(
                first_pass_s, self.plan.runs, self.plan.budget_s
            )
            self.decides_repetitions = False
        if number > self.repetitions:
            return True
        left = self.seconds_left
        if left is None or left > (REPORT_SECONDS if self.is_first else 0):
            return False
        if case not in self.finished:
            self.skipped[case] = f"the budget of {self.plan.budget_s:g} s was spent"
            self._note(case=case, skipped=self.skipped[case])
        return True

    @contextlib.contextmanager
    def recording(
        self, benchmark: Any, case: Case | str, group: str, params: dict[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Save a repetition; keep one that was cut short or is wrong out of all files.

        The yielded dictionary takes the other fields of ``npfs.schema.Case``, but ``source`` where
        ``params`` names a backend.
        """
        began = time.perf_counter()
        self._note(begun=str(case))
        params, fields = params or {}, dict[str, Any]()
        try:
            yield fields
            if backend := params.get("backend"):
                fields["source"] = costs.source_digest(self.backends[backend])
            record = CaseRecord(id=str(case), group=group, params=params, **fields)
            benchmark.extra_info.update(record.as_dict())
        except MemoryError:
            benchmark.has_error = True
            self.skip(case, "the data do not fit into memory")
        except DoesNotFit as error:
            benchmark.has_error = True
            self.skip(case, str(error))
        except Exception as error:
            benchmark.has_error = True
            if isinstance(error.__cause__, KeyboardInterrupt):
                # Ctrl-C inside a compiled function: the interpreter makes a SystemError of it.
                raise KeyboardInterrupt from error
            self._fail(case, f"{type(error).__name__}: {error}".splitlines()[0])
            raise
        except BaseException:
            benchmark.has_error = True
            raise
        if benchmark.stats is not None:
            if not all(seconds > 0 for seconds in benchmark.stats.stats.data):
                benchmark.has_error = True
                self.skip(case, "the clock stood still or stepped back while it was timed")
            self._finish(benchmark, str(case), time.perf_counter() - began)

    def _fail(self, case: Case | str, reason: str) -> None:
        self.failed[str(case)] = reason
        if str(case) in self.finished:
            self.finished[str(case)].fixture.has_error = True
        self._note(case=str(case), failed=reason)

    def _finish(self, benchmark: Any, case: str, wall_s: float) -> None:
        """Write a repetition to the journal, and add its rounds to earlier ones of the case."""
        metadata, info = benchmark.stats, benchmark.extra_info
        rounds = metadata.stats.data
        info.update(repetitions=[len(rounds)], wall_s=wall_s)
        stats = {"data": rounds, "iterations": metadata.iterations}
        self._note(case=case, benchmark={**metadata.as_dict(stats=False), "stats": stats})
        first = self.finished.setdefault(case, metadata)
        if first is not metadata:
            first.stats.data.extend(rounds)
            recovery.join_info(first.extra_info, info)
            self.benchmarks_of_stock.benchmarks.remove(metadata)

    def _note(self, **entry: Any) -> None:
        """Write an entry of the journal, if the run is one that is saved."""
        if self.number is not None:
            self.number.journal.write(LogEntry(at_s=time.perf_counter() - self.began, **entry))

    def describe(self) -> Run:
        """Return the record of this run."""
        assert self.number is not None
        assert self.job is not None
        return Run(
            schema=SCHEMA,
            job=self.job,
            number=self.number.value,
            started=self.number.started.isoformat(),
            wall_s=time.perf_counter() - self.began,
            interrupted=self.interrupted,
            preset=self.plan.preset,
            planned={**self.plan.record, "repetitions": str(self.repetitions)},
            epochs=self.plan.epochs,
            seed=self.plan.seed,
            data=None if self.plan.data is None else self.plan.data.record,
            published=None if self.plan.published is None else self.plan.published.name,
            order=tuple(self.order),
            environment=self.environment,
            backends=self.described,
            timing=self._timing(),
            unavailable=self.unavailable,
            skipped=self.skipped,
            failed=self.failed,
            learning=self.learning,
            load=self.load,
        )

    def _timing(self) -> dict[str, str]:
        """Describe the timing of rounds: runs that differ in it are not pooled."""
        options = self.benchmarks_of_stock.options
        stock = {name: str(options[name]) for name in ("timer", "disable_gc", "warmup")}
        return {**stock, "allocator": steady_state.ALLOCATOR}

    def save(self) -> bool:
        """Save the finished cases as a run file; return whether there is one now.

        A run that cannot be written stays in its journal, and ``not_saved`` says why.
        """
        assert self.number is not None
        done = [b for b in self.benchmarks_of_stock.benchmarks if b and not b.has_error]
        has_fits = any(b.extra_info.get("group") == FIT for b in done)
        if not done or (self.skipped and not has_fits):  # a start-up without any fit says nothing
            self.number.release()
            return False
        self.load = Load(self.load.before, load.snapshot())
        self.learning = learning.record(self.backends.values())
        document = self._document(done)
        self.config.hook.pytest_benchmark_update_json(
            config=self.config, benchmarks=done, output_json=document
        )
        try:
            self.number.save(document)
        except OSError as error:
            self.not_saved = (
                f"The run could not be saved ({error.strerror}); {self._kept(document)}"
            )
            return False
        self.has_saved = True
        return True

    def _kept(self, document: dict[str, Any]) -> str:
        """Say where a run is kept that cannot be saved: in its journal if that is whole."""
        assert self.number is not None
        journal, folder = self.number.journal, self.number.folder
        elsewhere = self.number.save_elsewhere(document) if journal.problem else None
        self.number.release(keep=elsewhere is None)
        if elsewhere is not None:
            return f"it is kept as {elsewhere}: when that is mended, move it to {folder}"
        return f"what was measured is kept in {journal.path}. When that is mended: npfs report"

    def closing_lines(self) -> list[str]:
        """Return the lines above the report at the end of the command."""
        lines = [str(found) for found in self.recovered] + self.closing_notes
        if self.not_saved:
            lines.append(self.not_saved)
        elif not self.has_saved:
            lines += [
                "Nothing was timed.",
                *(f"{name}: {why}" for name, why in self.skipped.items()),
            ]
        return lines

    def _document(self, done: list[Any]) -> dict[str, Any]:
        document: dict[str, Any] = self.config.hook.pytest_benchmark_generate_json(
            config=self.config,
            benchmarks=done,
            include_data=True,
            machine_info=self.machine_info,
            commit_info=self.commit_info,
        )
        self.add_to(document)
        return document

    def add_to(self, document: dict[str, Any]) -> None:
        """Put our key into a document of pytest-benchmark's."""
        if self.number is not None:
            document[KEY] = msgspec.to_builtins(self.describe())
