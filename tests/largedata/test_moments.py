"""Moments against NumPy on the whole, where cutting, merging and large means could go wrong."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs.largedata.moments import Moments
from npfs.regression.learning_rate import largest_curvature
from npfs.regression.problem import make_problem
from npfs.regression.scaling import Standardizer


def in_parts(X: np.ndarray, y: np.ndarray, cuts: list[int]) -> Moments:
    edges = [0, *sorted(cut % (len(y) + 1) for cut in cuts), len(y)]
    parts = [Moments.of(X[a:b], y[a:b]) for a, b in itertools.pairwise(edges)]
    return Moments.merged(parts, X.shape[1] + 1)


@given(st.lists(st.integers(0, 500), max_size=6), st.floats(-1e6, 1e6))
def test_parts_of_any_lengths_also_none_come_to_the_whole(cuts: list[int], offset: float) -> None:
    problem = make_problem(300, 3, seed=1)
    X, y = problem.X + offset, problem.y
    found = in_parts(X, y, cuts)
    z = np.column_stack([X, y])
    assert found.n == 300
    np.testing.assert_allclose(found.mean, z.mean(axis=0), rtol=1e-12, atol=1e-12)
    # The definition, and no difference of large sums: a mean of a million times the spread costs
    # six digits of sixteen.
    np.testing.assert_allclose(found.comoment, np.cov(z.T, bias=True) * 300, rtol=1e-7, atol=1e-7)
    whole = Standardizer.of(X)
    np.testing.assert_allclose(found.standardizer.mean, whole.mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.standardizer.scale, whole.scale, rtol=1e-8)


def test_a_constant_feature_has_scale_one_and_its_own_value_as_mean() -> None:
    X = np.column_stack([np.full(1_000, 0.1), np.arange(1_000.0)])
    scaler = in_parts(X, X[:, 1], [333, 700]).standardizer
    assert scaler.scale[0] == 1
    assert scaler.mean[0] == 0.1
    assert scaler.scale[1] == pytest.approx(np.std(X[:, 1]))


def test_the_curvature_is_that_of_the_data_as_they_are_descended_on() -> None:
    problem = make_problem(2_000, 5, seed=2)
    X = problem.X * [1, 2, 3, 4, 5] + 7
    moments = in_parts(X, problem.y, [10, 1_500])
    scaler, scaled = Standardizer.fit_transform(X)
    as_it_is = Standardizer(np.zeros(5), np.ones(5))
    assert moments.largest_curvature(scaler) == pytest.approx(largest_curvature(scaled))
    assert moments.largest_curvature(as_it_is) == pytest.approx(largest_curvature(X))


def test_an_epochs_sums_follow_from_the_moments_alone() -> None:
    problem = make_problem(500, 4, seed=3)
    X = problem.X * [1, 10, 100, 1000] + 50
    moments = in_parts(X, problem.y, [77])
    weights, bias = np.array([1.0, -2.0, 3.0, 0.5]), 0.7
    for scaler in (Standardizer.of(X), Standardizer(np.zeros(4), np.ones(4))):
        error = scaler.transform(X) @ weights + bias - problem.y
        found = moments.sums(scaler, weights, bias)
        assert found.loss == pytest.approx(error @ error)
        assert found.db == pytest.approx(np.sum(error))
        np.testing.assert_allclose(found.dw, error @ scaler.transform(X), rtol=1e-9)


def test_the_same_data_in_other_parts_are_alike_and_others_are_not() -> None:
    problem = make_problem(100, 2)
    found = in_parts(problem.X + 1e6, problem.y, [50])
    assert found.is_like(in_parts(problem.X + 1e6, problem.y, [13, 77]))
    changed = problem.y.copy()
    changed[7] += 1e-3
    assert not found.is_like(in_parts(problem.X + 1e6, changed, [50]))


def test_what_overflows_has_no_curvature() -> None:
    X = np.full((10, 1), 1e200) * np.arange(10.0)[:, np.newaxis]
    with np.errstate(over="ignore", invalid="ignore"):
        moments = Moments.of(X, X[:, 0])
    assert moments.largest_curvature(Standardizer(np.zeros(1), np.ones(1))) == np.inf
