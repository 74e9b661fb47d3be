"""The tree of actors, with few calls by each, on more workers than those."""

from collections.abc import Iterator
from logging import CRITICAL

import numpy as np
import pytest
from distributed import Client, LocalCluster

from npfs.data.pieces import of_arrays
from npfs.largedata import actors
from npfs.largedata.block_descent import State
from npfs.largedata.cluster_blocks import ClusterBlocks
from npfs.largedata.scheduler import ClusterError
from tests.largedata.helpers import assert_same, fit, kill, problem, reference

GIVEN = problem()


@pytest.fixture(scope="module")
def four() -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=4,
            threads_per_worker=2,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.parametrize("fan_out", [1, 2, 8])
def test_sums_are_added_up_in_a_tree(four: Client, fan_out: int) -> None:
    """With one: the client calls a worker, that calls the next, and so on; with two: each of two calls another."""
    with ClusterBlocks.place(of_arrays(GIVEN.X, GIVEN.y, 700), four) as blocks:
        blocks.fan_out = fan_out
        # On workers of two threads, which would be the end of a process if each of them used all cores.
        blocks.lay_out("numba-parallel", None)
        assert blocks.n_workers == 4
        assert_same(fit(blocks), reference(GIVEN.X, GIVEN.y), 1e-12)


def test_a_worker_at_the_end_of_the_tree_is_made_up_for(four: Client) -> None:
    with ClusterBlocks.place(of_arrays(GIVEN.X, GIVEN.y, 700), four) as blocks:
        blocks.fan_out = 1
        blocks.lay_out("dask", None)
        undisturbed = fit(blocks)
        last = max(four.nthreads())
        pid = four.run(lambda: __import__("os").getpid(), workers=[last])[last]
        disturbed = fit(blocks, after_epoch=lambda s: kill(pid) if s.epoch == 4 else None)
        assert_same(disturbed, undisturbed, 1e-12)


def test_a_worker_that_is_retired_hands_its_blocks_on(four: Client) -> None:
    """As where a cluster is made smaller in the middle of a fit."""

    def retire(state: State) -> None:
        if state.epoch == 4:
            four.retire_workers([min(four.nthreads())])

    with ClusterBlocks.place(of_arrays(GIVEN.X, GIVEN.y, 700), four) as blocks:
        blocks.lay_out("dask", None)
        undisturbed = fit(blocks)
        assert_same(fit(blocks, after_epoch=retire), undisturbed, 1e-12)


def test_workers_that_only_the_scheduler_reaches_are_called_through_it(
    four: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a firewall: what this client itself sends to a worker never gets there."""

    def unreachable(address: str) -> None:
        raise OSError(f"no way to {address}")

    monkeypatch.setattr(four, "rpc", unreachable)
    monkeypatch.setattr(actors, "_through_scheduler", set())
    with ClusterBlocks.place(of_arrays(GIVEN.X, GIVEN.y, 5_000), four) as blocks:
        blocks.lay_out("dask", None)
        assert_same(fit(blocks), reference(GIVEN.X, GIVEN.y), 1e-12)
    assert actors._through_scheduler == {four.id}


def test_an_asynchronous_client_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from npfs.largedata.connection import connect

    class Asynchronous:
        asynchronous = True

    monkeypatch.setattr(Client, "current", Asynchronous)
    with pytest.raises(ClusterError, match="the client in use is asynchronous; make one with"):
        connect()


def test_numbers_that_are_not_finite_come_back(four: Client) -> None:
    X, y = GIVEN.X.copy(), GIVEN.y
    X[17, 1] = np.inf
    with ClusterBlocks.place(of_arrays(X, y, 5_000), four) as blocks:
        blocks.lay_out("dask", None)
        assert np.isnan(blocks.total(np.zeros(4), 0.0).dw[1]) or np.isinf(
            blocks.total(np.zeros(4), 0.0).dw[1]
        )
        assert np.isinf(blocks.total(np.ones(4), 0.0).loss)
