import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import threadpoolctl

from npfs.harness import environment, machine
from npfs.schema import Blas, Container, Size
from npfs.suite import timing

POOLS: list[dict[str, Any]] = [
    {"user_api": "openmp", "filepath": "/x/libgomp.so", "num_threads": 4},
    {
        "user_api": "blas",
        "internal_api": "openblas",
        "filepath": "/home/me/lib/scipy.libs/libopenblas.so",
        "version": "0.3.30",
        "architecture": "Haswell",
        "num_threads": 2,
    },
    {
        "user_api": "blas",
        "internal_api": "openblas",
        "filepath": "/home/me/lib/numpy.libs/libopenblas.so",
        "version": "0.3.31",
        "num_threads": 3,
    },
]


def test_a_machine_is_named_without_its_host_name() -> None:
    name = environment.machine_id({"node": "secret", "cpu": {"brand_raw": "A/B (R) CPU @ 3GHz"}})
    assert "secret" not in name
    assert "A-B-R-CPU-3GHz" in name


def test_data_that_memory_cannot_hold_are_not_made() -> None:
    assert timing.reason_not_to_allocate(Size(1_000, 16)) is None
    reason = timing.reason_not_to_allocate(Size(10**15, 1))
    if environment.available_bytes() is not None:
        assert reason is not None
        assert reason.startswith("it needs up to 128,000,000 GB of memory, ")


def test_all_of_it_is_json_and_no_path_or_host_name_is_in_it() -> None:
    found = environment.collect({"cpu": {"brand_raw": "A", "flags": ["avx2", "avx512f"]}})
    text = msgspec.json.encode(found).decode()
    assert platform.node() not in text or len(platform.node()) < 4
    assert str(Path.home()) not in text
    assert found.avx512 is True
    assert found.usable_cores == (len(found.usable_core_ids or ()) or found.cores)
    assert found.clock is not None
    assert found.clock.monotonic


def test_what_is_not_told_of_the_processor_is_not_known() -> None:
    assert environment.collect({"cpu": {"flags": ["sse2"]}}).avx512 is False
    assert environment.collect({}).avx512 is None


def test_a_container_limits_the_memory_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "container", lambda: Container(memory_limit_bytes=1_000))
    assert environment.available_bytes() == 1_000
    monkeypatch.setattr(machine, "memory", lambda: {"available_bytes": 10})
    assert environment.available_bytes() == 10
    monkeypatch.setattr(machine, "container", lambda: None)
    assert environment.available_bytes() == 10


def test_variables_that_change_speed_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("NUMBA_OPT", raising=False)
    found = environment.collect({}).speed_variables
    assert found["OMP_NUM_THREADS"] == "1"
    assert "NUMBA_OPT" not in found


def test_numpys_blas_comes_first_and_no_path_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [*POOLS])
    found = environment.blas_in_effect()
    assert found == (
        Blas("openblas", "0.3.31", None, 3),
        Blas("openblas", "0.3.30", "Haswell", 2),
    )


def test_the_threads_are_those_in_effect() -> None:
    if not environment.blas_in_effect():
        pytest.skip("this NumPy's BLAS is not seen by threadpoolctl")
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        limited = environment.blas_in_effect()
    assert limited
    assert limited[0].threads == 1


def test_numba_is_not_loaded_for_being_described() -> None:
    code = (
        "import sys\nfrom npfs.harness import environment, machine\n"
        "print(environment.numba_in_effect(), machine.snapshot().thread_sync_s)\n"
        "print('numba' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.split() == ["None", "None", "False"]


def test_numba_in_effect() -> None:
    import numba

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        found = environment.numba_in_effect()
    finally:
        numba.set_num_threads(threads)
    assert found is not None
    assert found.threads == 1
    assert isinstance(found.cpu, str)
