import pytest

from npfs.schema import Size
from npfs.suite.plan import Case
from npfs.suite.visits import case_of, number_of, visit_id, visits_that_fit


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_visits_id_tells_its_case_and_its_number(number: int) -> None:
    visit = visit_id(Case("numpy", Size(10_000, 16)), number)
    assert (case_of(visit), number_of(visit)) == ("numpy-10000x16", number)
    assert (visit == "numpy-10000x16") == (number == 1)


@pytest.mark.parametrize(
    ("first_pass_s", "runs", "budget_s", "visits"),
    [(4.0, 5, 60.0, 3), (4.0, 5, 59.0, 2), (4.0, 5, 19.0, 1), (4.0, 1, 12.0, 3), (1.0, 5, 1e6, 3)],
)
def test_the_visits_of_all_runs_fit_into_the_budget_or_there_is_one(
    first_pass_s: float, runs: int, budget_s: float, visits: int
) -> None:
    assert visits_that_fit(first_pass_s, runs, budget_s) == visits
