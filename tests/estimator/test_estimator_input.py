"""Every wrong call raises the error of scikit-learn's own estimators, or a sentence of ours."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import validate_data

from npfs import LinearRegression, make_problem
from npfs.backends.registry import UnknownBackend

PROBLEM = make_problem(6, 2)
X, Y = PROBLEM.X, PROBLEM.y


class Theirs(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """scikit-learn's own validation, under the name of ours."""

    def fit(self, X: Any, y: Any) -> Any:
        validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        return self

    def predict(self, X: Any) -> Any:
        return validate_data(self, X, dtype=np.float64, reset=False)


Theirs.__name__ = "LinearRegression"


def replaced(array: Any, value: Any, dtype: Any = float) -> Any:
    changed = np.array(array, dtype=dtype)
    changed.flat[1] = value
    return changed


BAD_FITS = {
    "NaN": (replaced(X, np.nan), Y),
    "infinity": (replaced(X, np.inf), Y),
    "infinities that cancel": (replaced(replaced(X, np.inf), np.inf)[:, [1]] * [[1, -1]], Y),
    "NaN in y": (X, replaced(Y, np.nan)),
    "infinity in y": (X, replaced(Y, -np.inf)),
    "one dimension": (Y, Y),
    "a number": (3.0, Y),
    "three dimensions": (X[None], Y),
    "no samples": (np.empty((0, 2)), []),
    "no features": (np.empty((6, 0)), Y),
    "fewer targets": (X, Y[:-1]),
    "no y": (X, None),
    "two columns of y": (X, np.column_stack([Y, Y])),
    "y is a number": (X, 1.0),
    "complex": (X + 0j, Y),
    "complex y": (X, Y + 0j),
    "sparse": (sparse.csr_array(X), Y),
    "sparse y": (X, sparse.csr_array(Y[:, None])),
    "matrix": (np.matrix(X), Y),
    "words": (replaced(X, "a", object), Y),
    "a dict in it": (replaced(X, {}, object), Y),
    "letters": (np.full((6, 2), "a"), Y),
    "letters in y": (X, np.array(["a"] * 6, object)),
    "ragged": ([[1.0], [1.0, 2.0]], [1.0, 2.0]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FITS)
def test_a_bad_fit_raises_as_scikit_learns_does(case: str) -> None:
    samples, targets = BAD_FITS[case]
    with np.errstate(invalid="ignore"), pytest.raises((TypeError, ValueError)) as theirs:
        Theirs().fit(samples, targets)
    with pytest.raises((TypeError, ValueError)) as ours:
        LinearRegression().fit(samples, targets)
    assert isinstance(ours.value, theirs.type)
    first_line, their_first_line = (str(error.value).split("\n")[0] for error in (ours, theirs))
    assert first_line.split(". ")[0] == their_first_line.split(". ")[0]


BAD_PREDICTIONS = {
    "features": X[:, :1],
    "one dimension": X[0],
    "NaN": replaced(X, np.nan),
    "sparse": sparse.csr_array(X),
    "complex": X + 0j,
    "no samples": X[:0],
}


@pytest.mark.parametrize("case", BAD_PREDICTIONS)
def test_a_bad_prediction_raises_as_scikit_learns_does(case: str) -> None:
    with pytest.raises((TypeError, ValueError)) as theirs:
        Theirs().fit(X, Y).predict(BAD_PREDICTIONS[case])
    model = LinearRegression().fit(X, Y)
    for call in (model.predict, lambda samples: model.score(samples, Y)):
        with pytest.raises((TypeError, ValueError)) as ours:
            call(BAD_PREDICTIONS[case])
        assert isinstance(ours.value, theirs.type)
        assert str(ours.value).split("\n")[0] == str(theirs.value).split("\n")[0]


def test_a_bad_score_names_y() -> None:
    model = LinearRegression().fit(X, Y)
    for targets in (Y[:-1], None, replaced(Y, np.nan), np.column_stack([Y, Y])):
        with pytest.raises(ValueError, match=r"inconsistent|y is None|Input y|y should be a 1d"):
            model.score(X, targets)


BAD_PARAMETERS = [
    ("epochs", 0), ("epochs", 1.5), ("epochs", True), ("epochs", "many"),
    ("tol", -1e-9), ("tol", np.nan), ("tol", np.inf), ("tol", "small"), ("tol", True),
    ("learning_rate", 0), ("learning_rate", -0.1), ("learning_rate", np.inf),
    ("learning_rate", "fast"), ("learning_rate", None),
    ("learning_rate", np.array([0.1, 0.2])), ("learning_rate", True),
    ("standardize", 1), ("standardize", "yes"), ("keep_path", None),
    ("backend", None), ("backend", 3),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD_PARAMETERS, ids=str)
def test_a_bad_parameter_is_named_at_fit(name: str, value: Any) -> None:
    model = LinearRegression(
        **{name: value}
    )  # nothing is checked here, so that clone and search work
    with pytest.raises(
        ValueError, match=f"The '{name}' parameter of LinearRegression must be .* Got"
    ):
        model.fit(X, Y)
    with pytest.raises(TypeError):
        model.fit(X, Y)


def test_numbers_of_numpy_are_numbers() -> None:
    model = LinearRegression(
        learning_rate=np.float32(0.25),  # type: ignore[arg-type]
        epochs=np.int64(7),  # type: ignore[arg-type]
        tol=np.float64(0),
        standardize=np.bool_(True),  # type: ignore[arg-type]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert model.fit(X, Y).n_iter_ == 7


def test_an_unknown_backend_lists_the_known_ones() -> None:
    with pytest.raises(UnknownBackend, match=r"unknown backend 'fortran'; known.* numpy-inplace"):
        LinearRegression("fortran").fit(X, Y)


def test_dates_are_no_numbers() -> None:
    with pytest.raises(TypeError, match="X must hold real numbers, got dtype datetime64"):
        LinearRegression().fit(np.zeros((6, 1), "datetime64[s]"), Y)


DAYS = pd.date_range("2020-01-01", periods=4)
MIXED = {
    "dates": pd.DataFrame({"a": [1.0, 2, 3, 4], "t": DAYS}),
    "time zones": pd.DataFrame({"a": [1.0, 2, 3, 4], "t": DAYS.tz_localize("UTC")}),
    "differences": pd.DataFrame({"a": [1.0, 2, 3, 4], "t": DAYS - DAYS[0]}),
    "date objects": pd.DataFrame({"a": [1.0, 2, 3, 4], "t": list(DAYS.date)}),
    "no time": pd.DataFrame({"a": [1.0, 2, 3, 4], "t": [pd.NaT, *DAYS[1:]]}),
    "complex": np.array([[1.0, 2j], ["3", 4], [5, 6], [7, 8]], dtype=object),
    "Arrow": pa.table({"a": [1.0, 2, 3, 4], "t": pa.array(DAYS)}),
}


@pytest.mark.parametrize("what", MIXED)
def test_dates_beside_numbers_are_refused(what: str) -> None:
    with pytest.raises(TypeError, match="X must hold real numbers, and holds values of type"):
        LinearRegression(epochs=5).fit(MIXED[what], [1.0, 2, 3, 4])
    model = LinearRegression(epochs=5).fit(np.ones((4, 2)), [1.0, 2, 3, 4])
    with pytest.raises(TypeError, match="X must hold real numbers"):
        model.predict(np.asarray(MIXED[what], dtype=object))


def test_masked_values_are_refused_and_unmasked_ones_taken() -> None:
    x = np.ma.masked_values([[1.0], [2], [3], [4], [1e20]], 1e20)
    y = np.array([2.0, 4, 6, 8, 10])
    with pytest.raises(ValueError, match="X is a masked array in which 1 of 5 values are masked"):
        LinearRegression().fit(x, y)
    with pytest.raises(ValueError, match="y is a masked array .* keep those of ~y.mask"):
        LinearRegression().fit(x.data, np.ma.masked_greater(y, 9))
    kept = ~np.ma.getmaskarray(x).any(axis=1)
    model = LinearRegression().fit(x[kept], y[kept])
    assert model.coef_ == pytest.approx([2])
    with pytest.raises(ValueError, match="masked array"):
        model.predict(x)


def test_an_array_that_only_could_be_lazy_is_taken() -> None:
    class Wrapped:
        """As an xarray.DataArray in memory: the method is there, and there is no graph."""

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.array([[1.0], [2.0], [3.0]])

        def __dask_graph__(self) -> None:
            return None

    assert LinearRegression().fit(Wrapped(), [2.0, 4.0, 6.0]).coef_ == pytest.approx([2])


def test_whole_numbers_booleans_and_lists_are_samples() -> None:
    expected = LinearRegression().fit([[0.0], [1.0], [1.0]], [1.0, 2.0, 2.0])
    for samples in (
        np.array([[0], [1], [1]]),
        [[False], [True], [True]],
        np.array([[0], [1], [1]], "f4"),
    ):
        found = LinearRegression().fit(samples, (1, 2, 2))
        np.testing.assert_allclose(found.predict(samples), expected.predict([[0.0], [1.0], [1.0]]))


def test_values_whose_sum_overflows_are_finite() -> None:
    samples = np.array([[1.5e308], [1.4e308], [1.6e308], [1.5e308]])
    model = LinearRegression().fit(samples, [0.0, -1.0, 1.0, 0.0])
    np.testing.assert_allclose(model.predict(samples), [0, -1, 1, 0], atol=1e-9)
