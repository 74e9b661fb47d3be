"""The estimator's numbers, against closed forms, least squares and a loop written here."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from npfs import LinearRegression, load_backend, make_problem
from npfs.regression.loss import mean_squared_error
from npfs.regression.problem import Array


def standardised(X: Array) -> Array:
    return np.asarray((X - X.mean(axis=0)) / X.std(axis=0))


def with_ones(X: Array) -> Array:
    return np.column_stack([X, np.ones(len(X))])


def curvatures(X: Array) -> Array:
    """Eigenvalues of the Hessian, ascending."""
    design = with_ones(X)
    return np.asarray(np.linalg.eigvalsh(2 * design.T @ design / len(X)), dtype=np.float64)


def loop(X: Array, y: Array, epochs: int, rate: float) -> Array:
    """Weights and bias at the start and after each epoch, by the formula."""
    design, p = with_ones(X), np.zeros(X.shape[1] + 1)
    path = [p]
    for _ in range(epochs):
        p = p - rate * 2 * design.T @ (design @ p - y) / len(y)
        path.append(p)
    return np.array(path)


@pytest.mark.parametrize("epochs", [100, 1_000, 5_000, 40_000])
def test_diabetes_data_are_fitted_to_the_digits_that_convergence_promises(epochs: int) -> None:
    """Each epoch shrinks the distance to the solution by 1 - rate * (smallest curvature)."""
    X, y = load_diabetes(return_X_y=True)
    scaled = standardised(X)
    solution = np.linalg.lstsq(with_ones(scaled), y, rcond=None)[0]
    eigenvalues = curvatures(scaled)
    model = LinearRegression("numba", epochs=epochs).fit(X, y)
    assert model.learning_rate_ == pytest.approx(1 / eigenvalues[-1], rel=1e-3)
    promised = (1 - model.learning_rate_ * eigenvalues[0]) ** epochs * np.linalg.norm(solution)
    found = np.append(model.coef_ * X.std(axis=0), model.intercept_ + model.coef_ @ X.mean(axis=0))
    assert np.linalg.norm(found - solution) <= promised + 1e-10 * np.linalg.norm(solution)
    if epochs == 40_000:
        original = np.linalg.lstsq(with_ones(X), y, rcond=None)[0]
        np.testing.assert_allclose([*model.coef_, model.intercept_], original, rtol=1e-9)
        np.testing.assert_allclose(model.predict(X), with_ones(X) @ original, rtol=1e-9)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("backend", ["python", "numpy", "numba-simd"])
def test_a_fit_is_what_the_formula_gives(backend: str, standardize: bool) -> None:
    problem = make_problem(40, 3, intercept=2.0, seed=1)
    X, y = problem.X * [1.0, 2.0, 0.5] + [0.5, 0.0, -1.0], problem.y
    model = LinearRegression(backend, epochs=25, standardize=standardize, learning_rate=0.05)
    assert model.fit(X, y) is model
    used = standardised(X) if standardize else X
    path = loop(used, y, 25, 0.05)
    y_pred = with_ones(used) @ path[-1]
    np.testing.assert_allclose(model.predict(X), y_pred, rtol=1e-12)
    np.testing.assert_allclose(X @ model.coef_ + model.intercept_, y_pred, rtol=1e-12)
    losses = [mean_squared_error(y, with_ones(used) @ p) for p in path[:-1]]
    np.testing.assert_allclose(model.loss_history_, losses, rtol=1e-12)
    assert model.loss_history_[0] == pytest.approx(np.mean(y**2))  # in squared units of y
    assert model.loss_history_.dtype == model.coef_.dtype == np.float64
    assert model.coef_.shape == (3,)
    assert isinstance(model.intercept_, float)
    assert (model.n_iter_, model.backend_, model.n_features_in_) == (25, backend, 3)
    assert model.learning_rate_ == 0.05
    assert not hasattr(model, "path_")


@pytest.mark.parametrize("shape", [(50, 1), (50, 4), (5, 9)])
@pytest.mark.parametrize("standardize", [True, False])
def test_the_path_leads_through_every_epoch(shape: tuple[int, int], standardize: bool) -> None:
    problem = make_problem(*shape, intercept=2.0, seed=2)
    X, y = problem.X * 3 + 5, problem.y
    model = LinearRegression("numba", epochs=60, standardize=standardize, keep_path=True).fit(X, y)
    assert model.path_.shape == (61, shape[1] + 1)
    expected = loop(standardised(X) if standardize else X, y, 60, model.learning_rate_)
    if standardize:
        expected[:, :-1] /= X.std(axis=0)
        expected[:, -1] -= expected[:, :-1] @ X.mean(axis=0)
    np.testing.assert_allclose(model.path_, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.path_[-1], [*model.coef_, model.intercept_], rtol=1e-9)
    model.set_params(keep_path=False).fit(X, y)
    assert not hasattr(model, "path_")


@pytest.mark.parametrize("shape", [(100, 1), (500, 6), (6, 30)])
@pytest.mark.parametrize("standardize", [True, False])
def test_auto_is_one_over_the_largest_curvature(shape: tuple[int, int], standardize: bool) -> None:
    X = make_problem(*shape, seed=3).X * 4 + 7
    model = LinearRegression(epochs=1, standardize=standardize).fit(X, X[:, 0])
    used = standardised(X) if standardize else X
    largest = curvatures(used)[-1]
    assert model.learning_rate_ == pytest.approx(1 / largest, rel=1e-3)


def test_a_feature_that_varies_little_beside_its_mean_keeps_its_digits() -> None:
    """The feature is 1e9 and a thousandth; the reference takes the distances, which are exact."""
    rng = np.random.default_rng(4)
    x = 1e9 + 1e-3 * rng.standard_normal(500)
    distance = x - 1e9
    y = 2e3 * distance + 1 + 0.1 * rng.standard_normal(500)
    slope, middle = np.polyfit(distance, y, 1)
    model = LinearRegression().fit(x[:, None], y)
    assert model.coef_[0] == pytest.approx(slope, rel=1e-9)
    # with intercept_, a number of 1e12, four digits would be left
    np.testing.assert_allclose(model.predict(x[:, None]), slope * distance + middle, rtol=1e-10)


@pytest.mark.parametrize("exponent", [-300, -160, -20, 20, 150, 160, 300])
def test_features_of_any_scale_are_learned_alike(exponent: int) -> None:
    problem = make_problem(30, 2, seed=5)
    usual = LinearRegression().fit(problem.X, problem.y)
    factor = 10.0**exponent
    model = LinearRegression().fit(problem.X * factor, problem.y)
    np.testing.assert_allclose(model.coef_ * factor, usual.coef_, rtol=1e-9)
    np.testing.assert_allclose(
        model.predict(problem.X * factor), usual.predict(problem.X), rtol=1e-9
    )


def test_a_constant_feature_says_nothing() -> None:
    x = make_problem(30, seed=6).X[:, 0]
    X = np.column_stack([np.full(30, 0.1), x, np.zeros(30)])
    model = LinearRegression().fit(X, 2 * x + 1)
    np.testing.assert_allclose(model.coef_, [0, 2, 0], atol=1e-12)
    np.testing.assert_allclose(model.predict([[99.0, 1.0, 99.0]]), [3.0])


def test_collinear_features_share_their_weight() -> None:
    x = make_problem(30, seed=7).X[:, 0]
    model = LinearRegression().fit(np.column_stack([x, x]), 2 * x + 1)
    np.testing.assert_allclose([*model.coef_, model.intercept_], [1, 1, 1])


def test_one_sample_is_predicted() -> None:
    model = LinearRegression().fit([[5.0, 3.0]], [7.0])
    np.testing.assert_allclose(model.predict([[5.0, 3.0]]), [7.0])
    np.testing.assert_array_equal(model.coef_, 0)


def test_what_float64_cannot_hold_is_named() -> None:
    problem = make_problem(30)
    with pytest.raises(ValueError, match="squared targets overflows float64; divide y"):
        LinearRegression().fit(problem.X, problem.y * 1e200)
    with pytest.raises(ValueError, match=r"squares of the features overflow.*standardize=True"):
        LinearRegression(standardize=False).fit(problem.X * 1e200, problem.y)
    LinearRegression(standardize=True).fit(problem.X * 1e200, problem.y)
    with pytest.raises(ValueError, match="coef_ or intercept_ overflows float64"):
        LinearRegression().fit(problem.X * 1e-310, problem.y)


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("standardize", [True, False])
def test_a_remedy_for_features_that_overflow_is_one(standardize: bool) -> None:
    """Standardising helps neither where it is done already, nor moments that overflow."""
    model, y = LinearRegression(standardize=standardize), [0.0, 1.0, 2.0, 3.0]
    far = np.array([[-1.7e308], [1.7e308], [0], [1e308]])
    for call, X in ((model.fit, far), (model.partial_fit, far), (model.partial_fit, far / 1e108)):
        with pytest.raises(ValueError, match=r"squares of the features .*; give them in larger"):
            call(X, y)
        model.fit(X / 1e300, y)
    offset = np.array([[1e160], [1e160 + 1e146], [1e160 - 1e146], [1e160 + 2e146]])
    if standardize:
        model.partial_fit(offset, y)
    else:
        with pytest.raises(ValueError, match="use standardize=True"):
            model.partial_fit(offset, y)


def test_score_is_the_coefficient_of_determination() -> None:
    from sklearn.metrics import r2_score

    problem = make_problem(60, 2, noise=2.0, seed=8)
    model = LinearRegression().fit(problem.X[:40], problem.y[:40])
    X, y = problem.X[40:], problem.y[40:]
    assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)), rel=1e-12)
    assert model.score(X, np.full(20, 3.0)) == 0.0
    flat = LinearRegression(standardize=False).fit(np.zeros((4, 1)), np.full(4, 3.0))
    assert flat.score(np.zeros((4, 1)), np.full(4, 3.0)) == 1.0


def test_a_backend_itself_will_do_and_it_alone_decides() -> None:
    numpy = load_backend("numpy")
    problem = make_problem(30, 2)
    model = LinearRegression(numpy).fit(problem.X, problem.y)
    assert model.backend_ == "numpy"
    assert pickle.loads(pickle.dumps(model)).predict(problem.X) == pytest.approx(
        model.predict(problem.X)
    )


def test_the_data_are_left_as_they_were_whatever_their_order() -> None:
    problem = make_problem(50, 3)
    C = problem.X * 2 + 1
    F, wide = np.asfortranarray(C), np.repeat(C, 2, axis=1)
    expected = LinearRegression().fit(C.copy(), problem.y).coef_
    for X in (C, F, wide[:, ::2]):
        for standardize in (True, False):
            before = X.copy()
            model = LinearRegression(standardize=standardize).fit(X, problem.y)
            np.testing.assert_array_equal(X, before)
        np.testing.assert_allclose(
            model.set_params(standardize=True).fit(X, problem.y).coef_, expected
        )


def test_a_fit_that_fails_leaves_the_last_one_alone() -> None:
    problem = make_problem(30)
    model = LinearRegression().fit(problem.X, problem.y)
    coef = model.coef_
    with pytest.raises(ArithmeticError):
        model.set_params(learning_rate=5.0).fit(np.tile(problem.X, 2), problem.y)
    assert model.coef_ is coef
    assert model.n_features_in_ == 1
    model.predict(problem.X)


WITHOUT_SKLEARN = """
import sys
from pathlib import Path
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("sklearn", "scipy", "pandas"):
            raise ModuleNotFoundError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
import warnings
import numpy as np
from npfs import ConvergenceWarning, LinearRegression
X, y = np.arange(10.0)[:, None], 3 * np.arange(10.0) + 1
model = LinearRegression("python")
try:
    model.predict(X)
except (ValueError, AttributeError) as error:
    assert "is not fitted yet" in str(error), error
else:
    raise AssertionError("an unfitted estimator predicted")
assert round(model.fit(X, y).score(X, y), 6) == 1
np.testing.assert_allclose(model.predict(X), y)
shown = "LinearRegression(backend='python', learning_rate=0.1, epochs=3, tol=0.0)"
assert repr(model.set_params(tol=0.0, epochs=3, learning_rate=0.1)) == shown
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(X, y[:, None])
names = [warning.category.__name__ for warning in caught]
assert names == ["DataConversionWarning", "ConvergenceWarning"]
assert issubclass(caught[1].category, ConvergenceWarning)
assert not {"sklearn", "scipy", "pandas"} & set(sys.modules)
"""


def test_nothing_of_it_needs_scikit_learn() -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_SKLEARN],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


def test_auto_takes_the_backend_that_stored_runs_advise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.analysis.test_prediction import evidence, numpy

    monkeypatch.chdir(tmp_path)
    problem = make_problem(50)
    assert LinearRegression("auto", epochs=5).fit(problem.X, problem.y).backend_ == "numpy"
    evidence(
        tmp_path / "reports", runs=3, works={"python": lambda n, d: (0.0, 1e-9), "numpy": numpy}
    )
    assert LinearRegression("auto", epochs=5).fit(problem.X, problem.y).backend_ == "python"
