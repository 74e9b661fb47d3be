"""From drawn figures to files: compact SVG, its dark twin, and PNG."""

import html
import io
import re
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from npfs.drawing import style

PNG_DPI = 150
# What of an SVG holds coordinates. A scale is left alone: it multiplies what it is given.
_COORDINATES = re.compile(r'\sd="[^"]*"|translate\([^)]*\)|\s(?:x|y|width|height)="[-\d.]+"')
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_NOT_DRAWN = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL
)
_STROKE = re.compile(r"M ([-\d.]+) ([-\d.]+) L ([-\d.]+) \2(?: L \3 \2)?(?= M| ?\")")
_COLOR = re.compile(r"#[0-9a-f]{6}(?![\w-])")


def svg_of(figure: Figure, alt: str) -> str:
    """Return a figure as SVG in one line, with its alternative text; equal figures give equal text."""
    text = io.StringIO()
    # The canvas is called directly: savefig draws twice.
    FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})  # type: ignore[no-untyped-call]
    svg = _NOT_DRAWN.sub("", text.getvalue())
    svg = _COORDINATES.sub(lambda found: _NUMBER.sub(_rounded, found[0].replace("\n", " ")), svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # nothing refers to a group
    svg = re.sub(r'style="[^"]*"', lambda found: re.sub(r"([;:]) ", r"\1", found[0]), svg)
    svg = re.sub(r"\s+", " ", svg)
    svg = _STROKE.sub(_dot, svg)
    svg = re.sub(r"([MLQCZz]) (?=[-\d])", r"\1", svg)
    svg = re.sub(r"\s*(<|>|/>)\s*", r"\1", svg)
    return svg.strip().replace("<svg ", f'<svg role="img" aria-label="{_attribute(alt)}" ', 1)


def dark_of(svg: str) -> str:
    """Return an SVG in the colours of a dark page."""
    head, end, drawing = svg.partition(">")
    return head + end + _COLOR.sub(lambda found: style.DARK.get(found[0], found[0]), drawing)


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG."""
    figure.set_dpi(PNG_DPI)
    FigureCanvasAgg(figure).print_png(path)  # type: ignore[no-untyped-call]


def _rounded(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _dot(stroke: re.Match[str]) -> str:
    """Shorten the stroke of no length whose round ends are a point."""
    is_point = abs(float(stroke[3]) - float(stroke[1])) <= 0.05
    return f"M {stroke[1]} {stroke[2]}h0" if is_point else stroke[0]


def _attribute(text: str) -> str:
    """Return a text that an attribute of XML can hold."""
    return html.escape("".join(char for char in text if char.isprintable()))
