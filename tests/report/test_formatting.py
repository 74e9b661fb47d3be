import math

import pytest

from npfs.analysis.statistics import Interval, geometric_interval
from npfs.report import formatting
from npfs.schema import Size

ONE_RUN = Interval(35.04, math.nan, math.nan, 1)


def test_a_factor_has_its_interval_as_a_note() -> None:
    known = formatting.factor(Interval(35.04, 34.0, 36.1, 5))
    assert (known, known.value, known.note) == ("35.0× (34.0 to 36.1)", "35.0×", "(34.0 to 36.1)")
    assert formatting.factor(ONE_RUN) == "35.0× (one run, so no interval)"
    assert formatting.factor(Interval(1.0, 0.2, 5.0, 3)) == "1.00× (too uncertain)"


def test_a_ratio_that_is_not_significant_says_so() -> None:
    unclear = "1.10× (0.900 to 1.30), no significant difference"
    assert formatting.ratio(Interval(1.1, 0.9, 1.3, 5)) == unclear
    assert formatting.ratio(Interval(35.04, 34.0, 36.1, 5)) == "35.0× (34.0 to 36.1)"
    assert formatting.ratio(ONE_RUN) == "35.0× (one run, so no interval)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1e-9, "1.00 ns (0.900 to 1.10)"), (1.5e-6, "1.50 µs (1.35 to 1.65)"),
     (0.25, "250 ms (225 to 275)"), (3600.0, "3,600 s (3,240 to 3,960)"),
     (1e-10, "0.100 ns (0.0900 to 0.110)")],
)  # fmt: skip
def test_a_duration_is_scaled_once(seconds: float, text: str) -> None:
    assert formatting.duration(Interval(seconds, seconds * 0.9, seconds * 1.1, 5)) == text
    assert formatting.span(seconds, seconds * 0.9, seconds * 1.1) == text


def test_shares_are_percentages() -> None:
    assert formatting.share(Interval(0.853, 0.8, 0.91, 3)) == "85 % (80 to 91)"
    assert formatting.share(Interval(0.0243, math.nan, math.nan, 1)) == "2.4 %"
    assert formatting.share(Interval(0.5, 0.02, 0.9, 3)) == "50 %"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.002, "0.20 %"), (1.05, "5.0 %"), (1.19, "19 %"), (1.2, "1.2×"), (35.2, "35×"),
     (1234.0, "1,200×")],
)  # fmt: skip
def test_a_gain_has_two_significant_digits(value: float, text: str) -> None:
    assert formatting.gain(value) == text
    assert formatting.faster(value) == f"{text} faster"


def test_sizes_are_rows_and_features() -> None:
    assert formatting.size(Size(1, 1)) == "1 row"
    assert formatting.size(Size(1, 2)) == "1 row × 2 features"
    assert formatting.size(Size(10_000, 16)) == "10,000 rows × 16 features"
    assert [formatting.rows(n) for n in (1, 10_000, 1_500_000)] == [
        "1 row", "10,000 rows", "1.5 million rows",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [("NumPy", "NumPy is"), ("lists", "lists are"), ("NumPy, in place", "NumPy, in place, is")],
)
def test_a_name_has_its_verb(name: str, text: str) -> None:
    assert formatting.does(name, "is", "are") == text


def test_runs_are_the_subject_of_a_sentence() -> None:
    assert formatting.numbered_runs(["1"]) == "run 1 was"
    assert formatting.numbered_runs(["1", "2", "5"]) == "runs 1, 2 and 5 were"


def test_bimodal_spread_is_given_as_two_values() -> None:
    values = [10.1e-6, 22.0e-6, 9.9e-6, 22.2e-6, 10.0e-6]
    assert formatting.duration(geometric_interval(values)) == "10.0 or 22.1 µs (in 3 and 2 runs)"
    ratios = [value / 1e-6 for value in values]
    assert formatting.factor(geometric_interval(ratios)) == "10.0× or 22.1× (in 3 and 2 runs)"


@pytest.mark.parametrize(
    ("cell", "text"),
    [("a|b", r"a\|b"), ("two\nlines", "two lines"), ("<b>", r"\<b>"), ("![x](y)", r"!\[x\](y)"),
     (r"\<b>", r"\\\<b>")],
)  # fmt: skip
def test_a_name_stays_in_its_cell(cell: str, text: str) -> None:
    assert formatting.table_row(["", cell]) == f"|  | {text} |"


def test_columns_are_aligned_and_a_long_name_gets_a_line_of_its_own() -> None:
    rows = [("name", "time"), ("n" * 30, "10 s"), ("short", "1 s")]
    assert formatting.aligned(rows, 20, from_the_right={1}) == [
        "name            time", "n" * 20, "n" * 10, "                10 s",
        "short            1 s",
    ]  # fmt: skip
