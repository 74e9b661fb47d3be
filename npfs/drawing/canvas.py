"""A canvas of shapes in pixels: written as SVG with real text, and as PNG by matplotlib.

Charts are laid out once and drawn at any width. Shapes name their colours, so that one drawing
serves a light page, a dark one and a printed one. matplotlib draws a figure in a tenth of a second,
and its SVG has neither names for colours nor values to point at: writing shapes takes milliseconds.

Texts are measured, shortened, broken into lines, and put where they hide least.
"""

import html
import io
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from npfs.drawing import style
from npfs.drawing.labels import in_font, text_width
from npfs.drawing.numbers import one_line

Place = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif"
_ALIGN: dict[str, Any] = {"start": "left", "middle": "center", "end": "right"}

Box = tuple[float, float, float, float]  # left, top, right, bottom
Boxes = NDArray[np.float64]
Spot = tuple[Place, Anchor]
TITLE_LINES = 3  # of a title at most
HALF_HEIGHT = 0.6  # of a text's height, in its size
ON_A_DOT = 3.0  # costs as much as to lie on so many lines
STEP = 4.0  # pixels: less than a text is high


@dataclass(frozen=True)
class Shape:
    """A line, an area (closed), a text, or a dot; ``of`` names the backend that it belongs to.

    An area or a dot with a ``tip`` can be pointed at. Lengths are in pixels, angles in degrees.
    """

    kind: Literal["line", "area", "text", "dot"]
    places: tuple[Place, ...]
    color: str
    size: float = 1.0
    of: str = ""
    text: str = ""
    tip: str = ""
    anchor: Anchor = "start"
    bold: bool = False
    dash: tuple[float, ...] = ()
    opacity: float = 1.0
    angle: float = 0.0


@dataclass
class Canvas:
    """Shapes in the order of drawing, ``width`` × ``height`` pixels; y grows downwards."""

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)

    def line(self, places: list[Place], color: str, size: float = 1.0, **looks: Any) -> None:
        """Draw a line through places."""
        self.shapes.append(Shape("line", tuple(places), color, size, **looks))

    def area(self, places: list[Place], color: str, **looks: Any) -> None:
        """Fill the area between places."""
        self.shapes.append(Shape("area", tuple(places), color, **looks))

    def rectangle(
        self, place: Place, width: float, height: float, color: str, **looks: Any
    ) -> None:
        """Fill a rectangle; ``place`` is its upper left corner."""
        (x, y), right, bottom = place, place[0] + width, place[1] + height
        self.area([(x, y), (right, y), (right, bottom), (x, bottom)], color, **looks)

    def text(
        self, place: Place, text: str, color: str = "ink", size: float = 12, **looks: Any
    ) -> None:
        """Write a text; ``place`` is at the middle of its height."""
        self.shapes.append(Shape("text", (place,), color, size, text=one_line(text), **looks))

    def dot(self, place: Place, color: str, size: float = 3.5, **looks: Any) -> None:
        """Draw a dot of that radius."""
        self.shapes.append(Shape("dot", (place,), color, size, **looks))

    def svg(self, alt: str, colors: dict[str, str] | None = None, background: str = "") -> str:
        """Return the drawing as SVG; without ``colors`` they are variables of the page."""
        drawn = "".join(_element(shape, colors) for shape in self.shapes)
        behind = f'<rect width="100%" height="100%" fill="{background}"/>' if background else ""
        size = f'viewBox="0 0 {self.width:g} {self.height:g}"'
        of_file = f' width="{self.width:g}" height="{self.height:g}"' if background else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}{of_file} role="img" '
            f'aria-label="{_escaped(alt)}" font-family="{FONT}">{behind}{drawn}</svg>'
        )

    def png(self, scale: float) -> bytes:
        """Return the drawing as PNG, ``scale`` times as large, on a light background."""
        dpi = 100.0
        size = self.width / dpi, self.height / dpi
        figure = Figure(figsize=size, dpi=dpi * scale, facecolor=style.LIGHT["page"])
        to_pixels = Affine2D().scale(scale, -scale).translate(0, self.height * scale)
        for order, shape in enumerate(self.shapes):
            if shape.opacity:
                artist = _artist(shape, 72 / dpi)
                artist.set(transform=to_pixels, zorder=order)
                figure.add_artist(artist)
        file = io.BytesIO()
        canvas: Any = FigureCanvasAgg(figure)
        canvas.print_png(file, pil_kwargs={"compress_level": 4})
        return file.getvalue()


def _element(shape: Shape, colors: dict[str, str] | None) -> str:
    """Return a shape as an SVG element."""
    color = f"var(--{shape.color})" if colors is None else colors[shape.color]
    of = f' data-of="{_escaped(shape.of)}"' if shape.of else ""
    faint = f' opacity="{shape.opacity:g}"' if shape.opacity < 1 else ""
    x, y = (_number(value) for value in shape.places[0])
    if shape.kind == "text":
        turned = f' transform="rotate({shape.angle:g} {x} {y})"' if shape.angle else ""
        anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
        weight = ' font-weight="600"' if shape.bold else ""
        return (
            f'<text x="{x}" y="{y}" dy=".35em" fill="{color}" font-size="{shape.size:g}"'
            f"{anchor}{weight}{turned}{of}>{_escaped(shape.text)}</text>"
        )
    tip = f' class="tip"><title>{_escaped(shape.tip)}</title></' if shape.tip else ""
    if shape.kind == "dot":
        end = f"{tip}circle>" if tip else "/>"
        return f'<circle cx="{x}" cy="{y}" r="{shape.size:g}" fill="{color}"{faint}{of}{end}'
    path = "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in shape.places)
    if shape.kind == "area":  # whose outline, where it is pointed at, is not faint
        end = f"{tip}path>" if tip else "/>"
        return f'<path d="{path}Z" fill="{color}"{faint.replace(" ", " fill-")}{of}{end}'
    dash = f' stroke-dasharray="{" ".join(f"{n:g}" for n in shape.dash)}"' if shape.dash else ""
    return (
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{shape.size:g}"'
        f'{dash}{faint}{of} stroke-linejoin="round"/>'
    )


def _artist(shape: Shape, points: float) -> Artist:
    """Return a shape for matplotlib; ``points`` is the size of a pixel."""
    color = style.LIGHT[shape.color]
    looks: dict[str, Any] = {"color": color, "alpha": shape.opacity}
    if shape.kind == "text":
        return Text(
            *shape.places[0], in_font(shape.text), color=color, fontsize=shape.size * points,
            weight="bold" if shape.bold else "normal", horizontalalignment=_ALIGN[shape.anchor],
            verticalalignment="center_baseline", rotation=-shape.angle, rotation_mode="anchor",
            parse_math=False, fontfamily="DejaVu Sans",
        )  # fmt: skip
    if shape.kind == "dot":
        return Circle(shape.places[0], shape.size, linewidth=0, **looks)
    if shape.kind == "area":
        return Polygon(shape.places, closed=True, linewidth=0, **looks)
    x, y = zip(*shape.places, strict=True)
    dash: Any = (0, tuple(n / shape.size for n in shape.dash)) if shape.dash else "-"
    return Line2D(x, y, linewidth=shape.size * points, linestyle=dash, **looks)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escaped(text: str) -> str:
    """Return a text that XML can hold."""
    return html.escape(one_line(text))


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
        if lines[-1] and len(lines) < TITLE_LINES and text_px(longer, size, bold=True) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [fitting(line, width, size, bold=True) for line in lines]


def box_of(spot: Spot, text: str, size: float, *, bold: bool = False) -> Box:
    """Return the box of a text that is not turned."""
    (x, y), anchor = spot
    width = text_px(text, size, bold=bold)
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return left, y - HALF_HEIGHT * size, left + width, y + HALF_HEIGHT * size


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
