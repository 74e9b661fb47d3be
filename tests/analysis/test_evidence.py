import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import scipy.stats

from npfs.analysis.evidence import Crossover, Evidence
from npfs.analysis.runs import read_runs
from npfs.analysis.statistics import geometric_interval
from npfs.schema import Size
from tests import run_files

Cell = tuple[str, int, int]


def evidence(folder: Path, documents: Sequence[dict[str, Any]]) -> Evidence:
    run_files.write(folder, documents)
    return Evidence(read_runs(folder))


def repeated(seconds: Mapping[Cell, float], runs: int = 3) -> list[dict[str, Any]]:
    """Runs that differ by 1 %, so that intervals are narrow."""
    return [
        run_files.document(
            {cell: s * (1 + 0.01 * (k % 2)) for cell, s in seconds.items()}, number=k + 1
        )
        for k in range(runs)
    ]


def test_time_is_the_geometric_mean_over_runs(tmp_path: Path) -> None:
    found = evidence(
        tmp_path,
        [run_files.document({("numpy", 10, 1): s}, number=k) for k, s in enumerate((1.0, 4.0), 1)],
    )
    time = found.time("numpy", Size(10, 1))
    assert time is not None
    assert time.value == pytest.approx(2.0)
    assert time.runs == 2
    # logs 0 and ln 4: deviation ln 4 / sqrt 2, over sqrt 2 runs, times t of 1 degree = 12.7062
    assert time.high == pytest.approx(2 * math.exp(12.706204736 * math.log(4) / 2))


def test_speedups_are_paired_within_runs(tmp_path: Path) -> None:
    """Each run is slower than the last by 2, in all its cases: the ratio is exact."""
    found = evidence(
        tmp_path,
        [
            run_files.document({("python", 10, 1): 6.0 * f, ("numpy", 10, 1): 2.0 * f}, number=k)
            for k, f in enumerate((1, 2, 4), 1)
        ],
    )
    speedup = found.speedup("numpy", "python", Size(10, 1))
    assert speedup is not None
    assert (speedup.low, speedup.value, speedup.high) == pytest.approx((3.0, 3.0, 3.0))


def test_a_run_that_lacks_one_of_both_gives_no_pair(tmp_path: Path) -> None:
    both = {("python", 10, 1): 6.0, ("numpy", 10, 1): 2.0}
    found = evidence(
        tmp_path,
        [run_files.document({("python", 10, 1): 99.0}), run_files.document(both, number=2)],
    )
    speedup = found.speedup("numpy", "python", Size(10, 1))
    assert speedup is not None
    assert (speedup.value, speedup.runs) == (3.0, 1)
    assert found.speedup("numba", "python", Size(10, 1)) is None


LISTS_WIN_AT_10 = {
    ("python", 10, 1): 1.0,
    ("python", 100, 1): 10.0,
    ("python", 1000, 1): 100.0,
    ("numpy", 10, 1): 9.0,
    ("numpy", 100, 1): 9.99,
    ("numpy", 1000, 1): 12.0,
}


def test_the_crossover_is_significant(tmp_path: Path) -> None:
    found = evidence(
        tmp_path,
        [
            run_files.document(
                {
                    c: s * (1 + 0.05 * ((k + len(c[0])) % 2) * (c[1] == 100))
                    for c, s in LISTS_WIN_AT_10.items()
                },
                number=k,
            )
            for k in (1, 2, 3, 4)
        ],
    )
    assert found.crossover("numpy", "python") == Crossover(100, 1000)
    assert found.crossover("python", "numpy") == Crossover(1000, None)
    assert found.crossover("numba", "numpy") is None


def test_faster_everywhere_has_no_size_below(tmp_path: Path) -> None:
    seconds = {("python", n, 1): 2.0 * n for n in (10, 100)} | {
        ("numba", n, 1): 1.0 * n for n in (10, 100)
    }
    found = evidence(tmp_path, repeated(seconds))
    assert found.crossover("numba", "python") == Crossover(None, 10)


def test_only_like_is_pooled_and_the_rest_is_named(tmp_path: Path) -> None:
    other = run_files.ENVIRONMENT | {"python": "CPython 3.12.1"}
    found = evidence(
        tmp_path,
        [
            run_files.document({("numpy", 10, 1): 50.0}, number=1, environment=other),
            run_files.document({("numpy", 10, 1): 60.0}, number=2, epochs=20),
            run_files.document({("numpy", 10, 1): 1.0}, number=3),
        ],
    )
    assert [run.number for run in found.runs] == [3]
    assert [(run.number, reason) for run, reason in found.left_out] == [
        (1, "Python: CPython 3.12.1 there, CPython 3.11.7 now"),
        (2, "epochs: 20 there, 10 now"),
    ]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"timing": {"timer": "process_time"}}, "timing, timer"),
        ({"environment": run_files.ENVIRONMENT | {"machine": "other"}}, "machine"),
        ({"environment": run_files.ENVIRONMENT | {"blas": "mkl 1"}}, "BLAS"),
        ({"environment": run_files.ENVIRONMENT | {"usable_cores": 1}}, "usable cores"),
        (
            {"environment": run_files.ENVIRONMENT | {"speed_variables": {"A": "1"}}},
            "speed variables",
        ),
        (
            {
                "environment": run_files.ENVIRONMENT
                | {"libraries": {"numpy": "2.4.6", "numba": "0.61", "llvmlite": "0.50.0"}}
            },
            "numba",
        ),
    ],
)
def test_each_condition_keeps_runs_apart(tmp_path: Path, change: dict[str, Any], name: str) -> None:
    found = evidence(
        tmp_path,
        [
            run_files.document({("numpy", 10, 1): 1.0}, number=1, **change),
            run_files.document({("numpy", 10, 1): 1.0}, number=2),
        ],
    )
    [(run, reason)] = found.left_out
    assert (run.number, reason.partition(":")[0]) == (1, name)


def test_the_bandwidth_limit_is_the_faster_read_pass_of_the_newest_source(tmp_path: Path) -> None:
    documents = [run_files.document({("numpy", 10, 3): 8.0}, number=k) for k in (1, 2, 3)]
    for document, source in zip(documents, ("old", "new", "new"), strict=True):
        all_s = 0.9 if source == "old" else 0.1
        document["benchmarks"] += [
            run_files.read_pass("one", Size(10, 3), 0.2, source=source),
            run_files.read_pass("all", Size(10, 3), all_s, source=source),
        ]
    found = evidence(tmp_path, documents)
    size = Size(10, 3)
    assert size.numbers == 40
    limit, fraction = (
        found.bandwidth_limit(size),
        found.fraction_of_bandwidth_limit("numpy", size),
    )
    assert limit is not None
    assert fraction is not None
    assert limit.value == pytest.approx(0.1)
    assert limit.runs == 2
    assert fraction.value == pytest.approx(0.1 / 0.8)  # a fit has 10 epochs: 0.8 s each


def test_times_of_an_older_source_do_not_count(tmp_path: Path) -> None:
    old = run_files.document({("numpy", 10, 1): 50.0, ("python", 10, 1): 6.0}, number=1)
    run_files.change_source(old, "numpy", "older")
    new = run_files.document({("numpy", 10, 1): 1.0, ("python", 10, 1): 6.0}, number=2)
    found = evidence(tmp_path, [old, new])
    numpy_time, python_time = (found.time(name, Size(10, 1)) for name in ("numpy", "python"))
    assert numpy_time is not None
    assert python_time is not None
    assert (numpy_time.value, numpy_time.runs, python_time.runs) == (1.0, 1, 2)
    assert found.older_source == {"numpy": ["1"]}


def test_backends_come_slowest_first(tmp_path: Path) -> None:
    seconds = {("numba", 1000, 1): 1.0, ("python", 1000, 1): 9.0, ("numpy", 1000, 1): 3.0}
    assert evidence(tmp_path, repeated(seconds)).backends == ["python", "numpy", "numba"]


def test_a_difference_has_to_stand_out_among_all_comparisons(tmp_path: Path) -> None:
    """One ratio is 2 % off with p = 0.03: alone it counts, among 20 equal ones it is chance."""
    scatter = (-0.01, 0.01, -0.005, 0.005, 0.0)

    def runs(sizes: int) -> list[dict[str, Any]]:
        return [
            run_files.document(
                {("python", 10 * 2**k, 1): 1.0 + s for k in range(sizes)}
                | {("numpy", 10 * 2**k, 1): (1.0 + s) * math.exp(
                    (0.012 if k == 0 else 0.0) + 0.008 * scatter[(number + k) % 5] / 0.01
                ) for k in range(sizes)},
                number,
            )
            for number, s in enumerate(scatter, start=1)
        ]  # fmt: skip

    size = Size(10, 1)
    alone = evidence(tmp_path / "one", runs(1))
    speedup = alone.speedup("python", "numpy", size)
    assert alone.significance.comparisons == 1
    assert speedup is not None
    assert 0.01 < speedup.p_value < 0.05
    assert speedup.is_above_one
    among = evidence(tmp_path / "many", runs(20))
    same = among.speedup("python", "numpy", size)
    assert among.significance.comparisons == 20
    assert same is not None
    assert same.p_value == pytest.approx(speedup.p_value)
    assert not same.is_significant


def test_the_p_value_is_that_of_students_t(tmp_path: Path) -> None:
    ratios = [1.1, 1.2, 1.05, 1.3]
    interval = geometric_interval(ratios)
    logs = [math.log(ratio) for ratio in ratios]
    assert interval.p_value == pytest.approx(scipy.stats.ttest_1samp(logs, 0).pvalue)
    assert math.isnan(geometric_interval([2.0]).p_value)
    assert geometric_interval([2.0, 2.0]).p_value == 0
    assert geometric_interval([1.0, 1.0]).p_value == 1


def test_a_read_pass_by_one_core_is_no_limit_where_all_were_timed_elsewhere(
    tmp_path: Path,
) -> None:
    """All cores may be faster: at 1,000 samples only one core was timed, so nothing is known."""

    reads = (("one", 10, 2.0), ("all", 10, 1.0), ("one", 1000, 3.0))
    once = [run_files.read_pass(cores, Size(n, 1), seconds) for cores, n, seconds in reads]
    found = evidence(tmp_path, [run_files.document({("numpy", 10, 1): 4.0}, once=once)])
    limit = found.bandwidth_limit(Size(10, 1))
    assert limit is not None
    assert limit.value == 1.0
    assert found.bandwidth_limit(Size(1000, 1)) is None
