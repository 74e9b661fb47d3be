import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from npfs import make_problem
from npfs.regression import loss


@given(n=st.integers(1, 30), d=st.integers(1, 6), seed=st.integers(0, 10_000))
def test_gradients_are_the_slopes_of_the_loss(n: int, d: int, seed: int) -> None:
    """Central differences; the loss is a quadratic, for which they are exact but for rounding."""
    problem = make_problem(n, d, seed=seed)
    rng = np.random.default_rng(seed + 1)
    parameters = rng.standard_normal(d + 1)

    def loss_at(parameters: np.ndarray) -> float:
        y_pred = loss.predict(problem.X, parameters[:-1], parameters[-1])
        return loss.mean_squared_error(problem.y, y_pred)

    step = 1e-3
    slopes = [
        (loss_at(parameters + step * unit) - loss_at(parameters - step * unit)) / (2 * step)
        for unit in np.eye(d + 1)
    ]
    y_pred = loss.predict(problem.X, parameters[:-1], parameters[-1])
    dw, db = loss.gradients(problem.X, problem.y, y_pred)
    np.testing.assert_allclose([*dw, db], slopes, rtol=1e-6, atol=1e-8 * max(1, abs(db)))


def test_mean_squared_error_by_hand() -> None:
    assert loss.mean_squared_error(np.array([1.0, 2.0]), np.array([0.0, 4.0])) == 2.5
