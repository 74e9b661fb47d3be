import dataclasses
from typing import Any

import numpy as np
import pytest

from npfs import Problem, make_problem


def test_the_seed_problem_has_slope_3_and_no_intercept() -> None:
    problem = make_problem(200_000)
    slope, intercept = np.polyfit(problem.X[:, 0], problem.y, 1)
    # standard error of either is noise / sqrt(n) = 0.0022
    assert slope == pytest.approx(3, abs=0.01)
    assert intercept == pytest.approx(0, abs=0.01)
    residual = problem.y - slope * problem.X[:, 0] - intercept
    assert residual.std() == pytest.approx(1, abs=0.01)


def test_parameters_are_those_asked_for() -> None:
    problem = make_problem(50, slope=-2.0, intercept=7.0, noise=0.0)
    np.testing.assert_allclose(problem.y, -2.0 * problem.X[:, 0] + 7.0)


def test_many_features_follow_seeded_weights_exactly_without_noise() -> None:
    problem = make_problem(100, 5, noise=0.0, intercept=1.0, seed=3)
    design = np.column_stack([problem.X, np.ones(100)])
    solution, residual, *_ = np.linalg.lstsq(design, problem.y)
    assert residual < 1e-20
    assert solution[-1] == pytest.approx(1.0)
    assert len(set(solution.round(6))) == 6


def test_the_seed_decides() -> None:
    same, other = make_problem(10, 2, seed=5), make_problem(10, 2, seed=6)
    np.testing.assert_array_equal(same.X, make_problem(10, 2, seed=5).X)
    assert not np.array_equal(same.X, other.X)


def test_a_problem_is_frozen_and_float64() -> None:
    problem = Problem([[1], [2]], [3, 4])  # type: ignore[arg-type]
    assert problem.X.dtype == problem.y.dtype == np.float64
    assert (problem.n_samples, problem.n_features) == (2, 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.y = problem.y  # type: ignore[misc]


ONES = np.ones((3, 2))


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.ones(3), np.ones(3), r"X must have shape \(n_samples, n_features\), got shape \(3,\)"),
        (ONES, np.ones((3, 1)), r"y must have shape \(n_samples,\), got shape \(3, 1\)"),
        (np.ones((0, 2)), np.ones(0), r"X must have at least one sample \(row\)"),
        (np.ones((3, 0)), np.ones(3), r"X must have at least one feature \(column\)"),
        (ONES, np.ones(4), r"y must have one value for each row of X: expected 3, got 4"),
        (ONES * np.nan, np.ones(3), r"X must be finite, got nan at index \[0, 0\] \(6 such"),
        (ONES, np.array([1, np.inf, 1]), r"y must be finite, got inf at index \[1\]"),
        ([[1, 2], [3]], [1, 2], r"X must be a rectangular array of numbers"),
    ],
)
def test_a_bad_value_is_named(X: np.ndarray, y: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Problem(X, y)


def test_text_is_no_number() -> None:
    with pytest.raises(TypeError, match="X must hold real numbers, got dtype <U1"):
        Problem(np.array([["a"]]), np.ones(1))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0,), ValueError, "n_samples must be at least 1, got 0"),
        ((3, -1), ValueError, "n_features must be at least 1, got -1"),
        ((2.5,), TypeError, "n_samples must be an integer, got 2.5"),
        ((True,), TypeError, "n_samples must be an integer, got True"),
        (("real-python",), TypeError, r"got 'real-python'; load_published\('real-python'\) loads"),
    ],
)
def test_a_bad_size_is_named(
    arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_problem(*arguments)


def test_a_bad_parameter_is_named() -> None:
    with pytest.raises(ValueError, match="noise must be a finite number, got nan"):
        make_problem(3, noise=float("nan"))
