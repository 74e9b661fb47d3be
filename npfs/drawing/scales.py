"""Axes at fixed places, in inches, and logarithmic scales with numbers that a person reads."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator

from npfs.drawing import numbers
from npfs.drawing.labels import text_width, write
from npfs.drawing.style import MUTED

WIDTH, WIDTH_OF_TWO = 8.4, 11.0  # inches of a figure of one chart, of two
TOP, BOTTOM = 0.46, 0.62  # inches for a title, and for the numbers and the name of an axis
MOST_TICKS = 7
# Numbers within a decade that make a scale easy to read, coarse to fine.
_STEPS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0))


def plain(value: float) -> str:
    """Format a number for an axis: 0.1, 1, 10k."""
    if value >= 1e12:
        return f"{value:.3g}".replace("e+", "e")
    return numbers.short_count(value) if value >= 1000 else f"{value:.10g}"


def row(
    height: float,
    margins: Sequence[tuple[float, float]],
    *,
    width: float | None = None,
    top: float = TOP,
    bottom: float = BOTTOM,
) -> tuple[Figure, list[Axes]]:
    """Return axes side by side, equally wide, each with its inches of margin left and right."""
    width = width or (WIDTH if len(margins) == 1 else WIDTH_OF_TWO)
    figure = Figure(figsize=(width, height))
    each = (width - sum(left + right for left, right in margins)) / len(margins)
    axes: list[Axes] = []
    x = 0.0
    for left, right in margins:
        inches = (x + left, bottom, each, height - top - bottom)
        axes.append(add_axes(figure, *inches))
        x += left + each + right
    return figure, axes


def add_axes(figure: Figure, x: float, y: float, width: float, height: float) -> Axes:
    """Add axes whose lower left corner and size are given in inches."""
    of_width, of_height = figure.get_size_inches()
    return figure.add_axes((x / of_width, y / of_height, width / of_width, height / of_height))


def count_axis(axes: Axes, counts: Collection[int], label: str) -> None:
    """Make the x axis logarithmic, with the measured counts where there is room: 10, 1k, 1M."""
    counts = sorted(set(counts))
    axes.set_xscale("log")
    pad = 2 if len(counts) == 1 else (counts[-1] / counts[0]) ** 0.05
    axes.set_xlim(counts[0] / pad, counts[-1] * pad**0.6)
    _ticks(axes.xaxis, _with_room(counts), numbers.short_count)
    axes.set_xlabel(label)


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


def number_margin(low: float, high: float, write: Callable[[float], str]) -> float:
    """Return the inches that the numbers of a vertical axis and its name need."""
    widths = [text_width(write(number), 10, "normal") for number in round_numbers(low, high)]
    return max(0.4, *widths) + 0.42


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


def set_title(axes: Axes, title: str, note: str, pad: float = 24) -> None:
    """Write the title of the axes ``pad`` points above them, and a muted line under it."""
    axes.set_title(title, pad=pad)
    write(axes, note, (0, 1), (0, 5), on="axes fraction", va="bottom", color=MUTED, size=8.5)


def _with_room(counts: Sequence[int], most: int = 10) -> list[int]:
    """Leave out counts whose labels would touch their neighbour's, or that are too many."""
    span = math.log(counts[-1] / counts[0]) or 1.0
    kept = [counts[0]]
    for count in counts[1:]:
        if math.log(count / kept[-1]) >= span / most * 0.95:
            kept.append(count)
    if kept[-1] != counts[-1]:
        kept[-1 if len(kept) > 1 else len(kept) :] = [counts[-1]]
    return kept


def _ticks(axis: Axis, places: Sequence[float], write: Callable[[float], str]) -> None:
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter([write(place) for place in places]))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())
