import math

import pytest

from npfs.analysis.statistics import Interval, geometric_interval
from npfs.report import formatting
from npfs.schema import Size


def test_a_factor_has_its_interval() -> None:
    assert formatting.factor(Interval(35.04, 34.0, 36.1, 5)) == "35.0× (34.0 to 36.1)"
    assert (
        formatting.factor(Interval(35.04, math.nan, math.nan, 1)) == "35.0× (one run, so no interval)"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1e-9, "1.00 ns (0.900 to 1.10)"), (1.5e-6, "1.50 µs (1.35 to 1.65)"),
     (0.25, "250 ms (225 to 275)"), (3600.0, "3,600 s (3,240 to 3,960)"),
     (1e-10, "0.100 ns (0.0900 to 0.110)")],
)  # fmt: skip
def test_a_duration_is_scaled_once(seconds: float, text: str) -> None:
    assert formatting.duration(Interval(seconds, seconds * 0.9, seconds * 1.1, 5)) == text


def test_what_is_too_uncertain_is_said() -> None:
    assert formatting.factor(Interval(1.0, 0.2, 5.0, 3)) == "1.00× (too uncertain to tell)"
    assert formatting.share(Interval(0.853, 0.8, 0.91, 3)) == "85 % (80 to 91)"


def test_sizes() -> None:
    assert formatting.size(Size(n_features=1, n_samples=1)) == "1 sample"
    assert formatting.size(Size(n_features=16, n_samples=10_000)) == "10,000 samples of 16 features"


def test_two_values_are_given_as_two_values() -> None:
    values = [10.1e-6, 22.0e-6, 9.9e-6, 22.2e-6, 10.0e-6]
    assert formatting.duration(geometric_interval(values)) == "10.0 or 22.1 µs (in 3 and 2 runs)"
    ratios = [value / 1e-6 for value in values]
    assert formatting.factor(geometric_interval(ratios)) == "10.0× or 22.1× (in 3 and 2 runs)"
