"""The number of each run for each case, over the case's mean: what the intervals rest on."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as DrawnPath

from npfs.analysis.evidence import Evidence
from npfs.analysis.statistics import Interval
from npfs.drawing import labels, numbers, scales, style
from npfs.report import formatting
from npfs.report.figures import lines as shared
from npfs.schema import Size

COLUMNS = 4
PANEL_HEIGHT, WIDTH = 1.75, 10.0  # inches
LEFT, RIGHT, BETWEEN = 0.78, 0.15, 0.14
TOP, BOTTOM = 0.82, 0.95
NAME_HEIGHT = 0.26
MOST_TICKS, SIZES_WITH_ROOM, MOST_SIZES = 6, 14, 24
JITTER = 0.28  # of the distance between two sizes, to each side
SMALLEST_REACH = 1.03  # a scale that magnifies less than 3 % would show nothing but the clock

Cases = Mapping[str, Mapping[Size, Interval]]


def spread_figure(evidence: Evidence) -> Figure | None:
    """Draw every run of every case as a point, a panel for each backend; None for one run."""
    cases = _cases(evidence)
    if not cases:
        return None
    sizes = sorted({size for by_size in cases.values() for size in by_size})
    columns = min(COLUMNS, len(cases))
    rows = math.ceil(len(cases) / columns)
    height = TOP + BOTTOM + rows * PANEL_HEIGHT + (rows - 1) * NAME_HEIGHT
    figure = Figure(figsize=(WIDTH, height))
    width = (WIDTH - LEFT - RIGHT - (columns - 1) * BETWEEN) / columns
    limits = _limits(cases)
    for index, (backend, by_size) in enumerate(cases.items()):
        row, column = divmod(index, columns)
        x = LEFT + column * (width + BETWEEN)
        y = BOTTOM + (rows - 1 - row) * (PANEL_HEIGHT + NAME_HEIGHT)
        axes = scales.add_axes(figure, x, y, width, PANEL_HEIGHT)
        _draw(axes, by_size, sizes, style.looks(list(cases))[backend], limits)
        axes.set_title(labels.fitting(evidence.title(backend), width), fontsize=9.5, pad=4)
        axes.tick_params(labelleft=column == 0, labelbottom=index + columns >= len(cases))
    _frame(figure, height, cases, evidence)
    return figure


def spread_alt(evidence: Evidence) -> str:
    """Give the widest spread of each backend, and the cases that are two-valued."""
    cases = _cases(evidence)
    texts = []
    for backend, by_size in cases.items():
        spans = {size: max(time.values) / min(time.values) for size, time in by_size.items()}
        widest = max(spans, key=spans.__getitem__)
        texts.append(
            f"{shared.label(evidence, backend)} at most {numbers.significant(spans[widest])}× "
            f"from the fastest to the slowest run, at {formatting.size(widest)}"
        )
    two = [
        f"{shared.label(evidence, backend)} at {formatting.size(size)}"
        for backend, by_size in cases.items()
        for size, time in by_size.items()
        if time.bimodal
    ]
    return (
        "Small charts of points, one for each backend: the time of every run over the mean of its "
        f"case, by size, on a logarithmic axis. {shared.each(texts)}."
        + (f" Two values: {shared.each(two)}." if two else "")
    )


def _cases(evidence: Evidence) -> dict[str, dict[Size, Interval]]:
    """Return the times over their mean, of cases that were timed in more than one run."""
    found = {
        backend: {
            size: time.scaled(1 / time.value)
            for size in evidence.sizes()
            if (time := evidence.time(backend, size)) is not None and time.is_known
        }
        for backend in [*evidence.backends, *evidence.shortcuts]
    }
    return {backend: by_size for backend, by_size in found.items() if by_size}


def _limits(cases: Cases) -> tuple[float, float]:
    """Return limits that hold every point."""
    times = [time for by_size in cases.values() for time in by_size.values()]
    ratios = [ratio for time in times for ratio in time.values]
    low, high = min(*ratios, 1 / SMALLEST_REACH), max(*ratios, SMALLEST_REACH)
    room = (high / low) ** 0.09
    above = (high / low) ** 0.12 if any(time.bimodal for time in times) else 1
    return low / room, high * room * above


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers for a scale that is often narrow."""
    for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        if high - low < MOST_TICKS * step:
            return [round(k * step, 2) for k in range(math.ceil(low / step), int(high / step) + 1)]
    return scales.round_numbers(low, high, MOST_TICKS)


def _draw(
    axes: Axes,
    by_size: Mapping[Size, Interval],
    sizes: Sequence[Size],
    look: style.Look,
    limits: tuple[float, float],
) -> None:
    axes.set_xlim(-0.7, len(sizes) - 0.3)
    scales.log_axis(axes.yaxis, *limits, scales.times, _ticks(*limits))
    axes.axhline(1, color=style.EDGE, linewidth=1)
    axes.grid(visible=False, axis="x")
    axes.spines["left"].set_visible(False)
    shown = range(0, len(sizes), -(-len(sizes) // MOST_SIZES))
    names = [shared.short_size(sizes[place]) for place in shown]
    axes.set_xticks(shown, names, rotation=90, fontsize=8 if len(names) <= SIZES_WITH_ROOM else 6.5)
    dots: dict[str, list[tuple[float, float]]] = {look.text: [], style.WARNING: []}
    for x, size in enumerate(sizes):
        if (time := by_size.get(size)) is None:
            continue
        band = ([x - 0.4, x + 0.4], *shared.bounds(time))
        axes.fill_between(*band, color=look.line, alpha=0.25, linewidth=0)
        if time.bimodal:
            _mark(axes, x, time)
        places = x + JITTER * np.linspace(-1, 1, len(time.values))
        color = style.WARNING if time.bimodal else look.text
        dots[color] += zip(places.tolist(), time.values, strict=True)
    for color, of_color in dots.items():
        _dots(axes, of_color, color)


def _dots(axes: Axes, dots: Sequence[tuple[float, float]], color: str) -> None:
    """Draw points as the round ends of tiny strokes: one short path in place of a marker each."""
    if dots:
        ends = [(x + step, ratio) for x, ratio in dots for step in (0.0, 1e-3)]
        path = DrawnPath(ends, [DrawnPath.MOVETO, DrawnPath.LINETO] * len(dots))
        patch = PathPatch(
            path, fill=False, edgecolor=color, linewidth=2.4, capstyle="round", zorder=3
        )
        patch.set_snap(False)  # a snapped stroke of no length is not drawn
        axes.add_patch(patch)


def _mark(axes: Axes, x: int, time: Interval) -> None:
    """Mark a case of two values: a bar at each, and words."""
    assert time.bimodal is not None
    for value in time.bimodal:
        axes.plot([x - 0.45, x + 0.45], [value.value] * 2, color=style.WARNING, linewidth=1.2)
    side, shift = ("right", 6) if x > axes.get_xlim()[1] / 2 else ("left", -6)
    place, looks = (x, max(*time.values, 1.0)), {"color": style.WARNING, "size": 8}
    labels.write(axes, "two values", place, (shift, 5), ha=side, va="bottom", **looks)


def _frame(figure: Figure, height: float, cases: Cases, evidence: Evidence) -> None:
    """Write what the panels have in common."""
    runs = max(time.runs for by_size in cases.values() for time in by_size.values())
    half_way = BOTTOM + (height - TOP - BOTTOM) / 2
    what = f"What each of {runs} runs measured, over the mean of its case"
    how = "a point: one run; a band: the 95 % interval of the mean; above 1× is slower"
    if (found := evidence.disturbance).repetitions:
        how += f"; {found.share:.0%} of {numbers.count(found.repetitions)} repetitions disturbed"
    below = "samples, × features where there are more than one"

    def write(x: float, y: float, text: str, **looks: Any) -> None:
        figure.text(x / WIDTH, y / height, text, **looks)

    write(LEFT, height - 0.13, what, va="top", fontsize=11, fontweight="bold")
    write(LEFT, height - 0.35, how, va="top", fontsize=8.5, color=style.MUTED)
    write(0.14, half_way, "time of a run over the mean", va="center", rotation=90)
    write(WIDTH / 2, 0.1, below, va="bottom", ha="center")
