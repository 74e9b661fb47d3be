"""The benchmark's backends for large data, where the conformance kit does not look."""

import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

from npfs.backends.base import DoesNotFit
from npfs.backends.conformance import check_fit
from npfs.backends.numba_simd import BACKEND as IN_MEMORY
from npfs.largedata import dask_backend, memmap
from npfs.largedata.dask_backend import DaskBlocks, Reducer, block_samples
from npfs.suite.cluster_parts import measure_parts
from tests.largedata.helpers import problem

GIVEN = problem()


def test_several_blocks_a_worker_give_the_fit_of_the_whole(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_backend, "BLOCK_BYTES", GIVEN.X.nbytes // 9)
    monkeypatch.setattr(dask_backend, "SMALL_BYTES", 0)
    blocks = DaskBlocks.place(GIVEN.X, GIVEN.y, client)
    assert len(blocks.actors) == len(client.nthreads())
    found = dask_backend.fit(blocks, 40, 0.1)
    wanted = IN_MEMORY.fit(IN_MEMORY.prepare(GIVEN.X, GIVEN.y), 40, 0.1)
    check_fit(found, wanted, "blocks", tolerance=1e-12)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_worker_computes_in_as_many_threads_as_it_has(threads: int) -> None:
    seen = set()

    def wait(block: Any, parameters: Any) -> Any:
        seen.add(threading.current_thread().name)
        time.sleep(0.02)
        return np.zeros(3)

    parts = [(GIVEN.X[:10], GIVEN.y[:10])] * 4
    reducer = Reducer(parts, lambda X, y: (X, y), wait, threads)
    seen.clear()  # of the call that compiles
    reducer.run(bytes(40))
    assert len(seen) == threads


def test_blocks_are_equally_many_a_worker_and_small_data_are_one() -> None:
    X, y = np.broadcast_to(0.0, (10**8, 4)), np.broadcast_to(0.0, 10**8)
    assert block_samples(X, y, 3) == -(-(10**8) // 30)  # 4 GB in 128 MiB are 29.8
    assert block_samples(X[:100], y[:100], 3) == 100


def test_the_parts_of_an_epoch_add_up_to_it(client: Client) -> None:
    found = measure_parts(DaskBlocks.place(GIVEN.X, GIVEN.y, client), epochs=3, round_trips=5)
    parts = (found.compute_s, found.communication_s, found.scheduling_s)
    assert min(parts) >= 0
    assert sum(parts) == pytest.approx(found.epoch_s)
    assert found.workers == 1  # so small that one holds all


def test_a_disk_without_room_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "absent"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(DoesNotFit, match=r"could not be written to .*absent .*set TMPDIR"):
        memmap.prepare(GIVEN.X, GIVEN.y)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device is full here")
def test_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> object:
        return Path("/dev/full").open("r+b", buffering=0)

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(DoesNotFit, match="No space left on device"):
        memmap.prepare(GIVEN.X, GIVEN.y)


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memmap, "scratch_folder", lambda: tmp_path)
    data = memmap.prepare(GIVEN.X, GIVEN.y)
    assert list(tmp_path.iterdir()) == []
    assert np.all(np.isfinite(np.array(memmap.BACKEND.fit(data, 3, 0.1).loss_history, dtype=float)))
