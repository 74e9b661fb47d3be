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
