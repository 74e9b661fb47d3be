"""Every wrong call raises the error of scikit-learn's own estimators, or a sentence of ours."""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import validate_data

from npfs import LinearRegression, Moments, Problem, make_problem
from npfs.backends.base import BackendUnavailable
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


FOUR = [1.0, 2.0, 3.0, 4.0]
DAYS = pd.date_range("2020-01-01", periods=4)
TYPED = {
    "dates": (DAYS, "datetime64"),
    "time zone": (DAYS.tz_localize("UTC"), "datetime64"),
    "differences": (DAYS - DAYS[0], "timedelta64"),
    "periods": (DAYS.to_period("D"), "period"),
    "intervals": (pd.interval_range(0, 4), "interval"),
    "no time": ([pd.NaT] * 4, "datetime64"),
    "Arrow in pandas": (pd.Series(DAYS).astype("timestamp[us][pyarrow]"), "timestamp"),
}
CELLS = {
    "date objects": (list(DAYS.date), "date"),
    "differences as objects": (pd.Series(list(DAYS - DAYS[0]), dtype=object), "Timedelta"),
    "of NumPy": (pd.Series(list(DAYS.values), dtype=object), "datetime64"),
    "categories": (pd.Categorical(DAYS), "Timestamp"),
    "complex beside text": (pd.Series([1j, "2", 3, 4], dtype=object), "complex"),
}


class Frame:
    """As a data frame of Polars, whose array holds dates as counts of their unit."""

    dtypes: Any = ("Float64", "Datetime(time_unit='us', time_zone=None)")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array([FOUR, [1.6e15, 1.7e15, 1.8e15, 1.9e15]]).T


class Narrow(Frame):
    """As one of narwhals."""

    dtypes: Any = None
    schema = {"a": "Float64", "t": "Duration(time_unit='ns')"}  # noqa: RUF012


def beside_numbers() -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {
        what: (pd.DataFrame({"a": FOUR, "t": column}), says)
        for what, (column, says) in (TYPED | CELLS).items()
    }
    arrow = pa.table({"a": FOUR, "t": pa.array(DAYS)})
    return found | {
        "list": ([[1.0, day] for day in DAYS.date], "values of type date"),
        "table": (arrow, r"dtype timestamp\[us\]"),
        "batch": (arrow.to_batches()[0], "dtype timestamp"),
        "durations": (pa.table({"a": [1, 2, 3, 4], "t": pa.array(DAYS - DAYS[0])}), "dtype dur"),
        "Polars": (Frame(), "dtype Datetime"),
        "narwhals": (Narrow(), "dtype Duration"),
        "Dask": (dd.from_pandas(pd.DataFrame({"a": FOUR, "t": DAYS}), npartitions=2), "datetime64"),
    }


BESIDE = beside_numbers()


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("what", BESIDE)
def test_dates_beside_numbers_are_refused(what: str) -> None:
    samples, says = BESIDE[what]
    model = LinearRegression(epochs=5).fit(np.eye(4)[:, :2], FOUR)
    calls: list[Callable[[Any], Any]] = [
        model.predict,
        lambda X: model.score(X, FOUR),
        lambda X: model.partial_fit(X, FOUR),
    ]
    if what != "Dask":  # which a cluster fits
        calls.append(lambda X: model.fit(X, FOUR))
    for call in calls:
        with pytest.raises(TypeError, match=f"X must hold real numbers, got .*{says}.*; choose"):
            call(samples)


@pytest.mark.parametrize("what", TYPED | CELLS)
def test_dates_are_no_targets(what: str) -> None:
    column, _ = (TYPED | CELLS)[what]
    model = LinearRegression(epochs=5).fit(np.eye(4)[:, :2], FOUR)
    for y in (pd.Series(column), pd.DataFrame({"y": column}), list(column)):
        for call in (model.fit, model.score, model.partial_fit):
            with pytest.raises(
                (TypeError, ValueError), match=r"y must hold real|to float|float\(\)"
            ):
                call(np.eye(4)[:, :2], y)


MASKED = np.ma.masked_values([[1.0], [2], [3], [4], [1e20]], 1e20)
DOUBLE = np.array([2.0, 4, 6, 8, 10])


@pytest.mark.parametrize(
    "x", [MASKED, list(MASKED), da.from_array(MASKED, chunks=2)], ids=["array", "list", "Dask"]
)
def test_masked_samples_are_refused(x: Any) -> None:
    model = LinearRegression().fit(MASKED[:4], DOUBLE[:4])  # nothing is masked
    assert model.coef_ == pytest.approx([2])
    says = "X is a masked array in which 1 of 5 values are masked; fill them in, or leave those"
    calls: list[Callable[[Any], Any]] = [
        model.predict,
        lambda X: model.score(X, DOUBLE),
        lambda X: model.partial_fit(X, DOUBLE),
    ]
    if not hasattr(x, "dask"):  # which a cluster fits
        calls += [lambda X: model.fit(X, DOUBLE), lambda X: Problem(X, DOUBLE)]
        calls += [lambda X: Moments.of(X, DOUBLE)]
    for call in calls:
        with pytest.raises(ValueError, match=says):
            call(x)


@pytest.mark.filterwarnings("ignore:Warning. converting a masked element to nan")
@pytest.mark.parametrize(
    "y",
    [
        np.ma.masked_greater(DOUBLE, 9),
        np.ma.masked_greater(DOUBLE, 9).reshape(-1, 1),
        [2.0, 4.0, 6.0, 8.0, np.ma.masked],
        da.from_array(np.ma.masked_greater(DOUBLE, 9), chunks=2),
    ],
    ids=["array", "column", "list", "Dask"],
)
def test_masked_targets_are_refused(y: Any) -> None:
    X = MASKED.data[:, :1].clip(0, 5)
    model = LinearRegression().fit(X, DOUBLE)
    for call in (model.fit, model.score, model.partial_fit):
        with pytest.raises(ValueError, match="y is a masked array in which 1 of 5 values"):
            call(X, y)


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
@pytest.mark.parametrize("shape", [(5,), (5, 1)])
def test_rows_are_left_out_as_the_sentence_says(shape: tuple[int, ...]) -> None:
    masked = np.ma.masked_greater(DOUBLE, 9)
    for X, targets in ((MASKED, DOUBLE), (MASKED.data.clip(0, 5), masked)):
        y = targets.reshape(shape)
        with pytest.raises(ValueError, match="masked array") as found:
            LinearRegression().fit(X, y)
        keep = eval(str(found.value).partition("keep = ")[2], {"np": np, "X": X, "y": y})
        assert LinearRegression().fit(X[keep], y[keep]).coef_ == pytest.approx([2])


class Wrapped:
    """As an xarray.DataArray, which has the method whatever it holds."""

    ndim, chunks = 2, None

    def __init__(self, data: Any) -> None:
        self.data = data

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.data)

    def __dask_graph__(self) -> Any:
        return getattr(self.data, "dask", None)


THREE = np.array([[1.0], [2.0], [3.0]])


def test_an_array_that_only_could_be_lazy_is_taken() -> None:
    model = LinearRegression().fit(Wrapped(THREE), Wrapped(2 * THREE[:, 0]))
    assert model.coef_ == pytest.approx([2])
    assert model.predict(Wrapped(THREE)) == pytest.approx([2, 4, 6])
    lazy = Wrapped(da.from_array(THREE, chunks=2))
    assert model.predict(lazy) == pytest.approx([2, 4, 6])


@pytest.mark.parametrize("wrap", [Wrapped, lambda array: array], ids=["wrapped", "array"])
def test_a_collection_needs_what_is_named(wrap: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "npfs.largedata.cluster_moments", raising=False)
    lazy = wrap(da.from_array(THREE, chunks=2))
    with pytest.raises(BackendUnavailable, match=r"'distributed'; install .*pip.* 'npfs\[dask\]'"):
        LinearRegression().fit(lazy, [2.0, 4.0, 6.0])


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
