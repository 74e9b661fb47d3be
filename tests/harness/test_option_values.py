"""Values of options; most are tested where a benchmark's plan is made of them."""

import re

import pytest

from npfs.harness.option_values import number, percentage


@pytest.mark.parametrize(
    ("given", "fraction"),
    [("5%", 0.05), ("5 %", 0.05), (" 2.5% ", 0.025), ("0%", 0.0), ("150%", 1.5)],
)
def test_a_percentage(given: str, fraction: float) -> None:
    assert percentage("--fail-on-slower", given) == pytest.approx(fraction)


@pytest.mark.parametrize(
    "given",
    ["5", "0.05", "-5%", "+5%", "", "%", "nan%", "inf%", "1e2%", "5%%", "٥%", "9" * 400 + "%"],
)
def test_text_that_is_no_percentage_is_refused_in_a_sentence(given: str) -> None:
    with pytest.raises(ValueError, match="is not a percentage; write one with its sign, as 5%"):
        percentage("--fail-on-slower", given)


@pytest.mark.parametrize("given", ["-1", "nan", "inf", "-inf", "", "fast", "1,5"])
def test_a_number_is_finite_and_above_zero(given: str) -> None:
    with pytest.raises(ValueError, match=f"--tol takes any; got {re.escape(repr(given))}"):
        number("--tol", given, "any", zero=True)
    assert number("--tol", "0", "any", zero=True) == 0
    assert number("--tol", "1e-9", "any") == 1e-9
    with pytest.raises(ValueError, match="--tol takes any; got '0'"):
        number("--tol", "0", "any")
