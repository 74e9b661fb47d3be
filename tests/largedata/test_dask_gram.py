"""The Gram matrix of a block, against the matrix product."""

import numpy as np
import pytest

from npfs.backends import numpy_gram
from npfs.largedata import dask_gram


@pytest.mark.parametrize("n_features", range(1, 8))
@pytest.mark.parametrize("n_samples", [1, 31, 32, 33, 1_000, 50_001])
def test_it_is_the_product_of_all_columns(n_features: int, n_samples: int) -> None:
    rng = np.random.default_rng(n_samples)
    X, y = rng.normal(size=(n_samples, n_features)) + 1, rng.normal(size=n_samples)
    columns = np.column_stack([X, np.ones(n_samples), y])
    found = dask_gram.gram(dask_gram.layout(X, y))
    np.testing.assert_allclose(found, columns.T @ columns, rtol=1e-12, atol=1e-11 * n_samples)
    assert np.array_equal(found, found.T)
    assert found[-2, -2] == n_samples


def test_it_is_what_numpy_gram_takes() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(777, 3)), rng.normal(size=777)
    found = dask_gram.gram(dask_gram.layout(X, y))
    np.testing.assert_allclose(
        found, numpy_gram.gram_matrix(numpy_gram.prepare(X, y)), rtol=1e-12, atol=1e-10
    )


def test_a_number_that_is_not_finite_shows() -> None:
    X, y = np.ones((100, 4)), np.ones(100)
    X[50, 2] = np.nan
    found = dask_gram.gram(dask_gram.layout(X, y))
    assert np.isnan(found[2]).all()
    assert np.isfinite(np.delete(np.delete(found, 2, 0), 2, 1)).all()
