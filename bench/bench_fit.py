"""The main benchmark: one fit, for every backend and size of the plan."""

import time
from typing import Any

from npfs.harness.steady_state import freeze_gc
from npfs.schema import FIT, Size
from npfs.suite import timing
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import Case


def bench_fit(
    benchmark: Any,
    backend: str,
    n_samples: int,
    n_features: int,
    dtype: str,
    npfs_run: BenchmarkRun,
) -> None:
    """Time ``fit`` alone, on freshly allocated data, after it was seen to do the work."""
    tool, size = npfs_run.backends[backend], Size(n_samples, n_features, dtype)
    case, epochs, source = Case(backend, size), npfs_run.plan.epochs, npfs_run.plan.source
    benchmark.group = str(size)
    params = {"backend": backend, **size.params()}
    with npfs_run.recording(benchmark, case, FIT, params) as record:
        if dtype not in tool.dtypes:
            npfs_run.skip(case, f"it computes in {' and '.join(tool.dtypes)} only")
        if too_large := timing.reason_not_to_allocate(size, npfs_run.plan.limits.copies):
            npfs_run.skip(case, too_large)
        predicted_s = npfs_run.predicted_fit_seconds(case)
        is_first = str(case) not in npfs_run.finished
        limit_s = npfs_run.plan.fit_limit_s
        if predicted_s > limit_s:
            npfs_run.skip(
                case,
                f"one fit would take {predicted_s:.1f} s, the limit is {limit_s:g} s",
            )
        X, y, rate = timing.fresh_data(size, source)
        start = time.perf_counter()
        data = tool.prepare(X, y)
        prepare_s = time.perf_counter() - start
        is_slow = predicted_s * timing.CALLS_AROUND_ROUNDS > npfs_run.repetition_s
        # Also the warm-up: some compile for each number of epochs.
        checked = min(epochs, timing.VALIDATED_EPOCHS) if is_slow else epochs
        if is_first:
            timing.validate(tool.fit(data, checked, rate), tool, size, checked, source)
        elif not is_slow:
            tool.fit(data, epochs, rate)

        freeze_gc()
        start = time.perf_counter()
        if is_slow:
            # benchmark(...) would add calls that are not rounds: a calibration, and a last one.
            rounds = max(npfs_run.min_rounds, round(npfs_run.repetition_s / predicted_s))
            result = benchmark.pedantic(tool.fit, (data, epochs, rate), rounds=rounds)
            untimed_s = 0.0
        else:
            result = benchmark(tool.fit, data, epochs, rate)
            untimed_s = predicted_s  # one call after the last round, for its result
        timed_s = time.perf_counter() - start - untimed_s
        timing.validate(result, tool, size, epochs, source)
        record.update(epochs=epochs, timed_s=timed_s, prepare_s=(prepare_s,))
