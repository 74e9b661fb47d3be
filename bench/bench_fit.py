"""The main benchmark: one fit, for every backend and size of the plan."""

from typing import Any

import pytest
from msgspec.structs import astuple

from npfs.schema import Size
from npfs.suite.bench_suite import BenchSuite
from npfs.suite.plan import Case

NAMES = ("backend", *Size.__struct_fields__)
FEW = 5  # repetitions of what no speedup is made of


def rows(suite: BenchSuite) -> dict[str, list[Any]]:
    """Return the rows of each benchmark: backends and sizes."""
    plan, mark = suite.plan, pytest.mark
    tell_calls = [c for c in plan.cases if suite.tells_calls and c.size.dtype == "float64"]
    return {
        "bench_fit": [
            _row(case, "", mark.npfs_repetitions(plan.repetitions_of(case.size)))
            for case in plan.cases
        ],
        "bench_more_epochs": [
            _row(case, "more-epochs-", mark.npfs_repetitions(FEW), mark.npfs_optional)
            for case in tell_calls
        ],
        "bench_few_epochs": [
            _row(case, "few-epochs-", mark.npfs_repetitions(1), mark.npfs_optional)
            for case in suite.large_cases()
        ],
    }


def _row(case: Case, prefix: str, *marks: pytest.MarkDecorator) -> Any:
    return pytest.param(case.backend, *astuple(case.size), id=f"{prefix}{case}", marks=marks)


def bench_fit(
    benchmark: Any, backend: str, n_samples: int, n_features: int, dtype: str, suite: BenchSuite
) -> None:
    """Time ``fit`` alone; a slow one by fewer of its epochs."""
    case = Case(backend, Size(n_samples, n_features, dtype))
    suite.time_fit(benchmark, case, suite.epochs_of(case))


def bench_more_epochs(
    benchmark: Any, backend: str, n_samples: int, n_features: int, dtype: str, suite: BenchSuite
) -> None:
    """Time a short fit with more epochs as well, which tells its call from its epochs."""
    case = Case(backend, Size(n_samples, n_features, dtype))
    suite.time_fit(benchmark, case, suite.second_epochs_of(case), is_other=True)


def bench_few_epochs(
    benchmark: Any, backend: str, n_samples: int, n_features: int, dtype: str, suite: BenchSuite
) -> None:
    """Time data that no cache holds, by one fit of few epochs in a run."""
    case = Case(backend, Size(n_samples, n_features, dtype))
    suite.time_fit(benchmark, case, suite.few_epochs_of(case), is_other=True)
