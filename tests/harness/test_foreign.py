"""The harness on a file of benchmarks that know nothing of it: runs, intervals, a comparison."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import npfs.harness
from npfs.analysis.comparison import compare
from npfs.analysis.runs import RunFolder, read_runs
from npfs.analysis.suites import Suite

BENCHMARKS = """
import json
import os
import time

import pytest

SLOW = float(os.environ.get("SLOW", "0"))


@pytest.fixture
def words():
    return {str(k): [k, k / 3] for k in range(50)}


def test_dump(benchmark, words):
    assert benchmark(json.dumps, words)


@pytest.mark.parametrize("kind", [list, tuple])
def test_sort(benchmark, kind):
    assert benchmark(sorted, kind(range(300, 0, -1)))[0] == 1


def test_sleep(benchmark):
    benchmark.pedantic(time.sleep, (0.001 + SLOW,), rounds=2)


def test_that_is_no_benchmark():
    assert True


def test_skipped(benchmark):
    pytest.skip("not today")
"""
SORTS = {f"test_theirs.py::test_sort[{kind}]" for kind in ("list", "tuple")}
CASES = SORTS | {"test_theirs.py::test_dump", "test_theirs.py::test_sleep"}


def measure(folder: Path, reports: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_theirs.py").write_text(BENCHMARKS)
    command = [
        sys.executable, "-m", "pytest", "-p", "npfs.plugin.entry", "-p", "pytest_benchmark.plugin",
        "test_theirs.py", "--npfs-runs=3", "--npfs-repetitions=4", f"--npfs-reports={reports}",
    ]  # fmt: skip
    variables = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment}
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("theirs")
    for reports, slow in (("before", "0"), ("after", "0.1")):  # 100 times, as no busy machine does
        result = measure(folder, reports, SLOW=slow)
        assert result.returncode == 0, result.stdout + result.stderr
        (folder / f"{reports}.txt").write_text(result.stdout)
    return folder


def runs(folder: Path, reports: str = "before") -> RunFolder:
    found = read_runs(folder / reports / "runs")
    assert not found.rejected
    return found


def test_each_benchmark_is_timed_in_repetitions_spread_over_each_run(folder: Path) -> None:
    made = runs(folder).runs
    assert len(made) == 3
    assert len({run.job for run in made}) == 1
    for run in made:
        assert {case.id for case in run.all_cases} == CASES
        for case in run.all_cases:
            assert len(case.repetitions) == 4
        assert sorted(run.order) == sorted([*CASES, "test_theirs.py::test_skipped"] * 4)
        assert run.skipped == {"test_theirs.py::test_skipped": "not today"}
    assert len({run.order for run in made}) == 3
    assert made[0].padding_bytes == 0 < made[1].padding_bytes != made[2].padding_bytes
    sorting = next(case for case in made[0].all_cases if "tuple" in case.id)
    assert sorting.params == {"kind": "tuple"}


def test_the_file_is_pytest_benchmarks_own(folder: Path) -> None:
    path = runs(folder).runs[0].path
    document = json.loads(path.read_text())
    assert {b["fullname"] for b in document["benchmarks"]} == CASES
    for benchmark in document["benchmarks"]:
        assert benchmark["stats"]["rounds"] == len(benchmark["stats"]["data"])
        timed_s = sum(benchmark["stats"]["data"]) * benchmark["stats"]["iterations"]
        assert benchmark["extra_info"]["timed_s"] == pytest.approx(timed_s)
    command = [sys.executable, "-m", "pytest_benchmark", "compare", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "test_sort[list]" in result.stdout, result.stderr


def test_times_and_ratios_have_intervals(folder: Path) -> None:
    found = {one.id: one for one in Suite(runs(folder), "test_sleep").timings}
    assert found.keys() == CASES
    sleep = found.pop("test_theirs.py::test_sleep")
    assert 0.001 < sleep.time.value < 0.1
    assert sleep.time.low < sleep.time.value < sleep.time.high
    assert sleep.ratio is None
    for name, one in found.items():
        assert one.ratio is not None
        assert one.ratio.is_above_one or name not in SORTS


def test_a_change_is_found_and_nothing_else(folder: Path) -> None:
    found = compare(runs(folder), runs(folder, "after"))
    slower = [change.case for change in found.slower_than(3)]
    assert slower == ["test_theirs.py::test_sleep"]
    assert {change.case for change in found.changes} == CASES


def test_it_ends_with_a_table(folder: Path) -> None:
    output = (folder / "before.txt").read_text()
    assert "5 passed, 1 skipped" in output  # a benchmark is one test
    assert "test_sort[tuple]" in output
    assert "3 runs, each in a fresh process" in output


def test_the_harness_knows_nothing_of_the_regression() -> None:
    """Neither by what it imports nor by a word."""
    [place] = npfs.harness.__path__
    words = set()
    for path in Path(place).glob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("npfs."):
                package = str(node.module).split(".")[1]
                assert package in ("harness", "schema", "analysis"), f"{path.name}: {node.module}"
            if isinstance(node, ast.Name | ast.Attribute):
                words.add(node.id if isinstance(node, ast.Name) else node.attr)
    assert not words & {"n_samples", "n_features", "epochs", "learning_rate", "backend", "Backend"}
