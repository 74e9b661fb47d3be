"""Dask arrays and data frames of all kinds, against the same numbers in memory."""

from pathlib import Path

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client

from npfs import LinearRegression
from npfs.data import BadTable, TableOptions, open_table
from npfs.largedata.cluster_moments import of_parts, to_blocks
from npfs.largedata.connection import ClusterError
from npfs.largedata.moments import Moments
from npfs.regression.problem import Array
from tests.largedata.helpers import problem

GIVEN = problem(5_000)
X, Y = GIVEN.X * [1, 2, 3, 400] + [0, 5, 50, 500], GIVEN.y
NAMES = list("abcd")
FRAME = pd.DataFrame(X, columns=NAMES).assign(y=Y)


def in_memory(X: Array = X, y: Array = Y) -> LinearRegression:
    return LinearRegression("numpy-inplace", epochs=10).fit(X, y)


def assert_equal(found: LinearRegression, wanted: LinearRegression) -> None:
    np.testing.assert_allclose(found.coef_, wanted.coef_, rtol=1e-9)
    np.testing.assert_allclose(found.intercept_, wanted.intercept_, rtol=1e-9)
    np.testing.assert_allclose(found.loss_history_, wanted.loss_history_, rtol=1e-9)


@pytest.mark.parametrize(
    ("rows", "columns", "of_y"),
    [
        (1_000, 4, 1_000),
        ((0, 1, 2_499, 0, 2_500), 4, 777),  # unequal, and none
        (5_000, 1, 5_000),  # a chunk for each column
        ((4_999, 1), (3, 1), (1, 4_999)),
    ],
)
def test_arrays_in_any_chunks(client: Client, rows: object, columns: object, of_y: object) -> None:
    found = LinearRegression(epochs=10).fit(
        da.from_array(X, chunks=(rows, columns)), da.from_array(Y, chunks=of_y)
    )
    assert_equal(found, in_memory())
    assert found.backend_ == "moments"
    assert found.backend == "numpy"  # as it was given
    assert not hasattr(found, "feature_names_in_")


def test_targets_may_be_in_memory_or_a_column(client: Client) -> None:
    arrays = da.from_array(X, chunks=(900, 4))
    column = da.from_array(Y.reshape(-1, 1), chunks=(1_234, 1))
    for y in (Y, pd.Series(Y), column):
        assert_equal(LinearRegression(epochs=10).fit(arrays, y), in_memory())


def test_frames_of_mixed_types(client: Client) -> None:
    frame = FRAME.assign(
        a=FRAME["a"].round(2).astype("float32"),
        b=FRAME["b"].astype("int16"),
        c=FRAME["c"] > 50,
        d=FRAME["d"].round().astype("Int64"),
    )
    wanted = in_memory(frame[NAMES].to_numpy(dtype=float), Y)
    lazy = dd.from_pandas(frame, npartitions=7)
    found = LinearRegression(epochs=10).fit(lazy[NAMES], lazy["y"])
    assert_equal(found, wanted)
    assert found.feature_names_in_.tolist() == NAMES


def test_chunks_of_unknown_sizes_and_partitions_without_a_row(client: Client) -> None:
    lazy = dd.from_pandas(FRAME.assign(n=np.arange(5_000)), npartitions=7)
    kept = lazy[lazy["a"] > lazy["a"].min().compute() + 1]
    rows = FRAME[FRAME["a"] > FRAME["a"].min() + 1]
    wanted = in_memory(rows[NAMES].to_numpy(), rows["y"].to_numpy())
    assert_equal(LinearRegression(epochs=10).fit(kept[NAMES].values, kept["y"].values), wanted)
    half = lazy[lazy["n"] < 2_500]  # of half of the partitions nothing is left
    assert_equal(
        LinearRegression(epochs=10).fit(half[NAMES], half["y"]), in_memory(X[:2_500], Y[:2_500])
    )


def test_a_parquet_folder_by_dask(client: Client, tmp_path: Path) -> None:
    for first in range(0, 5_000, 2_000):
        FRAME[first : first + 2_000].to_parquet(tmp_path / f"part-{first}.parquet")
    lazy = dd.read_parquet(str(tmp_path))
    assert_equal(LinearRegression(epochs=10).fit(lazy[NAMES], lazy["y"]), in_memory())


def test_blocks_are_named_by_their_rows() -> None:
    blocks = to_blocks(da.from_array(X, chunks=(3_001, 2)), da.from_array(Y, chunks=-1))
    assert list(blocks.names) == [
        "block 0 of 2 (rows 0 to 3,000)",
        "block 1 of 2 (rows 3,001 to 4,999)",
    ]


def test_masked_blocks_are_refused_and_left_out_as_the_sentence_says(client: Client) -> None:
    for rows, columns in ((1_000, 4), (700, 1)):
        masked = da.from_array(np.ma.masked_greater(X, 900), chunks=(rows, columns))
        assert 0 < masked.compute().mask.sum() < 2_000
        model = LinearRegression(epochs=10)
        with pytest.raises(ValueError, match=r"block \d of .*: X is a masked array") as found:
            model.fit(masked, LAZY_Y)
        y = LAZY_Y.rechunk(rows)
        keep = eval(str(found.value).partition("keep = ")[2], {"da": da, "X": masked})
        kept = ~(X > 900).any(axis=1)
        assert_equal(model.fit(masked[keep], y[keep]), in_memory(X[kept], Y[kept]))
    few = da.from_array(np.ma.masked_greater(X, 1e9), chunks=(900, 4))  # nothing is masked
    assert_equal(LinearRegression(epochs=10).fit(few, LAZY_Y), in_memory())
    targets = np.ma.masked_greater(Y, np.median(Y))
    with pytest.raises(ValueError, match=r"block \d of .*: y is a masked array"):
        LinearRegression().fit(LAZY_X, da.from_array(targets, chunks=1_000))
    with pytest.raises(ValueError, match="y is a masked array"):
        LinearRegression().fit(LAZY_X, targets)


class Wrapped:
    """As an xarray.DataArray around a Dask array."""

    def __init__(self, data: da.Array) -> None:
        self.data = data

    def __dask_graph__(self) -> object:
        return self.data.dask


def test_what_wraps_a_collection_goes_to_the_cluster(client: Client) -> None:
    found = LinearRegression(epochs=10).fit(Wrapped(LAZY_X), Wrapped(LAZY_Y))
    assert_equal(found, in_memory())
    assert found.backend_ == "moments"


def test_dates_in_a_frame_are_named(client: Client) -> None:
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(5_000), "s")
    for column in (days, days.tz_localize("UTC"), days - days[0], days.to_period("s")):
        lazy = dd.from_pandas(FRAME.assign(a=column), npartitions=2)
        with pytest.raises(
            BadTable, match=r"block \d of 2: X holds values of type \w+.*; give numb"
        ):
            LinearRegression().fit(lazy[NAMES], lazy["y"])


def test_sizes_are_computed_as_the_sentence_says(client: Client) -> None:
    lazy = dd.from_pandas(FRAME, npartitions=5)
    cases = [
        (unknown(LAZY_X), LAZY_Y.rechunk(2_500), ["X = X.compute_chunk_sizes()"]),
        (unknown(LAZY_X), Y, ["X = X.compute_chunk_sizes()"]),
        (lazy[NAMES], Y, ["X = X.to_dask_array(lengths=True)"]),
        (lazy[NAMES], LAZY_Y.rechunk(2_500), ["X = X.to_dask_array(lengths=True)"]),
        (LAZY_X.rechunk(2_500), lazy["y"], ["y = y.to_dask_array(lengths=True)"]),
        (unknown(LAZY_X), dd.from_pandas(FRAME, npartitions=2)["y"],
         ["X = X.compute_chunk_sizes()", "y = y.to_dask_array(lengths=True)"]),
    ]  # fmt: skip
    for samples, targets, ways in cases:
        with pytest.raises(ClusterError, match="not known; compute them first: ") as found:
            to_blocks(samples, targets)
        assert str(found.value).partition("first: ")[2].split("; ") == ways
        names = {"X": samples, "y": targets}
        exec("\n".join(ways), names)
        assert_equal(LinearRegression(epochs=10).fit(names["X"], names["y"]), in_memory())


def unknown(array: da.Array) -> da.Array:
    return array[da.from_array(np.ones(5_000, bool), chunks=array.chunks[0])]


LAZY_X, LAZY_Y = da.from_array(X, chunks=(1_000, 4)), da.from_array(Y, chunks=1_000)
TEXT = dd.from_pandas(FRAME.assign(a="x"), npartitions=5)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (LAZY_X, LAZY_Y[:-1], "X has 5,000 rows and y 4,999 values; give y a value for each row"),
        (
            unknown(LAZY_X),
            LAZY_Y.rechunk(2_500),
            r"X has 5 chunks and y 2, of sizes that are not known; compute them first",
        ),
        (unknown(LAZY_X), Y, "the sizes of X's chunks are not known; compute them first"),
        (LAZY_X[:, 0], LAZY_Y, r"X must be a dask array of shape \(n_samples, n_features\) or"),
        (LAZY_X[:, :0], LAZY_Y, "X has no column; give at least one feature"),
        (LAZY_X.astype(complex), LAZY_Y, "X holds values of type complex128; give numbers"),
        (LAZY_X, LAZY_Y.astype(str), "y holds values of type <U.*; give numbers"),
        (LAZY_X, LAZY_X, r"y must have shape \(n_samples,\), got shape \(5000, 4\)"),
    ],
)
def test_what_does_not_fit_is_a_sentence(X: da.Array, y: da.Array, message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        to_blocks(X, y)


def test_blocks_that_are_wrong_are_named(client: Client) -> None:
    targets_left = unknown(LAZY_Y)
    with_nan = X.copy()
    with_nan[3_777, 1] = np.nan
    cases = [
        (da.from_array(with_nan, chunks=(1_000, 4)), LAZY_Y,
         r"block 3 of 5 \(rows 3,000 to 3,999\): feature 1 is nan in its row 777; fill"),
        (unknown(LAZY_X), targets_left[targets_left < 2],
         r"block \d of 5: X has the shape \(1000, 4\) and y \(\d+,\); give y a value for each row"),
        (TEXT[NAMES], TEXT["y"], r"block \d of 5: X holds values of type .*; give numbers"),
    ]  # fmt: skip
    for samples, targets, message in cases:
        with pytest.raises(BadTable, match=message):
            LinearRegression(epochs=3).fit(samples, targets)


def broken(block: Array) -> Array:
    raise ZeroDivisionError("division by zero")


def test_an_error_of_the_collection_itself_comes_as_it_is(client: Client) -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        LinearRegression(epochs=3).fit(LAZY_X.map_blocks(broken, dtype=float), LAZY_Y)


def test_workers_read_the_parts_of_files(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "table.npy"
    np.save(file, np.column_stack([X, Y]))
    monkeypatch.setattr("npfs.data.files.PART_BYTES", 777 * 40)
    reader = open_table(file, TableOptions(target=-1))
    assert len(reader.parts) > 5
    (found, rows), wanted = of_parts(reader, client), Moments.of(X, Y)
    assert found.n == rows.n == 5_000
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-13)
    np.testing.assert_allclose(found.comoment, wanted.comoment, rtol=1e-11, atol=1e-9)
    file.rename(tmp_path / "moved.npy")
    with pytest.raises(BadTable, match=r"table\.npy': it cannot be read any more"):
        of_parts(reader, client)


def test_what_is_persisted_is_not_computed_again(client: Client) -> None:
    """And stays where it is, for whoever has persisted it."""
    lazy = da.random.default_rng(0).normal(size=(5_000, 4), chunks=(1_000, 4))
    persisted = client.persist(lazy)
    values = client.compute(persisted).result()
    found = LinearRegression(epochs=10).fit(persisted, LAZY_Y)
    assert_equal(found, in_memory(values))
    assert all(future.status == "finished" for future in client.futures_of(persisted))
