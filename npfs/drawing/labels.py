"""Labels in figures, moved apart where they would touch."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.textpath import text_to_path

FONT = "DejaVu Sans"  # matplotlib brings it along: the same figure everywhere
LABEL_SIZE, TEXT_SIZE = 9.5, 9  # points
GAP = 12.5  # points between the middles of two labels
OFFSET = 8  # points between the end of a line and its label
SHIFT = 6  # and how much further it is where a stroke ties it to its line
LEADER_FROM = 9  # points: a label further away is tied to its line


class End(NamedTuple):
    """The label of a line, the (x, y) of the line's last point, and the colour of the text."""

    label: str
    x: float
    y: float
    color: str


@cache
def text_width(text: str, size: float = LABEL_SIZE, weight: str = "bold") -> float:
    """Return the width of a text in inches."""
    font = FontProperties(family=FONT, size=size, weight=weight)
    text = in_font(text, "—")  # as wide as the characters of other scripts
    # measured in units of 1/72 inch
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0]) / 72


def in_font(text: str, instead: str = "□") -> str:
    """Return a text without the characters that the font lacks."""
    font = get_font(findfont(FontProperties(family=FONT)))
    return "".join(char if font.get_char_index(ord(char)) else instead for char in text)


def write(
    axes: Axes,
    text: str,
    place: tuple[float, float],
    offset: tuple[float, float] = (0, 0),
    *,
    on: Any = "data",
    va: Any = "center",
    **looks: Any,
) -> Annotation:
    """Write a text at a place ``on`` some coordinates, moved by ``offset`` points."""
    looks = {"size": TEXT_SIZE, "va": va, "xycoords": on, "textcoords": "offset points"} | looks
    return axes.annotate(text, place, xytext=offset, **looks)


def pixels_per_point(axes: Axes) -> float:
    """Return the pixels of a point, 1/72 inch, in the figure of these axes."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure.dpi / 72


def label_ends(axes: Axes, ends: Sequence[End]) -> list[Artist]:
    """Write each label at the end of its line, moved apart vertically where they would touch.

    Call after the limits are final. Returns what was drawn.
    """
    points = pixels_per_point(axes)
    pixels = {end: float(axes.transData.transform((end.x, end.y))[1]) for end in ends}
    order = sorted(ends, key=pixels.__getitem__)
    bottom, top = axes.bbox.y0 / points, axes.bbox.y1 / points
    placed = spread([pixels[end] / points for end in order], GAP, bottom, top)
    looks: dict[str, Any] = {"weight": "bold", "size": LABEL_SIZE, "annotation_clip": False}
    beside = axes.get_yaxis_transform()
    drawn: list[Artist] = []
    for end, height in zip(order, placed, strict=True):
        y = pixels[end] / points
        far = abs(height - y) > LEADER_FROM
        offset = (OFFSET + (SHIFT if far else 0), height - y)
        drawn.append(
            write(axes, end.label, (1, end.y), offset, on=beside, color=end.color, **looks)
        )
        drawn += _tie(axes, y * points, height * points, end.color) if far else ()
    return drawn


def _tie(axes: Axes, start: float, stop: float, color: str) -> list[Line2D]:
    """Draw a stroke from beside the end of a line to its label, between two heights in pixels."""
    points, right = pixels_per_point(axes), axes.bbox.x1
    places = ((right + 3 * points, start), (right + (OFFSET + SHIFT - 2) * points, stop))
    x, y = axes.transAxes.inverted().transform(places).T
    return axes.plot(
        x, y, color=color, linewidth=0.7, transform=axes.transAxes, clip_on=False,
        scalex=False, scaley=False
    )  # fmt: skip


def spread(
    heights: Sequence[float], gap: float, bottom: float = -math.inf, top: float = math.inf
) -> list[float]:
    """Move ascending heights apart to at least ``gap``, each group about its own mean.

    Between ``bottom`` and ``top``; if they hold too many, the gap shrinks.
    """
    last = len(heights) - 1
    gap = min(gap, (top - bottom) / max(1, last))
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _bottom(groups[-1], gap) - _top(groups[-2], gap) < gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    placed = [_bottom(group, gap) + k * gap for group in groups for k in range(len(group))]
    raised = [max(height, bottom + k * gap) for k, height in enumerate(placed)]
    return [min(height, top - (last - k) * gap) for k, height in enumerate(raised)]


def _bottom(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) + gap * (len(group) - 1) / 2
