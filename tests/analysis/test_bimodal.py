import numpy as np
import pytest

from npfs.analysis.bimodal import two_values
from npfs.analysis.statistics import geometric_interval


def test_two_clear_values_are_found() -> None:
    found = two_values([10.1e-6, 22.0e-6, 9.9e-6, 22.2e-6, 10.0e-6])
    assert found is not None
    low, high = found
    assert low.value == pytest.approx(10e-6, rel=1e-3)
    assert high.value == pytest.approx(22.1e-6, rel=1e-3)
    assert (low.runs, high.runs) == (3, 2)
    assert geometric_interval([10.1e-6, 22.0e-6, 9.9e-6, 22.2e-6, 10.0e-6]).two_values == found


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 1.01, 0.99, 1.0, 9.0],  # one apart is an outlier
        [1.0, 1.0, 1.1, 1.1],  # too close to be news
        [1.0, 2.0],
        [1.0, 1.5, 2.2, 3.0, 4.1, 5.9],
        [1.0] * 5,
    ],
)
def test_other_spread_is_not_two_valued(values: list[float]) -> None:
    assert two_values(values) is None


@pytest.mark.parametrize("runs", [4, 5, 6, 8, 10, 20])
def test_values_with_one_centre_are_hardly_ever_called_two_valued(runs: int) -> None:
    """With normal tails and with heavy ones: in 4,000 sets at most 3 of 1,000."""
    generator = np.random.default_rng(runs)
    for draws in (generator.normal(size=(4000, runs)), generator.standard_t(3, (4000, runs))):
        called = sum(two_values(np.exp(0.3 * row).tolist()) is not None for row in draws)
        assert called / len(draws) <= 0.003
