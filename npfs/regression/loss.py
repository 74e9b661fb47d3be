r"""The formulas of the regression, once, in plain NumPy.

The prediction is :math:`\hat y = X w + b`; the loss is the mean squared error

.. math:: L(w, b) = \frac{1}{n} \sum_i (y_i - \hat y_i)^2 ,

and its derivatives follow from the chain rule:

.. math:: \frac{\partial L}{\partial w_j} = \frac{2}{n} \sum_i (\hat y_i - y_i)\, x_{ij}, \qquad
          \frac{\partial L}{\partial b} = \frac{2}{n} \sum_i (\hat y_i - y_i) .

Source: Hastie, Tibshirani, Friedman, *The Elements of Statistical Learning*, 2nd ed., section 3.2.
"""

import numpy as np

from npfs.regression.problem import Array


def predict(X: Array, weights: Array, bias: float) -> Array:
    """Return ``X @ weights + bias``, shape (n_samples,)."""
    return X @ weights + bias


def mean_squared_error(y: Array, y_pred: Array) -> float:
    """Return the mean of the squared differences between ``y`` and ``y_pred``."""
    return float(np.mean((y - y_pred) ** 2))


def gradients(X: Array, y: Array, y_pred: Array) -> tuple[Array, float]:
    """Return ``dw``, shape (n_features,), and ``db``: the slopes of the mean squared error."""
    error = y_pred - y
    return 2 * (X.T @ error) / len(y), float(2 * np.mean(error))


def r_squared(mean_squared_error: float, variance: float) -> float:
    r"""Return the coefficient of determination :math:`R^2 = 1 - MSE / Var(y)`.

    ``variance`` is that of the targets, divided by n. 1 is a perfect prediction, 0 that of the mean
    of ``y``. Where all targets are equal it is 1 if they are predicted exactly and 0 otherwise.
    """
    if variance == 0:
        return float(mean_squared_error == 0)
    return 1 - mean_squared_error / variance
