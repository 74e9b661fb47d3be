"""Student's t distribution for any degrees of freedom, whole or not, as Welch's test needs them."""

import math
from functools import lru_cache

_MOST_TERMS = 10_000  # some 15 are needed for a few degrees, and about their root for many
_TINY = 1e-300  # stands for a zero that would be divided by


def two_sided_p(t: float, degrees: float) -> float:
    """Return ``P(|T| >= |t|)``: how often chance alone takes Student's t that far from 0.

    Source: Abramowitz and Stegun, *Handbook of Mathematical Functions*, 26.7.1: it is
    ``I_x(degrees / 2, 1 / 2)`` with ``x = degrees / (degrees + t**2)``.
    """
    if not degrees > 0 or math.isnan(t):
        raise ValueError(f"needs a number t and degrees > 0; got {t!r} and {degrees!r}")
    square = t * t
    if math.isinf(square):
        return 0.0
    total = degrees + square
    return _incomplete_beta(degrees / total, square / total, degrees / 2, 0.5)


@lru_cache
def student_t_quantile(probability: float, degrees: float) -> float:
    """Return the t with P(T < t) = ``probability``.

    Bisection on the distribution function, in the angle that turns the half-line into a finite range.
    """
    if not 0 < probability < 1 or not degrees > 0:
        raise ValueError(
            f"needs 0 < probability < 1 and degrees > 0; got {probability!r} and {degrees!r}"
        )
    tail = min(probability, 1 - probability)
    low, high = 0.0, math.pi / 2  # t = sqrt(degrees) / tan(angle)
    while low < (angle := (low + high) / 2) < high:
        x, complement = math.sin(angle) ** 2, math.cos(angle) ** 2
        if _incomplete_beta(x, complement, degrees / 2, 0.5) / 2 < tail:
            low = angle
        else:
            high = angle
    t = math.sqrt(degrees) / math.tan(high)
    return t if probability > 0.5 else -t


def regularised_incomplete_beta(x: float, a: float, b: float) -> float:
    """Return I_x(a, b) for 0 <= x <= 1 and positive a and b.

    Source: NIST Digital Library of Mathematical Functions, 8.17.22 (continued fraction) and 8.17.4
    (symmetry: the fraction is used on the side where it converges fast).
    """
    if not 0 <= x <= 1:
        raise ValueError(f"needs 0 <= x <= 1; got {x!r}")
    return _incomplete_beta(x, 1 - x, a, b)


def _incomplete_beta(x: float, complement: float, a: float, b: float) -> float:
    """Return I_x(a, b); ``complement`` is 1 - x, given so that no digit of it is lost near x = 1."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(complement, x, b, a)
    if x == 0:
        return 0.0
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log(complement) - log_beta) / a
    return front / _continued_fraction(x, a, b)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Return ``1 + d1/(1 + d2/(1 + ...))`` of DLMF 8.17.22.

    Source: the method of Lentz as modified by Thompson and Barnett, DLMF 3.10(iii).
    """
    value = numerator = 1.0
    denominator = 0.0
    for n in range(1, _MOST_TERMS):
        m = n // 2
        if n % 2 == 0:
            d = m * (b - m) * x / ((a + n - 1) * (a + n))
        else:
            d = -(a + m) * (a + b + m) * x / ((a + n - 1) * (a + n))
        denominator = 1 / (1 + d * denominator or _TINY)
        numerator = 1 + d / numerator or _TINY
        value *= numerator * denominator
        if abs(numerator * denominator - 1) < 1e-15:
            return value
    raise ArithmeticError(f"the continued fraction did not settle for {x!r}, {a!r}, {b!r}")
