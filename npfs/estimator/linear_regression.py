r"""Linear regression by gradient descent, as an estimator that works wherever scikit-learn's do.

scikit-learn is not needed: ``npfs.estimator.input`` holds what its tools ask of an estimator.
"""

import math
import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from npfs.backends.base import Backend, BackendUnavailable
from npfs.backends.registry import load_backend
from npfs.estimator import input as inputs
from npfs.estimator.input import AUTO, Parameters, sklearn_class
from npfs.largedata.moments import MOST_FEATURES, Moments, features_overflow, fit_moments
from npfs.regression.descent import Descent, descend, parameter_path
from npfs.regression.errors import ConvergenceWarning
from npfs.regression.learning_rate import largest_curvature
from npfs.regression.loss import mean_squared_error, r_squared
from npfs.regression.problem import Array, all_finite
from npfs.regression.scaling import Standardizer

MOMENTS = "moments"  # in place of a backend: one pass over the data


class LinearRegression(Parameters):
    r"""Least squares by gradient descent, run by any backend: ``y = X @ coef_ + intercept_``.

    Parameters
    ----------
    backend : str or Backend, default "numpy"
        A registered name (``npfs.backends.registry.backend_names``), a backend itself, or "auto":
        the one predicted to be first, from the runs in ``reports/`` of the current folder
        (``npfs.estimator.auto``); without runs NumPy.
    learning_rate : "auto" or float, default "auto"
        Step along the gradient of the mean squared error, for the data that are descended on
        (standardised ones, if ``standardize``). "auto" is :math:`1 / \lambda_{max}`, half of the
        largest stable rate, with :math:`\lambda_{max}` the largest eigenvalue of the Hessian
        :math:`\frac{2}{n} [X, 1]^T [X, 1]`.
    epochs : int, default 1000
        Steps of gradient descent; with ``tol`` at most so many.
    tol : float or None, default None
        Stop when the Euclidean norm of the gradient (dw, db) is at most ``tol``, in the units of y
        if ``standardize``. It is checked every 100 epochs, since a backend runs many epochs in one
        call. None runs all epochs.
    standardize : bool, default True
        Bring each feature to mean 0 and standard deviation 1 first, so that all of them converge at
        one pace. Prediction reuses mean and deviation of the training data.
    keep_path : bool, default False
        Keep the parameters of all epochs as ``path_``. They are computed once more from the Gram
        matrix, which takes O(n_features²) an epoch.

    Attributes
    ----------
    coef_ : array of shape (n_features,)
        Weights, for the original features (not standardised).
    intercept_ : float
        Prediction where all original features are 0.
    loss_history_ : array of shape ``(n_iter_,)``
        Mean squared error before each update, in squared units of y.
    n_iter_ : int
        Epochs that were run.
    learning_rate_ : float
        The rate that was used.
    backend_ : str
        Name of the backend that was used.
    path_ : array of shape ``(n_iter_ + 1, n_features + 1)``
        Weights and, in the last column, intercept before the first and after each epoch, for the
        original features. Only with ``keep_path``.
    mean_, scale_ : arrays of shape (n_features,)
        Of the training data, reused for prediction: 0 and 1 without ``standardize``.
    n_features_in_ : int
    feature_names_in_ : array of str, shape (n_features,)
        Only if X was a data frame whose column names are strings.
    moments_ : Moments
        Of all samples so far. Only by ``partial_fit`` and ``fit_moments``, and of Dask collections.

    Raises
    ------
    DivergenceError
        By ``fit``, if the loss grows: with the epoch, the rate and the largest stable rate.
    ValueError, TypeError
        By ``fit``, ``predict`` and ``score``, for wrong parameters and data; as scikit-learn's
        estimators do.
    BackendUnavailable
        By ``fit``, if a library that the backend needs is not installed.

    Warns
    -----
    ConvergenceWarning
        By ``fit``, if the epochs are used up before the gradient is as small as ``tol``.

    Notes
    -----
    Each epoch multiplies the distance to the solution along an eigenvector of the Hessian by
    :math:`1 - learning\_rate \cdot \lambda`: correlated features, with a small :math:`\lambda`,
    need many epochs.

    Source: Hastie, Tibshirani, Friedman, *The Elements of Statistical Learning*, 2nd ed., section
    3.2 (least squares); Boyd, Vandenberghe, *Convex Optimization*, section 9.3 (step size and
    convergence).

    Examples
    --------
    >>> from npfs import LinearRegression, make_problem
    >>> problem = make_problem(1000, slope=3.0)
    >>> model = LinearRegression(backend="numba").fit(problem.X, problem.y)
    >>> model.coef_.round(1)
    array([3.1])
    """

    path_: Array  # not every fit has these three
    feature_names_in_: NDArray[np.object_]
    moments_: Moments

    def __init__(
        self,
        backend: str | Backend = "numpy",
        *,
        learning_rate: float | str = AUTO,
        epochs: int = 1000,
        tol: float | None = None,
        standardize: bool = True,
        keep_path: bool = False,
    ) -> None:
        self.backend = backend
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.tol = tol
        self.standardize = standardize
        self.keep_path = keep_path

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to samples ``X``, shape (n_samples, n_features), and targets ``y``, (n_samples,)."""
        inputs.check_parameters(self)
        lazy = inputs.dask_collection(X)
        if lazy is not None:
            return self.fit_moments(*_moments_of_collections(lazy, y))
        names = inputs.feature_names(X)
        X = inputs.check_samples(X, type(self).__name__)
        y = inputs.check_targets(y, len(X), type(self).__name__)
        epochs, tol = int(self.epochs), _as_float(self.tol)
        backend = _load(self.backend, X, epochs)
        if self.standardize:
            scaler, X = Standardizer.fit_transform(X)
        else:
            scaler, X = Standardizer.identity(X.shape[1]), np.ascontiguousarray(X)
        rate = _as_float(self.learning_rate)
        if rate is None:
            rate = _auto_rate(X)
        found = descend(
            backend.prepare, backend.fit, X, y, epochs=epochs, learning_rate=rate, tol=tol
        )
        path = None
        if self.keep_path:
            path = parameter_path(X, y, epochs=len(found.loss_history), learning_rate=rate)
        return self._store(scaler, found, rate, backend.name, names, path)

    def partial_fit(self, X: Any, y: Any) -> Self:
        """Fit to these samples and all that ``partial_fit`` was given since the last ``fit``.

        Of the data their moments are kept, O(n_features²), and each call runs all epochs on those:
        the model is that of ``fit`` on all samples at once, whatever the batches, but for rounding.
        The backend is not used: no pass over the data is left to run.

        Raises
        ------
        ValueError
            If the samples have other features than before; and as by ``fit``.
        """
        inputs.check_parameters(self)
        before = getattr(self, "moments_", None)
        names = inputs.feature_names(X)
        if before is not None:
            X = self._samples(X)
            names = getattr(self, "feature_names_in_", None)
        else:
            X = inputs.check_samples(X, type(self).__name__)
        y = inputs.check_targets(y, len(X), type(self).__name__)
        if X.shape[1] > MOST_FEATURES:
            raise ValueError(
                f"X has {X.shape[1]:,} features, and partial_fit keeps the moments of at most "
                f"{MOST_FEATURES:,}; choose some of them, or give all samples to fit"
            )
        moments = Moments.of(X, y)
        return self.fit_moments(moments if before is None else before.join(moments), names)

    def fit_blocks(self, *_: Any, **__: Any) -> Self:
        """Refuse: use ``fit_moments`` for data larger than memory, ``fit`` for Dask collections."""
        raise TypeError(
            "fit_blocks is gone: give data larger than memory in batches to partial_fit, Dask "
            "collections to fit, and files to `npfs fit`; each takes one pass"
        )

    def fit_moments(self, moments: Moments, names: NDArray[np.object_] | None = None) -> Self:
        """Fit to the moments of data (``npfs.Moments``), which are kept as ``moments_``.

        Raises
        ------
        DivergenceError, ValueError
            As by ``fit``.
        """
        inputs.check_parameters(self)
        found = fit_moments(
            moments,
            epochs=int(self.epochs),
            learning_rate=_as_float(self.learning_rate),
            tol=_as_float(self.tol),
            standardize=bool(self.standardize),
            keep_path=bool(self.keep_path),
        )
        scaler, descent, path = found.scaler, found.descent, found.path
        self._store(scaler, descent, found.learning_rate, MOMENTS, names, path)
        self.moments_ = moments
        return self

    def _store(
        self,
        scaler: Standardizer,
        found: Descent,
        rate: float,
        backend: str,
        names: NDArray[np.object_] | None = None,
        path: Array | None = None,
    ) -> Self:
        """Store a fit as attributes, without names or path where it has none."""
        n_iter = len(found.loss_history)
        if self.tol is not None and found.gradient_norm > self.tol:
            warnings.warn(
                f"the gradient's norm is {found.gradient_norm:.3g} after {n_iter:,} epochs and not "
                f"yet at most tol={self.tol:g}; raise epochs, or tol if that is near enough",
                sklearn_class(ConvergenceWarning),
                stacklevel=3,
            )
        coef, intercept = _in_original_units(scaler, found)
        self.n_features_in_, self.mean_, self.scale_ = len(coef), scaler.mean, scaler.scale
        self.coef_, self.intercept_, self._at_mean = coef, intercept, found.bias
        self.loss_history_, self.n_iter_ = found.loss_history, n_iter
        self.learning_rate_, self.backend_ = rate, backend
        if path is not None:
            path[:, :-1] /= scaler.scale
            path[:, -1] -= path[:, :-1] @ scaler.mean
        for name, value in (("feature_names_in_", names), ("path_", path), ("moments_", None)):
            if value is not None:
                setattr(self, name, value)
            elif hasattr(self, name):
                delattr(self, name)
        return self

    def predict(self, X: Any) -> Array:
        """Return the predictions for ``X``, shape (n_samples,).

        They are computed from the distances to the training data's mean: where a feature varies
        little beside its mean, ``X @ coef_`` and ``intercept_`` are large numbers that cancel.
        """
        return (self._samples(X) - self.mean_) @ self.coef_ + self._at_mean

    def score(self, X: Any, y: Any) -> float:
        r"""Return :math:`R^2 = 1 - \frac{\sum (y - \hat y)^2}{\sum (y - \bar y)^2}`.

        The coefficient of determination: 1 is a perfect prediction, 0 that of the mean of ``y``.
        For equal ``y`` it is 1 if they are predicted exactly and 0 otherwise; for a single sample
        it is NaN, with a warning, as in scikit-learn.
        """
        y_pred = self.predict(X)
        y = inputs.check_targets(y, len(y_pred), type(self).__name__)
        if len(y) < 2:
            warnings.warn(
                "R^2 score is not well-defined with less than two samples.",
                sklearn_class(inputs.UndefinedMetricWarning),
                stacklevel=2,
            )
            return math.nan
        return r_squared(mean_squared_error(y, y_pred), float(np.var(y)))

    def score_moments(self, moments: Moments) -> float:
        """Return :math:`R^2` on the data that these moments were taken of, as ``score`` does."""
        self._require_fit()
        loss = moments.loss(Standardizer(self.mean_, np.ones_like(self.mean_)))
        reached = loss.at(np.append(self.coef_, -1.0), self._at_mean).loss
        return r_squared(reached, moments.variance_of_target)

    def _samples(self, X: Any) -> Array:
        """Return samples for a fitted estimator as float64, checked against those of the fit."""
        self._require_fit()
        estimator = type(self).__name__
        inputs.check_feature_names(X, getattr(self, "feature_names_in_", None), estimator)
        samples = inputs.check_samples(X, estimator)
        inputs.check_feature_count(samples, self.n_features_in_, estimator)
        return samples

    def _require_fit(self) -> None:
        if not hasattr(self, "coef_"):
            raise sklearn_class(inputs.NotFittedError)(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with "
                "appropriate arguments before using this estimator."
            )


def _moments_of_collections(X: Any, y: Any) -> tuple[Moments, NDArray[np.object_] | None]:
    try:
        from npfs.largedata.cluster_moments import of_collections  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise BackendUnavailable(
            f"Dask collections are fitted on a cluster, which needs the package {error.name!r}; "
            "install it with: python -m pip install 'npfs[dask]'"
        ) from None
    lazy = inputs.dask_collection(y)
    return of_collections(X, y if lazy is None else lazy)


def _as_float(value: float | str | None) -> float | None:
    """Return a parameter as a float; None for "auto" and None."""
    return None if value is None or isinstance(value, str) else float(value)


def _load(backend: str | Backend, X: Array, epochs: int) -> Backend:
    if isinstance(backend, Backend):
        return backend
    if backend == AUTO:
        from npfs.estimator.auto import choose_backend  # noqa: PLC0415 - it reads runs

        backend = choose_backend(len(X), X.shape[1], epochs).backend
    return load_backend(backend)


def _auto_rate(X: Array) -> float:
    r"""Return :math:`1 / \lambda_{max}`, half of the largest stable rate on ``X``."""
    curvature = largest_curvature(X)
    if math.isinf(curvature):
        with np.errstate(over="ignore", invalid="ignore"):
            standardized = largest_curvature(Standardizer.fit_transform(X)[1])
        raise features_overflow(standardized=standardized)
    return 1 / curvature


def _in_original_units(scaler: Standardizer, found: Descent) -> tuple[Array, float]:
    with np.errstate(over="ignore", invalid="ignore"):
        coef, intercept = scaler.to_original(found.weights, found.bias)
    if not (all_finite(coef) and math.isfinite(intercept)):
        raise ValueError(
            "coef_ or intercept_ overflows float64 in the units of X; bring its features nearer to "
            "a scale of 1"
        )
    return coef, intercept
