from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs.analysis import findings as module
from npfs.analysis.findings import Finding, Use, findings, slowing_blas_variables, use_between
from npfs.schema import Environment, Load

# A machine with nothing to mend; each test spoils one thing.
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


def test_nothing_to_mend() -> None:
    assert found_in(QUIET) == []


def test_what_is_not_recorded_is_not_found() -> None:
    needed = ("machine", "cpu", "system", "python", "blas", "libraries", "speed_variables")
    bare = {name: GOOD[name] for name in needed} | {"cores": None, "usable_cores": None}
    assert findings(msgspec.convert(bare, Environment), [Load()]) == []


@pytest.mark.parametrize(
    ("spoiled", "name", "severity", "part"),
    [
        (
            {**variables(OPENBLAS_CORETYPE="Haswell"), "blas_in_effect": HASWELL},
            "openblas-coretype",
            "warning",
            "OPENBLAS_CORETYPE=Haswell was set, which can make NumPy slower than its users see "
            "(its Haswell kernels do not use this processor's AVX-512); unset it",
        ),
        (
            variables(OPENBLAS_L2_SIZE="99"),
            "openblas-l2-size",
            "warning",
            "OPENBLAS_L2_SIZE=99 was set",
        ),
        (
            variables(OMP_NUM_THREADS="1,2"),
            "omp-num-threads",
            "warning",
            "keeps BLAS and OpenMP to 1 of 4 usable cores",
        ),
        (variables(OPENBLAS_NUM_THREADS="3"), "openblas-num-threads", "warning", "to 3 of 4"),
        (variables(NUMBA_NUM_THREADS="2"), "numba-num-threads", "warning", "Numba to 2 of 4"),
        (variables(NUMBA_DISABLE_JIT="1"), "numba-disable-jit", "warning", "from compiling; unset"),
        (variables(NUMBA_OPT="0"), "numba-opt", "warning", "NUMBA_OPT=0"),
        (variables(PYTHONMALLOC="debug"), "pythonmalloc", "warning", "allocator"),
        (variables(NPY_DISABLE_CPU_FEATURES="AVX2"), "npy-disable-cpu-features", "warning", "AVX2"),
        ({"container": {"cpu_quota": 1.5}}, "container-quota", "warning", "1.5 of the 4 cores"),
        ({"cores": 8}, "usable-cores", "information", "Only 4 of 8 cores"),
        ({"governor": "powersave"}, "governor", "warning", "is powersave"),
        ({"boost": True}, "boost", "information", "Boost is on"),
        ({"available_bytes": 1_500_000_000}, "memory", "warning", "Only 1.5 GB of memory"),
        ({"container": {"memory_limit_bytes": 10**9}}, "memory", "warning", "Only 1.0 GB"),
        ({"swap_used_bytes": 2 * 10**9}, "swap", "information", "2.0 GB are swapped out"),
        ({"python_build": {"debug": True}}, "debug-build", "warning", "debug build"),
        ({"blas": "none", "blas_in_effect": []}, "blas", "warning", "no BLAS that is known"),
        ({"virtual_machine": True}, "virtual-machine", "information", "virtual machine"),
    ],
)
def test_each_thing_is_found_alone(
    spoiled: dict[str, Any], name: str, severity: str, part: str
) -> None:
    [found] = found_in(QUIET, **spoiled)
    assert (found.name, found.severity) == (name, severity)
    assert part in str(found)
    assert str(found).endswith(".")
    assert str(found).count("; ") >= 1


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


def test_older_kernels_on_an_older_processor_have_no_reason() -> None:
    spoiled = {**variables(OPENBLAS_CORETYPE="Nehalem"), "avx512": False, "blas_in_effect": HASWELL}
    [found] = found_in(**spoiled)
    assert str(found) == (
        "OPENBLAS_CORETYPE=Nehalem was set, which can make NumPy slower than its users see; "
        "unset it and measure again."
    )
    assert slowing_blas_variables(environment(**spoiled)) == ["OPENBLAS_CORETYPE"]


def run(before: Mapping[str, Any] | None = None, **after: Any) -> dict[str, Any]:
    return {"before": {**QUIET["before"], **(before or {})}, "after": {**QUIET["after"], **after}}


@pytest.mark.parametrize(
    ("loads", "name", "part"),
    [
        ([run({"load_1min": 2.4}), QUIET], "load", "2.4 programs at a time wanted the 4 cores"),
        (
            [QUIET, run(cpu_s={"user": 14, "system": 0, "idle": 26})],
            "others",
            "took up to 10 % of the cores' time",
        ),
        (
            [run(cpu_s={"user": 10, "system": 0, "idle": 29, "steal": 1}), QUIET],
            "steal",
            "up to 2.5 % of the cores' time",
        ),
        ([QUIET, run({"on_battery": True})], "battery", "on its battery"),
        (
            [QUIET, run(thread_sync_s=4.4e-6)],
            "threads-meet",
            "in 1.1 µs at one time and in 4.4 µs at another",
        ),
        ([run(thread_sync_s=2e-6)], "threads-meet", "1.1 µs at one time and in 2.0 µs"),
    ],
)
def test_each_load_is_found_alone(loads: list[dict[str, Any]], name: str, part: str) -> None:
    [found] = found_in(*loads)
    assert (found.name, found.severity) == (name, "warning")
    assert part in str(found)


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


NAMED = (*module.THREAD_LIMITS, *module.SLOWING, "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
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
        assert str(found)


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
