import json
import math
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence, pool
from npfs.analysis.runs import NotARun, RunRecord, parse_run, read_run, read_runs
from npfs.schema import Size
from tests import run_files

ONE = {("numpy", 1000, 1): 2.0}


def test_a_run_is_read(tmp_path: Path) -> None:
    [path] = run_files.write(tmp_path, [run_files.document(ONE, number=7)])
    run = read_run(path)
    assert (run.number, run.epochs, run.backends["numpy"].title) == (7, 10, "NumPy")
    [case] = run.cases
    assert (case.backend, case.size) == ("numpy", Size(n_features=1, n_samples=1000))
    assert case.seconds == 2.0  # the median of 1.8, 2 and 10
    assert case.rounds == 3


def test_runs_are_in_the_order_of_time(tmp_path: Path) -> None:
    documents = [run_files.document(ONE, number=n) for n in (3, 1, 2)]
    run_files.write(tmp_path, documents)
    assert [run.number for run in read_runs(tmp_path).runs] == [1, 2, 3]


def without(*keys: str) -> dict[str, Any]:
    content = run_files.document(ONE)
    place = content
    for key in keys[:-1]:
        place = place[key][0] if key == "benchmarks" else place[key]
    del place[keys[-1]]
    return content


def with_times(*times: Any) -> dict[str, Any]:
    content = run_files.document(ONE)
    content["benchmarks"][0]["stats"]["data"] = list(times)
    return content


def with_passes(passes: int) -> dict[str, Any]:
    content = run_files.document(ONE)
    content["benchmarks"][0]["extra_info"]["passes"] = passes
    return content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is not valid JSON"),
        (json.dumps(run_files.document(ONE))[:-40], "is not valid JSON"),
        ("[1, 2]", "was not written by npfs"),
        ('{"benchmarks": []}', "was not written by npfs"),
        (
            json.dumps(run_files.document(ONE, schema=4)),
            "has schema 4, this version .* update npfs",
        ),
        ('{"npfs": ' + "9" * 5000 + "}", "is not valid JSON"),
        (json.dumps(without("npfs", "timing")), "missing required field `timing`"),
        (json.dumps(without("npfs", "environment")), "missing required field `environment`"),
        (json.dumps(without("benchmarks", "stats")), "missing required field `stats`"),
        (json.dumps(with_times()), "`array` of length >= 1"),
        (json.dumps(with_times(1.0, math.nan)), "is not valid JSON"),
        (json.dumps(with_times(1.0, -1.0)), "`float` > 0.0 - at .*stats.data"),
        (json.dumps(with_times("1")), "Expected `float`, got `str`"),
        (
            json.dumps(run_files.document(ONE, started=None, wall_s=None)),
            "Expected `str`, got `null`",
        ),
        (json.dumps(run_files.document(ONE, run="abc")), "Expected `int`, got `str`"),
        (json.dumps(run_files.document(ONE, learning={"y": [1]})), "missing required field `x`"),
        (json.dumps(run_files.document(ONE, environment={"cpu": 1})), "is damaged: "),
        (json.dumps(run_files.document({("numpy", 0, 1): 1.0})), "`int` >= 1 - at `..n_samples`"),
        (json.dumps(run_files.document({("numpy", 10**400, 1): 1.0})), "`int` <= 1000000000000000"),
        (json.dumps(run_files.document(ONE, epochs=0)), "`int` >= 1 - at `..npfs.epochs`"),
        (
            json.dumps(run_files.document(ONE, planned={"runs": "1e1"})),
            "is damaged: invalid literal",
        ),
        (json.dumps(with_passes(0)), "`int` >= 1 - at .*passes"),
        (json.dumps(with_passes(-1)), "`int` >= 1 - at .*passes"),
    ],
)
def test_what_is_no_run_is_named_and_the_rest_is_read(
    tmp_path: Path, content: str, reason: str
) -> None:
    run_files.write(tmp_path, [run_files.document(ONE)])
    bad = tmp_path / "runs" / "bad.json"
    bad.write_text(content)
    with pytest.raises(NotARun, match=reason):
        read_run(bad)
    folder = read_runs(tmp_path)
    assert len(folder.runs) == 1
    assert [path for path, _ in folder.rejected] == [bad]
    assert bad.read_text() == content


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    [(path, reason)] = read_runs(tmp_path).rejected
    assert path.name == "folder.json"
    assert reason.startswith("cannot be read: Is a directory")


def test_what_is_too_large_to_be_a_run_is_named_without_reading_it(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(100 * 10**6)
    [(path, reason)] = read_runs(tmp_path).rejected
    assert path == large
    assert reason == "is 100 MB large, which no run file is: at most 50 MB are read"


def test_a_clock_that_was_set_back_does_not_change_which_run_is_the_newest(tmp_path: Path) -> None:
    times = {1: "2026-01-01T12:00:00", 2: "2026-01-01T12:05:00", 3: "2026-01-01T11:00:00"}
    run_files.write(
        tmp_path, [run_files.document(ONE, number, started=at) for number, at in times.items()]
    )
    assert [run.number for run in read_runs(tmp_path).runs] == [1, 2, 3]


def test_runs_of_two_machines_are_sorted_by_time(tmp_path: Path) -> None:
    other = {**run_files.ENVIRONMENT, "machine": "other"}
    documents = [
        run_files.document(ONE, 1, started="2026-01-02"),
        run_files.document(ONE, 2, started="2026-01-01", environment=other),
        run_files.document(ONE, 3, started="2026-01-03", environment=other),
    ]
    run_files.write(tmp_path, documents)
    assert [run.number for run in read_runs(tmp_path).runs] == [2, 1, 3]


def test_the_number_of_a_case_is_the_median_of_its_least_disturbed_repetition(
    tmp_path: Path,
) -> None:
    content = with_times(5.0, 1.0, 9.0, 2.0, 4.0, 3.0, 3.5)
    content["benchmarks"][0]["extra_info"]["repetitions"] = [3, 2, 2]
    path = tmp_path / "run.json"
    path.write_text(json.dumps(content))
    assert read_run(path).cases[0].seconds == 3.0  # of 5, 3 and 3.25
    content["benchmarks"][0]["extra_info"]["repetitions"] = [3, 2]
    path.write_text(json.dumps(content))
    with pytest.raises(NotARun, match="do not add up to 7 rounds"):
        read_run(path)


def test_a_copy_is_not_a_second_run(tmp_path: Path) -> None:
    [path] = run_files.write(tmp_path, [run_files.document(ONE)])
    (tmp_path / "runs" / "zcopy.json").write_bytes(path.read_bytes())
    folder = read_runs(tmp_path)
    assert len(folder.runs) == 1
    assert [reason for _, reason in folder.rejected] == [f"is a copy of {path.name}"]


def test_no_folder_is_no_run(tmp_path: Path) -> None:
    assert read_runs(tmp_path / "absent").runs == ()


IN_EFFECT: dict[str, Any] = {
    "container": {"cpu_quota": None, "memory_limit_bytes": None},
    "blas_in_effect": [{"library": "openblas", "architecture": "SkylakeX", "threads": 2}],
    "numba": {"threads": 2, "threading_layer": "omp"},
}


def pooled(tmp_path: Path, *environments: dict[str, Any]) -> tuple[list[int], list[str]]:
    """Numbers of the runs kept, and why others were left out; the last one is the newest."""
    documents = [
        run_files.document(ONE, number=k, environment=run_files.ENVIRONMENT | environment)
        for k, environment in enumerate(environments, 1)
    ]
    run_files.write(tmp_path, documents)
    kept, left_out = pool(read_runs(tmp_path).runs)
    return [run.number for run in kept], [why for _, why in left_out]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (
            {"blas_in_effect": [{"architecture": "Haswell", "threads": 2}]},
            "BLAS kernels: Haswell there, SkylakeX now",
        ),
        (
            {"blas_in_effect": [{"architecture": "SkylakeX", "threads": 1}]},
            "BLAS threads: 1 there, 2 now",
        ),
        ({"numba": {"threads": 1}}, "Numba threads: 1 there, 2 now"),
        (
            {"container": {"cpu_quota": 1.5}},
            "container's cores: 1.5 there, no limit now",
        ),
        ({"usable_cores": 1}, "usable cores: 1 there, 2 now"),
    ],
)
def test_what_matters_keeps_runs_apart(tmp_path: Path, other: dict[str, Any], why: str) -> None:
    assert pooled(tmp_path, IN_EFFECT | other, IN_EFFECT) == ([2], [why])


def test_a_file_of_before_is_read_and_kept_apart(tmp_path: Path) -> None:
    kept, [why] = pooled(tmp_path, {}, IN_EFFECT)
    assert kept == [2]
    assert "BLAS kernels: not recorded there, SkylakeX now" in why
    assert pooled(tmp_path, {}, {}) == ([1, 2], [])


def test_a_library_that_was_not_loaded_keeps_no_runs_apart(tmp_path: Path) -> None:
    without_numba = IN_EFFECT | {"numba": None}
    assert pooled(tmp_path, without_numba, IN_EFFECT) == ([1, 2], [])
    assert pooled(tmp_path, IN_EFFECT, without_numba) == ([1, 2], [])


def test_what_does_not_matter_keeps_no_runs_apart(tmp_path: Path) -> None:
    warm = IN_EFFECT | {"available_bytes": 1, "numba": {"threads": 2, "threading_layer": None}}
    assert pooled(tmp_path, warm, IN_EFFECT) == ([1, 2], [])


def test_a_time_beyond_all_bounds_ends_no_report(tmp_path: Path) -> None:
    documents = [
        run_files.document({("numpy", 10, 1): seconds, ("python", 10, 1): 1.0}, number)
        for number, seconds in enumerate((1e300, 1e-300, 1.0), start=1)
    ]
    run_files.write(tmp_path, documents)
    evidence = Evidence(read_runs(tmp_path))
    speedup = evidence.speedup("numpy", "python", Size(10, 1))
    assert speedup is not None
    assert not speedup.is_significant
    assert speedup.high == math.inf
    assert [s.interval.margin_of_error for s in evidence.speedups()] == [math.inf] * 2


def test_a_case_of_fewer_repetitions_counts_only_where_no_other_does(tmp_path: Path) -> None:
    documents = [
        run_files.document({("numpy", 10, 1): s, ("numba", 10, 1): s}, n)
        for n, s in ((1, 1.0), (2, 9.0))
    ]
    for number, rounds in ((0, [1, 1, 1]), (1, [1, 2])):
        documents[number]["benchmarks"][0]["extra_info"]["repetitions"] = rounds
    documents[1]["benchmarks"][1]["extra_info"]["repetitions"] = [1, 2]
    del documents[0]["benchmarks"][1]
    run_files.write(tmp_path, documents)
    seconds = Evidence(read_runs(tmp_path)).seconds
    assert seconds["numpy", Size(10, 1)].keys() == {0}
    assert seconds["numba", Size(10, 1)].keys() == {1}


def read(*once: dict[str, Any], **ours: Any) -> RunRecord:
    document = run_files.document({("numpy", 10, 1): 1.0}, once=once, **ours)
    return parse_run(Path("run.json"), json.dumps(document).encode())


def test_what_is_not_there_is_not_known() -> None:
    run = read()
    [case] = run.all_cases
    assert (case.instructions, case.layout, run.backends["numpy"].installed) == (None, None, None)


def test_instructions_are_counted_by_samples() -> None:
    record = (
        read(run_files.instructions("numpy", [[10, 300], [1000, 29_010]]))
        .all_cases[-1]
        .instructions
    )
    assert record is not None
    assert not record.is_constant
    assert record.per_sample == 29
    constant = (
        read(run_files.instructions("numpy", [[10, 300], [1000, 300]])).all_cases[-1].instructions
    )
    assert constant is not None
    assert constant.is_constant
    assert constant.per_sample == 0


def test_the_layout_adds_up_what_a_number_takes() -> None:
    layout = read(run_files.layout({"torch": True, "jax": None})).all_cases[-1].layout
    assert layout is not None
    assert (layout.list_bytes, layout.array_bytes, layout.stride_bytes) == (32, 8, 8)
    assert (layout.gap_bytes, layout.gap_share, layout.is_contiguous) == (32, 0.99, True)
    torch, jax = layout.zero_copy
    assert (torch.library, torch.shares, torch.version) == ("torch", True, "1.0")
    assert (jax.shares, jax.reason) == (None, "not installed")


def test_costs_are_read_where_they_are_recorded() -> None:
    backend = {"title": "NumPy", "same_work": True, "note": ""}
    costs = {"fit_lines": 41, "installed_bytes": {"numpy": 1000, "more": 24}}
    run = read(backends={"numpy": backend | costs})
    assert run.backends["numpy"].installed_bytes == 1024
    assert run.backends["numpy"].fit_lines == 41
    unread = read(backends={"numpy": backend | costs | {"fit_lines": None}})
    assert unread.backends["numpy"].fit_lines is None


def test_backends_that_are_not_installed_are_told_from_those_that_fail() -> None:
    why = {"jax": "it needs the package 'jax'", "c": "no compiler"}
    run = read(unavailable=why, not_installed=["jax"])
    assert (run.unavailable, run.not_installed) == (why, ("jax",))
    assert read(unavailable=why).not_installed == ()


@pytest.mark.parametrize(
    "counts", [[[10, 1]], [[10, 1], [10, 1]], [[10, 1], [5, 1]], "x", [[0, 1], [2, 1]]]
)
def test_odd_counts_are_no_run(counts: Any) -> None:
    with pytest.raises(NotARun):
        read(run_files.instructions("numpy", counts))


def test_odd_costs_are_no_run() -> None:
    backend = {"title": "NumPy", "same_work": True, "note": ""}
    with pytest.raises(NotARun, match="`int` >= 0"):
        read(backends={"numpy": backend | {"fit_lines": -1, "installed_bytes": {}}})


@pytest.mark.parametrize(
    "wrong",
    [{"rates": {"largest_stable": 1.0, "losses": [[0.1, [float("inf")]]]}}, {"scaling": {}}],
)
def test_an_odd_lesson_is_no_run(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotARun):
        read(learning=run_files.LEARNING | wrong)


@pytest.mark.parametrize(
    ("params", "seconds", "group"), [({}, 5.0, "cases"), ({"epochs": 2}, 1.0, "other_epochs")]
)
def test_fewer_epochs_count_for_a_whole_fit_unless_the_case_is_of_their_number(
    tmp_path: Path, params: dict[str, int], seconds: float, group: str
) -> None:
    document = run_files.document({("numpy", 10, 1): 1.0}, epochs=10)
    info = document["benchmarks"][0]["extra_info"]
    info |= {"epochs": 2, "params": info["params"] | params}
    path = tmp_path / "0001.json"
    path.write_text(json.dumps(document))
    [case] = getattr(read_run(path), group)
    assert case.seconds == pytest.approx(seconds)
    assert case.of_repetitions == (1.0,)
