"""The benchmark as people call it: real processes, tiny cases."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from npfs.backends.registry import load_all
from tests.bench.plug_in import install

ROOT = Path(__file__).parents[2]
THREE = ("python", "numpy", "numba")
TINY = (
    "--sizes=10,1e2", f"--backends={','.join(THREE)}", "--runs=2", "--benchmark-max-time=0.01"
)  # fmt: skip


FITS = (
    "bench/bench_fit.py",
    "bench/bench_ceiling.py",
)  # without what comes once, which takes seconds


def bench(
    *options: object, only: bool = True, whole: bool = False
) -> subprocess.CompletedProcess[str]:
    whole_command = command(*options, only=only, whole=whole)
    return subprocess.run(whole_command, **STREAMS, check=False, timeout=120)


def command(*options: object, only: bool = True, whole: bool = False) -> list[str]:
    flags = ["--benchmark-only"] if only else []
    files = ["bench"] if whole else FITS
    return [sys.executable, "-m", "pytest", *files, *flags, *map(str, options)]


STREAMS: dict[str, Any] = {
    "cwd": ROOT, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT
}  # fmt: skip


def run_paths(reports: Path) -> list[Path]:
    return sorted((reports / "runs").rglob("*.json"))


def load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_the_main_job_end_to_end(tmp_path: Path) -> None:
    own_json = tmp_path / "own.json"
    result = bench(*TINY, f"--reports={tmp_path / 'r'}", f"--benchmark-json={own_json}", whole=True)
    assert result.returncode == 0, result.stdout
    first, second = map(load, run_paths(tmp_path / "r"))
    timed = (*THREE, "ceiling-one", "ceiling-all")
    ids = {f"{name}-{n}" for name in timed for n in (10, 100)}
    for run in (first, second):
        done = [bench["param"] for bench in run["benchmarks"]]
        order = run["npfs"]["order"]
        assert done == [name for name in order if name in done]
        assert ids <= set(done)
        assert {f"{name}{visit}" for name in ids for visit in ("", "~2", "~3")} <= set(order)
        for benchmark in run["benchmarks"]:
            if benchmark["param"] not in ids:
                continue
            what = "cores" if "ceiling" in benchmark["name"] else "backend"
            assert benchmark["params"].keys() == {what, "n_samples", "n_features", "dtype"}
            assert len(benchmark["stats"]["data"]) == benchmark["stats"]["rounds"] >= 3
            assert benchmark["extra_info"]["wall_s"] >= benchmark["extra_info"]["timed_s"] > 0
            assert len(benchmark["extra_info"]["visits"]) == 3
            assert sum(benchmark["extra_info"]["visits"]) == benchmark["stats"]["rounds"]
            assert benchmark["stats"]["max"] == max(benchmark["stats"]["data"])
    assert first["npfs"]["job"] == second["npfs"]["job"]
    assert first["npfs"]["order"] != second["npfs"]["order"]
    slopes = {
        name: lesson["lines"][-1][1]
        for name, lesson in first["npfs"]["learning"]["backends"].items()
    }
    assert slopes.keys() == set(THREE)
    assert list(slopes.values()) == pytest.approx([3] * 3, abs=0.2)
    # the user's own file is that of this process, with our key
    assert load(own_json)["npfs"]["run"] == first["npfs"]["run"]
    assert "Why NumPy" in result.stdout
    assert "index.html" in result.stdout
    assert "inside timed rounds" in result.stdout
    assert (tmp_path / "r" / "time.svg").is_file()


def test_a_second_job_adds_runs_and_a_foreign_file_is_named(tmp_path: Path) -> None:
    options = ("--sizes=10", "--backends=numpy", "--runs=1", "--benchmark-max-time=0.01")
    bench(*options, f"--reports={tmp_path}")
    foreign = tmp_path / "runs" / "foreign.json"
    foreign.write_text("{}")
    result = bench(*options, f"--reports={tmp_path}")
    assert result.returncode == 0
    assert len(run_paths(tmp_path)) == 3
    assert "foreign.json was left out: was not written by npfs" in result.stdout
    assert "2 runs, each a fresh process" in result.stdout
    assert foreign.read_text() == "{}"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            "--backends=nunpy",
            "unknown backend 'nunpy'; known backends: python, numpy, numpy-inplace",
        ),
        ("--backends=,", "--backends must name at least one"),
        ("--preset=fast", "--preset must be one of quick, standard, full, scale; got 'fast'"),
        ("--sizes=0", "--sizes must be at least 1; got 0"),
        ("--sizes=-3", "--sizes must be at least 1; got -3"),
        ("--sizes=2.5", "--sizes takes integers such as 1000 or 1e3; got '2.5'"),
        ("--runs=many", "--runs takes integers"),
        ("--dtypes=float16", "--dtypes takes float64 and float32; got 'float16'"),
        ("--reports=pyproject.toml", "the reports folder cannot be written"),
    ],
)
def test_a_bad_option_is_one_sentence_and_exit_code_4(option: str, message: str) -> None:
    result = bench(option)
    assert result.returncode == 4
    [line] = [line for line in result.stdout.splitlines() if line.startswith("ERROR: ")]
    assert message in line
    assert "Traceback" not in result.stdout


def test_a_case_over_the_limit_is_skipped_with_the_reason(tmp_path: Path) -> None:
    result = bench(
        "--sizes=10,1e5", "--epochs=2000", "--backends=python,numba", "--runs=1",
        "--benchmark-max-time=0.01", f"--reports={tmp_path}", "-rs",
    )  # fmt: skip
    assert "python-100000 was not timed: one fit would take" in result.stdout
    [run] = run_paths(tmp_path)
    assert load(run)["npfs"]["skipped"].keys() == {"python-100000"}
    assert "the limit is 3 s" in load(run)["npfs"]["skipped"]["python-100000"]


@pytest.mark.parametrize("options", [("--benchmark-disable",), ("--collect-only",)])
def test_without_timing_nothing_is_saved(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = bench("--sizes=10", f"--reports={tmp_path}", *options, only=False)
    assert result.returncode == 0, result.stdout
    assert list(tmp_path.iterdir()) == []


def test_stock_options_keep_working(tmp_path: Path) -> None:
    stock = (f"--benchmark-storage={tmp_path / 's'}", "--benchmark-save=base")
    tiny = ("--sizes=10", "--backends=numpy", "--runs=2", "--benchmark-max-time=0.01")
    bench(*tiny, *stock, f"--reports={tmp_path}")
    assert len(list((tmp_path / "s").rglob("*.json"))) == 1
    result = bench(
        *tiny, f"--benchmark-storage={tmp_path / 's'}", "--benchmark-compare=0001",
        "--benchmark-min-rounds=7", f"--reports={tmp_path}",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    assert "Comparing against benchmarks from" in result.stdout
    assert "Rounds" in result.stdout  # the stock table, since a stock option was used
    assert load(run_paths(tmp_path)[-1])["benchmarks"][0]["options"]["min_rounds"] == 7


def test_float32_is_an_axis_and_lists_say_that_they_have_none(tmp_path: Path) -> None:
    result = bench(
        "--sizes=10,1000", "--backends=python,numpy", "--dtypes=float64,float32", "--runs=2",
        "--benchmark-max-time=0.02", f"--reports={tmp_path}",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    timed = {benchmark["param"] for benchmark in load(run_paths(tmp_path)[0])["benchmarks"]}
    assert {"numpy-10-float32", "ceiling-one-1000-float32", "python-10"} <= timed
    said = " ".join(result.stdout.split())
    assert "(python-10-float32, python-1000-float32): it computes in float64 only." in said
    assert "NumPy, vectorized in float32 is" in (tmp_path / "verdict.md").read_text("utf-8")
    assert "numpy,true,1000,1,float32,2," in (tmp_path / "results.csv").read_text()


def test_a_visit_that_is_left_out_leaves_the_others_going(tmp_path: Path) -> None:
    """Lists have no float32, so their later visits are not made; with this seed a read pass follows one."""
    result = bench(
        "--sizes=442", "--features=10", "--backends=python,numpy", "--dtypes=float64,float32", "--runs=1",
        "--benchmark-max-time=0.01", "-q", f"--reports={tmp_path}",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    run = load(run_paths(tmp_path)[0])
    visits = [benchmark["extra_info"]["visits"] for benchmark in run["benchmarks"]]
    assert [len(counts) for counts in visits] == [3] * 7


def test_a_wrong_backend_is_reported_and_its_time_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "wrong", WRONG_BACKEND)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = bench(
        "--sizes=10", "--backends=wrong,numpy", "--runs=2", "--benchmark-max-time=0.01",
        f"--reports={tmp_path}",
    )  # fmt: skip
    assert result.returncode == 1
    assert "wrong on 10, 10 epochs: the loss differs first at epoch 5" in result.stdout
    runs = [load(path) for path in run_paths(tmp_path)]
    for run in runs:
        timed = {bench["param"] for bench in run["benchmarks"]}
        assert timed == {"numpy-10", "ceiling-one-10", "ceiling-all-10"}
        assert not any("wrong" in name for name in timed)
    assert all("the loss differs first" in run["npfs"]["failed"]["wrong-10"] for run in runs)
    assert "wrong-10 failed: ConformanceError: wrong on 10, 10 epochs" in result.stdout


def test_nothing_timed_is_said_with_the_reason(tmp_path: Path) -> None:
    result = bench("--sizes=999999999999999999", "--backends=numpy", f"--reports={tmp_path}")
    assert "Nothing was timed." in result.stdout
    assert "numpy-999999999999999999: it needs up to" in result.stdout
    assert not list((tmp_path / "runs").rglob("*.*"))


def test_a_report_that_cannot_be_written_keeps_the_runs(tmp_path: Path) -> None:
    (tmp_path / "verdict.md").mkdir()
    result = bench(
        "--sizes=10", "--backends=numpy", "--runs=1", "--benchmark-max-time=0.01",
        f"--reports={tmp_path}",
    )  # fmt: skip
    assert "but the report could not be written" in result.stdout
    assert "Traceback" not in result.stdout
    assert len(run_paths(tmp_path)) == 1


def test_tests_beside_the_bench_all_run() -> None:
    result = bench(
        "tests/test_conformance.py", "--benchmark-disable", "--sizes=10", "--backends=numpy",
        "-k=norris or bench_", only=False, whole=True,
    )  # fmt: skip
    norris = len(load_all()[0])
    # a fit, two read passes, a first call, two conversions, instructions, layout, a survey; memory has nothing to see
    assert f"{norris + 9} passed, 1 skipped" in result.stdout


def test_what_is_compiled_for_each_number_of_epochs_is_compiled_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call for a number of epochs sleeps for 0.2 s, as a compiler would."""
    install(
        tmp_path,
        "jit",
        WRONG_BACKEND.replace("wrong", "jit")
        .replace("1e-6", "0")
        .replace(
            "    result =",
            "    import time\n    time.sleep(0.2 * (epochs not in SEEN))\n    SEEN.add(epochs)\n    result =",
        )
        + "\nSEEN = set()\n",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bench("--sizes=1000", "--backends=jit", "--runs=1", "-k=bench_fit", f"--reports={tmp_path}")
    [run] = run_paths(tmp_path)
    [benchmark] = load(run)["benchmarks"]
    assert benchmark["stats"]["rounds"] > 20


WRONG_BACKEND = """
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

def fit(data, epochs, learning_rate):
    result = numpy_vectorized.fit(data, epochs, learning_rate)
    losses = [loss * (1 + 1e-6 * (epoch >= 5)) for epoch, loss in enumerate(result.loss_history)]
    return result._replace(loss_history=losses)

BACKEND = Backend("wrong", "Wrong after five epochs", numpy_vectorized.prepare, fit)
"""
