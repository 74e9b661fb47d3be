"""What a drawing says: values at pixels by the ticks of its axes, and what a reader would complain of."""

import math
import re
from collections.abc import Callable, Iterator
from itertools import combinations

from matplotlib.path import Path as Polygon

from npfs.drawing import style
from npfs.drawing.canvas import Canvas, Shape, text_px

UNITS = {
    "ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "k": 1e3, "M": 1e6, "G": 1e9,
    "kB": 1e3, "MB": 1e6, "GB": 1e9, "k s": 1e3, "M s": 1e6, "": 1.0, "bytes": 1.0,
}  # fmt: skip
Place = tuple[float, float]


def number(text: str) -> float:
    """Read a tick: 10k, 30 ms, 0.1×, −2."""
    digits, unit = re.fullmatch(r"([−\d.,e]+) ?(.*?)×?", text).groups()  # type: ignore[union-attr]
    return float(digits.replace(",", "").replace("−", "-")) * UNITS[unit]


def shapes(canvas: Canvas, kind: str, **looks: object) -> list[Shape]:
    """The shapes of a kind that look so."""
    return [
        shape
        for shape in canvas.shapes
        if shape.kind == kind and all(getattr(shape, k) == v for k, v in looks.items())
    ]


def texts(canvas: Canvas) -> list[str]:
    return [shape.text for shape in shapes(canvas, "text")]


def values(canvas: Canvas, *, log: tuple[bool, bool] = (True, True)) -> Callable[[Place], Place]:
    """Return what gives the values at a pixel: from the ticks, which stand beside grid lines."""
    grid = [shape.places for shape in shapes(canvas, "line", color="grid")]
    soft = shapes(canvas, "text", color="soft")
    rows = {line[0][1] for line in grid if line[0][1] == line[1][1]}
    columns = {line[0][0] for line in grid if line[0][0] == line[1][0]}
    across = [
        (t.places[0][0], t.text) for t in soft if t.places[0][0] in columns and t.anchor == "middle"
    ]
    upwards = [
        (t.places[0][1], t.text) for t in soft if t.places[0][1] in rows and t.anchor == "end"
    ]
    x, y = _axis(across, is_log=log[0]), _axis(upwards, is_log=log[1])
    return lambda place: (x(place[0]), y(place[1]))


def _axis(ticks: list[tuple[float, str]], *, is_log: bool) -> Callable[[float], float]:
    if len(ticks) < 2:
        return lambda _: math.nan
    (a, first), *_, (b, last) = ticks
    low, high = (math.log(number(t)) if is_log else number(t) for t in (first, last))

    def value(pixel: float) -> float:
        at = low + (high - low) * (pixel - a) / (b - a)
        return math.exp(at) if is_log else at

    for pixel, text in ticks:  # each of them, not the outer two alone
        assert math.isclose(value(pixel), number(text), rel_tol=1e-6, abs_tol=1e-9), text
    return value


def complaints(canvas: Canvas) -> list[str]:
    """Tell which texts reach out of the drawing or lie on another."""
    boxes = [(shape.text, _corners(shape)) for shape in shapes(canvas, "text") if shape.text]
    found = [
        f"out of the drawing: {text!r}"
        for text, corners in boxes
        if any(not (-0.5 <= x <= canvas.width + 0.5 and -0.5 <= y <= canvas.height + 0.5) for x, y in corners)
    ]  # fmt: skip
    return found + [
        f"{one!r} lies on {other!r}"
        for (one, a), (other, b) in combinations(boxes, 2)
        if not (_apart(a, b) or _apart(b, a))
    ]


def _corners(shape: Shape) -> list[Place]:
    """The corners of a text: letters are about seven tenths of the size high."""
    (x, y), angle = shape.places[0], math.radians(shape.angle)
    width = text_px(shape.text, shape.size, bold=shape.bold)
    left = -{"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * width
    half = 0.38 * shape.size
    corners = [(left, -half), (left + width, -half), (left + width, half), (left, half)]
    cos, sin = math.cos(angle), math.sin(angle)
    return [(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in corners]


def _apart(a: list[Place], b: list[Place]) -> bool:
    """Test whether a side of the first separates two boxes."""
    for (x, y), (u, v) in zip(a, [*a[1:], a[0]], strict=True):
        across = y - v, u - x
        of_a, of_b = ([across[0] * p + across[1] * q for p, q in box] for box in (a, b))
        if max(of_a) <= min(of_b) + 0.5 or max(of_b) <= min(of_a) + 0.5:
            return True
    return False


def behind(canvas: Canvas, text: Shape, colors: dict[str, str]) -> Iterator[str]:
    """Return the colours that lie behind a text, at its ends and its middle."""
    corners = _corners(text)
    for share in (0.05, 0.5, 0.95):
        (a, b), (c, d), _, (e, f) = corners
        place = a + share * (c - a) + (e - a) / 2, b + share * (d - b) + (f - b) / 2
        found = colors["page"]
        for shape in canvas.shapes[: canvas.shapes.index(text)]:
            if shape.kind == "area" and Polygon(shape.places).contains_point(place):
                found = style.blend(found, colors[shape.color], shape.opacity)
        yield found


def unreadable(canvas: Canvas) -> list[str]:
    """Tell which texts have less contrast than 4.5 to 1 with what lies behind, light or dark."""
    return [
        f"{text.text!r}: {ratio:.2f} on {ground}"
        for colors in (style.LIGHT, style.DARK)
        for text in shapes(canvas, "text")
        for ground in behind(canvas, text, colors)
        if (ratio := style.contrast(colors[text.color], ground)) < 4.5
    ]
