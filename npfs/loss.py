r"""The formulas of the regression, once, in plain NumPy.

The prediction is :math:`\hat y = X w + b`; the loss is the mean squared error

.. math:: L(w, b) = \frac{1}{n} \sum_i (y_i - \hat y_i)^2 ,

and its derivatives follow from the chain rule:

.. math:: \frac{\partial L}{\partial w_j} = \frac{2}{n} \sum_i (\hat y_i - y_i)\, x_{ij}, \qquad
          \frac{\partial L}{\partial b} = \frac{2}{n} \sum_i (\hat y_i - y_i) .

Source: Hastie, Tibshirani, Friedman, *The Elements of Statistical Learning*, 2nd ed., section 3.2.
"""

import numpy as np

from npfs.problem import Array


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


def safe_learning_rate(X: Array) -> float:
    r"""Return a learning rate with which gradient descent on ``X`` cannot diverge.

    Descent is stable below :math:`2 / \lambda_{max}` of the Hessian
    :math:`H = \frac{2}{n} [X, 1]^T [X, 1]`. Its eigenvalues are not negative, so none is larger
    than their sum, the trace: :math:`2 (1 + mean_i \lVert x_i \rVert^2)`. The rate returned is
    1 / trace, at most half of the largest stable one.

    Source: Boyd, Vandenberghe, *Convex Optimization*, section 9.3; the trace is the sum of the
    eigenvalues.
    """
    mean_squared_norm = float(np.einsum("ij,ij->", X, X)) / X.shape[0]
    return float(1 / (2 * (1 + mean_squared_norm)))


def largest_stable_rate(X: Array) -> float:
    r"""Return the learning rate beyond which gradient descent on ``X`` diverges: :math:`2 / \lambda_{max}`.

    :math:`\lambda_{max}` is the largest eigenvalue of the Hessian :math:`\frac{2}{n} [X, 1]^T [X, 1]`.

    Source: Boyd, Vandenberghe, *Convex Optimization*, section 9.3.
    """
    design = np.column_stack([X, np.ones(len(X))])
    hessian = 2 * (design.T @ design) / len(X)
    return float(2 / np.linalg.eigvalsh(hessian)[-1])
