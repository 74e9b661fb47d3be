"""Budget and precision as people give them: real processes, tiny cases."""

from pathlib import Path

from tests.bench.commands import FIT, bench, load, run_paths, timed

TINY = ("--sizes=10", "--backends=python,numpy", "--npfs-repetitions=2")


def test_a_budget_goes_on_until_it_is_spent_and_says_so(tmp_path: Path) -> None:
    given = (*TINY, "--runs=1", "--budget=10", f"--reports={tmp_path}")
    result = bench(*given, files=(*FIT, "bench/bench_conversion.py"))
    assert result.returncode == 0, result.stdout
    runs = [load(path) for path in run_paths(tmp_path)]
    assert f"The command ended after {len(runs)} runs: the budget is spent." in result.stdout
    assert len(runs) > 1
    fits = {"python-10", "numpy-10"}
    assert timed(runs[0]) == fits | {"to_array-10", "to_lists-10"}
    assert all(timed(run) == fits for run in runs[1:])  # no speedup needs conversions


def test_a_precision_goes_on_until_it_is_reached_and_says_so(tmp_path: Path) -> None:
    result = bench(*TINY, "--runs=2", "--precision=0.9", f"--reports={tmp_path}", files=FIT)
    assert result.returncode == 0, result.stdout
    assert "Every interval is within 0.9 of its value." in result.stdout


def test_a_precision_that_no_run_can_reach_ends_and_names_what_is_missing(tmp_path: Path) -> None:
    result = bench(*TINY, "--runs=2", "--precision=1e-6", f"--reports={tmp_path}", files=FIT)
    assert result.returncode == 0, result.stdout
    assert "so they are under the noise of this machine: " in result.stdout
    assert "numpy-10 over python" in result.stdout
    assert len(run_paths(tmp_path)) == 2


def test_a_budget_too_small_for_anything_says_so(tmp_path: Path) -> None:
    result = bench(*TINY, "--budget=0.5", f"--reports={tmp_path}", files=FIT)
    assert result.returncode == 1
    assert "Nothing was timed." in result.stdout
    assert "numpy-10: the budget of 0.5 s was spent" in result.stdout
    assert run_paths(tmp_path) == []
