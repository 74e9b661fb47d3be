import pytest

from npfs.drawing import scales


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.05, 2000, [0.1, 1, 10, 100, 1000]),
        (0.9, 11, [1, 2, 5, 10]),
        (1e-9, 1e9, None),
        (3.1, 3.2, None),
        (1e-300, 1e300, None),
    ],
)
def test_scales_have_a_few_round_numbers(
    low: float, high: float, expected: list[float] | None
) -> None:
    found = scales.round_numbers(low, high)
    assert 1 <= len(found) <= 7
    assert all(low <= number <= high for number in found)
    if expected is not None:
        assert found == expected


def test_numbers_of_an_axis() -> None:
    assert [scales.plain(x) for x in (0.01, 1, 30, 1000, 2e6)] == ["0.01", "1", "30", "1k", "2M"]
    assert [scales.duration(x) for x in (2e-9, 1e-5, 0.03, 1, 5000)] == [
        "2 ns", "10 µs", "30 ms", "1 s", "5,000 s"
    ]  # fmt: skip
    assert scales.times(10) == "10×"
