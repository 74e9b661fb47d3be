r"""Linear regression by gradient descent, as an estimator that works wherever scikit-learn's do.

scikit-learn is not needed: ``npfs.estimator.input`` holds what its tools ask of an estimator.
"""

import math
import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from npfs.backends.base import Backend
from npfs.backends.registry import load_backend
from npfs.estimator import input as inputs
from npfs.estimator.input import AUTO, Parameters, sklearn_class
from npfs.largedata.block_descent import State
from npfs.largedata.block_fitting import BlockFit, Blocks, Checkpointing, FitConfig, fit_blocks
from npfs.largedata.file_blocks import fastest_kernel
from npfs.regression.descent import Descent, descend, parameter_path
from npfs.regression.errors import ConvergenceWarning
from npfs.regression.learning_rate import largest_curvature
from npfs.regression.loss import mean_squared_error, r_squared
from npfs.regression.problem import Array, all_finite
from npfs.regression.scaling import Standardizer


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

    path_: Array  # not every fit has these two
    feature_names_in_: NDArray[np.object_]

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
        if hasattr(X, "__dask_graph__"):
            from npfs.largedata.cluster_blocks import fit_collection  # noqa: PLC0415 - optional

            fit_collection(self, X, y)
            return self
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
            path[:, :-1] /= scaler.scale
            path[:, -1] -= path[:, :-1] @ scaler.mean
        return self._store(scaler, found, rate, backend.name, names, path)

    def fit_blocks(
        self,
        blocks: Blocks,
        checkpointing: Checkpointing | None = None,
        *,
        on_epoch: Callable[[State], None] | None = None,
    ) -> BlockFit:
        """Fit to data in blocks: in a file (``FileBlocks``) or on a cluster (``ClusterBlocks``).

        ``backend`` is that of the kernel for a block; the rest is as with ``fit``.

        Returns
        -------
        BlockFit
            Moments, and the mean squared error reached, beside the attributes of the estimator.

        Raises
        ------
        ValueError
            If the backend has no kernel for blocks, or ``keep_path`` is set; and as ``fit``.
        BadPiece, BadCheckpoint, ClusterError
            If a part of the data cannot be learned from, a checkpoint to resume from is missing, or
            the cluster is gone.
        """
        inputs.check_parameters(self)
        if self.keep_path:
            raise ValueError("keep_path is for data in memory; leave it out for data in blocks")
        kernel = fastest_kernel() if self.backend == AUTO else self.backend
        rate, tol = _as_float(self.learning_rate), _as_float(self.tol)
        config = FitConfig(kernel, rate, int(self.epochs), tol, bool(self.standardize))
        found = fit_blocks(blocks, config, checkpointing, on_epoch)
        name = kernel if isinstance(kernel, str) else kernel.name
        self._store(found.scaler, found.descent, found.learning_rate, name)
        return found

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
        for name, value in (("feature_names_in_", names), ("path_", path)):
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
        raise ValueError(
            "squares of the features overflow float64, so no learning rate suits them; "
            "use standardize=True"
        )
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
