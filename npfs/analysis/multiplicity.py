"""What to believe of many comparisons at once.

Of 60 cases compared at 95 %, about three differ by chance. Calling only what passes the threshold of
Benjamini and Hochberg keeps the share of chance among the calls at ``q`` in expectation (and the chance
of any call at all, where nothing differs, at ``q`` too).

Sources: Benjamini and Hochberg (1995), "Controlling the false discovery rate", *J. R. Statist. Soc. B* 57,
289-300; that it holds for dependent cases as well where they rise and fall together: Benjamini and
Yekutieli (2001), *Annals of Statistics* 29, 1165-1188; the intervals of what was called: Benjamini and
Yekutieli (2005), "False discovery rate-adjusted multiple confidence intervals", *JASA* 100, 71-81.
"""

from collections.abc import Sequence

# The share of chance among the differences called, as in 95 % intervals.
FALSE_DISCOVERY_RATE = 0.05


def benjamini_hochberg(p_values: Sequence[float], q: float) -> float:
    """Return the threshold ``R * q / m``: a case with a p-value up to it is called different.

    ``m`` is the number of p-values, and ``R`` the largest number for which the R-th smallest p-value is
    up to ``R * q / m``. Without one the threshold is 0, and nothing is to be called.
    """
    if not 0 < q < 1 or not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"needs 0 < q < 1 and p-values from 0 to 1; got {q!r} and {p_values!r}")
    m = len(p_values)
    passed = [rank for rank, p in enumerate(sorted(p_values), start=1) if p <= rank * q / m]
    return passed[-1] * q / m if passed else 0.0


def selected_confidence(threshold: float) -> float:
    """Return the level of the intervals of what was called, ``1 - R * q / m``.

    A 95 % interval of a case picked out because it differs holds the truth in fewer than 95 % of cases;
    at this level the share of false intervals among those of the called cases stays at ``q``. An interval
    at this level leaves out 1 exactly where the p-value is below the threshold.
    """
    return 1 - threshold
