"""What is lost on the way, on real clusters: workers, memory, files and schedulers."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from logging import CRITICAL
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import dask.array as da
import numpy as np
import psutil
import pytest
from distributed import Client, LocalCluster

from npfs.data import open_pieces
from npfs.data.pieces import BadPiece, of_arrays
from npfs.largedata.block_descent import State
from npfs.largedata.cluster_blocks import ClusterBlocks
from npfs.largedata.connection import connect
from npfs.largedata.scheduler import ClusterError
from npfs.largedata.sources import to_blocks
from npfs.regression.problem import Array
from tests.largedata.helpers import (
    assert_same,
    commands,
    fit,
    kill,
    pids,
    pieces_of,
    problem,
    wait_until,
)

cloudpickle.register_pickle_by_value(sys.modules[__name__])

GIVEN = problem()
N_BLOCKS = 8
KERNEL = "numpy-inplace"  # a worker that replaces another one need not load Numba


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "table.npy"
    np.save(path, np.column_stack([GIVEN.X, GIVEN.y]))
    return path


def arrays(file: Path) -> Any:
    """Sent by this process, so that only it can make them again."""
    return of_arrays(GIVEN.X, GIVEN.y, len(GIVEN.y) // N_BLOCKS)


def pieces_of_file(file: Path) -> Any:
    return open_pieces(file, target=-1, block_bytes=len(GIVEN.y) * 40 // N_BLOCKS)


def collections(file: Path) -> Any:
    rows = len(GIVEN.y) // N_BLOCKS
    return to_blocks(da.from_array(GIVEN.X, chunks=(rows, 2)), da.from_array(GIVEN.y, chunks=rows))


def killed_after(client: Client, epoch: int, count: int = 1) -> Callable[[State], None]:
    """Return what kills workers once so many epochs have run."""

    def after(state: State) -> None:
        if state.epoch == epoch:
            for pid in pids(client)[:count]:
                kill(pid)

    return after


@pytest.mark.parametrize(
    ("source", "epoch", "count"), [(arrays, 1, 1), (pieces_of_file, 5, 99), (collections, 39, 1)]
)
def test_workers_killed_between_epochs_change_nothing(
    client: Client, file: Path, source: Callable[[Path], Any], epoch: int, count: int
) -> None:
    """One of them after the first or before the last epoch, or all at once."""
    with ClusterBlocks.place(source(file), client) as blocks:
        blocks.lay_out(KERNEL, None)
        undisturbed = fit(blocks)
        before = pids(client)
        disturbed = fit(blocks, after_epoch=killed_after(client, epoch, count))
        assert_same(disturbed, undisturbed, 1e-12)
        assert pids(client) != before


def test_a_worker_killed_while_it_computes_changes_nothing(client: Client, file: Path) -> None:
    with ClusterBlocks.place(arrays(file), client) as blocks:
        blocks.lay_out(KERNEL, None)
        undisturbed = fit(blocks, epochs=200)
        seconds = 200 * blocks.seconds.call
        [pid, *_] = pids(client)
        timer = threading.Timer(min(0.3, seconds / 3), kill, [pid])
        timer.start()
        found = fit(blocks, epochs=200)
        timer.join()
        assert_same(found, undisturbed, 1e-12)
        assert pid not in pids(client)


def test_a_worker_that_dies_while_dask_looks_for_it_is_replaced_all_the_same(
    client: Client,
) -> None:
    """Dask would end what replaces workers if, 15 s after a loss, the next one is just lost."""
    before = set(client.nthreads())
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "10ms"}):
        kill(pids(client)[0])
        wait_until(
            lambda: before != set(client.nthreads()) and len(client.nthreads()) == len(before)
        )


@dataclass
class Slow:
    """A piece that takes a while to be read."""

    index: int

    @property
    def name(self) -> str:
        return f"part {self.index}"

    def read(self) -> tuple[Array, Array]:
        time.sleep(0.07)
        part = slice(self.index * 1_000, (self.index + 1) * 1_000)
        given = problem()
        return given.X[part], given.y[part]


def test_a_worker_killed_while_blocks_are_made_is_made_up_for(client: Client) -> None:
    timer = threading.Timer(0.2, kill, [pids(client)[-1]])
    with ClusterBlocks.place(pieces_of(*map(Slow, range(20))), client) as blocks:
        timer.start()
        blocks.moments()
        blocks.lay_out(KERNEL, None)
        timer.join()
        found = fit(blocks)
    with ClusterBlocks.place(arrays(Path()), client) as blocks:
        blocks.lay_out(KERNEL, None)
        assert_same(found, fit(blocks), 1e-11)


def test_a_lost_block_whose_file_is_gone_is_named(
    client: Client, file: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "moved.npy"
    with ClusterBlocks.place(pieces_of_file(file), client) as blocks:
        blocks.lay_out(KERNEL, None)
        try:
            with pytest.raises(BadPiece, match=r"rows .* of .*table\.npy.* cannot be read"):
                fit(blocks, after_epoch=lambda state: lose(client, file, moved, state))
        finally:
            moved.rename(file)


def lose(client: Client, file: Path, moved: Path, state: State) -> None:
    if state.epoch == 3:
        file.rename(moved)
        kill(pids(client)[0])


@dataclass
class Greedy:
    """A piece that takes more memory than there is."""

    how: str
    name: str = "part 0"

    def read(self) -> tuple[Array, Array]:
        if self.how == "at once":
            return np.ones((10**12, 4)), np.ones(10**12)
        held = []
        for _ in range(200):  # until the nanny sees it
            held.append(np.ones(2_500_000))
            time.sleep(0.03)
        return held[0].reshape(-1, 4), held[1][:250_000]


@pytest.fixture
def small() -> Iterator[Client]:
    """A worker that no earlier test has killed; a task may end it twice."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit="400MB",
            silence_logs=CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.parametrize("how", ["at once", "little by little"])
def test_a_worker_out_of_memory_is_a_sentence_in_time(small: Client, how: str) -> None:
    start = time.monotonic()
    with (
        pytest.raises(ClusterError, match=r"workers ran out of memory.* add workers or memory"),
        ClusterBlocks.place(pieces_of(Greedy(how)), small) as blocks,
    ):
        blocks.moments()
    assert time.monotonic() - start < 40


def test_a_worker_that_is_full_and_starts_nothing_is_a_sentence_in_time(
    small: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("npfs.largedata.block_store.STALLED_WITHIN", 2.0)
    small.wait_for_workers(1, timeout=60)
    small.run(fill, 0.87 * 400e6)
    try:
        wait_until(lambda: is_paused(small))
        with (
            pytest.raises(ClusterError, match="workers ran out of memory"),
            ClusterBlocks.place(pieces_of(Slow(0)), small) as blocks,
        ):
            blocks.moments()
    finally:
        small.run(lambda: sys.modules.pop("filling") and None)


def fill(n_bytes: float) -> None:
    """Take memory that is no task's until the process has so much."""
    process, held = psutil.Process(), []
    while process.memory_info().rss < n_bytes:
        held.append(np.ones(500_000))
    sys.modules["filling"] = held  # type: ignore[assignment]


def is_paused(client: Client) -> bool:
    workers = client.scheduler_info()["workers"].values()
    return any(worker["status"] == "paused" for worker in workers)


def test_a_scheduler_that_is_gone_is_a_sentence_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("npfs.largedata.connection.CONNECT_WITHIN", 3)
    monkeypatch.setattr("npfs.largedata.scheduler.SCHEDULER_WITHIN", 1.0)
    with (
        commands() as started,
        connect(started.address) as client,
        ClusterBlocks.place(arrays(Path()), client) as blocks,
    ):
        blocks.lay_out(KERNEL, None)
        start = time.monotonic()
        with pytest.raises(ClusterError, match=r"the scheduler at .* is gone; .* --resume"):
            fit(
                blocks,
                epochs=10**6,
                after_epoch=lambda s: started.scheduler.kill() if s.epoch == 3 else None,
            )
        assert time.monotonic() - start < 40


def test_the_last_worker_gone_is_a_sentence_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        commands() as started,
        connect(started.address) as client,
        ClusterBlocks.place(arrays(Path()), client) as blocks,
    ):
        blocks.lay_out(KERNEL, None)
        monkeypatch.setattr("npfs.largedata.scheduler.WORKERS_WITHIN", 2.0)
        with pytest.raises(ClusterError, match=r"no worker is connected to .*dask worker tcp"):
            fit(
                blocks,
                after_epoch=lambda s: started.worker.kill() if s.epoch == 3 else None,
            )


def test_workers_that_die_in_every_pass_are_not_replaced_for_ever(
    client: Client, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from npfs.largedata.actors import ActorPool

    def dies(*arguments: Any) -> Any:
        raise OSError("it is gone")

    with ClusterBlocks.place(arrays(file), client) as blocks:
        blocks.lay_out(KERNEL, None)
        monkeypatch.setattr(ActorPool, "run", dies)
        with pytest.raises(ClusterError, match=r"workers were lost 4 times in a row \(OSError: it"):
            fit(blocks)


def test_what_a_kernel_raises_is_no_worker_lost(client: Client, file: Path) -> None:
    with ClusterBlocks.place(arrays(file), client) as blocks:
        blocks.lay_out(KERNEL, None)
        with pytest.raises(AttributeError, match="no attribute 'gram'"):
            blocks.gram()  # which they are not laid out for
