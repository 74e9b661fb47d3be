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


def test_what_the_font_lacks_is_drawn_as_a_box_and_measured_as_broad() -> None:
    assert (
        labels.in_font("数 is not in the font, µ and ש are") == "□ is not in the font, µ and ש are"
    )
    assert labels.text_width("数") == pytest.approx(labels.text_width("—"))
