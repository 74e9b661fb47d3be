"""One pass over batches: against the whole table, with what is wrong named."""

from pathlib import Path

import numpy as np
import pytest

from npfs.data import BadTable, Reader, TableOptions, open_table
from npfs.largedata import one_pass
from npfs.largedata.moments import Moments
from npfs.largedata.one_pass import read_moments
from npfs.regression.problem import Array, make_problem
from tests.data.test_batches import small_batches

GIVEN = make_problem(5_000, 3, seed=2)


def opened(path: Path, X: Array = GIVEN.X) -> Reader:
    np.save(path / "table.npy", np.column_stack([X, GIVEN.y[: len(X)]]))
    return open_table(path / "table.npy", TableOptions(target=-1, missing="drop"))


def test_batches_of_any_size_come_to_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Moments.of(GIVEN.X, GIVEN.y)
    for numbers in (1_000, 777, 100_000):
        small_batches(monkeypatch, numbers)
        found, rows = read_moments(opened(tmp_path))
        assert found.n == rows.n == 5_000
        np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-12)
        np.testing.assert_allclose(found.comoment, wanted.comoment, rtol=1e-11, atol=1e-9)
        assert np.array_equal(found.low, wanted.low)


def test_the_same_batches_give_the_same_numbers_whichever_thread_is_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 400)
    first, *others = (read_moments(opened(tmp_path))[0] for _ in range(5))
    assert all(np.array_equal(first.comoment, other.comoment) for other in others)


def test_rows_that_lack_a_number_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 4_000)
    X = GIVEN.X.copy()
    X[1_500:3_700:2, 1] = np.nan
    kept = np.isfinite(X).all(axis=1)
    found, rows = read_moments(opened(tmp_path, X))
    wanted = Moments.of(X[kept], GIVEN.y[kept])
    assert (found.n, rows.n_lost) == (kept.sum(), (~kept).sum())
    np.testing.assert_allclose(found.comoment, wanted.comoment, rtol=1e-11, atol=1e-9)


def test_what_is_no_number_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch, 4_000)
    X = GIVEN.X.copy()
    X[3_777, 1] = np.inf
    with pytest.raises(BadTable, match=r"'column 1' holds inf in data row 3778, which no fit"):
        read_moments(opened(tmp_path, X))


def test_too_many_features_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_pass, "MOST_FEATURES", 2)
    with pytest.raises(BadTable, match="it has 3 features, and moments are taken of at most 2"):
        read_moments(opened(tmp_path))
