"""The main job end to end: what its two runs recorded, what it printed, what it wrote."""

import csv
import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from npfs.backends.registry import backend_names, load_all
from tests.bench.commands import ALIKE, FIT, Job, bench, load, run_paths, timed

SIZES = (10, 100_000)
BACKENDS, _ = load_all(backend_names(also_if_named=False))
NAMES = {*BACKENDS, "array"}  # of which one is a plug-in
LOOKED_AT = NAMES - set(ALIKE)
READS = ("read-one", "read-all")


def of_group(run: dict[str, Any], group: str) -> dict[str, dict[str, Any]]:
    infos = {benchmark["param"]: benchmark["extra_info"] for benchmark in run["benchmarks"]}
    return {name: info for name, info in infos.items() if info["group"] == group}


def test_every_case_is_timed_in_an_order_of_its_own(main_job: Job) -> None:
    first, second = main_job.runs
    ids = {f"{name}-{n}" for name in (*NAMES, *READS) for n in SIZES}
    for run in (first, second):
        done = [bench["param"] for bench in run["benchmarks"]]
        order = run["npfs"]["order"]
        assert done == [name for name in order if name in done]
        assert ids <= set(done)
        assert {f"{name}{number}" for name in ids for number in ("", "~2", "~3")} <= set(order)
        for benchmark in run["benchmarks"]:
            if benchmark["param"] not in ids:
                continue
            what = "cores" if "read" in benchmark["name"] else "backend"
            assert benchmark["params"].keys() == {what, "n_samples", "n_features", "dtype"}
            assert len(benchmark["stats"]["data"]) == benchmark["stats"]["rounds"] >= 3
            assert benchmark["extra_info"]["wall_s"] >= benchmark["extra_info"]["timed_s"] > 0
            assert len(benchmark["extra_info"]["repetitions"]) == 3
            assert sum(benchmark["extra_info"]["repetitions"]) == benchmark["stats"]["rounds"]
            assert benchmark["stats"]["max"] == max(benchmark["stats"]["data"])
    assert first["npfs"]["job"] == second["npfs"]["job"]
    assert first["npfs"]["order"] != second["npfs"]["order"]


def test_a_call_that_is_no_small_part_of_a_fit_is_told_from_its_epochs(main_job: Job) -> None:
    for run in main_job.runs:
        fits = of_group(run, "fit")
        more = {name: info for name, info in fits.items() if info["epochs"] != 10}
        assert "more-epochs-numba-10" in more
        assert more.keys() <= {f"more-epochs-{name}-{n}" for name in NAMES for n in SIZES}
        for info in more.values():
            assert info["params"]["epochs"] == info["epochs"] >= 100
            assert len(info["prepare_s"]) == len(info["repetitions"]) == 3


def test_a_repetition_that_is_left_out_leaves_the_others_going(main_job: Job) -> None:
    """A call of lists is negligible: such a repetition is not made, and one of a fit follows."""
    for run in main_job.runs:
        done = {benchmark["param"] for benchmark in run["benchmarks"]}
        assert "more-epochs-python-100000" not in done
        assert any(
            before.startswith("more-epochs-python-100000") and after.partition("~")[0] in done
            for before, after in pairwise(run["npfs"]["order"])
        )


def test_every_backend_learns_the_slope(main_job: Job) -> None:
    lessons = main_job.runs[0]["npfs"]["learning"]["backends"]
    slopes = {name: lesson["lines"][-1][1] for name, lesson in lessons.items()}
    assert slopes.keys() == NAMES
    assert list(slopes.values()) == pytest.approx([3] * len(NAMES), abs=0.2)


def test_the_users_own_file_is_that_of_this_process_with_our_key(main_job: Job) -> None:
    own = load(main_job.reports.with_name("own.json"))
    assert own["npfs"]["run"] == main_job.runs[0]["npfs"]["run"]


def test_it_ends_with_the_report(main_job: Job) -> None:
    assert "Why NumPy" in main_job.output
    assert "index.html" in main_job.output
    assert "inside timed rounds" in main_job.output
    assert (main_job.reports / "time.svg").is_file()


def test_what_comes_once_is_in_each_run_or_in_the_first(main_job: Job) -> None:
    first, second = main_job.runs
    warm = {f"startup-{name}-warm" for name in LOOKED_AT}
    compiled = {name for name, backend in BACKENDS.items() if backend.cache_variable}
    cold = {f"startup-{name}-cold" for name in compiled & LOOKED_AT}
    assert "startup-numba-cold" in cold
    assert of_group(first, "startup").keys() == warm | cold
    assert of_group(second, "startup").keys() == warm
    for name in warm:
        [whole_s] = next(b for b in first["benchmarks"] if b["param"] == name)["stats"]["data"]
        info = of_group(first, "startup")[name]["startup"]
        assert 0 < info["interpreter_s"] + info["import_s"] + info["first_fit_s"] < whole_s
    memory = of_group(first, "memory")
    assert memory.keys() == {f"memory-{name}" for name in LOOKED_AT}
    for info in memory.values():
        [entry] = info["memory"]
        assert entry["size"]["n_samples"] == 100_000
        assert entry["held_bytes"] > 1_000_000
    counted = of_group(first, "instructions")
    assert counted.keys() == {f"instructions-{name}" for name in LOOKED_AT}
    assert all(info["instructions"]["counts"][0][0] == 10 for info in counted.values())
    assert of_group(first, "layout").keys() == {"layout"}
    for group in ("memory", "instructions", "layout"):
        assert not of_group(second, group)
    for run in (first, second):
        assert run["npfs"]["backends"]["python"]["installed_bytes"] == {}
        assert run["npfs"]["backends"]["numba"]["lines_of_code"] > 20
    directions = {f"{way}-{n}" for way in ("to_array", "to_lists") for n in SIZES}
    assert of_group(second, "conversion").keys() == directions
    assert all(min(info["prepare_s"]) > 0 for info in of_group(second, "fit").values())
    verdict = (main_job.reports / "verdict.md").read_text(encoding="utf-8")
    assert "## What comes once" in verdict
    rows = list(csv.DictReader((main_job.reports / "first_call.csv").read_text().splitlines()))
    assert {row["backend"] for row in rows} == {*LOOKED_AT, ""}


def test_a_second_job_adds_runs_and_a_foreign_file_is_named(main_job: Job, tmp_path: Path) -> None:
    shutil.copytree(main_job.reports / "runs", tmp_path / "runs")
    foreign = tmp_path / "runs" / "foreign.json"
    foreign.write_text("{}")
    result = bench(
        "--sizes=10", "--backends=numpy", "--runs=1", "--benchmark-max-time=0.01",
        f"--reports={tmp_path}", files=FIT,
    )  # fmt: skip
    assert result.returncode == 0
    assert len(run_paths(tmp_path)) == 4
    assert json.loads(run_paths(tmp_path)[2].read_text())["npfs"]["run"] == 3
    assert "foreign.json was left out: was not written by npfs" in result.stdout
    assert "3 runs, each a fresh process" in result.stdout
    assert foreign.read_text() == "{}"


def test_a_bench_that_only_the_first_run_has_can_be_chosen_alone(tmp_path: Path) -> None:
    options = ("--sizes=1e5", "--backends=numpy", "--runs=2", "-k=memory")
    result = bench(*options, f"--reports={tmp_path}", files=("bench",))
    assert result.returncode == 0, result.stdout
    [run] = map(load, run_paths(tmp_path))
    assert timed(run) == {"memory-numpy"}
    assert "Traceback" not in result.stdout
