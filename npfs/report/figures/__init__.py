"""The figures. Each takes evidence and returns a figure; nothing is measured or fitted here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from npfs.analysis.evidence import Evidence
from npfs.drawing import style
from npfs.report.figures.learning import learning_alt, learning_figure
from npfs.report.figures.memory import memory_alt, memory_figure
from npfs.report.figures.rates import rates_alt, rates_figure
from npfs.report.figures.rungs import rungs_alt, rungs_figure
from npfs.report.figures.saving import dark_of, save_png, svg_of
from npfs.report.figures.scale import scale_alt, scale_figure
from npfs.report.figures.speedup import speedup_alt, speedup_figure
from npfs.report.figures.spread import spread_alt, spread_figure
from npfs.report.figures.times import shortcut_alt, shortcut_figure, time_alt, time_figure
from npfs.report.figures.total import total_alt, total_figure
from npfs.report.figures.winners import winners_alt, winners_figure

SUFFIXES = (".svg", "-dark.svg", ".png")


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


@dataclass(frozen=True)
class Drawn:
    """A figure that was drawn and written to ``paths``; each SVG is a document of its own."""

    spec: FigureSpec
    alt: str
    light_svg: str
    dark_svg: str
    paths: tuple[Path, ...]


# In the order of reading.
FIGURES = (
    FigureSpec(
        "time",
        "Time per sample",
        "Each line is one way to write the same program: the lower it runs, the less time each number costs, and none can go "
        "below the dotted line, which is the time of only reading the data.",
        time_figure,
        time_alt,
    ),
    FigureSpec(
        "speedup",
        "Speedup",
        "A line at 100× does in one second what the baseline at 1× does in a hundred; a line below 1× is slower than the "
        "baseline.",
        speedup_figure,
        speedup_alt,
    ),
    FigureSpec(
        "winners",
        "Which tool is fastest where",
        "Find the column of your number of samples and the row of your number of features: the cell names the fastest tool; "
        "a dashed frame means that others are as fast.",
        winners_figure,
        winners_alt,
    ),
    FigureSpec(
        "rungs",
        "How near to the limit each rung comes",
        "The further a bar reaches to the right, the more time goes into anything but reading the data, which is what 1× "
        "stands for.",
        rungs_figure,
        rungs_alt,
    ),
    FigureSpec(
        "total",
        "When a slow start has paid",
        "A tool that starts later begins higher on the left; where its line crosses another, its faster fits have made up for "
        "that, and a dot marks it where the runs agree on it.",
        total_figure,
        total_alt,
    ),
    FigureSpec(
        "memory",
        "Memory",
        "Each bar is the memory a tool needs on top of the arrays it is given, which themselves are as long as the dotted line "
        "is far from zero.",
        memory_figure,
        memory_alt,
    ),
    FigureSpec(
        "spread",
        "How much the runs differ",
        "Each point is one whole run of the benchmark; the closer a column of points lies to 1×, the more exactly its time is "
        "known.",
        spread_figure,
        spread_alt,
    ),
    FigureSpec(
        "learning",
        "What is being computed",
        "On the left a straight line turns, epoch by epoch, until it fits the points; on the right the error falls while it "
        "does.",
        learning_figure,
        learning_alt,
    ),
    FigureSpec(
        "rates",
        "Learning rates and scales",
        "A good learning rate makes the error fall fast; one that is too large makes it grow without end, and features of very "
        "different size allow only a small one.",
        rates_figure,
        rates_alt,
    ),
    FigureSpec(
        "shortcut",
        "A better algorithm",
        "The shortcut's line shows what less work gains, which is another thing than a faster tool for the same work.",
        shortcut_figure,
        shortcut_alt,
    ),
    FigureSpec(
        "scale",
        "Beyond memory and beyond one machine",
        "On the left a flat line costs the same for every row, and where the workers' falling line crosses that of one core "
        "they begin to pay; on the right more workers make an epoch shorter until calling them takes longer than computing.",
        scale_figure,
        scale_alt,
    ),
)


def file_names() -> list[str]:
    """Return the names of all files that figures can be saved as."""
    return [f"{spec.name}{suffix}" for spec in FIGURES for suffix in SUFFIXES]


def save_figures(evidence: Evidence, folder: Path) -> list[Drawn]:
    """Write every figure for which there is evidence, as SVG, as SVG for a dark page and as PNG."""
    drawn = []
    with style.house_style():
        for spec in FIGURES:
            figure = spec.draw(evidence)
            if figure is not None:
                drawn.append(_save(spec, figure, spec.alt(evidence), folder))
    return drawn


def _save(spec: FigureSpec, figure: Figure, alt: str, folder: Path) -> Drawn:
    light, dark, png = (folder / f"{spec.name}{suffix}" for suffix in SUFFIXES)
    svg = svg_of(figure, alt)
    light.write_text(svg + "\n", encoding="utf-8")
    twin = dark_of(svg)
    dark.write_text(twin + "\n", encoding="utf-8")
    save_png(figure, png)
    return Drawn(spec, alt, svg, twin, (light, dark, png))
