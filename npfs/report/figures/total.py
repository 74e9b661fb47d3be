"""Total time over the number of fits, startup included, and where a later start has paid."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from npfs.analysis import startup
from npfs.analysis.evidence import LISTS, NUMBA, NUMPY, Evidence
from npfs.analysis.startup import BreakEven, ManyFits
from npfs.analysis.statistics import Interval
from npfs.drawing import labels, numbers, scales, style
from npfs.report import formatting
from npfs.report.figures import lines as shared
from npfs.schema import Size

POINTS = 25
FEWEST_FITS, MOST_FITS = 1e3, 1e8  # the last number of fits drawn: at least, and at most
NEAREST = 14  # points: how far above or below a dot its text is at least
PAIRS = ((NUMPY, LISTS), (NUMBA, NUMPY))

Points = NDArray[np.float64]  # places in a figure in points, 1/72 inch: (..., 2)


def total_figure(evidence: Evidence) -> Figure | None:
    """Draw the seconds from a program's start to its last fit, at a small and the largest size."""
    panels = _panels(evidence)
    if not panels:
        return None
    room = max(shared.margin(evidence, starts) for starts in panels.values())
    margins = [(0.95, room), (0.72, room)][: len(panels)]
    figure, all_axes = scales.row(4.7, margins, top=0.72)
    for axes, (size, starts) in zip(all_axes, panels.items(), strict=True):
        most = _most_fits(evidence, size)
        lines = _draw(axes, evidence, starts, most)
        _draw_break_evens(axes, _break_evens(evidence, size), starts, most, lines)
        note = "start, import and compiling once, then fits"
        scales.set_title(axes, f"Fits of {formatting.size(size)}", note)
        axes.set_xlabel("number of fits in one program")
    all_axes[0].set_ylabel("time in all (lower is faster)")
    return figure


def total_alt(evidence: Evidence) -> str:
    """Give the start of each backend, and the break-even points."""
    texts = []
    for size, starts in _panels(evidence).items():
        first = [
            f"{shared.label(evidence, name)} {formatting.duration(start.total(1))} for one fit"
            for name, start in starts.items()
        ]
        points = [
            f"{shared.label(evidence, found.backend)} is ahead of "
            f"{shared.label(evidence, found.reference)} {_after(fits.value)}"
            for found, fits in _break_evens(evidence, size)
        ]
        texts.append(f"Fits of {formatting.size(size)}: {shared.each([*first, *points])}.")
    return (
        "Line chart, both axes logarithmic: time in all, with the start, over the number of fits "
        "in one program. " + " ".join(texts)
    )


def _panels(evidence: Evidence) -> dict[Size, dict[str, ManyFits]]:
    sizes = [size for size in evidence.sizes(n_features=1) if len(_starts(evidence, size)) > 1]
    samples = startup.startup_samples(evidence)
    small = [size for size in sizes if size.n_samples == samples] or sizes[:1]
    return {size: _starts(evidence, size) for size in dict.fromkeys([*small, *sizes[-1:]])}


def _starts(evidence: Evidence, size: Size) -> dict[str, ManyFits]:
    """Return lists, NumPy, Numba and the fastest, as far as both parts were measured."""
    return startup.many_fits(evidence, (LISTS, NUMPY, NUMBA, *evidence.backends[-1:]), size)


def _break_evens(evidence: Evidence, size: Size) -> list[tuple[BreakEven, Interval]]:
    """Return the break-even points that every run has, each with its number of fits."""
    both = [order for pair in PAIRS for order in (pair, pair[::-1])]
    found = [startup.break_even(evidence, one, other, size) for one, other in both]
    return [(one, one.fits) for one in found if one and one.fits]


def _most_fits(evidence: Evidence, size: Size) -> float:
    """Return the number of fits to draw: a good way beyond the last break-even."""
    fits = [30 * fits.value for _, fits in _break_evens(evidence, size)]
    return min(MOST_FITS, max([FEWEST_FITS, *fits]))


def _draw(axes: Axes, evidence: Evidence, starts: Mapping[str, ManyFits], most: float) -> Points:
    """Draw the lines, and return places all along them."""
    looks = shared.looks(evidence)
    fits = np.geomspace(1, most, POINTS).tolist()
    ends, drawn = [], []
    for name, start in starts.items():
        look = looks[name]
        totals = [start.total(number) for number in fits]
        middle = [total.value for total in totals]
        axes.plot(fits, middle, color=look.line)
        axes.plot(
            fits[:1], middle[:1], look.marker, color=look.line, markeredgewidth=0, clip_on=False
        )
        if totals[0].is_known:
            lows, highs = zip(*map(shared.bounds, totals), strict=True)
            axes.fill_between(fits, lows, highs, color=look.line, alpha=0.2, linewidth=0)
        drawn.append(middle)
        ends.append(labels.End(shared.label(evidence, name), fits[-1], middle[-1], look.text))
    scales.log_axis(axes.xaxis, 1, most, scales.plain)
    low, high = scales.log_limits([value for line in drawn for value in line], 0.05)
    low /= (high / low) ** 0.08  # room for words below the lines
    scales.log_axis(axes.yaxis, low, high, scales.duration)
    labels.label_ends(axes, ends)
    steps = np.linspace(0, POINTS - 1, 400)
    corners = [_points(axes, np.column_stack([fits, line])).T for line in drawn]
    lines = [[np.interp(steps, range(POINTS), places) for places in line] for line in corners]
    return np.concatenate(lines, axis=1).T


def _points(axes: Axes, data: NDArray[np.float64]) -> Points:
    """Return where data of shape (..., 2) are drawn."""
    return np.asarray(axes.transData.transform(data)) / labels.pixels_per_point(axes)


def _draw_break_evens(
    axes: Axes,
    found: Sequence[tuple[BreakEven, Interval]],
    starts: Mapping[str, ManyFits],
    most: float,
    lines: Points,
) -> None:
    box = axes.bbox.get_points() / labels.pixels_per_point(axes)
    for one, interval in found:
        fits = interval.value
        if not 1 <= fits <= most:
            continue
        total = starts[one.reference].total(fits).value
        if interval.is_known:
            ends = shared.bounds(interval)
            axes.plot(ends, [total, total], color=style.INK, linewidth=1.4, zorder=5)
        axes.plot(
            [fits], [total], "o", color=style.INK, markersize=6.5, markeredgewidth=0, zorder=6
        )
        text = _after(fits)
        here = _points(axes, np.array([fits, total]))
        half_width = labels.text_width(text, labels.TEXT_SIZE, "normal") * 72 / 2
        offset = _free_place(box, here, half_width, lines)
        lines = np.vstack([lines, _taken(here + offset, half_width)])
        labels.write(axes, text, (fits, total), offset, ha="center", zorder=7)


def _free_place(box: Points, here: Points, half_width: float, lines: Points) -> tuple[float, float]:
    """Return the offset at which a text covers the fewest lines, and is nearest."""
    reach = half_width + 8
    offsets = [
        (share * reach, side * y)
        for y in range(0, 41, 4)
        for side in (-1, 1)
        for share in (1, 0.6, 0.2, -0.2, -0.6, -1)
        if y >= NEAREST or abs(share) == 1
    ]
    half = np.array([half_width + 3, labels.TEXT_SIZE * 0.65 + 2])

    def cost(offset: tuple[float, float]) -> tuple[float, float]:
        place = here + offset
        covered = (np.abs(lines - place) < half).all(axis=1).sum()
        outside = (place - half < box[0]).any() or (place + half > box[1]).any()
        return float(covered + 1000 * outside), math.hypot(*offset)

    return min(offsets, key=cost)


def _taken(place: Points, half_width: float) -> Points:
    """Return points all over the place of a text, which no other text should cover."""
    across = np.linspace(-half_width, half_width, 60)
    up = np.array([-labels.TEXT_SIZE / 2, 0.0, labels.TEXT_SIZE / 2])
    box: Points = np.array(np.meshgrid(across, up)).reshape(2, -1).T
    return place + box


def _after(fits: float) -> str:
    is_short = fits < 100_000
    text = numbers.significant(fits, 2) if is_short else numbers.short_count(float(f"{fits:.2g}"))
    return f"after {text} fits"
