r"""Learning rates with which gradient descent on given data is stable.

The loss of ``npfs.regression.loss`` is quadratic, so that its curvatures, the eigenvalues of the
Hessian :math:`H = \frac{2}{n} [X, 1]^T [X, 1]`, are the same everywhere. Descent is stable below
:math:`2 / \lambda_{max}`, and along an eigenvector each epoch multiplies the distance to the
solution by :math:`1 - learning\_rate \cdot \lambda`.

Source: Boyd, Vandenberghe, *Convex Optimization*, section 9.3.
"""

import math
from collections.abc import Callable

import numpy as np

from npfs.regression.problem import Array, all_finite
from npfs.regression.scaling import column_sums, sums_of_squares

# Rows of a symmetric matrix whose eigenvalues are computed exactly: 0.1 to 0.2 s; time grows with
# the cube of the rows.
LARGEST_EXACT = 1_024
# Products of the power iteration. Where two eigenvalues are close, growth may seem to have ended
# long before.
PASSES = 50
RELATIVE_CHANGE = 1e-9

# Rates that show the effect of a rate, as shares of the largest stable one: far too slow, slow,
# best for one curvature, swinging from side to side, and diverging.
SHARES_OF_STABLE = (0.01, 0.1, 0.5, 0.97, 1.1)


def hessian(X: Array) -> Array:
    r"""Return :math:`H = \frac{2}{n} [X, 1]^T [X, 1]`, shape (n_features + 1, n_features + 1).

    It holds the curvatures of the loss, which are the same everywhere; the last row and column
    belong to the bias.
    """
    n_samples, n_features = X.shape
    second = np.empty((n_features + 1, n_features + 1))
    # For a single feature BLAS would use its threads (see ``scaling``); for a few it does not.
    second[:-1, :-1] = X.T @ X if n_features > 1 else sums_of_squares(X)
    second[-1, :-1] = second[:-1, -1] = column_sums(X)
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
    r"""Return :math:`\lambda_{max}`, the largest eigenvalue of the Hessian of the loss.

    It is that of the smaller of the two Gram matrices (samples or features), which have the same
    eigenvalues but for zeros. Where both have more than ``LARGEST_EXACT`` rows, neither is made:
    the power iteration multiplies by ``X`` and its transpose.

    Returns
    -------
    float
        In units of squared features; at least 2 (the curvature along the bias) but for rounding,
        and infinite if squares of the features overflow.
    """
    n_samples, n_features = X.shape

    def times_hessian(v: Array) -> Array:
        along: Array = np.einsum("ij,j->i", X, v[:-1]) + v[-1]
        product: Array = np.append(np.einsum("i,ij->j", along, X), np.sum(along))
        product *= 2 / n_samples
        return product

    with np.errstate(over="ignore", invalid="ignore"):
        if min(n_samples, n_features + 1) > LARGEST_EXACT:
            return _power_iteration(times_hessian, n_features + 1)
        if n_features < n_samples:
            return largest_eigenvalue(hessian(X))
        return largest_eigenvalue((2 / n_samples) * (X @ X.T + 1))


def largest_eigenvalue(matrix: Array) -> float:
    """Return the largest eigenvalue of a symmetric matrix whose eigenvalues are not negative.

    It is exact but for rounding up to ``LARGEST_EXACT`` rows, and found by power iteration beyond;
    infinite where the matrix is not finite.
    """
    if not all_finite(matrix):
        return math.inf
    if len(matrix) <= LARGEST_EXACT:
        return float(np.linalg.eigvalsh(matrix)[-1])
    return _power_iteration(lambda v: matrix @ v, len(matrix))


def _power_iteration(times: Callable[[Array], Array], size: int) -> float:
    r"""Return the factor by which repeated ``times`` lengthens a vector of ``size`` numbers.

    A vector that is multiplied by a matrix again and again turns towards the eigenvector of the
    largest eigenvalue, and the factor by which it grows tends to that eigenvalue **from below**. It
    starts at random (from a fixed seed), since a start that is orthogonal to the eigenvector would
    never find it. The iteration ends when the factor grows by less than ``RELATIVE_CHANGE`` or
    after ``PASSES`` products; k of them leave a relative error of at most about :math:`\ln(d) / k`
    on average, whatever the eigenvalues. A rate of :math:`1 / \lambda_{max}` is half of the largest
    stable one, and so has room for far more. The factor is infinite where it overflows.

    Source: Golub, Van Loan, *Matrix Computations*, 4th ed., section 7.3 (the iteration); Kuczynski,
    Wozniakowski, *SIAM J. Matrix Anal. Appl.* 13 (1992) 1094 (its error from a random start).
    """
    vector = np.random.default_rng(0).standard_normal(size)
    vector /= np.linalg.norm(vector)
    growth = 0.0
    for _ in range(PASSES):
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
    r"""Return the learning rate beyond which descent on ``X`` diverges: :math:`2 / \lambda_{max}`.

    It is too high by as little as ``largest_curvature`` may be too low, and 0 if squares of the
    features overflow.

    Source: Boyd, Vandenberghe, *Convex Optimization*, section 9.3.
    """
    return 2 / largest_curvature(X)
