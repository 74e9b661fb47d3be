"""What the main job does about options, about what cannot be timed, and about wrong results."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.bench.commands import FIT, ROOT, WHOLE, bench, install, load, probed, run_paths, timed

TINY = ("--sizes=10", "--backends=numpy", "--npfs-repetitions=2")
ODD_BACKENDS = {
    "wrong": """
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

def fit(data, epochs, learning_rate):
    result = numpy_vectorized.fit(data, epochs, learning_rate)
    losses = [loss * (1 + 1e-6 * (epoch >= 5)) for epoch, loss in enumerate(result.loss_history)]
    return result._replace(loss_history=losses)

BACKEND = Backend("wrong", "Wrong after five epochs", numpy_vectorized.prepare, fit)
""",
    "slow": """
import time
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

def fit(data, epochs, learning_rate):
    time.sleep(0.2 * epochs * (len(data[1]) == 10))
    return numpy_vectorized.fit(data, epochs, learning_rate)

BACKEND = Backend("slow", "Needs 4 s for 20 epochs of 10 samples", numpy_vectorized.prepare, fit)
""",
    # Its first call for a number of epochs must not be a round, as it would be a compiler's.
    "jit": """
import sys
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

SEEN = set()

def fit(data, epochs, learning_rate):
    caller = sys._getframe()
    while epochs not in SEEN and (caller := caller.f_back):
        if caller.f_globals["__name__"] == "pytest_benchmark.fixture":
            raise RuntimeError("compiled in a round")
    SEEN.add(epochs)
    return numpy_vectorized.fit(data, epochs, learning_rate)

BACKEND = Backend("jit", "Compiles for each number of epochs", numpy_vectorized.prepare, fit)
""",
    # It loads in the process of the bench and refuses to in a fresh one.
    "picky": """
import sys
if "pytest" not in sys.modules:
    raise RuntimeError("no licence")
from npfs.backends.base import Backend
from npfs.backends.numpy_vectorized import fit, prepare

BACKEND = Backend("picky", "Picky", prepare, fit)
""",
}


class OddRuns(NamedTuple):
    """What was printed, the run files, and their report."""

    output: str
    runs: list[dict[str, Any]]
    reports: Path


def test_a_bad_option_is_one_sentence_and_exit_code_4() -> None:
    result = bench(*TINY, "--reports=pyproject.toml", files=FIT)
    assert result.returncode == 4
    [line] = [line for line in result.stdout.splitlines() if line.startswith("ERROR: ")]
    assert "the reports folder cannot be written" in line
    assert "Traceback" not in result.stdout


@pytest.fixture(scope="module")
def odd_runs(tmp_path_factory: pytest.TempPathFactory) -> OddRuns:
    """Two runs of NumPy and of backends that are wrong, too slow, not to be loaded, or compile."""
    folder = tmp_path_factory.mktemp("odd")
    for name, source in ODD_BACKENDS.items():
        install(folder, name, source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")
        process = bench(
            "--sizes=10", "--epochs=20", f"--backends={','.join(ODD_BACKENDS)},numpy",
            "--runs=2", "--npfs-repetitions=3", "-k=fit",
            f"--reports={folder}", "-rs", files=WHOLE,
        )  # fmt: skip
    assert process.returncode == 1, process.stdout
    return OddRuns(process.stdout, list(map(load, run_paths(folder))), folder)


def test_a_wrong_result_is_no_time(odd_runs: OddRuns) -> None:
    assert "wrong on 10, 20 epochs: the loss differs first at epoch 5" in odd_runs.output
    assert "wrong-10 failed: ConformanceError: wrong on 10, 20 epochs" in odd_runs.output
    for run in odd_runs.runs:
        assert "wrong-10" not in timed(run)
        assert "the loss differs first" in run["npfs"]["failed"]["wrong-10"]


def test_a_case_over_the_limit_is_named_and_the_others_are_timed(odd_runs: OddRuns) -> None:
    verdict = (odd_runs.reports / "verdict.md").read_text(encoding="utf-8")
    assert "slow-10 was not timed: one fit would take" in verdict
    assert "1 case was not timed in every run" in odd_runs.output
    for run in odd_runs.runs:
        assert {"picky-10", "jit-10", "numpy-10"} <= timed(run)
        assert run["npfs"]["skipped"].keys() == {"slow-10"}
        assert "the limit is 3 s" in run["npfs"]["skipped"]["slow-10"]


def test_a_fresh_process_that_fails_is_named(odd_runs: OddRuns) -> None:
    for run in odd_runs.runs:
        assert {"startup-numpy-warm", "startup-jit-warm"} <= probed(run, "startup").keys()
        assert run["npfs"]["failed"]["startup-picky-warm"].endswith("RuntimeError: no licence")
    assert "startup-picky-warm failed: ProbeFailed: the fresh process ended" in odd_runs.output


def test_compiling_is_not_timed(odd_runs: OddRuns) -> None:
    assert "compiled in a round" not in odd_runs.output
    assert all("jit-10" in timed(run) for run in odd_runs.runs)


def test_nothing_timed_is_said_with_the_reason(tmp_path: Path) -> None:
    huge = "--sizes=999999999999999999"
    result = bench(huge, "--backends=numpy", f"--reports={tmp_path}", files=FIT)
    assert "Nothing was timed." in result.stdout
    assert "numpy-999999999999999999: it needs up to" in result.stdout
    assert run_paths(tmp_path) == []


def test_without_timing_nothing_is_saved(tmp_path: Path) -> None:
    result = bench(*TINY, f"--reports={tmp_path}", "--collect-only", only=False, files=FIT)
    assert result.returncode == 0, result.stdout
    assert list(tmp_path.iterdir()) == []


def test_tests_beside_the_bench_all_run_and_nothing_is_saved(tmp_path: Path) -> None:
    result = bench(
        "tests/harness/test_recorder.py::test_numbers_follow_each_other", "--benchmark-disable",
        "--sizes=10", "--backends=numpy", f"--reports={tmp_path}", only=False, files=WHOLE,
    )  # fmt: skip
    # It, a fit, two conversions; one of more epochs is skipped where a call takes too little.
    assert "4 passed, 1 skipped" in result.stdout or "5 passed in" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_preset_scale_measures_an_epoch_on_clusters_in_every_run(tmp_path: Path) -> None:
    result = bench(
        "--preset=scale", "--sizes=100000", "--features=4", "--backends=numba-simd,dask", "--runs=2",
        f"--reports={tmp_path}", files=FIT,
    )  # fmt: skip
    for path in run_paths(tmp_path):
        [found] = probed(load(path), "cluster").values()
        workers = [part["workers"] for part in found["cluster"]]
        assert workers == sorted({1, workers[-1]})
    assert "An epoch of 100,000 rows on" in result.stdout


def test_stock_options_keep_working(tmp_path: Path) -> None:
    """The first command saves for the second one to compare with; a further run saves nothing."""
    storage, reports = f"--benchmark-storage={tmp_path / 's'}", f"--reports={tmp_path}"
    bench(*TINY, "--runs=1", storage, "--benchmark-save=base", reports, files=FIT)
    result = bench(
        *TINY, "--runs=2", storage, "--benchmark-compare=0001", "--benchmark-min-rounds=7",
        "--benchmark-save=more", reports, files=FIT,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    assert len(list((tmp_path / "s").rglob("*.json"))) == 2
    assert "Comparing against benchmarks from" in result.stdout
    assert "Rounds" in result.stdout  # the stock table, since a stock option was used
    assert load(run_paths(tmp_path)[-1])["benchmarks"][0]["options"]["min_rounds"] == 7


def test_a_report_that_cannot_be_written_keeps_the_runs(tmp_path: Path) -> None:
    (tmp_path / "verdict.md").mkdir()
    result = bench(*TINY, "--runs=1", f"--reports={tmp_path}", files=FIT)
    assert "but the report could not be written" in result.stdout
    assert "Traceback" not in result.stdout
    assert len(run_paths(tmp_path)) == 1
