import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npfs.analysis import comparison as subject
from npfs.analysis.comparison import READ_PASS, CannotCompare, Label, compare, compare_times
from npfs.analysis.runs import RunFolder, read_runs
from npfs.schema import Size
from tests import run_files

Times = Mapping[tuple[str, int, int], float]
TWO: Times = {("numpy", 1000, 1): 2.0, ("numba", 1000, 1): 1.0}
SCATTER = (1.0, 1.01, 0.99, 1.005, 0.995)
SECOND = Size(n_features=1, n_samples=1000)


def side(folder: Path, seconds: Times, *, first: int = 1, runs: int = 5, **ours: Any) -> RunFolder:
    """Runs with a scatter of one per cent around ``seconds``."""
    documents = [
        run_files.document(
            {case: value * SCATTER[k] for case, value in seconds.items()}, number=first + k, **ours
        )
        for k in range(runs)
    ]
    run_files.write(folder, documents)
    return read_runs(folder)


def labels(compared: subject.Comparison) -> dict[str, str]:
    return {change.case: str(change.label) for change in compared.changes}


def test_a_slower_a_faster_and_an_equal_case(tmp_path: Path) -> None:
    base = side(tmp_path / "a", {**TWO, ("python", 10, 1): 3.0})
    after = {("numpy", 1000, 1): 2.4, ("numba", 1000, 1): 0.5, ("python", 10, 1): 3.0}
    compared = compare(base, side(tmp_path / "b", after, first=6))
    assert list(labels(compared).items()) == [
        ("numpy-1000", "slower"),
        ("numba-1000", "faster"),
        ("python-10", "no_significant_difference"),
    ]
    slower, faster, equal = compared.changes
    assert [slower.ratio.value, faster.ratio.value] == pytest.approx([1.2, 0.5])
    assert slower.ratio.low > 1.15
    assert [slower.confidence, equal.confidence] == pytest.approx([1 - 2 * 0.05 / 3, 0.95])
    assert equal.ratio.low < 1 < equal.ratio.high
    assert slower.base_seconds == pytest.approx(2.0, rel=1e-3)
    assert (slower.base_runs, slower.new_runs) == (5, 5)


def test_the_slower_cases_come_by_their_lower_bound(tmp_path: Path) -> None:
    base = {("numpy", n, 1): 1.0 for n in (10, 20, 30, 40)}
    after = dict(zip(base, (1.1, 1.3, 0.8, 0.7), strict=True))
    compared = compare(side(tmp_path / "a", base), side(tmp_path / "b", after, first=6))
    assert [change.size.n_samples for change in compared.changes] == [20, 10, 40, 30]


def test_it_fails_only_clear_of_the_tolerance(tmp_path: Path) -> None:
    """A ratio of 1.06 with bounds of about 1.5 per cent is slower, but not clearly by 5."""
    after = {("numpy", 1000, 1): 2.12, ("numba", 1000, 1): 1.2}
    compared = compare(side(tmp_path / "a", TWO), side(tmp_path / "b", after, first=6))
    assert set(labels(compared).values()) == {"slower"}
    assert [change.case for change in compared.slower_than(0.05)] == ["numba-1000"]
    assert len(compared.slower_than(0.0)) == 2
    assert compared.slower_than(0.5) == []


@pytest.mark.parametrize("single", ["base", "new"])
def test_one_run_on_a_side_is_never_called(tmp_path: Path, single: str) -> None:
    after = {case: value * 10 for case, value in TWO.items()}
    base = side(tmp_path / "a", TWO, runs=1 if single == "base" else 5)
    new = side(tmp_path / "b", after, first=6, runs=1 if single == "new" else 5)
    compared = compare(base, new)
    assert set(labels(compared).values()) == {"not_known"}
    assert compared.slower_than(0.0) == []
    assert all(math.isnan(change.ratio.low) for change in compared.changes)
    assert all(change.ratio.value == pytest.approx(10, rel=0.02) for change in compared.changes)


def test_read_passes_are_compared_as_well(tmp_path: Path) -> None:
    def with_reads(number: int, seconds: float) -> dict[str, Any]:
        content = run_files.document(TWO, number=number)
        for cores, factor in (("one", 1.0), ("all", 0.5)):
            of_pass = seconds * factor * SCATTER[number % 5]
            content["benchmarks"].append(run_files.read_pass(cores, Size(1000, 1), of_pass))
        return content

    run_files.write(tmp_path / "a", [with_reads(k, 1e-6) for k in range(1, 5)])
    run_files.write(tmp_path / "b", [with_reads(k, 2e-6) for k in range(5, 9)])
    compared = compare(read_runs(tmp_path / "a"), read_runs(tmp_path / "b"))
    read = next(change for change in compared.changes if change.backend == READ_PASS)
    assert (read.case, read.label) == ("memory-bandwidth-limit-1000", Label.SLOWER)
    assert read.base_seconds == pytest.approx(0.5e-6, rel=0.02)  # all cores are the faster
    assert compared.bandwidth_changes == [read]
    assert compared.slower_than(0.05) == compared.not_ruled_out(0.05) == []  # the machine, no code


def test_a_run_on_both_sides_is_refused(tmp_path: Path) -> None:
    base = side(tmp_path / "a", TWO)
    new = side(tmp_path / "b", TWO, first=5)
    with pytest.raises(CannotCompare, match=r"0005_.*json is on both sides; give runs that do not"):
        compare(base, new)


def test_other_numbers_of_epochs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotCompare, match="10 epochs in BASE and 20 in NEW"):
        compare(side(tmp_path / "a", TWO), side(tmp_path / "b", TWO, first=6, epochs=20))


def test_no_case_in_common_names_what_there_is(tmp_path: Path) -> None:
    new = side(tmp_path / "b", {("python", 10, 1): 1.0}, first=6)
    with pytest.raises(CannotCompare, match=r"BASE has numba-1000, numpy-1000, NEW has python-10"):
        compare(side(tmp_path / "a", TWO), new)


def test_what_differs_between_the_sides_is_listed(tmp_path: Path) -> None:
    environment = {**run_files.ENVIRONMENT, "system": "Linux 7"}
    environment["libraries"] = {**run_files.ENVIRONMENT["libraries"], "numpy": "2.5.0"}
    changed = {"numba": "other"}
    new = side(tmp_path / "b", TWO, first=6, environment=environment, sources=changed)
    compared = compare(side(tmp_path / "a", TWO), new)
    assert compared.differences == (("numpy", "2.4.6", "2.5.0"), ("system", "Linux 6", "Linux 7"))
    assert compared.changed_sources == ["numba"]


def test_a_condition_that_older_files_lack_is_said_to_be_so(tmp_path: Path) -> None:
    grown = {**run_files.ENVIRONMENT, "container": {"cpu_quota": 1}}
    new = side(tmp_path / "b", TWO, first=6, environment=grown)
    compared = compare(side(tmp_path / "a", TWO), new)
    assert compared.differences == (("container's cores", "not recorded", "1.0"),)


def test_within_a_side_only_equal_conditions_are_pooled(tmp_path: Path) -> None:
    """Three older runs with other settings, ten times as slow, must not count."""
    slow = {case: value * 10 for case, value in TWO.items()}
    side(tmp_path / "a", slow, runs=3, timing={"timer": "other"})
    base = side(tmp_path / "a", TWO, first=4, runs=3)
    compared = compare(base, side(tmp_path / "b", TWO, first=10))
    assert [run.number for run in compared.base.runs] == [4, 5, 6]
    assert [run.number for run, _ in compared.base.left_out] == [1, 2, 3]
    assert set(labels(compared).values()) == {"no_significant_difference"}


def test_of_a_backend_only_its_newest_source_counts(tmp_path: Path) -> None:
    slow = {case: value * 10 for case, value in TWO.items()}
    side(tmp_path / "a", slow, runs=2, sources={"numpy": "old", "numba": "old"})
    base = side(tmp_path / "a", TWO, first=3, runs=3)
    compared = compare(base, side(tmp_path / "b", TWO, first=10))
    assert compared.base.older_source == {"numpy": ["1", "2"], "numba": ["1", "2"]}
    assert {change.base_runs for change in compared.changes} == {3}
    assert compared.changed_sources == []


def test_a_bimodal_side_is_named(tmp_path: Path) -> None:
    states = (10e-6, 10.1e-6, 10.05e-6, 22e-6, 22.1e-6, 22.2e-6)
    documents = [
        run_files.document({("numba", 10, 1): value, ("numpy", 10, 1): 1.0}, number=k)
        for k, value in enumerate(states, start=1)
    ]
    run_files.write(tmp_path / "a", documents)
    new = side(tmp_path / "b", {("numba", 10, 1): 22e-6, ("numpy", 10, 1): 1.0}, first=10)
    compared = compare(read_runs(tmp_path / "a"), new)
    assert [change.case for change in compared.bimodal_in(compared.base)] == ["numba-10"]
    assert compared.bimodal_in(compared.new) == []


def simulated(
    rng: np.random.Generator, cases: int, runs: int, *, shared: float = 0.0, slower: int = 0
) -> list[subject.Change]:
    """Compare cases of 2 % spread between runs, and ``shared`` of whole runs; some 20 % slower."""
    keys = [("numpy", Size(10 + index, 1)) for index in range(cases)]
    sides = []
    for factor in (1.0, 1.2):
        logs = rng.normal(0, 0.02, (cases, runs)) + rng.normal(0, shared, runs)
        logs[:slower] += math.log(factor)
        sides.append({k: np.exp(row).tolist() for k, row in zip(keys, logs, strict=True)})
    return compare_times(*sides)[0]


@pytest.mark.parametrize("shared", [0.0, 0.02])
def test_identical_code_is_called_different_in_at_most_5_percent_of_comparisons(
    shared: float,
) -> None:
    rng = np.random.default_rng(2)
    comparisons = [simulated(rng, 15, 5, shared=shared) for _ in range(160)]
    false = [any(change.is_significant for change in changes) for changes in comparisons]
    assert np.mean(false) <= 0.05


def test_a_slowdown_of_20_percent_is_found_and_little_else() -> None:
    """Unguarded, chance would be 13 per cent of what is called here."""
    rng = np.random.default_rng(3)
    found, chance = 0, []
    for _ in range(60):
        changes = simulated(rng, 20, 5, slower=5)
        called = [change for change in changes if change.is_significant]
        true = [change for change in called if change.size.n_samples < 15]
        found += sum(change.label is Label.SLOWER for change in true)
        chance.append(1 - len(true) / len(called))
    assert found >= 0.99 * 300
    assert np.mean(chance) <= 0.05 + 3 * np.std(chance) / math.sqrt(60)


@settings(max_examples=60)
@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=12), st.integers(0, 10_000))
def test_label_and_interval_never_contradict(shifts: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys = [("numpy", Size(10 + index, 1)) for index in range(len(shifts))]
    base = {key: np.exp(rng.normal(0, 0.05, 4)).tolist() for key in keys}
    new = {
        key: np.exp(rng.normal(shift, 0.05, 3)).tolist()
        for key, shift in zip(keys, shifts, strict=True)
    }
    changes, threshold = compare_times(base, new)
    for change in changes:
        assert (change.label is Label.SLOWER) == (change.is_significant and change.ratio.low > 1)
        assert (change.label is Label.FASTER) == (change.is_significant and change.ratio.high < 1)
        assert change.is_significant == (change.p_value <= threshold)
        assert change.confidence == (1 - threshold if change.is_significant else 0.95)
