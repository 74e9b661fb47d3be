"""The figures. Each takes evidence and returns a figure; nothing is measured or fitted here."""

import html
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from npfs.analysis.evidence import Evidence
from npfs.drawing import style
from npfs.report.content import PageFigure
from npfs.report.figures import (
    learning,
    memory,
    rungs,
    scale,
    speedup,
    spread,
    times,
    total,
    winners,
)

SUFFIXES = (".svg", "-dark.svg", ".png")
PNG_DPI = 150
# What of an SVG holds coordinates. A scale is left alone: it multiplies what it is given.
_COORDINATES = re.compile(r'\sd="[^"]*"|translate\([^)]*\)|\s(?:x|y|width|height)="[-\d.]+"')
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_NOT_DRAWN = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL
)
_STROKE = re.compile(r"M ([-\d.]+) ([-\d.]+) L ([-\d.]+) \2(?: L \3 \2)?(?= M| ?\")")
_COLOR = re.compile(r"#[0-9a-f]{6}(?![\w-])")


@dataclass(frozen=True)
class FigureSpec:
    """A figure that the report can have.

    Attributes
    ----------
    name : str
        The stem of its files.
    title, how_to_read : str
        For a person; the latter is one sentence for a newcomer.
    draw : callable
        Draws it, inside ``style.house_style()``; returns None where there is no evidence for it.
    alt : callable
        Returns the text for who cannot see it; asked only where there is a figure.
    """

    name: str
    title: str
    how_to_read: str
    draw: Callable[[Evidence], Figure | None]
    alt: Callable[[Evidence], str]


# In the order of reading.
FIGURES = (
    FigureSpec(
        "time",
        "Time per sample",
        "Each line is one way to write the same program: the lower it runs, the less time each "
        "number costs, and none can go below the dotted line, which is the time of only reading "
        "the data.",
        times.time_figure,
        times.time_alt,
    ),
    FigureSpec(
        "speedup",
        "Speedup",
        "A line at 100× does in one second what the baseline at 1× does in a hundred; a line "
        "below 1× is slower than the baseline.",
        speedup.speedup_figure,
        speedup.speedup_alt,
    ),
    FigureSpec(
        "winners",
        "Which tool is fastest where",
        "Find the column of your number of samples and the row of your number of features: the "
        "cell names the fastest tool; a dashed frame means that others are as fast.",
        winners.winners_figure,
        winners.winners_alt,
    ),
    FigureSpec(
        "rungs",
        "How near to the limit each rung comes",
        "The further a bar reaches to the right, the more time goes into anything but reading the "
        "data, which is what 1× stands for.",
        rungs.rungs_figure,
        rungs.rungs_alt,
    ),
    FigureSpec(
        "total",
        "When a slow start has paid",
        "A tool that starts later begins higher on the left; where its line crosses another, its "
        "faster fits have made up for that, and a dot marks it where the runs agree on it.",
        total.total_figure,
        total.total_alt,
    ),
    FigureSpec(
        "memory",
        "Memory",
        "Each bar is the memory a tool needs on top of the arrays it is given, which themselves "
        "are as long as the dotted line is far from zero.",
        memory.memory_figure,
        memory.memory_alt,
    ),
    FigureSpec(
        "spread",
        "How much the runs differ",
        "Each point is one whole run of the benchmark; the closer a column of points lies to 1×, "
        "the more exactly its time is known.",
        spread.spread_figure,
        spread.spread_alt,
    ),
    FigureSpec(
        "learning",
        "What is being computed",
        "On the left a straight line turns, epoch by epoch, until it fits the points; on the right "
        "the error falls while it does.",
        learning.learning_figure,
        learning.learning_alt,
    ),
    FigureSpec(
        "rates",
        "Learning rates and scales",
        "A good learning rate makes the error fall fast; one that is too large makes it grow "
        "without end, and features of very different size allow only a small one.",
        learning.rates_figure,
        learning.rates_alt,
    ),
    FigureSpec(
        "shortcut",
        "A better algorithm",
        "The shortcut's line shows what less work gains, which is another thing than a faster tool "
        "for the same work.",
        times.shortcut_figure,
        times.shortcut_alt,
    ),
    FigureSpec(
        "scale",
        "Beyond memory and beyond one machine",
        "On the left a flat line costs the same for every row, and where the workers' falling line "
        "crosses that of one core they begin to pay; on the right more workers make an epoch "
        "shorter until calling them takes longer than computing.",
        scale.scale_figure,
        scale.scale_alt,
    ),
)


def file_names() -> list[str]:
    """Return the names of all files that figures can be saved as."""
    return [f"{spec.name}{suffix}" for spec in FIGURES for suffix in SUFFIXES]


def save_figures(evidence: Evidence, folder: Path) -> list[PageFigure]:
    """Write every figure for which there is evidence, as SVG, as SVG for a dark page and as PNG."""
    drawn = []
    with style.house_style():
        for spec in FIGURES:
            figure = spec.draw(evidence)
            if figure is not None:
                drawn.append(_save(spec, figure, spec.alt(evidence), folder))
    return drawn


def _save(spec: FigureSpec, figure: Figure, alt: str, folder: Path) -> PageFigure:
    light, dark, png = (folder / f"{spec.name}{suffix}" for suffix in SUFFIXES)
    svg = svg_of(figure, alt)
    light.write_text(svg + "\n", encoding="utf-8")
    twin = dark_of(svg)
    dark.write_text(twin + "\n", encoding="utf-8")
    figure.set_dpi(PNG_DPI)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(png)
    return PageFigure(spec.name, spec.title, spec.how_to_read, alt, svg, twin)


def svg_of(figure: Figure, alt: str) -> str:
    """Return a figure as SVG in one line, with its alternative text, always the same."""
    text = io.StringIO()
    # The canvas is called directly: savefig draws twice.
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(text, metadata={"Date": None})
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
