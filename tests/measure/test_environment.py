from dataclasses import replace

from npfs.backends import numba_parallel, numba_simd
from npfs.backends.registry import load_backend
from npfs.measure import environment, timing
from npfs.measure.plan import Size


def test_the_digest_covers_prepare_fit_and_build() -> None:
    backend = load_backend("numba-parallel")
    assert backend.fit is numba_simd.fit
    assert backend.prepare is numba_parallel.prepare
    digest = environment.source_digest(backend)
    assert digest != environment.source_digest(replace(backend, prepare=numba_simd.prepare))
    assert digest != environment.source_digest(replace(backend, build="other 1.0"))
    assert digest == environment.source_digest(replace(backend, title="Other"))


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
