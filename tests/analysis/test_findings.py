from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs.analysis import findings as module
from npfs.analysis.findings import findings, slowing_blas_variables
from tests.analysis.test_load import snapshot

# A machine with nothing to mend; each test spoils one thing.
GOOD: dict[str, Any] = {
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
QUIET = {
    "before": {
        **snapshot(0, steal=0),
        "load_1min": 0.1,
        "on_battery": False,
        "threads_meet_s": 1.1e-6,
    },
    "after": {**snapshot(10, 10, user=10.5, idle=29.5, steal=0), "threads_meet_s": 1.2e-6},
}


def variables(**values: str) -> dict[str, Any]:
    return {"speed_variables": values}


HASWELL = [{"architecture": "Haswell", "threads": 4}]


def test_nothing_to_mend() -> None:
    assert findings(GOOD, [QUIET]) == []


def test_what_is_not_recorded_is_not_found() -> None:
    assert findings({}, [{}]) == []


@pytest.mark.parametrize(
    ("spoiled", "name", "severity", "part"),
    [
        (
            {**variables(OPENBLAS_CORETYPE="Haswell"), "blas_in_effect": HASWELL},
            "openblas-coretype",
            "warning",
            "OPENBLAS_CORETYPE=Haswell was set, which can make NumPy slower than its users see (its Haswell "
            "kernels do not use this processor's AVX-512); unset it",
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
    [found] = findings({**GOOD, **spoiled}, [QUIET])
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
    assert findings({**GOOD, **harmless}, [QUIET]) == []


def test_older_kernels_on_an_older_processor_have_no_reason() -> None:
    spoiled = {**variables(OPENBLAS_CORETYPE="Nehalem"), "avx512": False, "blas_in_effect": HASWELL}
    [found] = findings({**GOOD, **spoiled})
    assert str(found) == (
        "OPENBLAS_CORETYPE=Nehalem was set, which can make NumPy slower than its users see; "
        "unset it and measure again."
    )
    assert slowing_blas_variables(spoiled) == ["OPENBLAS_CORETYPE"]


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
            [QUIET, run(threads_meet_s=4.4e-6)],
            "threads-meet",
            "in 1.1 µs at one time and in 4.4 µs at another",
        ),
        ([run(threads_meet_s=2e-6)], "threads-meet", "1.1 µs at one time and in 2.0 µs"),
    ],
)
def test_each_load_is_found_alone(loads: list[dict[str, Any]], name: str, part: str) -> None:
    [found] = findings(GOOD, loads)
    assert (found.name, found.severity) == (name, "warning")
    assert part in str(found)


@pytest.mark.parametrize(
    "loads",
    [
        [QUIET, run({"load_1min": 3.9})],  # before a second run the load is our own
        [run({"load_1min": 1.9})],
        [run(threads_meet_s=1.7e-6)],  # 1.55 times
        [run({"threads_meet_s": None}, threads_meet_s=9e-6)],
        [run(cpu_s={"user": 11.9, "system": 0, "idle": 28.1})],
        [{"before": QUIET["before"]}],  # interrupted
    ],
)
def test_a_usual_load_is_not_found(loads: list[dict[str, Any]]) -> None:
    assert findings(GOOD, loads) == []


def test_warnings_come_first() -> None:
    found = findings({**GOOD, "boost": True, "governor": "powersave", "virtual_machine": True})
    assert [finding.severity for finding in found] == ["warning", "information", "information"]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
NAMED = (*module.THREAD_LIMITS, *module.SLOWING, "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
ODD_ENVIRONMENT = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys((*GOOD, "numba"), ANY),
        "speed_variables": ANY | st.dictionaries(st.sampled_from(NAMED), ANY),
        "container": ANY | st.fixed_dictionaries({"cpu_quota": ANY, "memory_limit_bytes": ANY}),
        "blas_in_effect": ANY
        | st.lists(st.fixed_dictionaries({"architecture": ANY, "threads": ANY}), max_size=2),
    },
)
ODD_SNAPSHOT = ANY | st.fixed_dictionaries(
    {
        "cpu_s": ANY | st.dictionaries(st.sampled_from(["user", "system", "idle", "steal"]), ANY),
        **dict.fromkeys(("at_s", "process_s", "load_1min", "on_battery", "threads_meet_s"), ANY),
    }
)
ODD_LOAD = ANY | st.fixed_dictionaries({"before": ODD_SNAPSHOT, "after": ODD_SNAPSHOT})


@given(ODD_ENVIRONMENT, st.lists(ODD_LOAD.filter(lambda load: isinstance(load, dict)), max_size=3))
def test_no_value_of_a_file_is_an_error(
    environment: dict[str, Any], loads: list[dict[str, Any]]
) -> None:
    for found in findings(environment, loads):
        assert str(found)
