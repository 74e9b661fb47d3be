"""What comes once, as people measure it: real processes, tiny cases."""

import csv
import json
from pathlib import Path
from typing import Any

from tests.bench.plug_in import install
from tests.bench.test_bench import bench, load, run_paths

TWO = ("python", "numba")


def of_kind(run: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {b["param"]: b["extra_info"] for b in run["benchmarks"] if kind in b["extra_info"]}


def test_what_comes_once_end_to_end(tmp_path: Path) -> None:
    result = bench(
        "--sizes=1e5", f"--backends={','.join(TWO)}", "--runs=2", "--benchmark-max-time=0.01",
        "-k=not ceiling", f"--reports={tmp_path}", whole=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    first, second = map(load, run_paths(tmp_path))
    warm = {f"first-call-{name}-warm" for name in TWO}
    assert of_kind(first, "first_call").keys() == {*warm, "first-call-numba-cold"}
    assert of_kind(second, "first_call").keys() == warm
    for name in warm:
        [whole_s] = next(b for b in first["benchmarks"] if b["param"] == name)["stats"]["data"]
        info = of_kind(first, "first_call")[name]
        assert 0 < info["interpreter_s"] + info["import_s"] + info["first_fit_s"] < whole_s
    memory = of_kind(first, "memory")
    assert memory.keys() == {f"memory-{name}" for name in TWO}
    for info in memory.values():
        assert [entry["n_samples"] for entry in info["sizes"]] == [100_000]
        assert info["sizes"][0]["held_bytes"] > 1_000_000
    assert not of_kind(second, "memory")
    counted = of_kind(first, "instructions")
    assert {info["instructions"]: info["counts"][0][0] for info in counted.values()} == {
        "python": 10,
        "numba": 10,
    }
    assert of_kind(first, "layout").keys() == {"layout"}
    assert not of_kind(second, "instructions")
    assert not of_kind(second, "layout")
    for run in (first, second):
        assert run["npfs"]["backends"]["python"]["installed_bytes"] == {}
        assert run["npfs"]["backends"]["numba"]["lines_of_code"] > 20
    assert of_kind(second, "conversion").keys() == {"to_array-100000", "to_lists-100000"}
    assert all(info["prepare_s"] > 0 for info in of_kind(second, "backend").values())
    assert first["npfs"]["skipped"] == second["npfs"]["skipped"] == {}
    assert "## What comes once" in (tmp_path / "verdict.md").read_text(encoding="utf-8")
    rows = list(csv.DictReader((tmp_path / "first_call.csv").read_text().splitlines()))
    assert {row["backend"] for row in rows} == {*TWO, ""}


def test_a_bench_that_only_the_first_run_has_can_be_chosen_alone(tmp_path: Path) -> None:
    result = bench(
        "--sizes=1e5",
        "--backends=numpy",
        "--runs=2",
        "-k=memory",
        f"--reports={tmp_path}",
        whole=True,
    )
    assert result.returncode == 0, result.stdout
    [run] = run_paths(tmp_path)
    assert [b["param"] for b in load(run)["benchmarks"]] == ["memory-numpy"]
    assert "Traceback" not in result.stdout


def test_a_first_call_that_fails_is_named_and_the_rest_is_timed(
    tmp_path: Path, monkeypatch: Any
) -> None:
    """The backend loads in the process of the bench, and refuses to in a fresh one."""
    install(
        tmp_path,
        "picky",
        "import sys\n"
        "if 'pytest' not in sys.modules: raise RuntimeError('no licence')\n"
        "from npfs.backends.base import Backend\n"
        "from npfs.backends.numpy_vectorized import prepare, fit\n"
        "BACKEND = Backend('picky', 'Picky', prepare, fit)\n",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = bench(
        "--sizes=10", "--backends=picky,numpy", "--runs=1", "--benchmark-max-time=0.01", "-k=not ceiling",
        f"--reports={tmp_path}", whole=True,
    )  # fmt: skip
    assert result.returncode == 1
    [path] = run_paths(tmp_path)
    run = json.loads(path.read_text())
    assert of_kind(run, "first_call").keys() == {"first-call-numpy-warm"}
    assert "picky-10" in of_kind(run, "backend")
    assert run["npfs"]["failed"].keys() == {"first-call-picky-warm-1000", "instructions-picky-1000"}
    assert all(why.endswith("RuntimeError: no licence") for why in run["npfs"]["failed"].values())
    assert (
        "first-call-picky-warm-1000 failed: ProbeFailed: the fresh process ended" in result.stdout
    )
