"""Fits of other epochs than the plan's: what a call costs, and what memory costs.

A short fit is timed with more epochs as well, which tells its call from its epochs. Data that no
cache holds are timed with few epochs, by one fit in a run.
"""

import time
from typing import Any

import pytest

from npfs.harness.steady_state import freeze_gc
from npfs.schema import FIT, Size
from npfs.suite import timing
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import REPETITIONS, Case, repetition_id

REPETITION_S, MOST_ROUNDS = 0.01, 200
LARGE_EPOCHS, LONGEST_LARGE_S = 2, 0.1  # an epoch of large data that takes longer is left out


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[Any, ...]]]:
    """Return the names and, by id, the values; the epochs are 0 where the run has to find them."""
    rows: dict[str, tuple[Any, ...]] = {}
    if run.plan.budget_s is None:
        for case in run.plan.cases:
            if case.size.dtype == "float64":
                name = f"more-epochs-{case}"
                run.calls[name] = case
                values = case.backend, case.size.n_samples, case.size.n_features, 0
                rows |= {
                    repetition_id(name, number): values for number in range(1, REPETITIONS + 1)
                }
        sizes = run.plan.sizes_in_memory
        number = 0 if run.number is None else run.number.value - 1
        for size in sizes[number % len(sizes) :][:1] if sizes else ():
            for name in run.plan.backends:
                values = name, size.n_samples, size.n_features, LARGE_EPOCHS
                rows[f"few-epochs-{name}-{size}"] = values
    return ("fit_of", "samples", "features", "epochs"), rows


def bench_epochs(
    benchmark: Any, fit_of: str, samples: int, features: int, epochs: int, npfs_run: BenchmarkRun
) -> None:
    """Time a fit as ``bench_fit`` does; leave out silently what is too slow or too large."""
    tool, size, plan = npfs_run.backends[fit_of], Size(samples, features), npfs_run.plan
    case = Case(fit_of, size)
    if timing.reason_not_to_allocate(size, plan.limits.copies):
        pytest.skip("it needs more memory than is free")
    is_large = epochs > 0
    many = epochs or npfs_run.second_epochs(case)
    if many is None:
        pytest.skip("a call takes too little of a fit to be told from its epochs")
    if is_large and npfs_run.predicted_fit_seconds(case) > LONGEST_LARGE_S * plan.epochs:
        pytest.skip("an epoch takes too long")
    named = Case(f"{'few' if is_large else 'more'}-epochs-{fit_of}", size)
    benchmark.group = str(size)
    params = {"backend": fit_of, **size.params(), "epochs": many}
    with npfs_run.recording(benchmark, named, FIT, params) as record:
        data_of = timing.kept_data if is_large else timing.fresh_data
        X, y, rate = data_of(size, plan.source)
        start = time.perf_counter()
        data = tool.prepare(X, y)
        prepare_s = time.perf_counter() - start
        known = min(plan.epochs, many)  # of so many the reference is there already
        timing.validate_first(tool.fit(data, many, rate), tool, size, known, many, plan.source)
        freeze_gc()
        start = time.perf_counter()
        tool.fit(data, many, rate)
        rounds = round(REPETITION_S / (time.perf_counter() - start))
        start = time.perf_counter()
        result = benchmark.pedantic(
            tool.fit, (data, many, rate), rounds=min(max(1, rounds), MOST_ROUNDS)
        )
        timed_s = time.perf_counter() - start
        timing.validate_first(result, tool, size, known, many, plan.source)
        record.update(epochs=many, timed_s=timed_s, prepare_s=(prepare_s,))
