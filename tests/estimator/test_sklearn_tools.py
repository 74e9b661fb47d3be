"""The estimator in the hands of scikit-learn: its own checks, and the tools that people use."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import exceptions
from sklearn.base import clone, is_regressor
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression as LeastSquares
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import npfs
from npfs import LinearRegression, load_backend, make_problem

# Every warning is an error but the one that LinearRegression is not built upon scikit-learn.
CHECK = """
import sys, warnings
from sklearn.utils.estimator_checks import check_estimator
from npfs import LinearRegression
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message="Estimator LinearRegression does not inherit from")
for backend, epochs in (("numpy", 1_000), ("python", 100)):
    model = LinearRegression(backend, epochs=epochs)
    results = check_estimator(model, on_fail=None, on_skip=None)
    for result in results:
        if result["status"] != "passed":
            print(backend, result["check_name"], result["status"], repr(result["exception"]))
    assert len(results) > 45, len(results)
"""


def test_check_estimator_passes_whole() -> None:
    """No check is expected to fail and none is skipped: SCIPY_ARRAY_API must be set before.

    A backend of arrays and the one of lists; the others conform to the same contract.
    """
    result = subprocess.run(
        [sys.executable, "-c", CHECK],
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


def test_a_pipeline_takes_it_as_its_last_step() -> None:
    X, y = load_diabetes(return_X_y=True)
    X = X[:, :3]
    ours = make_pipeline(PolynomialFeatures(2, include_bias=False), LinearRegression(epochs=5_000))
    theirs = make_pipeline(PolynomialFeatures(2, include_bias=False), LeastSquares())
    np.testing.assert_allclose(ours.fit(X, y).predict(X), theirs.fit(X, y).predict(X), rtol=1e-6)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y))
    assert "LinearRegression(epochs=5000)" in repr(ours)
    assert ours._repr_html_()


def test_cross_validation_agrees_with_least_squares() -> None:
    X, y = load_diabetes(return_X_y=True)
    folds = KFold(4, shuffle=True, random_state=0)
    ours = cross_val_score(LinearRegression("numba", epochs=20_000), X, y, cv=folds)
    np.testing.assert_allclose(ours, cross_val_score(LeastSquares(), X, y, cv=folds), rtol=1e-6)


def test_a_grid_search_runs_over_backends() -> None:
    problem = make_problem(80, 2, seed=1)
    grid = {"backend": ["python", "numpy", load_backend("numba")], "learning_rate": ["auto", 0.1]}
    search = GridSearchCV(LinearRegression(epochs=50), grid, cv=3).fit(problem.X, problem.y)
    scores = search.cv_results_["mean_test_score"].reshape(3, 2)
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(scores, scores[[0, 0, 0]], rtol=1e-9)  # the same by all backends
    assert scores[0, 0] > scores[0, 1]


def test_a_search_goes_on_where_a_rate_diverges() -> None:
    problem = make_problem(80, 2, seed=1)
    search = GridSearchCV(LinearRegression(), {"learning_rate": [0.1, 50.0]}, cv=3)
    with pytest.warns() as caught:
        search.fit(problem.X, problem.y)
    assert "gradient descent diverged" in str(caught.pop(exceptions.FitFailedWarning).message)
    assert search.best_params_ == {"learning_rate": 0.1}


def test_a_clone_has_the_parameters_and_no_fit() -> None:
    problem = make_problem(20)
    model = LinearRegression("numba", tol=1e-3, standardize=False).fit(problem.X, problem.y)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "coef_")
    assert repr(copy) == "LinearRegression(backend='numba', tol=0.001, standardize=False)"
    assert is_regressor(copy)
    with pytest.raises(ValueError, match="Invalid parameter 'speed' for estimator"):
        copy.set_params(epochs=3, speed=9)
    assert copy.epochs == 1000


def test_errors_and_warnings_are_scikit_learns_and_ours() -> None:
    problem = make_problem(20)
    with pytest.raises(exceptions.NotFittedError, match="Call 'fit' with appropriate arguments"):
        LinearRegression().predict(problem.X)
    with pytest.warns(exceptions.ConvergenceWarning) as caught:
        LinearRegression(epochs=1, tol=0.0).fit(problem.X, problem.y)
    assert issubclass(caught[0].category, npfs.ConvergenceWarning)
    assert caught[0].filename == __file__
    with pytest.warns(exceptions.DataConversionWarning, match="A column-vector y") as caught:
        model = LinearRegression().fit(problem.X, problem.y[:, None])
    assert caught[0].filename == __file__
    with pytest.warns(exceptions.UndefinedMetricWarning):
        assert np.isnan(model.score([[1.0]], [1.0]))


def frame(X: Any) -> pd.DataFrame:
    return pd.DataFrame(X, columns=["age", "weight"])


def test_names_of_columns_are_kept_and_compared() -> None:
    problem = make_problem(30, 2)
    X, y = frame(problem.X), pd.Series(problem.y)
    model = LinearRegression().fit(X, y)
    assert model.feature_names_in_.tolist() == ["age", "weight"]
    plain = LinearRegression().fit(problem.X, problem.y)
    np.testing.assert_allclose(model.predict(X), plain.predict(problem.X))
    # check_estimator holds scikit-learn's words; here: which method, and which line is named
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        model.score(X[["weight", "age"]], y)
    with pytest.warns(UserWarning, match="X does not have valid feature names, but Lin") as caught:
        model.predict(problem.X)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="X has feature names, but LinearRegression was fitted"):
        plain.predict(X)
    model.fit(problem.X, problem.y)
    assert not hasattr(model, "feature_names_in_")


def test_missing_values_of_pandas_are_named() -> None:
    X = frame(make_problem(5, 2).X).astype("Float64")
    model = LinearRegression().fit(X, np.arange(5))
    assert np.isfinite(model.coef_).all()
    X.loc[2, "age"] = pd.NA
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.fit(X, np.arange(5))
    with pytest.raises(ValueError, match="Input y contains NaN"):
        model.fit(np.zeros((5, 1)), X["age"])


def test_it_follows_a_scaler_without_harm() -> None:
    X, y = load_diabetes(return_X_y=True)
    alone = LinearRegression("numba").fit(X, y)
    after = make_pipeline(StandardScaler(), LinearRegression("numba")).fit(X, y)
    np.testing.assert_allclose(after.predict(X), alone.predict(X), rtol=1e-9)
