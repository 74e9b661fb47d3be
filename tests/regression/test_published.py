"""Published comparisons: the data are as published."""

import numpy as np
import pytest

from npfs import load_published
from npfs.regression.published import PUBLISHED


def test_real_python_is_a_line_from_0_to_2() -> None:
    problem = load_published("real-python")
    assert problem.X.shape == (10_000, 1)
    assert (problem.X[0, 0], problem.X[-1, 0]) == (0, 2)
    assert np.allclose(np.diff(problem.X[:, 0]), 2 / 9_999)
    slope, intercept = np.polyfit(problem.X[:, 0], problem.y, 1)
    assert (slope, intercept) == pytest.approx((2, 3), abs=0.01)
    assert np.std(problem.y - intercept - slope * problem.X[:, 0]) == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize("n_features", [2, 5, 10, 20, 50, 100])
def test_many_features_has_its_sizes(n_features: int) -> None:
    assert load_published("many-features", n_features).X.shape == (10_000, n_features)


def test_data_are_the_same_for_the_same_seed() -> None:
    for name in PUBLISHED:
        assert np.array_equal(load_published(name, seed=3).y, load_published(name, seed=3).y)
        assert not np.array_equal(load_published(name, seed=3).y, load_published(name, seed=4).y)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("real-pyton",), "there are real-python, many-features"),
        (("real-python", 2), "has 1 features, not 2"),
        (("many-features", 3), "has 2, 5, 10, 20, 50, 100 features, not 3"),
    ],
)
def test_what_was_not_published_is_said(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        load_published(*arguments)  # type: ignore[arg-type]
