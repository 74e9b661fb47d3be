"""What the main job does about options, about what cannot be timed, and about wrong results."""

import os
from pathlib import Path

import pytest

from npfs.backends.registry import load_all
from tests.bench.commands import FIT, ROOT, WHOLE, bench, install, load, run_paths, timed

TINY = ("--sizes=10", "--backends=numpy", "--benchmark-max-time=0.01")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            "--backends=nunpy",
            "unknown backend 'nunpy'; known backends: python, numpy, numpy-inplace",
        ),
        ("--reports=pyproject.toml", "the reports folder cannot be written"),
    ],
)
def test_a_bad_option_is_one_sentence_and_exit_code_4(option: str, message: str) -> None:
    result = bench(option)
    assert result.returncode == 4
    [line] = [line for line in result.stdout.splitlines() if line.startswith("ERROR: ")]
    assert message in line
    assert "Traceback" not in result.stdout


def test_what_is_not_timed_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong result is no time, and a case over the limit is skipped; the others are timed."""
    install(tmp_path, "wrong", WRONG_BACKEND)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = bench(
        "--sizes=10,1e6", "--epochs=100", "--backends=wrong,python,numpy", "--runs=2",
        "--benchmark-max-time=0.01", f"--reports={tmp_path}", "-rs",
    )  # fmt: skip
    assert result.returncode == 1
    assert "wrong on 10, 100 epochs: the loss differs first at epoch 5" in result.stdout
    assert "wrong-10 failed: ConformanceError: wrong on 10, 100 epochs" in result.stdout
    assert "python-1000000 was not timed: one fit would take" in result.stdout
    first, second = map(load, run_paths(tmp_path))
    right = {"python-10", "numpy-10", "numpy-1000000"}
    reads = {f"read-{cores}-{n}" for cores in ("one", "all") for n in (10, 1_000_000)}
    for run in (first, second):
        assert timed(run) == right | reads
        assert run["npfs"]["skipped"].keys() == {"python-1000000"}
        assert "the limit is 3 s" in run["npfs"]["skipped"]["python-1000000"]
        assert "the loss differs first" in run["npfs"]["failed"]["wrong-10"]


def test_nothing_timed_is_said_with_the_reason(tmp_path: Path) -> None:
    result = bench("--sizes=999999999999999999", "--backends=numpy", f"--reports={tmp_path}")
    assert "Nothing was timed." in result.stdout
    assert "numpy-999999999999999999: it needs up to" in result.stdout
    assert not list((tmp_path / "runs").rglob("*.*"))


def test_without_timing_nothing_is_saved(tmp_path: Path) -> None:
    result = bench("--sizes=10", f"--reports={tmp_path}", "--collect-only", only=False)
    assert result.returncode == 0, result.stdout
    assert list(tmp_path.iterdir()) == []


def test_tests_beside_the_bench_all_run_and_nothing_is_saved(tmp_path: Path) -> None:
    result = bench(
        "tests/backends/test_conformance.py", "--benchmark-disable", "--sizes=10", "--backends=numpy",
        "-k=norris or bench_", f"--reports={tmp_path}", only=False, files=WHOLE,
    )  # fmt: skip
    norris = len(load_all()[0])
    # a fit, two read passes, a first call, two conversions, instructions, layout, more epochs; memory has nothing to see
    assert f"{norris + 9} passed, 1 skipped" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_stock_options_keep_working(tmp_path: Path) -> None:
    storage = f"--benchmark-storage={tmp_path / 's'}"
    bench(*TINY, "--runs=2", storage, "--benchmark-save=base", f"--reports={tmp_path}", files=FIT)
    assert len(list((tmp_path / "s").rglob("*.json"))) == 1
    result = bench(
        *TINY, "--runs=2", storage, "--benchmark-compare=0001", "--benchmark-min-rounds=7",
        f"--reports={tmp_path}", files=FIT,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    assert "Comparing against benchmarks from" in result.stdout
    assert "Rounds" in result.stdout  # the stock table, since a stock option was used
    assert load(run_paths(tmp_path)[-1])["benchmarks"][0]["options"]["min_rounds"] == 7


def test_a_report_that_cannot_be_written_keeps_the_runs(tmp_path: Path) -> None:
    (tmp_path / "verdict.md").mkdir()
    result = bench(*TINY, "--runs=1", f"--reports={tmp_path}", files=FIT)
    assert "but the report could not be written" in result.stdout
    assert "Traceback" not in result.stdout
    assert len(run_paths(tmp_path)) == 1


def test_a_fresh_process_that_fails_is_named_and_compiling_is_not_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One backend loads in the process of the bench and refuses to in a fresh one.

    The other sleeps for 0.2 s in its first call for a number of epochs, as a compiler would.
    """
    install(tmp_path, "picky", PICKY_BACKEND)
    install(tmp_path, "jit", COMPILING_BACKEND)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    result = bench(
        "--sizes=10", "--backends=picky,jit,numpy", "--runs=1", "--benchmark-max-time=0.05",
        "-k=not bench_read", f"--reports={tmp_path}", files=WHOLE,
    )  # fmt: skip
    assert result.returncode == 1
    [run] = map(load, run_paths(tmp_path))
    assert {"picky-10", "jit-10", "startup-numpy-warm", "startup-jit-warm"} <= timed(run)
    failed = run["npfs"]["failed"]
    assert failed.keys() == {"startup-picky-warm", "instructions-picky"}
    assert all(why.endswith("RuntimeError: no licence") for why in failed.values())
    assert "startup-picky-warm failed: ProbeFailed: the fresh process ended" in result.stdout
    [compiled] = [b for b in run["benchmarks"] if b["param"] == "jit-10"]
    assert compiled["stats"]["rounds"] > 20


WRONG_BACKEND = """
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

def fit(data, epochs, learning_rate):
    result = numpy_vectorized.fit(data, epochs, learning_rate)
    losses = [loss * (1 + 1e-6 * (epoch >= 5)) for epoch, loss in enumerate(result.loss_history)]
    return result._replace(loss_history=losses)

BACKEND = Backend("wrong", "Wrong after five epochs", numpy_vectorized.prepare, fit)
"""
COMPILING_BACKEND = """
import time
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

SEEN = set()

def fit(data, epochs, learning_rate):
    time.sleep(0.2 * (epochs not in SEEN))
    SEEN.add(epochs)
    return numpy_vectorized.fit(data, epochs, learning_rate)

BACKEND = Backend("jit", "Compiles for each number of epochs", numpy_vectorized.prepare, fit)
"""
PICKY_BACKEND = """
import sys
if "pytest" not in sys.modules:
    raise RuntimeError("no licence")
from npfs.backends.base import Backend
from npfs.backends.numpy_vectorized import fit, prepare

BACKEND = Backend("picky", "Picky", prepare, fit)
"""
