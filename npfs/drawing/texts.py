"""Texts on a canvas: their width, shortened, broken into lines, and where they hide least."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from npfs.drawing.canvas import Anchor, Canvas, Place
from npfs.drawing.labels import text_width

Box = tuple[float, float, float, float]  # left, top, right, bottom
Boxes = NDArray[np.float64]
Spot = tuple[Place, Anchor]
LINES = 3  # of a title at most
HALF = 0.6  # of a text's height, in its size
ON_A_DOT = 3.0  # costs as much as to lie on so many lines
STEP = 4.0  # pixels: less than a text is high


def text_px(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text in pixels."""
    return 72 * text_width(text, size, "bold" if bold else "normal")


@cache
def fitting(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Shorten a text to that many pixels."""
    if text_px(text, size, bold=bold) <= width:
        return text
    length = bisect_left(
        range(len(text)), width, key=lambda k: text_px(text[: k + 1] + "…", size, bold=bold)
    )
    return text[:length].rstrip(" ,") + "…"


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Break a title into lines of at most that many pixels; the last one may be shortened."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(lines) < LINES and text_px(longer, size, bold=True) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [fitting(line, width, size, bold=True) for line in lines]


def box_of(spot: Spot, text: str, size: float, *, bold: bool = False) -> Box:
    """Return the box of a text that is not turned."""
    (x, y), anchor = spot
    width = text_px(text, size, bold=bold)
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return left, y - HALF * size, left + width, y + HALF * size


def around(place: Place) -> list[Spot]:
    """Return places for a text beside a dot, the best first."""
    x, y = place
    spots: list[Spot] = []
    for far in (14, 28):
        spots += [((x, y - far), "middle"), ((x, y + far), "middle")]
        spots += [((x + far - 4, y), "start"), ((x - far + 4, y), "end")]
        spots += [((x + 6, y + far), "start"), ((x - 6, y + far), "end")]
        spots += [((x + 6, y - far), "start"), ((x - 6, y - far), "end")]
    return spots


def free_spot(
    canvas: Canvas,
    text: str,
    size: float,
    spots: Iterable[Spot],
    inside: Box,
    *,
    bold: bool = False,
) -> Spot | None:
    """Return the first of the places where a text hides least.

    None where it would lie on another text or beyond ``inside`` at all of them.
    """
    texts = _boxes(
        box_of((shape.places[0], shape.anchor), shape.text, shape.size, bold=shape.bold)
        for shape in canvas.shapes
        if shape.kind == "text"
    )
    dots = _boxes(
        (x - shape.size, y - shape.size, x + shape.size, y + shape.size)
        for shape in canvas.shapes
        if shape.kind == "dot"
        for x, y in shape.places
    )
    lines = [
        _walked(shape.places)
        for shape in canvas.shapes
        if shape.kind == "line" and shape.color != "grid"
    ]
    found: dict[Spot, float] = {}
    for spot in spots:
        left, top, right, bottom = box = box_of(spot, text, size, bold=bold)
        is_inside = inside[0] <= left and inside[1] <= top and right <= inside[2]
        if is_inside and bottom <= inside[3] and not _touched(box, texts).any():
            crossed = sum(bool(_touched(box, line).any()) for line in lines)
            found[spot] = crossed + ON_A_DOT * _touched(box, dots).sum()
    return min(found, key=lambda spot: found[spot], default=None)


def _boxes(boxes: Iterable[Box]) -> Boxes:
    return np.array(list(boxes)).reshape(-1, 4)


def _walked(places: Sequence[Place]) -> Boxes:
    """Return places along a line, close to each other, as boxes of no size."""
    found: list[Place] = []
    for (a, b), (c, d) in pairwise(places):
        steps = max(1, math.ceil(math.hypot(c - a, d - b) / STEP))
        found += [(a + (c - a) * k / steps, b + (d - b) * k / steps) for k in range(steps + 1)]
    return _boxes((x, y, x, y) for x, y in found)


def _touched(box: Box, others: Boxes) -> NDArray[np.bool_]:
    """Tell of each of the others whether the box touches it."""
    left, top, right, bottom = others.T
    found: NDArray[np.bool_] = (
        (box[0] <= right) & (left <= box[2]) & (box[1] <= bottom) & (top <= box[3])
    )
    return found
