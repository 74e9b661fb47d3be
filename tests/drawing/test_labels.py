from itertools import pairwise

import pytest

from npfs.drawing import labels


def test_labels_are_moved_apart_and_stay_in_order() -> None:
    assert labels.spread([0, 100, 200], 10) == [0, 100, 200]
    assert labels.spread([0, 1], 10) == [-4.5, 5.5]
    placed = labels.spread([0, 1, 2, 50, 51], 10)
    assert all(b - a >= 10 - 1e-9 for a, b in pairwise(placed))
    assert sum(placed[:3]) == pytest.approx(3)
    assert labels.spread([], 10) == []


def test_labels_stay_between_bounds() -> None:
    assert labels.spread([0, 1], 10, 0, 100) == [0, 10]
    assert labels.spread([99, 99, 100], 10, 0, 100) == [80, 90, 100]
    assert labels.spread([5, 5, 5], 10, 0, 10) == [0, 5, 10]


def test_names_are_shortened() -> None:
    assert labels.shorten("NumPy, vectorized") == "NumPy, vectorized"
    assert labels.shorten("x" * 200) == "x" * 27 + "…"
    assert labels.shorten(" two\n lines\t") == "two lines"
    assert labels.shorten("数 is not in the font") == "□ is not in the font"
