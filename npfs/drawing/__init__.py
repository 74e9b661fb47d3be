"""The look of the figures, set by context: nothing global changes when a figure is drawn."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl

from npfs.drawing.axes import (
    count_axis,
    duration,
    log_axis,
    log_limits,
    note,
    number_margin,
    plain,
    round_numbers,
    row,
    times,
)
from npfs.drawing.labels import (
    GAP,
    LABEL_SIZE,
    End,
    fitting,
    label_ends,
    margin,
    shorten,
    spread,
    text_width,
)
from npfs.drawing.palette import (
    BACKGROUND,
    DARK,
    DARK_BACKGROUND,
    EDGE,
    GRID,
    INK,
    MUTED,
    POINT,
    SHADE,
    WARNING,
    Look,
    contrast,
    looks,
    ramp,
    readable,
)

__all__ = [
    "BACKGROUND", "DARK", "DARK_BACKGROUND", "EDGE", "GAP", "GRID", "INK", "LABEL_SIZE", "MUTED", "POINT", "SHADE", "WARNING", "End",
    "Look", "contrast", "count_axis", "duration", "fitting", "house_style", "label_ends", "log_axis", "log_limits", "looks",
    "margin", "note", "number_margin", "plain", "ramp", "readable", "round_numbers", "row", "shorten", "spread", "text_width", "times",
]  # fmt: skip

_RC: dict[Any, Any] = {
    "figure.dpi": 100,
    "figure.facecolor": BACKGROUND,
    "axes.facecolor": BACKGROUND,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.parse_math": False,  # a name with dollar signs stays a name
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": EDGE,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": EDGE,
    "ytick.color": EDGE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.major.pad": 5,
    "ytick.major.pad": 5,
    "lines.linewidth": 1.8,
    "lines.markersize": 6.5,
    "lines.markeredgecolor": BACKGROUND,  # tells markers on top of each other apart
    "lines.markeredgewidth": 0.7,
    "hatch.linewidth": 0.7,
    "svg.fonttype": "path",
    "svg.hashsalt": "npfs",  # the same numbers give the same file
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the report."""
    with mpl.rc_context(_RC):
        yield
