"""The regression's benchmark as the harness meets it: its cases, their data, and its probes."""

import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from npfs.analysis.evidence import LISTS, NUMBA, NUMPY, Evidence
from npfs.analysis.runs import RunFolder, read_runs
from npfs.backends.base import Backend, DoesNotFit
from npfs.backends.registry import location
from npfs.harness.environment import file_digest
from npfs.harness.runs import RunFailed
from npfs.harness.spec import RunSpec, Settings
from npfs.schema import CLUSTER, COLD, FIT, INSTRUCTIONS, LAYOUT, MEMORY, STARTUP, WARM
from npfs.schema import Backend as BackendRecord
from npfs.schema import Case as CaseRecord
from npfs.suite import costs, learning, probes, timing
from npfs.suite.options import Chosen
from npfs.suite.plan import EPOCHS, Case, Synthetic

CLUSTER_BACKEND = "dask"
SHORT = {LISTS: "lists", NUMPY: "NumPy", NUMBA: "Numba"}
LARGE_EPOCHS, LONGEST_LARGE_S = 2, 0.1  # an epoch of large data that takes longer is left out
# What does not vary is measured in the first run; a small budget is for fits.
LEAST_BUDGET_S = 120.0


class BenchSuite:
    """What this process times, by the plan.

    Attributes
    ----------
    epochs : dict of str to int
        The epochs that are timed for each case; 0 where it is not needed.
    slow : set of str
        Cases whose epochs are so long that they need no warm-up.
    """

    def __init__(self, chosen: Chosen, spec: RunSpec, settings: Settings) -> None:
        self.plan, self.backends = chosen.plan, chosen.backends
        errors = chosen.unavailable
        self.unavailable: dict[str, str] = spec.chosen.get(
            "unavailable", {name: str(error) for name, error in errors.items()}
        )
        self.not_installed: list[str] = spec.chosen.get(
            "not_installed", [name for name, error in errors.items() if error.package]
        )
        self.recovered = () if chosen.unfinished is None else chosen.unfinished.recovered
        self.spec, self.settings = spec, settings
        self.epochs: dict[str, int] = dict(spec.chosen.get("epochs", {}))
        self.slow: set[str] = set(spec.chosen.get("slow", ()))
        self._checked: set[tuple[str, int]] = set()
        self._fitted: set[str] = set()  # backends of which a fit was timed here
        self.allocations = timing.Allocations()
        self.pace = functools.cache(self._measure_pace)
        self.source_digest = functools.cache(costs.source_digest)
        self.file_digest = functools.cache(file_digest)

    def _measure_pace(self, case: Case) -> timing.Pace:
        numbers = self.plan.limits.probe_numbers
        return timing.measure_pace(
            self.backends[case.backend], case.size, self.plan.source, numbers
        )

    @property
    def tells_calls(self) -> bool:
        """Whether short fits are timed in more epochs as well; a small budget is for speedups."""
        return self.plan.budget_s is None or self.plan.budget_s >= LEAST_BUDGET_S

    @property
    def loads_numba(self) -> bool:
        """Whether a backend that is timed has loaded Numba."""
        return "numba" in sys.modules

    def large_cases(self) -> list[Case]:
        """Return the cases of a size that no cache holds: the first runs time one of them each."""
        sizes = self.plan.sizes_in_memory
        if self.spec.position > len(sizes) or not self.tells_calls:
            return []
        size = sizes[self.spec.position - 1]
        return [Case(name, size) for name in self.backends]

    def epochs_of(self, case: Case) -> int:
        """Return the epochs that are timed for a fit.

        Raises
        ------
        pytest.skip.Exception
            If the case is not timed, with the reason.
        """
        if (known := self.epochs.get(str(case))) is not None:
            return known
        tool, size, plan = self.backends[case.backend], case.size, self.plan
        if size.dtype not in tool.dtypes:
            pytest.skip(f"it computes in {' and '.join(tool.dtypes)} only")
        if too_large := timing.reason_not_to_allocate(size, plan.limits.copies):
            pytest.skip(too_large)
        pace = self.pace(case)
        if (predicted_s := pace.fit_s(plan.epochs)) > plan.fit_limit_s:
            pytest.skip(
                f"one fit would take {predicted_s:.1f} s, the limit is {plan.fit_limit_s:g} s"
            )
        if pace.epoch_s > timing.SLOW_EPOCH_S:
            self.slow.add(str(case))
        self.epochs[str(case)] = timing.timed_epochs(pace, plan.epochs, plan.repetition_s)
        return self.epochs[str(case)]

    def second_epochs_of(self, case: Case) -> int:
        """Return the epochs that tell the case's call from its epochs.

        Raises
        ------
        pytest.skip.Exception
            If a call takes too little of a fit, or the case is not timed.
        """
        name = f"more-epochs-{case}"
        if name not in self.epochs:
            self.epochs_of(case)
            self.epochs[name] = timing.second_epochs(self.pace(case), self.plan.epochs) or 0
        if not self.epochs[name]:
            pytest.skip("a call takes too little of a fit to be measured apart from its epochs")
        return self.epochs[name]

    def few_epochs_of(self, case: Case) -> int:
        """Return the epochs of a fit of data that no cache holds.

        Raises
        ------
        pytest.skip.Exception
            If an epoch takes too long, or the data too much memory.
        """
        name = f"few-epochs-{case}"
        if name not in self.epochs:
            if too_large := timing.reason_not_to_allocate(case.size, self.plan.limits.copies):
                pytest.skip(too_large)
            is_fast = self.pace(case).epoch_s <= LONGEST_LARGE_S
            self.epochs[name] = LARGE_EPOCHS if is_fast else 0
            self.slow.add(str(case))
        if not self.epochs[name]:
            pytest.skip("an epoch takes too long")
        return self.epochs[name]

    def time_fit(self, benchmark: Any, case: Case, epochs: int, *, is_other: bool = False) -> None:
        """Time ``fit`` alone, and see that its result is right before and after.

        ``is_other`` tells that the case is one of this number of epochs.
        """
        tool, size, plan = self.backends[case.backend], case.size, self.plan
        X, y, rate = timing.fresh_data(size, plan.source)
        try:
            (data, prepare_s), is_new = self.allocations.take(
                case, size, lambda: timing.prepare(tool, X, y)
            )
            self._warm_up(tool, data, case, epochs, rate)
            benchmark.group = str(size)
            if str(case) in self.slow:  # benchmark(...) would call it three times more
                result = benchmark.pedantic(tool.fit, (data, epochs, rate))
            else:
                result = benchmark(tool.fit, data, epochs, rate)
        except DoesNotFit as error:
            pytest.skip(str(error))
        timing.validate(result, tool, size, epochs, plan.epochs, plan.source)
        self._fitted.add(case.backend)
        params: dict[str, Any] = {"backend": case.backend, **size.params()}
        benchmark.extra_info.update(
            group=FIT,
            params=params | ({"epochs": epochs} if is_other else {}),
            epochs=epochs,
            prepare_s=[prepare_s] if is_new else [],
            source=self.source_digest(tool),
        )

    def _warm_up(self, tool: Backend, data: Any, case: Case, epochs: int, rate: float) -> None:
        """Fill the caches; the first time also compile, and see that the results are right."""
        size, source = case.size, self.plan.source
        if (str(case), epochs) not in self._checked:
            self._checked.add((str(case), epochs))
            for count in sorted({epochs, max(epochs, timing.VALIDATED_EPOCHS)}):
                result = tool.fit(data, count, rate)
                timing.validate(result, tool, size, count, self.plan.epochs, source)
        elif str(case) not in self.slow:
            tool.fit(data, 1, rate)

    def describe(self, *, is_end: bool) -> dict[str, Any]:
        """Return the suite's fields of ``npfs.schema.Run``."""
        plan = self.plan
        return {
            "preset": plan.preset,
            "epochs": plan.epochs,
            "data": None if plan.data is None else plan.data.record,
            "published": None if plan.published is None else plan.published.name,
            "backends": self._described,
            "unavailable": self.unavailable,
            "not_installed": self.not_installed,
            "learning": learning.record(self.backends.values()) if is_end else None,
        }

    @functools.cached_property
    def _described(self) -> dict[str, BackendRecord]:
        """The record of each backend; looked up once."""
        if (known := self.spec.chosen.get("backends")) is not None:
            return msgspec.convert(known, dict[str, BackendRecord])
        return {
            name: BackendRecord(
                title=backend.title,
                same_work=backend.same_work,
                note=backend.note,
                fit_lines=costs.fit_lines(backend),
                installed=costs.installed_bytes(backend),
            )
            for name, backend in self.backends.items()
        }

    def chosen(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the choices that further runs take over, with the ``options`` of their plan."""
        return {
            "options": options,
            "epochs": self.epochs,
            "slow": sorted(self.slow),
            "unavailable": self.unavailable,
            "not_installed": self.not_installed,
            "backends": msgspec.to_builtins(self._described),
        }

    def require_same_data(self) -> None:
        """Read the table again: a run on other numbers could not be pooled with earlier ones.

        Raises
        ------
        RunFailed
            Names the file.
        """
        data = self.plan.data
        if data is None:
            return
        from npfs.data import BadTable  # noqa: PLC0415

        try:
            is_same = data.options.read().record.digest == data.record.digest
        except BadTable as error:
            raise RunFailed(f"the table cannot be read any more: {error}") from None
        if not is_same:
            raise RunFailed(
                f"{str(data.options.path)!r} was changed between two runs; those made before keep "
                "their report, and a new command begins with the new numbers"
            )

    def probes(self) -> Iterator[tuple[str, Callable[[], Sequence[CaseRecord]]]]:
        """Yield what is measured in fresh processes: the startup of each backend, in every run.

        What hardly varies is measured in the first run: a cold startup, memory and instructions, in
        one process a backend, and the layout of numbers. Where Dask is timed, every run ends with
        the parts of an epoch on a cluster, unless the budget is small.
        """
        if self.spec.only is not None:
            return
        if self.plan.limits.measures_startup:
            yield from self._startup_costs()
        if CLUSTER_BACKEND in self._fitted and self.tells_calls:
            yield CLUSTER, self._cluster

    def _startup_costs(self) -> Iterator[tuple[str, Callable[[], Sequence[CaseRecord]]]]:
        measures_all = self.spec.is_first and self.tells_calls and bool(self._fitted)
        for name in [name for name in self.backends if name in self._fitted]:
            tool = self.backends[name]
            measure = self._costs if measures_all else self._startup
            yield f"startup-{name}-{WARM}", functools.partial(measure, name)
            if measures_all and tool.cache_variable:
                yield f"startup-{name}-{COLD}", functools.partial(self._cold_startup, name)
        if measures_all:
            yield "layout", self._layout

    def _startup(self, name: str) -> list[CaseRecord]:
        """Measure the startup of a backend whose compiled code is on disk."""
        epochs = self._compiled(name)
        startup = probes.measure_startup(location(name), epochs)
        return [self._case(name, STARTUP, WARM, epochs, startup=startup)]

    def _compiled(self, name: str) -> int:
        """Put the compiled code of a startup on disk; return the epochs that it fits."""
        tool, size = self.backends[name], probes.STARTUP_SIZE
        epochs = min(self.plan.epochs, EPOCHS)  # more would hide the startup cost
        X, y, rate = timing.fresh_data(size, Synthetic(self.plan.seed))
        tool.fit(tool.prepare(X, y), epochs, rate)
        return epochs

    def _cold_startup(self, name: str) -> list[CaseRecord]:
        """Measure a startup that compiles everything anew."""
        epochs = min(self.plan.epochs, EPOCHS)
        with probes.empty_cache(self.backends[name].cache_variable) as variables:
            startup = probes.measure_startup(location(name), epochs, variables=variables)
        return [self._case(name, STARTUP, COLD, epochs, startup=startup)]

    def _costs(self, name: str) -> list[CaseRecord]:
        """Measure in one process the startup, the instructions and the memory of a backend."""
        sizes = [size for size in self.plan.sizes if self.epochs.get(f"{name}-{size}")]
        epochs = self._compiled(name)
        found = probes.measure_costs(location(name), epochs, sizes, seed=self.plan.seed)
        cases = [self._case(name, STARTUP, WARM, epochs, startup=found.startup)]
        if found.instructions:
            cases.append(self._case(name, INSTRUCTIONS, instructions=found.instructions))
        if found.memory:
            cases.append(self._case(name, MEMORY, memory=found.memory))
        return cases

    def _layout(self) -> list[CaseRecord]:
        return [CaseRecord(id="layout", group=LAYOUT, layout=probes.layout())]

    def _cluster(self) -> list[CaseRecord]:
        """Measure the parts of an epoch on clusters, at the largest size that fits."""
        copies = self.plan.limits.copies
        fit = [s for s in self.plan.sizes if not timing.reason_not_to_allocate(s, copies)]
        fit = [size for size in fit if size.dtype == "float64"]
        if not fit:
            return []
        from npfs.suite.cluster_parts import parts_by_workers  # noqa: PLC0415 - loads Dask

        size = max(fit, key=lambda size: size.numbers)
        X, y, _ = timing.fresh_data(size, self.plan.source)
        source = self.source_digest(self.backends[CLUSTER_BACKEND])
        return [
            CaseRecord(
                id=f"{CLUSTER}-{size}",
                group=CLUSTER,
                params={"backend": CLUSTER_BACKEND, **size.params()},
                source=source,
                cluster=tuple(parts_by_workers(X, y)),
            )
        ]

    def _case(
        self, name: str, group: str, cache: str = "", epochs: int | None = None, **measured: Any
    ) -> CaseRecord:
        """Return the record of a probe of a backend."""
        params: dict[str, Any] = {"backend": name}
        if cache:
            params |= {**probes.STARTUP_SIZE.params(), "cache": cache}
        return CaseRecord(
            id="-".join(filter(None, (group, name, cache))),
            group=group,
            params=params,
            epochs=epochs,
            source=self.source_digest(self.backends[name]),
            **measured,
        )


def first_estimate(reports: Path, job: str) -> str | None:
    """Return a first estimate of the answer, from the runs of a job so far."""
    runs = tuple(run for run in read_runs(reports / "runs").runs if run.job == job and run.cases)
    if not runs:
        return None
    evidence = Evidence(RunFolder(runs, ()))
    found = []
    for faster, slower in ((NUMPY, LISTS), (NUMBA, NUMPY)):
        for size in reversed(evidence.sizes(n_features=1)):
            ratio = evidence.speedup(faster, slower, size)
            if ratio is not None and ratio.is_known:
                found.append(
                    f"at {size.n_samples:,} rows {SHORT[faster]} is {ratio.value:.2g}× "
                    f"({ratio.low:.2g} to {ratio.high:.2g}) as fast as {SHORT[slower]}"
                )
                break
    return f"After {len(runs)} runs: {'; '.join(found)}." if found else None
