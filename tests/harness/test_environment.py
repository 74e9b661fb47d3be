import platform
from pathlib import Path

import msgspec
import pytest

from npfs.harness import environment, limits, machine
from npfs.schema import Container, Size
from npfs.suite import timing


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
    monkeypatch.setattr(limits, "container", lambda: Container(memory_limit_bytes=1_000))
    assert environment.available_bytes() == 1_000
    monkeypatch.setattr(machine, "memory", lambda: {"available_bytes": 10})
    assert environment.available_bytes() == 10
    monkeypatch.setattr(limits, "container", lambda: None)
    assert environment.available_bytes() == 10


def test_variables_that_change_speed_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("NUMBA_OPT", raising=False)
    found = environment.collect({}).speed_variables
    assert found["OMP_NUM_THREADS"] == "1"
    assert "NUMBA_OPT" not in found
