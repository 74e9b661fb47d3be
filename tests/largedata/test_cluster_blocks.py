"""Blocks on a real cluster, against NumPy on the whole."""

import gc
import sys
import time
from dataclasses import dataclass
from itertools import pairwise

import cloudpickle
import numpy as np
import pytest
from distributed import Client

from npfs.backends.registry import backend_names, load_backend
from npfs.data.pieces import ArrayPiece, BadPiece, Piece, Pieces, of_arrays
from npfs.estimator.linear_regression import LinearRegression
from npfs.largedata import dask_backend
from npfs.largedata.actors import FAN_OUT
from npfs.largedata.cluster_blocks import ClusterBlocks
from npfs.largedata.moments import Moments
from npfs.largedata.scheduler import ClusterError
from npfs.regression.problem import Array
from npfs.regression.scaling import Standardizer
from npfs.suite.cluster_parts import measure_parts
from tests.largedata.helpers import assert_same, fit, held, pieces_of, problem, reference

cloudpickle.register_pickle_by_value(sys.modules[__name__])


@dataclass
class Made:
    """A piece that is made where it is read; its row ``bad`` is not a number."""

    index: int
    n: int = 50
    n_features: int = 4
    bad: int | None = None

    @property
    def name(self) -> str:
        return f"part {self.index}"

    def read(self) -> tuple[Array, Array]:
        rng = np.random.default_rng(self.index)
        X, y = rng.normal(size=(self.n, self.n_features)), rng.normal(size=self.n)
        if self.bad is not None:
            X[self.bad, 2] = np.nan
        return X, y


def unequal() -> tuple[Pieces, Array, Array]:
    """Blocks of 0, 1, 100, 0, 19,000 and 899 rows."""
    given = problem()
    bounds = [0, 0, 1, 101, 101, 19_101, 20_000]
    pieces = [
        ArrayPiece(f"part {i}", given.X[a:b], given.y[a:b])
        for i, (a, b) in enumerate(pairwise(bounds))
    ]
    return pieces_of(*pieces, n_samples=20_000), given.X, given.y


@pytest.mark.parametrize("kernel", ["dask", "numpy-inplace", "numba", "numba-parallel"])
def test_blocks_of_any_sizes_give_the_fit_of_the_whole(client: Client, kernel: str) -> None:
    pieces, X, y = unequal()
    with ClusterBlocks.place(pieces, client) as blocks:
        blocks.lay_out(kernel, None)
        assert (blocks.n_samples, blocks.n_features) == X.shape
        found = fit(blocks)
        assert_same(found, reference(X, y), 1e-12)
        again = fit(blocks)
        assert np.array_equal(found.loss_history, again.loss_history)  # to the last digit
        assert 0 < blocks.seconds.compute <= blocks.seconds.call


def test_moments_are_those_of_the_whole_and_the_estimator_is_the_one_in_memory(
    client: Client,
) -> None:
    pieces, X, y = unequal()
    X *= [1, 10, 100, 1000]
    X += [0, 5, 500, -1e5]
    with ClusterBlocks.place(pieces, client) as blocks:
        found, whole = blocks.moments(), Moments.of(X, y)
        assert found.n == whole.n
        np.testing.assert_allclose(found.comoment, whole.comoment, rtol=1e-10, atol=1e-6)
        model = LinearRegression("dask", epochs=30)
        model.fit_blocks(blocks)
    in_memory = LinearRegression("numba-simd", epochs=30).fit(X, y)
    np.testing.assert_allclose(model.coef_, in_memory.coef_, rtol=1e-9)
    np.testing.assert_allclose(model.intercept_, in_memory.intercept_, rtol=1e-9)
    np.testing.assert_allclose(model.loss_history_, in_memory.loss_history_, rtol=1e-9)


def test_blocks_are_standardised_where_they_are(client: Client) -> None:
    given = problem()
    scaler = Standardizer(np.arange(4.0), np.array([1.0, 2, 3, 4]))
    with ClusterBlocks.place(of_arrays(given.X, given.y, 3_000), client) as blocks:
        blocks.lay_out("dask", scaler)
        assert_same(fit(blocks), reference(scaler.transform(given.X), given.y), 1e-11)
        blocks.lay_out("numpy-inplace", None)  # anew, in another way
        assert_same(fit(blocks), reference(given.X, given.y), 1e-12)


def test_one_feature_and_many_go_through_their_own_kernels(client: Client) -> None:
    for n_features in (1, 17):
        rng = np.random.default_rng(n_features)
        X, y = rng.normal(size=(5_000, n_features)) / 4, rng.normal(size=5_000)
        with ClusterBlocks.place(of_arrays(X, y, 999), client) as blocks:
            blocks.lay_out("dask", None)
            assert_same(fit(blocks), reference(X, y), 1e-11)


@pytest.mark.parametrize("n_features", [1, 4, 9])
def test_the_gram_matrix_is_that_of_the_whole(client: Client, n_features: int) -> None:
    rng = np.random.default_rng(n_features)
    X, y = rng.normal(size=(5_003, n_features)), rng.normal(size=5_003)
    columns = np.column_stack([X, np.ones(len(y)), y])
    with ClusterBlocks.place(of_arrays(X, y, 700), client) as blocks:
        blocks.lay_out("dask-gram", None)
        np.testing.assert_allclose(blocks.gram(), columns.T @ columns, rtol=1e-12, atol=1e-9)


def test_workers_hold_one_copy_and_as_much_as_each_other(client: Client) -> None:
    given = problem()
    with ClusterBlocks.place(of_arrays(given.X, given.y, 500), client) as blocks:
        blocks.moments()
        blocks.lay_out("dask", None)
        blocks_of = {
            worker: [key for key in keys if key.startswith("lay_out")]
            for worker, keys in client.has_what().items()
        }
        assert sorted(map(len, blocks_of.values())) == [40 // len(blocks_of)] * len(blocks_of)
        assert blocks.n_workers == len(blocks_of)
        # beside them only what sums them up
        assert held(client) == 40 + blocks.n_workers


def test_what_is_prepared_is_given_back_when_nobody_has_it(client: Client) -> None:
    given = problem()
    data = dask_backend.prepare(given.X, given.y)
    dask_backend.fit(data, 2, 0.1)
    assert held(client) > 0
    del data
    gc.collect()
    until = time.monotonic() + 10
    while held(client) and time.monotonic() < until:
        time.sleep(0.02)
    assert held(client) == 0


def test_large_data_go_to_all_workers_and_small_ones_to_one(client: Client) -> None:
    small, large = problem(1_000), problem(50_000)
    assert dask_backend.prepare(small.X, small.y).n_workers == 1
    assert dask_backend.prepare(large.X, large.y).n_workers == len(client.nthreads())


def test_nan_in_one_block_of_a_hundred_is_named(client: Client) -> None:
    pieces: list[Piece] = [Made(i) for i in range(100)]
    pieces[61] = Made(61, bad=31)
    with (
        pytest.raises(BadPiece, match=r"^part 61: feature 2 is nan in its row 31; fill such"),
        ClusterBlocks.place(pieces_of(*pieces), client) as blocks,
    ):
        blocks.moments()


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ([], "there is no block to learn from"),
        ([Made(0, n=0), Made(1, n=0)], "no row is left; choose other columns"),
        ([Made(0), Made(1, n_features=3)], "part 1 has 3 features, and part 0 has 4; give all"),
    ],
)
def test_blocks_that_cannot_be_learned_from_are_a_sentence(
    client: Client, pieces: list[Piece], message: str
) -> None:
    with (
        pytest.raises(BadPiece, match=message),
        ClusterBlocks.place(pieces_of(*pieces), client) as blocks,
    ):
        blocks.lay_out("dask", None)


def test_data_that_the_workers_cannot_hold_are_refused_before_they_are_read(client: Client) -> None:
    memory = sum(of["memory_limit"] for of in client.scheduler_info()["workers"].values())
    rows = int(0.7 * memory / 40)
    pieces = pieces_of(Made(0), n_samples=rows)
    with pytest.raises(
        ClusterError, match=r"the data take .* GB and the workers, \d of them, hold"
    ):
        ClusterBlocks.place(pieces, client)
    ClusterBlocks.place(pieces_of(Made(0), n_samples=rows // 2), client)


def test_a_backend_without_a_kernel_for_blocks_is_a_sentence(client: Client) -> None:
    with (
        ClusterBlocks.place(pieces_of(Made(0)), client) as blocks,
        pytest.raises(ValueError, match="backend 'python' has no kernel for blocks; choose"),
    ):
        blocks.lay_out("python", None)


def test_both_backends_are_timed_only_where_they_are_named() -> None:
    assert not {"dask", "dask-gram"} & set(backend_names(also_if_named=False))
    assert not load_backend("dask-gram").same_work


def test_the_parts_of_an_epoch_add_up_to_it(client: Client) -> None:
    given = problem(50_000)
    parts = measure_parts(dask_backend.prepare(given.X, given.y), epochs=5, round_trips=5)
    assert (parts.workers, parts.fan_out) == (len(client.nthreads()), FAN_OUT)
    assert parts.epoch_s == pytest.approx(
        parts.compute_s + parts.communication_s + parts.scheduling_s
    )
    assert min(parts.compute_s, parts.communication_s, parts.scheduling_s) >= 0
