from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs import make_problem
from npfs.regression import learning_rate, loss
from npfs.regression.problem import Array


@given(n=st.integers(1, 30), d=st.integers(1, 6), seed=st.integers(0, 10_000))
def test_the_safe_rate_is_below_the_largest_stable_one(n: int, d: int, seed: int) -> None:
    X = make_problem(n, d, seed=seed).X * 10 ** (seed % 7 - 3)
    design = np.column_stack([X, np.ones(n)])
    largest_eigenvalue = np.linalg.eigvalsh(2 * design.T @ design / n)[-1]
    assert learning_rate.safe_learning_rate(X) * largest_eigenvalue <= 1 + 1e-9
    assert learning_rate.safe_learning_rate(X) * largest_eigenvalue >= 1 / (d + 1) - 1e-9


def test_descent_with_the_safe_rate_never_raises_the_loss() -> None:
    from npfs.backends.conformance import reference_fit

    problem = make_problem(50, 3)
    fit = reference_fit(problem, 200, learning_rate.safe_learning_rate(problem.X))
    history = np.array(fit.loss_history, dtype=float)
    assert np.all(np.diff(history) <= 1e-12)
    design = np.column_stack([problem.X, np.ones(50)])
    solution = np.linalg.lstsq(design, problem.y)[0]
    least = loss.mean_squared_error(problem.y, design @ solution)
    assert history[-1] == pytest.approx(least, rel=1e-6)


def largest_eigenvalue(X: Array) -> float:
    design = np.column_stack([X, np.ones(len(X))])
    return float(np.linalg.eigvalsh(2 * design.T @ design / len(X))[-1])


@given(n=st.integers(1, 30), d=st.integers(1, 40), seed=st.integers(0, 10_000))
def test_the_largest_curvature_is_the_largest_eigenvalue(n: int, d: int, seed: int) -> None:
    X = make_problem(n, d, seed=seed).X * 10 ** (seed % 7 - 3)
    found = learning_rate.largest_curvature(X)
    assert found == pytest.approx(largest_eigenvalue(X), rel=1e-12)
    assert learning_rate.largest_stable_rate(X) == 2 / found
    with mock.patch.object(learning_rate, "LARGEST_EXACT", 0):
        assert 0.8 * found < learning_rate.largest_curvature(X) <= found * (1 + 1e-12)


@pytest.fixture
def only_power_iteration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_rate, "LARGEST_EXACT", 0)
    monkeypatch.setattr(learning_rate, "hessian", None)


@pytest.mark.usefixtures("only_power_iteration")
def test_nearly_equal_eigenvalues_leave_an_error_no_larger_than_their_distance() -> None:
    """Where the iteration cannot tell two eigenvectors apart, it need not."""
    X = np.sqrt(10) * np.linalg.qr(np.random.default_rng(0).standard_normal((10, 4)))[0]
    X -= X.mean(axis=0)
    assert learning_rate.largest_curvature(X) == pytest.approx(largest_eigenvalue(X), rel=1e-3)


@pytest.mark.usefixtures("only_power_iteration")
def test_a_start_in_the_wrong_direction_is_left() -> None:
    """The eigenvector of 2 * 100 is orthogonal to that of all ones, and to the bias."""
    X = np.array([[10.0, -10.0], [-10.0, 10.0]]) / np.sqrt(2)
    assert learning_rate.largest_curvature(X) == pytest.approx(200)


@pytest.mark.usefixtures("only_power_iteration")
def test_large_data_are_passed_over_without_a_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    X = make_problem(200, 60, seed=1).X + 1
    exact = largest_eigenvalue(X)
    assert learning_rate.largest_curvature(X) == pytest.approx(exact, rel=1e-3)
    monkeypatch.setattr(learning_rate, "PASSES", 3)
    assert exact / 2 < learning_rate.largest_curvature(X) < exact
    assert learning_rate.largest_curvature(X * 1e200) == np.inf


def test_a_large_matrix_is_iterated_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = learning_rate.hessian(make_problem(200, 60, seed=1).X + 1)
    exact = learning_rate.largest_eigenvalue(matrix)
    monkeypatch.setattr(learning_rate, "LARGEST_EXACT", 60)
    assert learning_rate.largest_eigenvalue(matrix) == pytest.approx(exact, rel=1e-9)


def test_large_features_have_a_large_curvature_and_too_large_ones_an_infinite_one() -> None:
    X = np.array([[1.0], [-1.0]])
    assert learning_rate.largest_curvature(X * 1e150) == pytest.approx(2e300)
    assert learning_rate.largest_curvature(X * 1e200) == np.inf
    assert learning_rate.largest_stable_rate(X * 1e200) == 0
    assert learning_rate.largest_curvature(X * 1e-300) == pytest.approx(2)


def test_the_hessian_holds_the_slopes_of_the_slopes() -> None:
    problem = make_problem(20, 3, seed=2)
    columns = []
    for unit in np.eye(4):
        at = [loss.predict(problem.X, p[:-1], p[-1]) for p in (unit, 0 * unit)]
        (dw, db), (dw0, db0) = (loss.gradients(problem.X, problem.y, y_pred) for y_pred in at)
        columns.append([*(dw - dw0), db - db0])
    np.testing.assert_allclose(learning_rate.hessian(problem.X), columns, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        learning_rate.hessian(problem.X[:, :1])[0, 0], columns[0][0], rtol=1e-9
    )
