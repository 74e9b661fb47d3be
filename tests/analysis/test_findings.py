from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs.analysis import findings as module
from npfs.analysis.disturbance import Disturbance
from npfs.analysis.findings import (
    Finding,
    Severity,
    Use,
    disturbed,
    findings,
    slowing_blas_variables,
    use_between,
)
from npfs.schema import Environment, Load

# A machine without a problem; each test spoils one thing.
GOOD: dict[str, Any] = {
    "machine": "Linux-x86_64-Test-4cpu",
    "cpu": "Test CPU",
    "system": "Linux 6",
    "python": "CPython 3.11.7",
    "libraries": {"numpy": "2.4.6", "numba": "0.68.1", "llvmlite": "0.50.0"},
    "cores": 4,
    "usable_cores": 4,
    "avx512": True,
    "container": {"cpu_quota": None, "memory_limit_bytes": None},
    "governor": "performance",
    "boost": False,
    "memory_bytes": 16_000_000_000,
    "available_bytes": 8_000_000_000,
    "swap_used_bytes": 0,
    "python_build": {"debug": False, "free_threaded": False},
    "blas": "scipy-openblas 0.3.31",
    "blas_in_effect": [
        {"library": "openblas", "version": "0.3.31", "architecture": "SkylakeX", "threads": 4}
    ],
    "virtual_machine": False,
    "speed_variables": {},
}


def snapshot(at_s: float, process_s: float = 0.0, **cpu_s: float | None) -> dict[str, Any]:
    zero = {"user": 0.0, "system": 0.0, "idle": 0.0, "iowait": None, "steal": None}
    return {"at_s": at_s, "process_s": process_s, "cpu_s": {**zero, **cpu_s}}


QUIET = {
    "before": {
        **snapshot(0, steal=0),
        "load_1min": 0.1,
        "on_battery": False,
        "thread_sync_s": 1.1e-6,
    },
    "after": {**snapshot(10, 10, user=10.5, idle=29.5, steal=0), "thread_sync_s": 1.2e-6},
}


def environment(**spoiled: Any) -> Environment:
    """GOOD with other values."""
    return msgspec.convert({**GOOD, **spoiled}, Environment)


def found_in(*loads: dict[str, Any], **spoiled: Any) -> list[Finding]:
    return findings(environment(**spoiled), [msgspec.convert(load, Load) for load in loads])


def variables(**values: str) -> dict[str, Any]:
    return {"speed_variables": values}


HASWELL = [{"architecture": "Haswell", "threads": 4}]


def test_a_good_machine_has_no_finding() -> None:
    assert found_in(QUIET) == []


def test_what_is_not_recorded_is_not_found() -> None:
    needed = ("machine", "cpu", "system", "python", "blas", "libraries", "speed_variables")
    bare = {name: GOOD[name] for name in needed} | {"cores": None, "usable_cores": None}
    assert findings(msgspec.convert(bare, Environment), [Load()]) == []


def of_variable(name: str, value: str, **values: Any) -> dict[str, Any]:
    return {"variable": name, "value": value, **values}


CORETYPE = {**variables(OPENBLAS_CORETYPE="Haswell"), "blas_in_effect": HASWELL}
# What spoils the machine, and the one finding that it gives.
SPOILED = [
    (
        CORETYPE,
        "openblas-coretype",
        "warning",
        of_variable("OPENBLAS_CORETYPE", "Haswell", older_kernels="Haswell"),
    ),
    (
        {**CORETYPE, "avx512": False},  # older kernels have no cause in an older processor
        "openblas-coretype",
        "warning",
        of_variable("OPENBLAS_CORETYPE", "Haswell", older_kernels=None),
    ),
    (
        variables(OPENBLAS_L2_SIZE="99"),
        "openblas-l2-size",
        "warning",
        of_variable("OPENBLAS_L2_SIZE", "99", older_kernels=None),
    ),
    (
        variables(OMP_NUM_THREADS="1,2"),
        "omp-num-threads",
        "warning",
        of_variable("OMP_NUM_THREADS", "1,2", libraries=("BLAS", "OpenMP"), threads=1, usable=4),
    ),
    *(
        (
            variables(**{name: "3"}),
            name.lower().replace("_", "-"),
            "warning",
            of_variable(name, "3", libraries=module.THREAD_LIMITS[name], threads=3, usable=4),
        )
        for name in module.THREAD_LIMITS
        if name != "OMP_NUM_THREADS"
    ),
    *(
        (
            variables(**{name: "debug"}),
            name.lower().replace("_", "-"),
            "warning",
            of_variable(name, "debug"),
        )
        for name in module.HARMLESS
    ),
    (
        {"container": {"cpu_quota": 1.5}},
        "container-quota",
        "warning",
        {"quota": 1.5, "usable": 4},
    ),
    ({"cores": 8}, "usable-cores", "information", {"usable": 4, "cores": 8}),
    ({"governor": "powersave"}, "governor", "warning", {"governor": "powersave"}),
    ({"boost": True}, "boost", "information", {}),
    (
        {"available_bytes": 1_500_000_000},
        "memory",
        "warning",
        {"available": 1_500_000_000, "needed": 1.3e9},
    ),
    (
        {"container": {"memory_limit_bytes": 10**9}},
        "memory",
        "warning",
        {"available": 10**9, "needed": 1.3e9},
    ),
    ({"swap_used_bytes": 2 * 10**9}, "swap", "information", {"swapped": 2 * 10**9}),
    ({"python_build": {"debug": True}}, "debug-build", "warning", {}),
    ({"blas": "none", "blas_in_effect": []}, "blas", "warning", {}),
    ({"virtual_machine": True}, "virtual-machine", "information", {}),
]


@pytest.mark.parametrize(("spoiled", "name", "severity", "values"), SPOILED)
def test_each_problem_is_found_alone(
    spoiled: dict[str, Any], name: str, severity: Severity, values: dict[str, Any]
) -> None:
    assert found_in(QUIET, **spoiled) == [Finding(name, values, severity)]


@pytest.mark.parametrize(
    "harmless",
    [
        variables(OPENBLAS_CORETYPE="SkylakeX"),  # the kernels in effect use AVX-512
        variables(OPENBLAS_CORETYPE=""),
        variables(OMP_NUM_THREADS="4", NUMBA_NUM_THREADS="16"),
        variables(OMP_NUM_THREADS="", OPENBLAS_NUM_THREADS="many"),
        variables(NUMBA_DISABLE_JIT="0", NUMBA_OPT="max", PYTHONMALLOC="pymalloc"),
        {"container": {"cpu_quota": 4.0, "memory_limit_bytes": 3 * 10**9}},
        {"container": None, "governor": None, "boost": None, "virtual_machine": None},
        {"swap_used_bytes": 10**8},
        {"blas": "unknown"},  # threadpoolctl sees one
    ],
)
def test_what_does_no_harm_is_not_found(harmless: dict[str, Any]) -> None:
    assert found_in(QUIET, **harmless) == []


def test_the_variables_that_slow_down_blas_are_named() -> None:
    spoiled = variables(OPENBLAS_CORETYPE="Nehalem", OPENBLAS_L2_SIZE="", NUMBA_OPT="0")
    assert slowing_blas_variables(environment(**spoiled)) == ["OPENBLAS_CORETYPE"]


def run(before: Mapping[str, Any] | None = None, **after: Any) -> dict[str, Any]:
    return {"before": {**QUIET["before"], **(before or {})}, "after": {**QUIET["after"], **after}}


# The loads of runs, and the one warning that they give.
LOADED = [
    ([run({"load_1min": 2.4}), QUIET], "load", {"load": 2.4, "usable": 4}),
    (
        [QUIET, run(cpu_s={"user": 14, "system": 0, "idle": 26})],
        "others",
        {"share": pytest.approx(0.1)},
    ),
    (
        [run(cpu_s={"user": 10, "system": 0, "idle": 29, "steal": 1}), QUIET],
        "steal",
        {"share": pytest.approx(0.025)},
    ),
    ([QUIET, run({"on_battery": True})], "battery", {}),
    (
        [QUIET, run(thread_sync_s=4.4e-6)],
        "thread-sync",
        {"fastest_s": 1.1e-6, "slowest_s": 4.4e-6, "preempted": False},
    ),
    (
        [run(thread_sync_s=2e-6)],
        "thread-sync",
        {"fastest_s": 1.1e-6, "slowest_s": 2e-6, "preempted": False},
    ),
    (
        [run(thread_sync_s=8e-3)],
        "thread-sync",
        {"fastest_s": 1.1e-6, "slowest_s": 8e-3, "preempted": True},
    ),
]


@pytest.mark.parametrize(("loads", "name", "values"), LOADED)
def test_each_load_is_found_alone(
    loads: list[dict[str, Any]], name: str, values: dict[str, Any]
) -> None:
    assert found_in(*loads) == [Finding(name, values)]


@pytest.mark.parametrize(
    "loads",
    [
        [QUIET, run({"load_1min": 3.9})],  # before a second run the load is our own
        [run({"load_1min": 1.9})],
        [run(thread_sync_s=1.7e-6)],  # 1.55 times
        [run({"thread_sync_s": None}, thread_sync_s=9e-6)],
        [run(cpu_s={"user": 11.9, "system": 0, "idle": 28.1})],
        [{"before": QUIET["before"]}],  # interrupted
    ],
)
def test_a_usual_load_is_not_found(loads: list[dict[str, Any]]) -> None:
    assert found_in(*loads) == []


def test_warnings_come_first() -> None:
    found = found_in(boost=True, governor="powersave", virtual_machine=True)
    assert [finding.severity for finding in found] == ["warning", "information", "information"]


def test_it_is_a_finding_that_most_repetitions_were_disturbed() -> None:
    assert disturbed(Disturbance(100, 50, ())) == []
    assert disturbed(Disturbance(100, 63, ())) == [
        Finding("disturbed", {"share": 0.63, "threshold": 0.1})
    ]


NAMED = (*module.THREAD_LIMITS, *module.HARMLESS, "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
NUMBER = st.none() | st.floats()
ODD_ENVIRONMENT = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("cores", "usable_cores", "available_bytes"), st.none() | st.integers()),
        **dict.fromkeys(("memory_bytes", "swap_used_bytes"), st.none() | st.integers()),
        **dict.fromkeys(("avx512", "boost", "virtual_machine"), st.none() | st.booleans()),
        "governor": st.none() | st.text(max_size=5),
        "blas": st.text(max_size=5),
        "speed_variables": st.dictionaries(st.sampled_from(NAMED), st.text(max_size=5)),
        "container": st.none() | st.fixed_dictionaries({"cpu_quota": NUMBER}),
        "blas_in_effect": st.none() | st.just([]) | st.just([{"architecture": None}]),
    },
)
CPU = st.fixed_dictionaries({"user": st.floats(), "system": st.floats(), "idle": NUMBER})
ODD_SNAPSHOT = st.fixed_dictionaries(
    {
        "at_s": st.floats(),
        "process_s": st.floats(),
        "cpu_s": st.none() | CPU,
        **dict.fromkeys(("load_1min", "thread_sync_s"), NUMBER),
    }
)
ODD_LOAD = st.fixed_dictionaries({}, optional={"before": ODD_SNAPSHOT, "after": ODD_SNAPSHOT})


@given(ODD_ENVIRONMENT, st.lists(ODD_LOAD, max_size=3))
def test_no_value_of_a_file_is_an_error(odd: dict[str, Any], loads: list[dict[str, Any]]) -> None:
    for found in found_in(*loads, **odd):
        assert found.name


def use_of(before: dict[str, Any] | None, after: dict[str, Any] | None) -> Use | None:
    return use_between(msgspec.convert({"before": before, "after": after}, Load))


def test_fractions_of_the_time_of_all_cores() -> None:
    """Ten seconds on two cores: 8 s ours, 1.5 s others', 0.5 s stolen, 10 s nobody's."""
    before = snapshot(100, 3, user=50, system=5, idle=1000, iowait=1, steal=2)
    after = snapshot(110, 11, user=59, system=5.5, idle=1009, iowait=2, steal=2.5)
    use = use_of(before, after)
    assert use is not None
    assert use.others == pytest.approx(1.5 / 20)
    assert use.stolen == pytest.approx(0.5 / 20)


def test_what_is_stolen_is_not_known_everywhere() -> None:
    use = use_of(snapshot(0), snapshot(10, user=5, idle=15))
    assert use is not None
    assert (use.others, use.stolen) == (0.25, None)


def test_ticks_that_round_against_us_are_not_less_than_nothing() -> None:
    use = use_of(snapshot(0), snapshot(10, 5.02, user=5, idle=15))
    assert use is not None
    assert use.others == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, None),
        (snapshot(0), None),
        (snapshot(0), {"at_s": 3, "process_s": 1}),
        (snapshot(0), snapshot(10, user=5, idle=None)),
        (snapshot(0), snapshot(0.1, user=0.1, idle=0.1)),  # too short for ticks
        (snapshot(10), snapshot(0, user=5, idle=15)),  # not of one machine's start
    ],
)
def test_unknown(before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    assert use_of(before, after) is None
