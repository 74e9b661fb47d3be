r"""Which learning rates gradient descent on given data can have.

The loss of ``npfs.regression.loss`` is quadratic, so that its curvatures, the eigenvalues of the Hessian
:math:`H = \frac{2}{n} [X, 1]^T [X, 1]`, are the same everywhere. Descent is stable below
:math:`2 / \lambda_{max}`, and along an eigenvector each epoch multiplies the distance to the solution by
:math:`1 - learning\_rate \cdot \lambda`.

Source: Boyd, Vandenberghe, *Convex Optimization*, section 9.3.
"""

import math
from collections.abc import Callable

import numpy as np

from npfs.regression import one_thread
from npfs.regression.problem import Array

# Where two eigenvalues are close, growth may seem to have ended long before.
RELATIVE_CHANGE = 1e-9
PASSES = 1_000  # over a Gram matrix, where they cost next to nothing
AT_ONCE = 8
PASSES_OVER_DATA = 50  # each takes as long as an epoch
LARGEST_GRAM = 1_024  # rows; to make a larger matrix takes longer than to do without it

# Rates that show what a rate does, of the largest stable one: far too slow, slow, best for one curvature, swinging from
# side to side, and diverging.
SHARES_OF_STABLE = (0.01, 0.1, 0.5, 0.97, 1.1)


def hessian(X: Array) -> Array:
    r"""Return :math:`H = \frac{2}{n} [X, 1]^T [X, 1]`, shape (n_features + 1, n_features + 1).

    It holds the curvatures of the loss, which are the same everywhere; the last row and column are the bias's.
    """
    n_samples, n_features = X.shape
    second = np.empty((n_features + 1, n_features + 1))
    # BLAS uses its threads for a single feature, and not again before there are very many.
    second[:-1, :-1] = X.T @ X if n_features > 1 else one_thread.sums_of_squares(X)
    second[-1, :-1] = second[:-1, -1] = one_thread.column_sums(X)
    second[-1, -1] = n_samples
    second *= 2 / n_samples
    return second


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


def largest_curvature(X: Array) -> float:
    r"""Return :math:`\lambda_{max}`, the largest eigenvalue of the Hessian of the loss, by power iteration.

    A vector that is multiplied by a matrix again and again turns towards the eigenvector of the largest
    eigenvalue, and the factor by which it grows tends to that eigenvalue **from below**. It starts at random
    (from a fixed seed), since a start that is orthogonal to the eigenvector would never find it. The iteration
    ends when the factor grows by less than ``RELATIVE_CHANGE`` or after ``PASSES`` products; k of them leave a
    relative error of at most about :math:`\ln(d) / k` on average, whatever the eigenvalues. A rate of
    :math:`1 / \lambda_{max}` is half of the largest stable one, and so has room for far more.

    The product is that of the smaller of the two Gram matrices (samples or features), which have the same
    eigenvalues but for zeros, ``AT_ONCE`` of them at once by a power of the matrix; where both are large, it is that
    of ``X`` and its transpose, one after the other.

    Source: Golub, Van Loan, *Matrix Computations*, 4th ed., section 7.3 (the iteration); Kuczynski, Wozniakowski,
    *SIAM J. Matrix Anal. Appl.* 13 (1992) 1094 (its error from a random start).

    Returns
    -------
    float
        In units of squared features; at least 2 (the curvature along the bias) but for rounding, and infinite
        if squares of the features overflow.
    """
    n_samples, n_features = X.shape
    with np.errstate(over="ignore", invalid="ignore"):
        if min(n_samples, n_features + 1) > LARGEST_GRAM:
            return _grown(lambda v: _hessian_times(X, v), n_features + 1, PASSES_OVER_DATA)
        matrix = hessian(X) if n_features < n_samples else (2 / n_samples) * (X @ X.T + 1)
        trace = float(np.trace(matrix))
        if not math.isfinite(trace):
            return math.inf
        power = np.linalg.matrix_power(matrix / trace, AT_ONCE)
        growth = _grown(lambda v: power @ v, len(matrix), PASSES)
        return trace * math.pow(growth, 1 / AT_ONCE)


def _hessian_times(X: Array, v: Array) -> Array:
    along = one_thread.predictions(X, v[:-1], v[-1])
    return (2 / len(X)) * np.append(one_thread.weighted_sums(X, along), np.sum(along))


def _grown(times: Callable[[Array], Array], size: int, passes: int) -> float:
    """Return the factor by which repeated ``times`` comes to lengthen a vector; infinite where it overflows."""
    vector = np.random.default_rng(0).standard_normal(size)
    vector /= np.linalg.norm(vector)
    growth = 0.0
    for _ in range(passes):
        vector = times(vector)
        largest = np.max(np.abs(vector))
        if not np.isfinite(largest):
            return math.inf
        vector /= largest  # so that no square overflows
        length = float(np.linalg.norm(vector))
        vector /= length
        before, growth = growth, float(largest) * length
        if growth - before <= RELATIVE_CHANGE * growth:
            break
    return growth


def largest_stable_rate(X: Array) -> float:
    r"""Return the learning rate beyond which gradient descent on ``X`` diverges: :math:`2 / \lambda_{max}`.

    :math:`\lambda_{max}` comes from ``largest_curvature``, which errs to the low side: this rate errs to the high
    side, by as little. It is 0 if squares of the features overflow.

    Source: Boyd, Vandenberghe, *Convex Optimization*, section 9.3.
    """
    return 2 / largest_curvature(X)
