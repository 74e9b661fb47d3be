"""Run files of schema 1: by hand, and those of the committed reference."""

import copy
import json
import statistics
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.runs import (
    NotARun,
    RunRecord,
    backend_of,
    parse_run,
    read_runs,
    size_of,
)
from npfs.schema import ClusterEpoch, Instructions, Memory, Size, Startup, ZeroCopy
from tests import run_files

OLD_RUNS = Path(__file__).parent / "old_runs"  # two of schema 1, in part
SIZE = {"n_samples": 10, "n_features": 3, "dtype": "float64"}


def benchmark(rounds: list[float], **info: Any) -> dict[str, Any]:
    return {"name": "bench", "extra_info": info, "stats": {"data": rounds}}


MEMORY = {**SIZE, "held_bytes": 5, "peak_bytes": None, "reason": "hidden"}
PARTS = {"workers": 2, "epoch_s": 0.108, "compute_s": 0.1, "communication_s": 0.002}
LIST = {"bytes_in_list": 8.0, "bytes_of_number": 24, "gap_bytes": 32, "gap_share": 0.99}
ARRAY = {"bytes_of_number": 8, "stride_bytes": 16, "contiguous": False}
HANDED = {
    "torch": {"shares": True, "reason": "", "version": "2.0"},
    "jax": {"shares": None, "reason": "not installed", "version": None},
}
STARTUP = {"interpreter_s": 0.1, "import_s": 0.2, "first_fit_s": 0.3, "second_fit_s": 0.05}
BENCHMARKS = [
    benchmark([3, 4, 1, 2, 9], backend="numpy", **SIZE, timed_s=0.5, visits=[2, 3], prepare_s=0.1),
    benchmark([20.0], ceiling="one", passes=10, source="r", **SIZE, timed_s=0.1, wall_s=0.4),
    benchmark([1.0, 2.0, 9.0], conversion="to_array", **SIZE, timed_s=0.1),
    benchmark([1.0], first_call="numpy", cache="cold", epochs=10, **SIZE, **STARTUP, timed_s=1.0),
    benchmark([1.0], memory="numpy", sizes=[MEMORY], timed_s=1.0),
    benchmark([1.0], instructions="numpy", counts=[[10, 300], [1000, 29_010]], timed_s=1.0),
    benchmark([1.0], layout={"list": LIST, "array": ARRAY}, hand_over=HANDED, timed_s=1.0),
    benchmark([1.0], cluster="dask", **SIZE, parts=[{**PARTS, "scheduling_s": 0.006}], timed_s=1.0),
    benchmark([1.0], survey="numpy", sizes=[], timed_s=1.0),
    benchmark([0.0], somebody="else"),
]
SNAPSHOT = {"at_s": 1.0, "process_s": 2.0, "cpu_s": None, "threads_meet_s": 1e-6}


def document(**ours: Any) -> dict[str, Any]:
    made = run_files.document({})
    made["benchmarks"] = copy.deepcopy(BENCHMARKS)
    backend = {"title": "NumPy", "same_work": True, "note": "", "source": "abc"}
    planned = {"runs": "3", "visits": "2"}
    made["npfs"] |= {"schema": 1, "backends": {"numpy": backend}, "planned": planned}
    made["npfs"] |= {"load": {"before": SNAPSHOT}, "learning": {}, **ours}
    return made


def read(content: dict[str, Any]) -> RunRecord:
    return parse_run(Path("run.json"), json.dumps(content).encode())


def test_every_kind_of_case_is_read() -> None:
    run = read(document())
    [fit], [a_pass], [conversion] = run.cases, run.reads, run.conversions
    assert (fit.backend, fit.size, fit.source, str(fit)) == (
        "numpy", Size(10, 3), "abc", "numpy-10x3",
    )  # fmt: skip
    assert (fit.seconds, fit.rounds, fit.repetitions, fit.wall_s) == (2, 5, 2, 0.5)
    assert fit.case.prepare_s == (0.1,)
    assert (a_pass.backend, a_pass.seconds, a_pass.source, a_pass.wall_s) == ("one", 2, "r", 0.4)
    assert str(a_pass) == "read-one-10x3"
    assert (conversion.backend, conversion.seconds) == ("to_array", 2.0)
    startup, memory, counted, looked_at, cluster = run.all_cases[3:]
    assert (backend_of(startup), startup.params["cache"], startup.source) == (
        "numpy", "cold", "abc",
    )  # fmt: skip
    assert (size_of(startup), startup.startup) == (Size(10, 3), Startup(0.1, 0.2, 0.3, 0.05))
    assert backend_of(memory) == "numpy"
    assert memory.memory == (Memory(Size(10, 3), 5, None, "hidden"),)
    assert counted.instructions == Instructions(((10, 300), (1000, 29_010)))
    assert cluster.cluster == (ClusterEpoch(Size(10, 3), 2, 0.108, 0.1, 0.002, 0.006),)
    layout = looked_at.layout
    assert layout is not None
    assert (layout.list_bytes, layout.stride_bytes, layout.is_contiguous) == (32, 16, False)
    assert layout.zero_copy == (
        ZeroCopy("torch", True, "2.0"),
        ZeroCopy("jax", None, reason="not installed"),
    )
    assert run.timed_s == pytest.approx(0.5 + 0.1 + 0.1 + 5)


def test_the_run_is_read() -> None:
    run = read(document())
    assert run.planned == {"runs": "3", "repetitions": "2"}
    assert run.learning is None
    assert run.load.before is not None
    assert (run.load.before.thread_sync_s, run.load.after) == (1e-6, None)
    assert run.backends["numpy"].installed is None


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        ({"backends": {"numpy": {}}}, "lacks the field 'source'"),
        ({"backends": 3}, "is damaged"),
        ({"epochs": 0}, "`int` >= 1"),
        ({"learning": {"y": [1]}}, "missing required field `x`"),
    ],
)
def test_damaged_files_are_named(spoiled: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotARun, match=reason):
        read(document(**spoiled))


def test_runs_of_schema_1_are_read_whole() -> None:
    """The numbers of its cases are those of its rounds, reckoned here from the files."""
    found = read_runs(OLD_RUNS)
    assert (len(found.runs), found.rejected) == (2, ())
    for run in found.runs:
        of_file = json.loads(run.path.read_text(encoding="utf-8"))
        expected = {}
        for one in of_file["benchmarks"]:
            rounds, parts = iter(one["stats"]["data"]), one["extra_info"]["visits"]
            if "backend" in one["extra_info"]:
                medians = [statistics.median([next(rounds) for _ in range(n)]) for n in parts]
                expected[one["param"]] = min(medians)
        assert {str(case): case.seconds for case in run.cases} == expected
        assert run.learning is not None
    cases = found.runs[0].all_cases
    assert [case.id for case in cases if case.layout] == ["layout"]
    assert sum(len(case.memory) for case in cases) > 50
