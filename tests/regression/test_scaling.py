import numpy as np
import pytest

from npfs.regression.scaling import Standardizer, column_sums, sums_of_squares

SHAPES = [(1, 1), (7, 1), (5_000, 1), (127, 4), (128, 4), (1_001, 4), (1_000, 3), (50, 600), (1, 5)]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", SHAPES)
def test_sums_and_transform_of_any_shape_and_order(shape: tuple[int, int], order: str) -> None:
    X = np.random.default_rng(shape[0]).standard_normal(shape) + 3
    samples = np.asarray(X, order=order)  # type: ignore[call-overload]
    np.testing.assert_allclose(column_sums(samples), X.sum(axis=0))
    np.testing.assert_allclose(sums_of_squares(samples), (X**2).sum(axis=0))
    scaler, scaled = Standardizer.fit_transform(samples)
    np.testing.assert_allclose(scaler.mean, X.mean(axis=0))
    np.testing.assert_allclose(scaler.scale, X.std(axis=0) if len(X) > 1 else 1)
    np.testing.assert_array_equal(scaled, (X - scaler.mean) / scaler.scale)
    assert scaled.flags.c_contiguous
    np.testing.assert_array_equal(Standardizer.identity(shape[1]).transform(X), X)


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


def test_equal_values_are_constant_whatever_their_mean_rounds_to() -> None:
    for n in range(1, 60):
        scaler, scaled = Standardizer.fit_transform(np.full((n, 1), 0.1))
        assert (scaler.mean[0], scaler.scale[0]) == (0.1, 1.0)
        np.testing.assert_array_equal(scaled, 0)
    assert any(column_sums(np.full((n, 1), 0.1)) / n != 0.1 for n in range(1, 60))


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-200, 1e-150, 1e150, 1e160, 1e308])
def test_squares_that_leave_float64_do_no_harm(scale: float) -> None:
    """Of -1, 0 and 1 the deviation is the root of 2/3."""
    X = np.array([[-1.0], [0.0], [1.0]]) * scale
    scaler, scaled = Standardizer.fit_transform(X)
    assert scaler.mean[0] == 0
    if scale > 1e-308:  # below, few digits are left to the number itself
        assert scaler.scale[0] == pytest.approx(np.sqrt(2 / 3) * scale)
        np.testing.assert_allclose(scaled[:, 0], np.array([-1, 0, 1]) * np.sqrt(3 / 2))


def test_a_small_spread_beside_a_large_mean_is_known_exactly() -> None:
    """Distances from 2**40 are multiples of its last bit, so that their statistics are exact."""
    steps = np.array([0.0, 1.0, 5.0, 2.0, 0.0, 4.0, 3.0])
    bit = 2.0**-12
    scaler = Standardizer.of((2.0**40 + steps * bit)[:, None])
    assert scaler.scale[0] == pytest.approx(steps.std() * bit, rel=1e-12)
    assert scaler.mean[0] - 2.0**40 == pytest.approx(steps.mean() * bit, abs=bit / 2)
