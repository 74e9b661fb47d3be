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
KERNEL = "numpy-inplace"  # a worker that replaces another one need not load Numba


@pytest.fixture(scope="module")
def three() -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=3,
            threads_per_worker=2,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.parametrize("fan_out", [1, 2])
def test_sums_are_added_up_in_a_tree(three: Client, fan_out: int) -> None:
    """With one, each calls the next; with two, the first of two calls the third."""
    with ClusterBlocks.place(of_arrays(GIVEN.X, GIVEN.y, 700), three) as blocks:
        blocks.fan_out = fan_out
        # On workers of two threads, which would be the end of a process if each of them used all
        # cores.
        blocks.lay_out("numba-parallel", None)
        assert blocks.n_workers == 3
        assert_same(fit(blocks), reference(GIVEN.X, GIVEN.y), 1e-12)


def test_a_worker_at_the_end_of_the_tree_is_made_up_for(three: Client) -> None:
    with ClusterBlocks.place(of_arrays(GIVEN.X, GIVEN.y, 700), three) as blocks:
        blocks.fan_out = 1
        blocks.lay_out(KERNEL, None)
        undisturbed = fit(blocks)
        last = max(three.nthreads())
        pid = three.run(lambda: __import__("os").getpid(), workers=[last])[last]
        disturbed = fit(blocks, after_epoch=lambda s: kill(pid) if s.epoch == 4 else None)
        assert_same(disturbed, undisturbed, 1e-12)


def test_a_worker_that_is_retired_hands_its_blocks_on(three: Client) -> None:
    """As where a cluster is made smaller in the middle of a fit."""

    def retire(state: State) -> None:
        if state.epoch == 4:
            three.retire_workers([min(three.nthreads())])

    with ClusterBlocks.place(of_arrays(GIVEN.X, GIVEN.y, 700), three) as blocks:
        blocks.lay_out(KERNEL, None)
        undisturbed = fit(blocks)
        assert_same(fit(blocks, after_epoch=retire), undisturbed, 1e-12)


def test_workers_that_only_the_scheduler_reaches_are_called_through_it(
    three: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a firewall: what this client itself sends to a worker never gets there."""

    def unreachable(address: str) -> None:
        raise OSError(f"no way to {address}")

    monkeypatch.setattr(three, "rpc", unreachable)
    monkeypatch.setattr(actors, "_through_scheduler", set())
    with ClusterBlocks.place(of_arrays(GIVEN.X, GIVEN.y, 5_000), three) as blocks:
        blocks.lay_out(KERNEL, None)
        assert_same(fit(blocks), reference(GIVEN.X, GIVEN.y), 1e-12)
    assert actors._through_scheduler == {three.id}


def test_an_asynchronous_client_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from npfs.largedata.connection import connect

    class Asynchronous:
        asynchronous = True

    monkeypatch.setattr(Client, "current", Asynchronous)
    with pytest.raises(ClusterError, match="the client in use is asynchronous; make one with"):
        connect()


def test_numbers_that_are_not_finite_come_back(three: Client) -> None:
    X, y = GIVEN.X.copy(), GIVEN.y
    X[17, 1] = np.inf
    with ClusterBlocks.place(of_arrays(X, y, 5_000), three) as blocks:
        blocks.lay_out(KERNEL, None)
        assert np.isnan(blocks.total(np.zeros(4), 0.0).dw[1]) or np.isinf(
            blocks.total(np.zeros(4), 0.0).dw[1]
        )
        assert np.isinf(blocks.total(np.ones(4), 0.0).loss)
