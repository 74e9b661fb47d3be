"""What is lost on the way, on real clusters: workers, memory, files and schedulers."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from logging import CRITICAL
from typing import Any

import cloudpickle
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster

from npfs import LinearRegression
from npfs.data.columns import Columns, Part, Reader
from npfs.largedata.cluster_moments import of_parts
from npfs.largedata.connection import ClusterError, connect
from npfs.largedata.dask_backend import DaskBlocks, fit
from npfs.largedata.moments import Moments
from npfs.regression.problem import Array
from tests.largedata.helpers import commands, kill, pids, problem, reader_of, wait_until

cloudpickle.register_pickle_by_value(sys.modules[__name__])

GIVEN = problem()
N_PARTS = 20


def slow_rows(index: int, positions: Sequence[int]) -> Iterator[Columns]:
    """Take a while to be read."""
    time.sleep(0.07)
    part = slice(index * 1_000, (index + 1) * 1_000)
    given = problem()
    yield [*given.X[part].T, given.y[part]]


def slow_reader() -> Reader:
    return reader_of(*(Part(partial(slow_rows, k), k * 1_000) for k in range(N_PARTS)))


def later(seconds: float, do: Callable[..., Any], *arguments: Any) -> threading.Timer:
    timer = threading.Timer(seconds, do, arguments)
    timer.start()
    return timer


def test_a_worker_killed_while_parts_are_read_changes_nothing(client: Client) -> None:
    pid = pids(client)[-1]
    timer = later(0.3, kill, pid)
    found, _ = of_parts(slow_reader(), client)
    timer.join()
    assert pid not in pids(client)
    wanted = Moments.of(GIVEN.X, GIVEN.y)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-12)
    np.testing.assert_allclose(found.comoment, wanted.comoment, rtol=1e-12, atol=1e-9)


def slowly(block: Array) -> Array:
    time.sleep(0.07)
    return block


def test_a_worker_killed_in_mid_fit_of_a_collection_changes_nothing(client: Client) -> None:
    lazy = da.from_array(GIVEN.X, chunks=(1_000, 4)).map_blocks(slowly, dtype=float)
    timer = later(0.3, kill, pids(client)[0])
    found = LinearRegression(epochs=40).fit(lazy, da.from_array(GIVEN.y, chunks=1_000))
    timer.join()
    wanted = LinearRegression(epochs=40).fit(GIVEN.X, GIVEN.y)
    np.testing.assert_allclose(found.coef_, wanted.coef_, rtol=1e-12)
    np.testing.assert_allclose(found.loss_history_, wanted.loss_history_, rtol=1e-12)


def test_a_worker_lost_with_the_benchmarks_blocks_is_a_sentence(client: Client) -> None:
    blocks = DaskBlocks.place(GIVEN.X, GIVEN.y, client)
    fit(blocks, 2, 0.1)
    old = set(client.nthreads())
    for pid in pids(client):
        kill(pid)
    with pytest.raises(ClusterError, match="a worker was lost with its blocks"):
        fit(blocks, 100, 0.1)
    wait_until(lambda: len(client.nthreads()) == len(old) and not old & set(client.nthreads()))
    found = list[float]()

    def is_fitted_anew() -> bool:
        with suppress(ClusterError):  # a connection to a worker that is gone may still be open
            found.append(float(fit(DaskBlocks.place(GIVEN.X, GIVEN.y, client), 1, 0.1).bias))
        return bool(found)

    wait_until(is_fitted_anew)
    assert found[0] == pytest.approx(0.2 * np.mean(GIVEN.y))


def greedy_rows(positions: Sequence[int]) -> Iterator[Columns]:
    """Take more memory than there is."""
    held = []
    for _ in range(200):  # until the nanny sees it
        held.append(np.ones(1_000_000))
        time.sleep(0.01)
    yield held[:5]


@pytest.fixture
def small() -> Iterator[Client]:
    """A worker that no earlier test has killed."""
    with (
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


def test_a_worker_out_of_memory_is_a_sentence(small: Client) -> None:
    with pytest.raises(ClusterError, match=r"workers ran out of memory.* give them more memory"):
        of_parts(reader_of(Part(greedy_rows)), small)


def test_a_scheduler_that_is_gone_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("npfs.largedata.connection.CONNECT_WITHIN", 3)
    with commands() as started, connect(started.address) as client:
        monkeypatch.setattr("npfs.largedata.connection.SCHEDULER_WITHIN", 2)
        timer = later(0.5, started.scheduler.kill)
        with pytest.raises(ClusterError, match="the scheduler is gone"):
            of_parts(slow_reader(), client)
        timer.join()


def test_the_last_worker_gone_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with commands() as started, connect(started.address) as client:
        monkeypatch.setattr("npfs.largedata.connection.WORKERS_WITHIN", 2.0)
        timer = later(0.5, started.worker.kill)
        with pytest.raises(ClusterError, match=r"no worker is connected to .*dask worker tcp"):
            of_parts(slow_reader(), client)
        timer.join()
