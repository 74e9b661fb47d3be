"""One pass over pieces: against the whole table, in bounded memory, with what is wrong named."""

from pathlib import Path

import numpy as np
import pytest

from npfs.data import open_pieces
from npfs.data.pieces import BadPiece, of_arrays
from npfs.largedata import one_pass
from npfs.largedata.moments import Moments
from npfs.largedata.one_pass import read_moments
from npfs.regression.problem import make_problem

GIVEN = make_problem(5_000, 3, seed=2)


def test_pieces_of_any_size_come_to_the_whole(tmp_path: Path) -> None:
    file = tmp_path / "table.npy"
    np.save(file, np.column_stack([GIVEN.X, GIVEN.y]))
    wanted = Moments.of(GIVEN.X, GIVEN.y)
    for rows in (1_000, 777, 10_000):
        found = read_moments(open_pieces(file, target=-1, block_bytes=rows * 32))
        assert found.n == 5_000
        np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-12)
        np.testing.assert_allclose(found.comoment, wanted.comoment, rtol=1e-11, atol=1e-9)
        assert np.array_equal(found.low, wanted.low)


def test_the_same_pieces_give_the_same_numbers_whichever_thread_is_first() -> None:
    pieces = of_arrays(GIVEN.X, GIVEN.y, 100)
    first, *others = (read_moments(pieces) for _ in range(5))
    assert all(np.array_equal(first.comoment, other.comoment) for other in others)


def test_what_is_no_number_is_named() -> None:
    X = GIVEN.X.copy()
    X[3_777, 1] = np.inf
    with pytest.raises(BadPiece, match=r"samples 3,000 to 3,999: feature 1 is inf in its row 777"):
        read_moments(of_arrays(X, GIVEN.y, 1_000))


def test_no_row_and_too_many_features_are_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadPiece, match="no row is left"):
        read_moments(of_arrays(GIVEN.X[:0], GIVEN.y[:0], 10))
    monkeypatch.setattr(one_pass, "MOST_FEATURES", 2)
    with pytest.raises(BadPiece, match="it has 3 features, and moments are taken of at most 2"):
        read_moments(of_arrays(GIVEN.X, GIVEN.y, 10))
