"""The main job end to end: what its two runs recorded, what it printed, what it wrote."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_run, read_runs
from npfs.backends.registry import backend_names, load_all
from tests.bench.commands import FIT, Job, bench, probed, run_paths, timed

SIZES = (10, 100_000)
BACKENDS, _ = load_all(backend_names(also_if_named=False))
NAMES = {*BACKENDS, "array"}  # of which one is a plug-in
REPETITIONS = 6
READS = ("read-one", "read-all")


def of_group(run: dict[str, Any], group: str) -> dict[str, dict[str, Any]]:
    infos = {benchmark["param"]: benchmark["extra_info"] for benchmark in run["benchmarks"]}
    return {name: info for name, info in infos.items() if info["group"] == group}


def test_every_case_is_timed_in_an_order_of_its_own(main_job: Job) -> None:
    first, second = main_job.runs
    ids = {f"{name}-{n}" for name in (*NAMES, *READS) for n in SIZES}
    for run in (first, second):
        done = timed(run)
        order = run["npfs"]["order"]
        assert ids <= done <= set(order)
        passes = [order[k : k + len(set(order))] for k in range(0, len(order), len(set(order)))]
        assert set(passes[0]) == set(order)  # each case once, before any a second time
        for benchmark in run["benchmarks"]:
            if benchmark["param"] not in ids:
                continue
            what = "cores" if "read" in benchmark["name"] else "backend"
            assert benchmark["params"].keys() == {what, "n_samples", "n_features", "dtype"}
            assert len(benchmark["stats"]["data"]) == benchmark["stats"]["rounds"] >= REPETITIONS
            info = benchmark["extra_info"]
            assert info["id"] == benchmark["param"]
            assert info["wall_s"] >= info["timed_s"] > 0
            assert len(info["repetitions"]) == order.count(info["id"]) == REPETITIONS
            assert sum(info["repetitions"]) == benchmark["stats"]["rounds"]
            assert benchmark["stats"]["max"] == max(benchmark["stats"]["data"])
    assert first["npfs"]["job"] == second["npfs"]["job"]
    assert first["npfs"]["order"] != second["npfs"]["order"]


def test_a_call_that_is_no_small_part_of_a_fit_is_told_from_its_epochs(main_job: Job) -> None:
    for run in main_job.runs:
        fits = of_group(run, "fit")
        more = {name: info for name, info in fits.items() if name.startswith("more-epochs-")}
        assert "more-epochs-numba-10" in more
        assert "more-epochs-python-100000" not in fits  # a call of lists is negligible
        for info in more.values():
            assert info["params"]["epochs"] == info["epochs"] >= 100
            assert 1 <= len(info["prepare_s"]) <= len(info["repetitions"]) == 5
        assert "more-epochs" not in " ".join(run["npfs"]["skipped"])


def test_a_slow_fit_is_timed_by_fewer_epochs_in_every_run(main_job: Job) -> None:
    timed = set()
    for run in main_job.runs:
        fits = of_group(run, "fit")
        timed.add(fits["python-100000"]["epochs"])
        assert fits["python-10"]["epochs"] == run["npfs"]["epochs"] == 10
    [epochs] = timed  # one, or a few where other programs hold up the probe of a call
    assert 1 <= epochs < 10
    pooled = Evidence(read_runs(main_job.reports / "runs"))
    one = next(case for case in pooled.runs[0].cases if str(case) == "python-100000")
    assert one.seconds == pytest.approx(10 / epochs * min(one.of_repetitions))


def test_every_backend_learns_the_slope(main_job: Job) -> None:
    lessons = main_job.runs[0]["npfs"]["learning"]["backends"]
    slopes = {name: lesson["lines"][-1][1] for name, lesson in lessons.items()}
    assert slopes.keys() == NAMES
    assert list(slopes.values()) == pytest.approx([3] * len(NAMES), abs=0.2)


def test_the_users_own_file_is_that_of_this_process_with_our_key(main_job: Job) -> None:
    path = main_job.reports.with_name("own.json")
    own, first = read_run(path), main_job.runs[0]["npfs"]
    assert (own.number, len(own.probes)) == (first["run"], len(first["probes"]))
    [case] = [case for case in own.cases if str(case) == "numpy-10"]
    assert case.repetitions == REPETITIONS


def test_it_ends_with_the_report(main_job: Job) -> None:
    for part in ("Time to result", "2 runs in fresh processes", "index.html", "in timed rounds"):
        assert part in main_job.output
    assert (main_job.reports / "hero.svg").is_file()


def test_startup_is_in_each_run_and_what_hardly_varies_in_the_first(main_job: Job) -> None:
    first, second = main_job.runs
    warm = {f"startup-{name}-warm" for name in NAMES}
    compiled = {name for name, backend in BACKENDS.items() if backend.cache_variable}
    cold = {f"startup-{name}-cold" for name in compiled}
    assert "startup-numba-cold" in cold
    assert probed(first, "startup").keys() == warm | cold
    assert probed(second, "startup").keys() == warm
    for info in probed(first, "startup").values():
        parts = info["startup"]
        assert 0 < parts["interpreter_s"] + parts["import_s"] + parts["first_fit_s"] < 60
    memory = probed(first, "memory")
    assert memory.keys() == {f"memory-{name}" for name in NAMES}
    for info in memory.values():
        [entry] = info["memory"]
        assert entry["size"]["n_samples"] == 100_000
        assert entry["held_bytes"] > 1_000_000
    counted = probed(first, "instructions")
    assert counted.keys() == {f"instructions-{name}" for name in NAMES}
    assert all(info["instructions"]["counts"][0][0] == 10 for info in counted.values())
    assert probed(first, "layout").keys() == {"layout"}
    for group in ("memory", "instructions", "layout"):
        assert not probed(second, group)
    for run in (first, second):
        assert run["npfs"]["backends"]["python"]["installed_bytes"] == {}
        assert run["npfs"]["backends"]["numba"]["fit_lines"] == 20
    directions = {f"{way}-{n}" for way in ("to_array", "to_lists") for n in SIZES}
    assert of_group(second, "conversion").keys() == directions
    assert all(min(info["prepare_s"]) > 0 for info in of_group(second, "fit").values())
    assert "run 2 of 2" in main_job.output
    verdict = (main_job.reports / "verdict.md").read_text(encoding="utf-8")
    assert "Startup, memory and code" in verdict
    rows = list(csv.DictReader((main_job.reports / "startup.csv").read_text().splitlines()))
    assert {row["backend"] for row in rows} == {*NAMES, ""}


def test_a_second_job_adds_runs_and_a_foreign_file_is_named(main_job: Job, tmp_path: Path) -> None:
    shutil.copytree(main_job.reports / "runs", tmp_path / "runs")
    foreign = tmp_path / "runs" / "foreign.json"
    foreign.write_text("{}")
    result = bench(
        "--sizes=10", "--backends=numpy", "--runs=1", "--npfs-repetitions=2",
        f"--reports={tmp_path}", files=FIT,
    )  # fmt: skip
    assert result.returncode == 0
    assert len(run_paths(tmp_path)) == 4
    assert json.loads(run_paths(tmp_path)[2].read_text())["npfs"]["run"] == 3
    assert "foreign.json was left out: was not written by npfs" in result.stdout
    assert "3 runs in fresh processes" in result.stdout
    assert foreign.read_text() == "{}"
