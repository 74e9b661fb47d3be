"""The visits that a run makes to a case: their ids, and how many there is time for."""

from npfs.suite.plan import VISITS

# Kept of a budget for what is not timed: starting, and at the end reading the runs and drawing the
# figures.
REPORT_SECONDS = 5.0
VISIT_MARK = (
    "~"  # between a case's id and the number of the visit, which the first one does not have
)


def visit_id(case: object, number: int) -> str:
    """Return the id of a visit to a case: ``numpy-10000``, then ``numpy-10000~2``."""
    return str(case) if number == 1 else f"{case}{VISIT_MARK}{number}"


def case_of(visit: str) -> str:
    """Return the case that a visit is made to."""
    return visit.partition(VISIT_MARK)[0]


def number_of(visit: str) -> int:
    """Return which visit to its case it is: 1, 2, 3."""
    return int(visit.partition(VISIT_MARK)[2] or 1)


def visits_that_fit(first_pass_s: float, runs: int, budget_s: float) -> int:
    """Return the number of visits to each case that leaves time for all runs."""
    return max(1, min(VISITS, int(budget_s / (first_pass_s * runs))))
