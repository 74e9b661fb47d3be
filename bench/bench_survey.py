"""A quick look at many sizes, for advice on those that were not timed."""

import time
from dataclasses import asdict
from typing import Any

import pytest

from npfs.suite import survey, timing
from npfs.suite.benchmark_run import BenchmarkRun
from npfs.suite.plan import Case


def parameters(run: BenchmarkRun) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return the name and, by id, the values."""
    return ("survey_of",), {f"survey-{name}": (name,) for name in run.backends}


def bench_survey(benchmark: Any, survey_of: str, npfs_run: BenchmarkRun) -> None:
    """Look at each size of the survey with one backend."""
    if npfs_run.plan.budget_s is not None:
        pytest.skip("sizes are not surveyed within a budget")
    tool = npfs_run.backends[survey_of]
    if "float64" not in tool.dtypes:
        pytest.skip("advice is on float64")
    planned = int(npfs_run.plan.record["runs"] or 1)  # of the whole set, also where it is resumed
    parts = min(planned, survey.PARTS)
    part = 0 if npfs_run.number is None else npfs_run.number.value % parts
    sizes = survey.sizes(part, parts)
    benchmark.group = "survey"
    with npfs_run.saved_only_if_it_succeeds(
        benchmark, Case(f"survey-{survey_of}", max(sizes, key=lambda size: size.n_samples))
    ):
        timing.quiet_collector()
        start = time.perf_counter()
        looks = benchmark.pedantic(lambda: list(survey.survey(tool, part, parts)), rounds=1)
        timed_s = time.perf_counter() - start
        benchmark.extra_info.update(
            survey=survey_of,
            sizes=[{**look.size._asdict(), **_seconds(look)} for look in looks],
            timed_s=timed_s,
        )


def _seconds(look: survey.Look) -> dict[str, float]:
    return {name: value for name, value in asdict(look).items() if name != "size"}
