"""Logarithmic scales with numbers that a person reads."""

import math
from collections.abc import Callable, Iterable, Sequence

from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator

from npfs.drawing import numbers

MOST_TICKS = 7
# Numbers within a decade that make a scale easy to read, coarse to fine.
_STEPS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0))


def plain(value: float) -> str:
    """Format a number for an axis: 0.1, 1, 10k."""
    if value >= 1e12:
        return f"{value:.3g}".replace("e+", "e")
    return numbers.short_count(value) if value >= 1000 else f"{value:.10g}"


def log_limits(values: Iterable[float], pad: float = 0.07) -> tuple[float, float]:
    """Return limits about positive values, a share ``pad`` of their span away or a factor."""
    known = [value for value in values if 0 < value < math.inf]
    low, high = min(known), max(known)
    factor = max((high / low) ** pad, 1.5 if high < 3 * low else 1.12)
    return low / factor, high * factor


def log_axis(
    axis: Axis,
    low: float,
    high: float,
    write: Callable[[float], str] = plain,
    ticks: Sequence[float] | None = None,
) -> None:
    """Make an axis logarithmic from ``low`` to ``high``, with ``ticks`` or round numbers."""
    name = "x" if axis is axis.axes.xaxis else "y"
    axis.axes.set(**{f"{name}scale": "log", f"{name}lim": (low, high)})
    _ticks(axis, round_numbers(low, high) if ticks is None else ticks, write)


def times(value: float) -> str:
    """Format a factor for an axis: 10×."""
    return f"{plain(value)}×"


def duration(seconds: float) -> str:
    """Format round seconds for an axis: 10 ms, 1 s, 10k s."""
    scale, unit = numbers.time_unit(seconds / 0.9999)
    number = plain(seconds) if seconds >= 1e4 else f"{round(seconds / scale, 9):,.10g}"
    return f"{number} {unit}"


def round_numbers(low: float, high: float, most: int = MOST_TICKS) -> list[float]:
    """Return at most ``most`` round numbers for a logarithmic scale from ``low`` to ``high``."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    best: list[float] = []
    for stride in range(max(1, last - first), 0, -1):
        decades = [k for k in range(first, last + 1) if k % stride == 0]
        for steps in _STEPS if stride == 1 else _STEPS[:1]:
            found = [step * 10.0**k for k in decades for step in steps]
            found = [float(f"{number:.3g}") for number in found if low <= number <= high]
            if len(best) < len(found) <= most:
                best = found
    return best or [float(f"{math.sqrt(low * high):.3g}")]


def _ticks(axis: Axis, places: Sequence[float], write: Callable[[float], str]) -> None:
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter([write(place) for place in places]))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())
