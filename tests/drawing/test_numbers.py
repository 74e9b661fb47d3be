import math

import pytest

from npfs.drawing import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.012345, "0.0123"), (1.0, "1.00"), (9.996, "10.0"), (35.04, "35.0"), (108.4, "108"),
     (12345.0, "12,300"), (0, "0"), (math.nan, "nan")],
)  # fmt: skip
def test_significant(value: float, text: str) -> None:
    assert numbers.significant(value) == text


def test_counts_bytes_and_lists() -> None:
    assert [numbers.short_count(n) for n in (10, 1_000, 2_500_000)] == ["10", "1k", "2.5M"]
    assert [numbers.n_bytes(n) for n in (12, 16e6)] == ["12 bytes", "16.0 MB"]
    assert [numbers.counted(n, "fit") for n in (0, 1, 2_000)] == ["0 fits", "1 fit", "2,000 fits"]
    assert numbers.listed(["a"]) == "a"
    assert numbers.listed(["a", "b", "c"]) == "a, b and c"


def test_a_time_that_rounds_up_to_a_unit_is_given_in_it() -> None:
    assert [numbers.time(s, 2) for s in (0.998, 0.994, 9.98e-4)] == ["1.0 s", "990 ms", "1.0 ms"]
    assert numbers.time(0.9996) == "1.00 s"
