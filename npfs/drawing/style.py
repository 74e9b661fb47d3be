"""The look of the figures, set by context: nothing global changes when a figure is drawn.

Each colour of a light page has its counterpart for a dark one. Figures are drawn in the light
colours alone; ``DARK`` turns a drawn one into its dark twin.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import Any, NamedTuple

import matplotlib as mpl

MINIMUM_CONTRAST = 4.6  # WCAG asks for 4.5; rounding a channel may cost a little
BACKGROUND, DARK_BACKGROUND = "#ffffff", "#15181d"
INK, MUTED = "#1f2328", "#57606a"  # text, and text that says less
POINT = "#8a949e"  # data that is only context
EDGE, GRID, SHADE = "#c9ced6", "#e8ebef", "#f0f2f4"
WARNING = "#b3261e"
TINT, DARK_TINT = 0.22, 0.38  # how much of a colour fills a cell that text is written in
RAMP_STEPS = 8


class Look(NamedTuple):
    """The look of a backend: line, text in its colour, a fill that text can lie on, marker."""

    line: str
    text: str
    tint: str
    marker: str


# Colours after Okabe and Ito, told apart with any colour vision: one hue for each tool, deeper for
# each rung, and each at least 3 to 1 on its page. Markers tell them apart in greyscale. Light,
# dark, marker.
_KNOWN = {
    "python": ("#c75000", "#ff9b57", "o"),
    "numpy": ("#0072b2", "#4aa8e8", "s"),
    "numpy-inplace": ("#3f9bd9", "#a9d8fb", "^"),
    "numpy-gram": ("#b0568f", "#eba3cf", "P"),
    "numba": ("#4fa683", "#46a582", "D"),
    "numba-simd": ("#00835f", "#5ed3a8", "v"),
    "numba-parallel": ("#004d38", "#b5f2da", "X"),
    "c": ("#6b7280", "#a3acb8", "<"),
    "jax": ("#6a3d9a", "#c0a0ee", ">"),
    "torch": ("#5c3d00", "#f4dc8c", "h"),
}
_OTHERS = (
    ("#a0522d", "#dd9a75", "p"),
    ("#4b5563", "#bcc5d3", "*"),
    ("#be185d", "#f585b8", "d"),
    ("#1e3a8a", "#95aaf7", "8"),
)


def looks(backends: Sequence[str]) -> dict[str, Look]:
    """Give each backend its look; those we know keep theirs in every figure."""
    others = dict(zip(sorted(set(backends) - set(_KNOWN)), cycle(_OTHERS), strict=False))
    return {name: _look(*(_KNOWN | others)[name]) for name in backends}


def box(pad: float) -> dict[str, Any]:
    """Return the looks of a box, ``pad`` points wider than its text, that hides what is behind."""
    return {"facecolor": BACKGROUND, "edgecolor": "none", "pad": pad}


def ramp(number: int) -> list[tuple[str, str]]:
    """Return that many (line, text) colours from grey to blue, for what comes in an order."""
    last = RAMP_STEPS - 1
    steps = [
        round((k + 1) * last / number) if number < last else k % RAMP_STEPS for k in range(number)
    ]
    return [(_RAMP[step][0], readable(_RAMP[step][0], BACKGROUND)) for step in steps]


def blend(start: str, end: str, share: float) -> str:
    """Mix two colours: ``share`` of ``end``, the rest of ``start``."""
    return _hexadecimal(
        [a * (1 - share) + b * share for a, b in zip(_channels(start), _channels(end), strict=True)]
    )


def readable(color: str, background: str) -> str:
    """Move a colour away from its background until text has a contrast of at least 4.5 to 1."""
    away = 0.0 if _luminance(background) > 0.5 else 1.0
    channels = _channels(color)
    while contrast(_hexadecimal(channels), background) < MINIMUM_CONTRAST:
        channels = [channel * 0.95 + away * 0.05 for channel in channels]
    return _hexadecimal(channels)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21.

    Source: WCAG 2.2, relative luminance and contrast ratio.
    """
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(color)]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _channels(color: str) -> list[float]:
    return [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def _hexadecimal(channels: Sequence[float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def _look(light: str, _: str, marker: str) -> Look:
    return Look(light, readable(light, BACKGROUND), blend(BACKGROUND, light, TINT), marker)


_DARK_POINT = "#7d8894"
_RAMP = [
    (
        blend(POINT, _KNOWN["numpy"][0], step / (RAMP_STEPS - 1)),
        blend(_DARK_POINT, _KNOWN["numpy"][1], step / (RAMP_STEPS - 1)),
    )
    for step in range(RAMP_STEPS)
]


def _dark() -> dict[str, str]:
    pairs = {
        BACKGROUND: DARK_BACKGROUND,
        INK: "#e6e8eb",
        MUTED: "#a1abb6",
        EDGE: "#454c55",
        GRID: "#272c33",
        SHADE: "#1f242a",
        WARNING: "#ff8f85",
    }
    for light, dark, marker in (*_KNOWN.values(), *_OTHERS):
        look = _look(light, dark, marker)
        pairs |= {look.line: dark, look.text: readable(dark, DARK_BACKGROUND)}
        pairs[look.tint] = blend(DARK_BACKGROUND, dark, DARK_TINT)
    for light, dark in _RAMP:
        pairs |= {light: dark, readable(light, BACKGROUND): readable(dark, DARK_BACKGROUND)}
    return pairs


# Colours of a page and its figures by name: after Okabe and Ito, told apart with any colour vision.
_COLORS = {
    "page": (BACKGROUND, DARK_BACKGROUND),
    "ink": (INK, "#e6e8eb"),
    "soft": (MUTED, "#a1abb6"),
    "grid": (GRID, "#272c33"),
    "line": ("#dfe3e8", "#343a43"),
    "panel": ("#f6f7f9", "#1c2026"),
    "point": (POINT, "#7d8894"),
    "python": ("#b34700", "#ff9b57"),
    "numpy": ("#0068a3", "#5cb3f0"),
    "numba": ("#00734f", "#4cc49a"),
    "other": ("#6b7280", "#a3acb8"),
    "faster": ("#0072b2", "#4aa8e8"),
    "slower": ("#d55e00", "#ff9b57"),
}
LIGHT = {name: light for name, (light, _) in _COLORS.items()}
DARK = {name: dark for name, (_, dark) in _COLORS.items()}

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
