"""The run of this process: what it times, what it leaves out, and its record."""

import contextlib
import functools
import gc
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from npfs.harness import environment, machine, recorder, stock
from npfs.harness.progress import Progress
from npfs.harness.recorder import Recorder, Recovered, as_document, recover
from npfs.harness.reporter import Reporter
from npfs.harness.spec import RunSpec, Settings, order_of
from npfs.schema import ANY, KEY, SCHEMA, Case, Load, LogEntry, Run

REPETITIONS = "npfs_repetitions"  # a benchmark with this mark takes at most so many
OPTIONAL = "npfs_optional"  # one with this mark may skip itself, of which nothing is said
# Kept of a budget for what is not timed: at the end reading the runs and drawing the figures.
REPORT_SECONDS = 5.0
# The rest of a run is for its probes, and for starting it.
SHARE_OF_CASES = 0.8
JUDGED_PASSES = 2  # on which the repetitions are decided: the first one also compiles and checks
PROGRESS_S = 1.0  # how often progress is shown: drawing takes a core for some milliseconds
BENCHMARK = pytest.StashKey[Any]()
# glibc's DEFAULT_MMAP_THRESHOLD_MAX on 64 bits, less what an allocation adds to it.
LARGEST_THRESHOLD_BYTES = 32 * 2**20 - 64 * 2**10
ALLOCATOR = "settled"  # recorded with each run


class RunSession:
    """The run that this process makes.

    Attributes
    ----------
    order : list of (str, int)
        The cases as their repetitions follow each other, with the pass.
    done : dict of str to int
        The repetitions that each case has.
    slowest_s : float
        The seconds of the longest repetition.
    """

    def __init__(self, config: pytest.Config, spec: RunSpec, settings: Settings) -> None:
        self.config, self.spec, self.settings = config, spec, settings
        self.reporter, self.progress = Reporter(), Progress()
        self.began = self._shown = time.perf_counter()
        self.recorder: Recorder | None = None
        self.recovered: list[Recovered] = []
        self.order: list[tuple[str, int]] = []
        self.repetitions = spec.repetitions or settings.passes or settings.repetitions
        self.done: dict[str, int] = {}
        self.skipped, self.failed = dict(spec.skipped), dict(spec.failed)
        self.not_needed: set[str] = set()
        self.slowest_s = 0.0
        self.has_cases: bool | None = None  # not known before the tests are collected
        self.saved: Path | None = None
        self.interrupted = False
        self.not_saved, self.closing_notes = "", list[str]()
        self._firsts: dict[str, Any] = {}
        self._load = Load()

    @property
    def is_timed(self) -> bool:
        """Whether rounds are measured: not when benchmarks are disabled, skipped or only listed."""
        session = stock.benchmark_session(self.config)
        return not (session.disabled or session.skip or self.config.option.collectonly)

    @property
    def job(self) -> str:
        """Name the command that the run belongs to."""
        assert self.recorder is not None
        stamp = f"{self.recorder.started:%Y%m%dT%H%M%S}-{self.recorder.number:04d}"
        return self.spec.job or self.settings.job or stamp

    @property
    def seconds_left(self) -> float | None:
        """Seconds of the budget that are left; None if there is none."""
        given = self.settings.budget_s if self.spec.is_first else self.spec.seconds_left
        return None if given is None else given - (time.perf_counter() - self.began)

    def claim(self) -> None:
        """Take a number in the folder of this machine, before anything is timed.

        Raises
        ------
        pytest.UsageError
            If the folder cannot be written.
        """
        known = self.spec.machine_info
        self.machine_info = known or stock.benchmark_session(self.config).get_machine_info()
        self.environment = environment.collect(self.machine_info)
        folder = self.settings.reports / "runs" / self.environment.machine
        try:
            if self.spec.is_first:
                self.recovered += recover(folder)
            self.recorder = Recorder(folder)
        except OSError as error:
            raise pytest.UsageError(
                f"the reports folder cannot be written: {error}; name another one"
            ) from None
        self.commit_info = (
            self.spec.commit_info
            or self.config.hook.pytest_benchmark_generate_commit_info(config=self.config)
        )
        self._load = Load(before=machine.snapshot())
        settle_allocator()

    def begin(self, cases: dict[str, int]) -> None:
        """Draw the order of the cases, and write the head of the log."""
        assert self.recorder is not None
        self.has_cases = bool(cases)
        only = self.spec.only
        wanted = {case: most for case, most in cases.items() if only is None or case in only}
        number, seed = self.recorder.number, self.settings.seed
        self.order = order_of(wanted, self.settings.repetitions, seed, number)
        self._note(run=self._head(is_end=False))
        for how in ("skipped", "failed"):
            for case, reason in getattr(self.spec, how).items():
                self._note(case=case, **{how: reason})

    def is_left_out(self, case: str, in_pass: int) -> bool:
        """Test whether to leave a repetition out: its case has ended, or time is short."""
        ended = case in self.skipped or case in self.failed or case in self.not_needed
        if ended or in_pass > self.repetitions:
            return True
        left = self.seconds_left
        if left is None or left > (REPORT_SECONDS if self.spec.is_first else 0):
            return False
        if case not in self.done:
            reason = f"the budget of {self.settings.budget_s or 0:g} s was spent"
            self.skipped[case] = reason
            self._note(case=case, skipped=reason)
        return True

    def decide_repetitions(self, passes: int, seconds: float) -> None:
        """Make as many repetitions as leave time for all runs, after some passes over all cases.

        ``seconds`` were spent on the last one of them.
        """
        budget = self.settings.budget_s
        if budget is None or not self.spec.is_first or self.settings.job:
            return
        each = SHARE_OF_CASES * (budget - REPORT_SECONDS) / self.settings.runs
        spent = time.perf_counter() - self.began
        fit = passes + int(max(0.0, each - spent) / seconds)
        self.repetitions = max(JUDGED_PASSES, min(self.settings.repetitions, fit))

    @contextlib.contextmanager
    def repetition(self, item: pytest.Item, case: str) -> Iterator[None]:
        """Record a repetition; keep one that was cut short or is wrong out of all files."""
        began = time.perf_counter()
        self._note(begun=case)
        try:
            yield
        except MemoryError:
            _set_error(item)
            pytest.skip("the data do not fit into memory")
        except BaseException as error:
            _set_error(item)
            if isinstance(error, SystemError) and isinstance(error.__cause__, KeyboardInterrupt):
                # Ctrl-C inside a compiled function: the interpreter makes a SystemError of it.
                raise KeyboardInterrupt from error
            raise
        benchmark = item.stash.get(BENCHMARK, None)
        if benchmark is None or benchmark.stats is None or not benchmark.stats.stats.data:
            return  # the test timed nothing
        if not all(seconds > 0 for seconds in benchmark.stats.stats.data):
            pytest.skip("the clock stood still or stepped back while it was timed")
        self._finish(benchmark, case, time.perf_counter() - began)

    def end(self, item: pytest.Item, case: str, how: str, reason: str) -> None:
        """Record that a case was "skipped" or has "failed", which undoes what was timed of it."""
        _set_error(item)
        reason = next(iter(reason.splitlines()), "")
        if how == "failed" and case in self._firsts:
            self._firsts[case].fixture.has_error = True
        is_lost = how == "skipped" and case in self.done
        is_not_needed = how == "skipped" and item.get_closest_marker(OPTIONAL) is not None
        if is_lost or is_not_needed:
            if not is_lost:
                self.not_needed.add(case)
            self._note(case=case)
            return
        getattr(self, how)[case] = reason
        self._note(case=case, **{how: reason})

    def probe(self, probes: Iterable[tuple[str, Callable[[], Sequence[Case]]]]) -> None:
        """Measure in processes of its own what the suite asks for."""
        for name, measure in probes:
            left = self.seconds_left
            if left is not None and left < REPORT_SECONDS:
                return
            if name in self.failed:
                continue
            self.show(name)
            self._note(begun=name)
            try:
                found = measure()
            except Exception as error:
                self.failed[name] = f"{type(error).__name__}: {error}".splitlines()[0]
                self._note(case=name, failed=self.failed[name])
                continue
            for case in found:
                self._note(probe=case)

    def show(self, at: str, *, share: float = 1.0) -> None:
        """Show or report progress, at most once a second."""
        now = time.perf_counter()
        if now - self._shown < PROGRESS_S:
            return
        self._shown = now
        self.progress.advance(share, at)
        self.reporter.report(share=share, at=at)

    def save(self) -> bool:
        """Close the log into the run file; return whether there is one now.

        A run that cannot be written stays in its log, and ``not_saved`` says why.
        """
        assert self.recorder is not None
        self._load = Load(self._load.before, machine.snapshot())
        self._note(run=self._head(is_end=True))
        document, _ = as_document(self.recorder.entries)
        if document is None:
            self.recorder.release()
            return False
        benchmarks = [b for b in stock.benchmark_session(self.config).benchmarks if b]
        self.config.hook.pytest_benchmark_update_json(
            config=self.config, benchmarks=benchmarks, output_json=document
        )
        try:
            self.saved = self.recorder.close(document)
        except OSError as error:
            self.not_saved = (
                f"The run could not be saved ({error.strerror}); {self._kept(document)}"
            )
            return False
        self.reporter.report(saved=str(self.saved))
        return True

    def closing_lines(self) -> list[str]:
        """Return the lines above the report at the end of the command."""
        lines = [str(found) for found in self.recovered] + self.closing_notes
        if self.not_saved:
            lines.append(self.not_saved)
        elif self.saved is None:
            left_out = [f"{name}: {why}" for name, why in self.skipped.items()]
            if self.has_cases is False:
                left_out.append("No test uses the fixture benchmark.")
            lines += ["Nothing was timed.", *left_out]
        return lines

    def add_to(self, document: dict[str, Any]) -> None:
        """Put our key into a document of pytest-benchmark's."""
        if self.recorder is not None and KEY not in document:
            document[KEY] = msgspec.to_builtins(self._run(is_end=True))

    def further(self, **fields: Any) -> RunSpec:
        """Return the specification of a further run of this command."""
        return RunSpec(
            job=self.job,
            repetitions=self.repetitions,
            skipped=self.skipped,
            failed={**self.failed, **fields.pop("failed", {})},
            machine_info=self.machine_info,
            commit_info=self.commit_info,
            **fields,
        )

    def _finish(self, benchmark: Any, case: str, wall_s: float) -> None:
        """Write a repetition to the log, and add its rounds to those that stock tables show."""
        metadata, info = benchmark.stats, benchmark.extra_info
        rounds = list(metadata.stats.data)
        timed_s = sum(rounds) * metadata.iterations
        own = {"repetitions": [len(rounds)], "timed_s": timed_s, "wall_s": wall_s}
        stats = {"data": rounds, "iterations": metadata.iterations}
        first = self._firsts.setdefault(case, metadata)
        if first is metadata:
            known = {"id": case, "group": ANY, "params": simple(metadata.params)}
            if self._is_described:
                known |= info
            for name in Case.__struct_fields__:
                info.pop(name, None)  # of another suite it means something else
            info.update({**known, **own})
            of_first = {**metadata.as_dict(stats=False), "extra_info": dict(info), "stats": stats}
            self._note(case=case, benchmark=of_first)
        else:
            if self._is_described:
                own = {name: info[name] for name in recorder.JOINED if name in info} | own
            self._note(case=case, benchmark={"stats": stats, "extra_info": own})
            first.stats.data.extend(rounds)
            recorder.join(first.extra_info, own)
            stock.benchmark_session(self.config).benchmarks.remove(metadata)
        self.done[case] = self.done.get(case, 0) + 1
        self.slowest_s = max(self.slowest_s, wall_s)

    @functools.cached_property
    def _is_described(self) -> bool:
        """Whether the suite says by ``extra_info`` what its cases are."""
        return bool(self.config.hook.pytest_npfs_case.get_hookimpls())

    def _note(self, **entry: Any) -> None:
        if self.recorder is not None:
            self.recorder.write(LogEntry(at_s=time.perf_counter() - self.began, **entry))

    def _head(self, *, is_end: bool) -> dict[str, Any]:
        """Return the run file without its benchmarks."""
        document: dict[str, Any] = self.config.hook.pytest_benchmark_generate_json(
            config=self.config,
            benchmarks=[],
            include_data=True,
            machine_info=self.machine_info,
            commit_info=self.commit_info,
        )
        document[KEY] = msgspec.to_builtins(self._run(is_end=is_end))
        return document

    def _run(self, *, is_end: bool) -> Run:
        assert self.recorder is not None
        described = self.config.hook.pytest_npfs_describe(
            config=self.config, spec=self.spec, is_end=is_end
        )
        options = stock.benchmark_session(self.config).options
        timing = {name: str(options[name]) for name in ("timer", "disable_gc", "warmup")}
        return Run(
            schema=SCHEMA,
            job=self.job,
            number=self.recorder.number,
            started=self.recorder.started.isoformat(),
            wall_s=time.perf_counter() - self.began,
            interrupted=self.interrupted,
            planned={
                "runs": str(self.settings.runs),
                **self.settings.planned,
                "repetitions": str(self.repetitions),
            },
            order=tuple(case for case, in_pass in self.order if in_pass <= self.repetitions),
            padding_bytes=self.spec.padding_bytes,
            environment=self.environment,
            timing={**timing, "allocator": ALLOCATOR},
            skipped=self.skipped,
            failed=self.failed,
            load=self._load,
            probes=tuple(entry.probe for entry in self.recorder.entries if entry.probe),
            seed=self.settings.seed,
            **(described or {}),
        )

    def _kept(self, document: dict[str, Any]) -> str:
        """Say where a run is kept that cannot be saved: in its log if that is whole."""
        assert self.recorder is not None
        log, folder = self.recorder, self.recorder.folder
        elsewhere = log.save_elsewhere(document) if log.problem else None
        log.release(keep=elsewhere is None)
        if elsewhere is not None:
            return f"it is kept as {elsewhere}: when that is mended, move it to {folder}"
        return f"what was measured is kept in {log.path}. When that is mended: npfs report"


SESSION = pytest.StashKey[RunSession]()  # of pytest's configuration


def simple(params: Mapping[str, Any] | None) -> dict[str, str | int | float]:
    """Return parameters that a record can hold: of other kinds their names."""
    return {
        name: value
        if isinstance(value, str)
        or (isinstance(value, int | float) and type(value) is not bool and math.isfinite(value))
        else getattr(value, "__name__", str(value))
        for name, value in (params or {}).items()
    }


def _set_error(item: pytest.Item) -> None:
    """Keep a repetition out of pytest-benchmark's tables and files."""
    if (benchmark := item.stash.get(BENCHMARK, None)) is not None:
        benchmark.has_error = True


def settle_allocator() -> None:
    """Raise glibc's threshold for giving memory back to its largest value.

    Memory above it is given back to the system at once, and the next array then pays for new pages.
    The threshold is 128 KB at first and rises to the size of the largest array that was freed, up
    to 32 MB: so NumPy's temporaries cost up to 1.6 times as much in a case that happens to come
    before a larger one. Memory that is not written, as here, is never really taken.
    """
    memory = np.empty(LARGEST_THRESHOLD_BYTES, np.uint8)
    del memory


def freeze_gc() -> None:
    """Hide the harness's objects from the garbage collector: it stays on, for the backend's alone.

    They stay hidden, so that the next call has little to look through.
    """
    gc.collect()
    gc.freeze()
