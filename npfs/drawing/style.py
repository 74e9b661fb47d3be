"""The look of figures and pages: colours by name, and matplotlib's settings within a context.

Colours are after Okabe and Ito, told apart with any colour vision; each has a counterpart for a
dark page, and each that text is written in has a contrast of at least 4.5 to 1 there.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl

MINIMUM_CONTRAST = 4.6  # WCAG asks for 4.5; rounding a channel may cost a little
_COLORS = {
    "page": ("#ffffff", "#15181d"),
    "panel": ("#f6f7f9", "#1c2026"),
    "ink": ("#1f2328", "#e6e8eb"),
    "soft": ("#57606a", "#a1abb6"),
    "line": ("#c9ced6", "#454c55"),
    "grid": ("#e8ebef", "#272c33"),
    "point": ("#8a949e", "#7d8894"),
    "python": ("#b34700", "#ff9b57"),
    "numpy": ("#0068a3", "#5cb3f0"),
    "numba": ("#00734f", "#4cc49a"),
    "other": ("#6b7280", "#a3acb8"),
    "faster": ("#0072b2", "#429fe0"),
    "slower": ("#d55e00", "#e07b30"),
}
LIGHT = {name: light for name, (light, _) in _COLORS.items()}
DARK = {name: dark for name, (_, dark) in _COLORS.items()}
BACKGROUND, INK, MUTED, POINT = (LIGHT[name] for name in ("page", "ink", "soft", "point"))
WARNING = "#b3261e"
# Of curves that are drawn beside each other.
PALETTE = ("#0072b2", "#c75000", "#00835f", "#b0568f", "#6a3d9a", "#5c3d00", "#6b7280")
RAMP_STEPS = 8


def box(pad: float) -> dict[str, Any]:
    """Return the looks of a box, ``pad`` points wider than its text, that hides what is behind."""
    return {"facecolor": BACKGROUND, "edgecolor": "none", "pad": pad}


def ramp(number: int) -> list[tuple[str, str]]:
    """Return that many (line, text) colours from grey to blue, for what comes in an order."""
    last = RAMP_STEPS - 1
    steps = [
        round((k + 1) * last / number) if number < last else k % RAMP_STEPS for k in range(number)
    ]
    colors = [blend(POINT, PALETTE[0], step / last) for step in steps]
    return [(color, readable(color, BACKGROUND)) for color in colors]


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


_RC: dict[Any, Any] = {
    "figure.dpi": 100,
    "figure.facecolor": BACKGROUND,
    "axes.facecolor": BACKGROUND,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.parse_math": False,  # a name with dollar signs stays a name
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LIGHT["line"],
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
    "grid.color": LIGHT["grid"],
    "grid.linewidth": 0.8,
    "xtick.color": LIGHT["line"],
    "ytick.color": LIGHT["line"],
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
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the report."""
    with mpl.rc_context(_RC):
        yield
