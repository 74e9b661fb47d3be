"""Numbers as a person reads them, scaled here, once; and names on one line."""

import math
from collections.abc import Sequence

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTE_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_COUNT_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def significant(value: float, digits: int = 3) -> str:
    """Format a number with that many significant digits and no exponent."""
    if value == 0 or not math.isfinite(value):
        return str(value)
    rounded = float(f"{value:.{digits - 1}e}")
    if not math.isfinite(rounded):  # the largest float, rounded up
        return str(value)
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(0, decimals)}f}"


def count(number: int) -> str:
    """Format a number of things: 10,000."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """Format a number of things with their name: 1 fit, 10,000 fits."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def short_count(number: float) -> str:
    """Format a number for an axis: 10k, 1M."""
    scale, suffix = next(((s, unit) for s, unit in _COUNT_UNITS if number >= s), (1.0, ""))
    return f"{number / scale:g}{suffix}"


def n_bytes(number: float, digits: int = 3) -> str:
    """Format a number of bytes: 16.0 MB."""
    scale, unit = byte_unit(number)
    return f"{number:.0f} {unit}" if scale == 1 else f"{significant(number / scale, digits)} {unit}"


def byte_unit(number: float) -> tuple[float, str]:
    """Return the unit that suits a number of bytes, with its bytes."""
    return next(((s, unit) for s, unit in _BYTE_UNITS if number >= s), (1.0, "bytes"))


def percent(ratio: float) -> str:
    """Format a share without decimals, but with two digits where it is small: 85, 2.4."""
    return f"{100 * ratio:.0f}" if ratio >= 0.1 else significant(100 * ratio, 2)


def amount(number: int) -> str:
    """Format a round number for a sentence: 10,000, 2 million."""
    millions = number / 10**6
    return f"{millions:g} million" if millions >= 1 and millions * 10 % 1 == 0 else count(number)


def time(seconds: float, digits: int = 3) -> str:
    """Format seconds, in the unit that suits them."""
    scale, unit = time_unit(seconds, digits)
    return f"{significant(seconds / scale, digits)} {unit}"


def about(seconds: float) -> str:
    """Format the seconds of a rule of thumb with one digit, in seconds from a tenth on: 0.6 s."""
    return f"{significant(seconds, 1)} s" if seconds >= 0.1 else time(seconds, 1)


def time_span(value: float, low: float, high: float) -> str:
    """Format seconds with two bounds, in the unit that suits their value."""
    scale, unit = time_unit(value)
    bounds = f"{significant(low / scale)} to {significant(high / scale)}"
    return f"{significant(value / scale)} {unit} ({bounds})"


def time_unit(seconds: float, digits: int = 3) -> tuple[float, str]:
    """Return the unit that suits a time of so many digits, with its seconds: 998 ms are 1.0 s."""
    rounded = float(f"{seconds:.{digits - 1}e}")
    return next(((s, unit) for s, unit in _TIME_UNITS if rounded >= s), _TIME_UNITS[-1])


def listed(items: Sequence[str], last: str = "and") -> str:
    """Join with commas and a last "and"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def one_line(text: str) -> str:
    """Return a text without line breaks and what else cannot be seen."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())
