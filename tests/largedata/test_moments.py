"""Moments against NumPy on the whole, where cutting, merging and large means could go wrong."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs.estimator.linear_regression import LinearRegression
from npfs.largedata.moments import BadMoments, Moments, StoredMoments, fit_moments
from npfs.regression.errors import DivergenceError
from npfs.regression.learning_rate import largest_curvature
from npfs.regression.problem import make_problem
from npfs.regression.scaling import Standardizer


def in_parts(X: np.ndarray, y: np.ndarray, cuts: list[int]) -> Moments:
    edges = [0, *sorted(cut % (len(y) + 1) for cut in cuts), len(y)]
    parts = [Moments.of(X[a:b], y[a:b]) for a, b in itertools.pairwise(edges)]
    return Moments.joined(parts, X.shape[1] + 1)


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


def test_the_loss_and_its_gradient_follow_from_the_moments_alone() -> None:
    problem = make_problem(500, 4, seed=3)
    X = problem.X * [1, 10, 100, 1000] + 50
    moments = in_parts(X, problem.y, [77])
    weights, bias = np.array([1.0, -2.0, 3.0, 0.5]), 0.7
    for scaler in (Standardizer.of(X), Standardizer.identity(4)):
        error = scaler.transform(X) @ weights + bias - problem.y
        found = moments.loss(scaler).at(np.append(weights, -1.0), bias)
        assert found.loss == pytest.approx(np.mean(error**2))
        assert found.db == pytest.approx(2 * np.mean(error))
        np.testing.assert_allclose(found.dw, 2 * error @ scaler.transform(X) / 500, rtol=1e-9)


@pytest.mark.parametrize("noise", [1.0, 1e-3, 1e-5])
def test_the_loss_history_is_exact_to_the_bound_that_is_told(noise: float) -> None:
    """The error is at most 1e-15 times features times the variance of y, whatever the loss."""
    problem = make_problem(2_000, 3, seed=5)
    y = problem.X @ [1.0, 2.0, 3.0] + noise * problem.y
    passes = LinearRegression(epochs=300).fit(problem.X, y)
    found = fit_moments(
        in_parts(problem.X, y, [400, 900, 1_300]),
        epochs=300, learning_rate=None, tol=None, standardize=True,
    )  # fmt: skip
    off = np.abs(found.descent.loss_history - passes.loss_history_)
    assert off.max() <= 1e-15 * 3 * np.var(y) + 1e-12 * noise**2
    assert found.descent.loss_history.min() >= 0


@pytest.mark.parametrize("standardize", [True, False])
def test_batches_are_fitted_as_one_table(standardize: bool) -> None:
    problem = make_problem(1_000, 3, seed=4)
    options: dict[str, Any] = {
        "epochs": 250,
        "standardize": standardize,
        "keep_path": True,
        "tol": 1e-9,
    }
    whole = LinearRegression(**options).fit(problem.X, problem.y)
    found = LinearRegression(**options)
    for a, b in itertools.pairwise([0, 1, 600, 1_000]):
        found.partial_fit(problem.X[a:b], problem.y[a:b])
    assert found.n_iter_ == whole.n_iter_
    assert found.learning_rate_ == pytest.approx(whole.learning_rate_)
    np.testing.assert_allclose(found.coef_, whole.coef_, rtol=1e-11)
    np.testing.assert_allclose(found.loss_history_, whole.loss_history_, rtol=1e-11)
    np.testing.assert_allclose(found.path_, whole.path_, atol=1e-11)
    assert found.moments_.n == 1_000
    r2 = whole.score(problem.X, problem.y)
    assert found.score_moments(found.moments_) == pytest.approx(r2, rel=1e-12)
    assert not hasattr(found.fit(problem.X, problem.y), "moments_")
    assert found.partial_fit(problem.X[:30], problem.y[:30]).moments_.n == 30  # a new stream


def test_a_stream_keeps_its_features() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [0.0, 1.0, 1.0]})
    model = LinearRegression(epochs=5).partial_fit(frame, [1.0, 2.0, 3.0])
    assert model.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.partial_fit(frame.rename(columns={"b": "c"}), [1.0, 2.0, 3.0])
    model = LinearRegression(epochs=5).partial_fit(frame.to_numpy(), [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="expecting 2 features"):
        model.partial_fit(np.ones((3, 1)), [1.0, 2.0, 3.0])


def test_a_rate_that_is_too_large_is_named() -> None:
    problem = make_problem(100, 2, seed=1)
    with pytest.raises(DivergenceError) as caught:
        LinearRegression(learning_rate=1.5).partial_fit(problem.X, problem.y)
    with pytest.raises(DivergenceError) as wanted:
        LinearRegression(learning_rate=1.5).fit(problem.X, problem.y)
    assert caught.value.largest_stable_rate == pytest.approx(wanted.value.largest_stable_rate)
    assert caught.value.epoch == wanted.value.epoch


def test_moments_are_stored_and_joined(tmp_path: Path) -> None:
    problem = make_problem(100, 2)
    parts = [
        StoredMoments(Moments.of(problem.X[rows], problem.y[rows]), ("a", "b"), "y")
        for rows in (slice(30), slice(30, None))
    ]
    file = tmp_path / "m.npz"
    parts[0].save(file)
    found = StoredMoments.load(file).join(parts[1]).moments
    wanted = Moments.of(problem.X, problem.y)
    np.testing.assert_allclose(found.comoment, wanted.comoment, rtol=1e-12, atol=1e-12)
    assert found.n == 100
    assert [left.name for left in tmp_path.iterdir()] == ["m.npz"]
    with pytest.raises(BadMoments, match="are of 'y' from 'a', 'b' and the data of 'y' from 'c'"):
        parts[0].join(StoredMoments(parts[1].moments, ("c",), "y"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "is of version 99 and this npfs reads 1; take the moments again"),
        ({"mean": np.zeros(7)}, "holds no moments"),
        ({"names": np.array(["y"])}, "holds no moments"),
        ({"mean": np.array(["a", "b", "c"])}, "its numbers do not fit together"),
        ({"low": np.zeros(7)}, "its numbers do not fit together"),
        ({"low": np.full(3, 1e9)}, "its numbers do not fit together"),
        ({"n": -5}, "its numbers do not fit together"),
        ({"comoment": np.triu(np.ones((3, 3)))}, "its numbers do not fit together"),
        ({"comoment": np.full((3, 3), np.nan)}, "its numbers do not fit together"),
        ({"n": np.array([])}, r"holds no moments \(TypeError\); name a file that --moments wrote"),
    ],
)
def test_a_file_of_other_moments_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    problem, file = make_problem(10, 2), tmp_path / "m.npz"
    StoredMoments(Moments.of(problem.X, problem.y), ("a", "b"), "y").save(file)
    with np.load(file) as stored:
        arrays = dict(stored) | change
    np.savez(file, **arrays)
    with pytest.raises(BadMoments, match=message):
        StoredMoments.load(file)
    file.write_bytes(b"text")
    with pytest.raises(BadMoments, match="holds no moments"):
        StoredMoments.load(file)


def test_columns_that_are_the_same_are_found() -> None:
    X = make_problem(1_000, 3, seed=2).X
    X = np.column_stack([X, X[:, 1], X[:, 0] * 2])
    moments = in_parts(X + 100, X[:, 2] + 100, [400, 401])
    assert moments.same_columns() == ([3], [2])


def test_what_overflows_has_no_curvature() -> None:
    X = np.full((10, 1), 1e200) * np.arange(10.0)[:, np.newaxis]
    with np.errstate(over="ignore", invalid="ignore"):
        moments = Moments.of(X, X[:, 0])
    assert moments.largest_curvature(Standardizer(np.zeros(1), np.ones(1))) == np.inf
