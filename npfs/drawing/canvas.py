"""A canvas of shapes in pixels: written as SVG with real text, and as PNG by matplotlib.

Charts are laid out once and drawn at any width. Shapes name their colours, so that one drawing
serves a light page, a dark one and a printed one. matplotlib draws a figure in a tenth of a second,
and its SVG has neither names for colours nor values to point at: writing shapes takes milliseconds.
"""

import html
import io
from dataclasses import dataclass, field
from typing import Any, Literal

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from npfs.drawing import style
from npfs.drawing.labels import in_font
from npfs.drawing.numbers import one_line

Place = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif"
_ALIGN: dict[str, Any] = {"start": "left", "middle": "center", "end": "right"}


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
