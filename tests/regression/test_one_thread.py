"""Passes over data of any shape and order, against NumPy's plain expressions."""

import numpy as np
import pytest

from npfs.regression import one_thread

SHAPES = [(1, 1), (7, 1), (5_000, 1), (127, 4), (128, 4), (1_001, 4), (1_000, 3), (50, 600), (1, 5)]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_is_its_expression(shape: tuple[int, int], order: str) -> None:
    rng = np.random.default_rng(shape[0])
    X = np.asarray(rng.standard_normal(shape) + 3, order=order)  # type: ignore[call-overload]
    weights, by_sample = rng.standard_normal(shape[1]), rng.standard_normal(shape[0])
    close = np.testing.assert_allclose
    close(one_thread.predictions(X, weights, 2.0), X @ weights + 2.0, rtol=1e-10, atol=1e-10)
    close(one_thread.weighted_sums(X, by_sample), by_sample @ X, rtol=1e-10, atol=1e-10)
    close(one_thread.column_sums(X), X.sum(axis=0))
    close(one_thread.sums_of_squares(X), (X**2).sum(axis=0))
    out = np.empty(shape)
    one_thread.apply_to_columns(np.subtract, X, weights, out)
    np.testing.assert_array_equal(out, X - weights)
    one_thread.apply_to_columns(np.divide, out, weights, out)
    np.testing.assert_array_equal(out, (X - weights) / weights)
