"""How descent ends: at the tolerance, short of it, or nowhere; against a loop written here."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from npfs import ConvergenceWarning, DivergenceError, LinearRegression, load_backend, make_problem
from npfs.backends.base import Backend, Fit
from npfs.regression.descent import descend, parameter_path, require_descent
from npfs.regression.learning_rate import largest_stable_rate
from npfs.regression.problem import Array

BACKENDS = ["python", "numpy", "numpy-inplace", "numpy-gram", "numba", "numba-simd"]


def losses(X: Array, y: Array, epochs: int, rate: float) -> list[float]:
    design, p, found = np.column_stack([X, np.ones(len(X))]), np.zeros(X.shape[1] + 1), []
    for _ in range(epochs):
        error = design @ p - y
        found.append(float(np.mean(error**2)))
        p = p - rate * 2 * design.T @ error / len(y)
    return found


def gradient_norm(model: LinearRegression, X: Array, y: Array) -> float:
    """The norm of the gradient for the standardised features, where the model ended."""
    error = model.predict(X) - y
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    dw, db = 2 * scaled.T @ error / len(y), 2 * np.mean(error)
    return float(np.linalg.norm([*dw, db]))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("share", [1.02, 3.0, 1e200])
def test_a_rate_above_the_largest_stable_one_diverges(backend: str, share: float) -> None:
    problem = make_problem(40, 3, seed=1)
    X = (problem.X - problem.X.mean(axis=0)) / problem.X.std(axis=0)
    design = np.column_stack([X, np.ones(40)])
    stable = 2 / np.linalg.eigvalsh(2 * design.T @ design / 40)[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        expected = losses(X, problem.y, 400, share * stable)
    first = next(k for k in range(1, 400) if not expected[k] <= min(expected[:k]))
    model = LinearRegression(backend, learning_rate=share * stable, epochs=400)
    said = r"loss grows from epoch .* is above .* learning_rate='auto'"
    with pytest.raises(DivergenceError, match=said) as caught:
        model.fit(problem.X, problem.y)
    error = caught.value
    assert error.epoch == first
    assert error.learning_rate == share * stable
    assert error.largest_stable_rate == pytest.approx(stable, rel=1e-2)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # as it comes from another process


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rate_just_below_it_does_not(backend: str) -> None:
    problem = make_problem(40, 3, seed=1)
    X = (problem.X - problem.X.mean(axis=0)) / problem.X.std(axis=0)
    rate = 0.98 * largest_stable_rate(X)
    model = LinearRegression(backend, learning_rate=rate, epochs=2_000)
    assert np.all(np.diff(model.fit(problem.X, problem.y).loss_history_) <= 1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_rounding_at_the_solution_is_not_divergence(backend: str, offset: float) -> None:
    """Without noise the loss falls to that of rounding, where it goes up and down."""
    problem = make_problem(50, 2, noise=0.0, seed=2)
    for rate in ("auto", 0.6):
        model = LinearRegression(backend, epochs=600, learning_rate=rate)
        model.fit(problem.X, problem.y + offset)
        assert abs(model.loss_history_[-1]) <= 1e-14 * model.loss_history_[0]


def test_the_last_update_counts_as_well() -> None:
    """One epoch records the loss before it; what it did shows in the parameters."""
    problem = make_problem(40, seed=1)
    model = LinearRegression(learning_rate=1e308, epochs=1)
    with pytest.raises(DivergenceError, match="from epoch 1 on"):
        model.fit(problem.X, 1e10 * problem.y)


def test_a_rising_loss_is_divergence_only_above_the_largest_stable_rate() -> None:
    X = np.array([[1.0], [-1.0]])  # the largest stable rate is 1
    risen = np.array([4.0, 1.0, 2.0])
    require_descent(risen, np.ones(2), 0.5, lambda: largest_stable_rate(X))
    with pytest.raises(DivergenceError) as caught:
        require_descent(risen, np.ones(2), 1.2, lambda: largest_stable_rate(X))
    assert caught.value.epoch == 2
    require_descent(
        np.array([4.0, 1.0, 1.0 + 1e-12]), np.ones(2), 1.2, lambda: largest_stable_rate(X)
    )
    with pytest.raises(DivergenceError) as caught:
        require_descent(np.array([4.0, np.nan]), np.ones(2), 1.2, lambda: largest_stable_rate(X))
    assert caught.value.epoch == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_descent_in_parts_is_descent_in_one(backend: str) -> None:
    X, y = load_diabetes(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    used = load_backend(backend)
    one = descend(used.prepare, used.fit, X, y, epochs=250, learning_rate=0.1, tol=None)
    parts = descend(used.prepare, used.fit, X, y, epochs=250, learning_rate=0.1, tol=0.0)
    np.testing.assert_allclose(parts.weights, one.weights, rtol=1e-9)
    assert parts.bias == pytest.approx(one.bias, rel=1e-12)
    np.testing.assert_allclose(parts.loss_history, one.loss_history, rtol=1e-9)
    assert np.isnan(one.gradient_norm)
    error = X @ one.weights + one.bias - y
    slopes = [*(2 * X.T @ error / len(y)), 2 * np.mean(error)]
    assert parts.gradient_norm == pytest.approx(np.linalg.norm(slopes), rel=1e-6)


def test_descent_stops_when_the_gradient_is_as_small_as_tol() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = LinearRegression("numba", tol=0.5, epochs=10_000).fit(X, y)
    assert 100 < model.n_iter_ < 10_000
    assert model.n_iter_ % 100 == 0
    assert len(model.loss_history_) == model.n_iter_
    assert gradient_norm(model, X, y) <= 0.5
    sooner = LinearRegression("numba", epochs=model.n_iter_ - 100).fit(X, y)
    assert gradient_norm(sooner, X, y) > 0.5
    model.set_params(keep_path=True).fit(X, y)
    assert model.path_.shape == (model.n_iter_ + 1, 11)


def test_stopping_short_of_tol_says_by_how_much() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = LinearRegression(tol=1e-3, epochs=230)
    with pytest.warns(ConvergenceWarning, match="raise epochs") as caught:
        model.fit(X, y)
    message = str(caught[0].message)
    assert model.n_iter_ == 230
    assert f"norm is {gradient_norm(model, X, y):.3g} after 230 epochs" in message
    assert "tol=0.001" in message


def test_without_tol_there_is_one_call_and_with_it_one_for_each_hundred_epochs() -> None:
    numpy, calls = load_backend("numpy"), []

    def fit(data: object, epochs: int, learning_rate: float) -> Fit:
        calls.append(epochs)
        return numpy.fit(data, epochs, learning_rate)

    counted = Backend("counted", "Counted", numpy.prepare, fit)
    problem = make_problem(30, 2)
    LinearRegression(counted).fit(problem.X, problem.y)
    assert calls == [1000]
    calls.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        LinearRegression(counted, tol=0.0, learning_rate=1e-3, epochs=250).fit(problem.X, problem.y)
    assert calls == [100, 100, 50]


def test_the_path_of_few_samples_is_that_of_many() -> None:
    """Fewer features than samples go by the Hessian, more by the data: the same data, twice."""
    problem = make_problem(3, 4, seed=3)
    few = parameter_path(problem.X, problem.y, epochs=30, learning_rate=0.05)
    many = parameter_path(
        np.tile(problem.X, (2, 1)), np.tile(problem.y, 2), epochs=30, learning_rate=0.05
    )
    np.testing.assert_allclose(many, few, rtol=1e-10)
