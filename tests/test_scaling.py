import numpy as np
import pytest

from npfs.scaling import Standardizer


def test_features_have_mean_0_and_deviation_1() -> None:
    X = np.array([[1.0, 100.0, 5.0], [2.0, 300.0, 5.0], [6.0, 200.0, 5.0]])
    scaled = Standardizer.of(X).transform(X)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(scaled[:, :2].std(axis=0), 1)
    np.testing.assert_array_equal(scaled[:, 2], 0)  # a constant feature says nothing


def test_parameters_translate_back() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(5, [1, 200, 0.01], (20, 3))
    scaler = Standardizer.of(X)
    weights, bias = np.array([1.0, -2.0, 3.0]), 4.0
    original, intercept = scaler.to_original(weights, bias)
    y_scaled = scaler.transform(X) @ weights + bias
    np.testing.assert_allclose(X @ original + intercept, y_scaled)


def test_new_data_are_scaled_by_the_training_data() -> None:
    scaler = Standardizer.of(np.array([[0.0], [2.0]]))
    assert scaler.transform(np.array([[5.0]]))[0, 0] == pytest.approx(4.0)
