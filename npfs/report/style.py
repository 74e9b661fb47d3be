"""The look of the figures, set by context: nothing global changes when a figure is drawn."""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from itertools import chain, cycle, repeat
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from npfs.report import wording

MINIMUM_CONTRAST = 4.6  # WCAG asks for 4.5; rounding a channel may cost a little
INK, FAINT = "#1f2328", "#c9ced6"
# Colours after Okabe and Ito, told apart with any colour vision: one hue for each tool, deeper for each rung.
# Markers tell them apart in greyscale.
_KNOWN = {
    "python": ("#D55E00", "o"),
    "numpy": ("#0072B2", "s"),
    "numpy-inplace": ("#56B4E9", "^"),
    "numpy-gram": ("#CC79A7", "P"),
    "numba": ("#6FBF9B", "D"),
    "numba-simd": ("#009E73", "v"),
    "numba-parallel": ("#00543D", "X"),
    "c": ("#7F7F7F", "<"),
    "jax": ("#6A3D9A", ">"),
    "torch": ("#B8860B", "h"),
}
_OTHERS = (("#A0522D", "p"), ("#4B5563", "*"), ("#BE185D", "d"), ("#1E3A8A", "8"))
_RC: dict[Any, Any] = {
    "figure.dpi": 110,
    "savefig.dpi": 160,
    "font.size": 10,
    "text.parse_math": False,  # a name with dollar signs stays a name
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e8ebef",
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "svg.hashsalt": "npfs",  # the same numbers give the same file
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the report."""
    with mpl.rc_context(_RC):
        yield


def looks(backends: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Give each backend a colour and a marker; those we know keep theirs in every figure."""
    others = dict(zip(sorted(set(backends) - set(_KNOWN)), cycle(_OTHERS), strict=False))
    return {name: (_KNOWN | others)[name] for name in backends}


def label_ends(
    axes: Axes, ends: Mapping[str, tuple[float, float]], colors: Mapping[str, str]
) -> None:
    """Write each label at the right of its line's end, moved apart vertically where they would touch.

    ``ends`` maps a label to the (x, y) of the line's last point. Call after the limits are final.
    """
    if not ends:
        return
    figure = axes.get_figure(root=True)
    assert figure is not None
    axes.autoscale_view()
    to_pixels, points = axes.transData, figure.dpi / 72
    pixels = {label: to_pixels.transform(end) for label, end in ends.items()}
    order = sorted(ends, key=lambda label: pixels[label][1])
    placed = spread([pixels[label][1] for label in order], 13 * points)
    for label, height in zip(order, placed, strict=True):
        axes.annotate(
            label,
            ends[label],
            xytext=(8, (height - pixels[label][1]) / points),
            textcoords="offset points",
            color=darker(colors[label]),
            va="center",
            fontweight="bold",
            annotation_clip=False,
        )


def blend(start: str, end: str, share: float) -> str:
    """Mix two colours: ``share`` of ``end``, the rest of ``start``."""
    channels = [
        round(int(start[i : i + 2], 16) * (1 - share) + int(end[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def darker(color: str) -> str:
    """Darken a line's colour until text in it has a contrast of at least 4.5 to 1 on white."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    while contrast_on_white(channels) < MINIMUM_CONTRAST:
        channels = [channel * 0.95 for channel in channels]
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def contrast_on_white(channels: Sequence[float]) -> float:
    """Return the contrast ratio of red, green, blue (0 to 1) on white.

    Source: WCAG 2.2, relative luminance and contrast ratio.
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Move ascending heights apart to at least ``gap``, each group about its own mean."""
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _bottom(groups[-1], gap) - _top(groups[-2], gap) < gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    starts = chain.from_iterable(zip(repeat(_bottom(g, gap)), range(len(g))) for g in groups)
    return [start + index * gap for start, index in starts]


def logarithmic(axes: Axes, counts: Set[int]) -> None:
    """Make both axes logarithmic, the x axis for these counts, with room on both sides of a single one."""
    axes.set(xscale="log", yscale="log")
    if len(counts) == 1:
        axes.set_xlim(min(counts) / 2, max(counts) * 2)


def count_axis(axes: Axes, counts: Sequence[int], label: str) -> None:
    """Label a logarithmic axis with the measured counts: 10, 1k, 1M."""
    axis = axes.xaxis
    axis.set_ticks(list(counts), labels=[wording.short_count(count) for count in counts])
    axis.set_minor_locator(NullLocator())
    axis.set_label_text(label)


def plain_numbers(axes: Axes, suffix: str = "") -> None:
    """Label a logarithmic y axis with plain numbers: 0.1, 1, 10, 1,000."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}{suffix}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _bottom(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) + gap * (len(group) - 1) / 2
