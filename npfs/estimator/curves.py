"""The pictures of learning: points, the line at some epochs, and losses over epochs.

The report draws them of what a run recorded, ``npfs.estimator.plots`` of a fitted estimator.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

from npfs.drawing import labels, scales, style

Losses = npt.NDArray[np.float64]

LOSS = "mean squared error (lower fits better)"
# How far above the first loss a diverging curve is followed; it leaves the figure there.
FOLLOWED = 30.0
BEYOND = 1e9  # of the upper limit: a line to an infinite loss is drawn to there
EPOCHS_MARKED = 60
FEW_POINTS = 500

DECADE = 10.0  # a loss that falls by as much is drawn on a logarithmic axis
# A fall in the first twentieth of many epochs asks for a logarithmic axis of epochs as well.
MANY_EPOCHS, EARLY = 100, 0.05
LINE, LABEL = "npfs-loss", "npfs-loss-label"  # what was added before

SOLID, DASHED, DOTTED = (0, ()), (0, (5, 1.5)), (0, (1, 1.5))


class Curve(NamedTuple):
    """The loss of every epoch, with the name and the looks of its line."""

    name: str
    loss: Sequence[float]
    color: str
    text_color: str
    dashes: tuple[int, tuple[float, ...]] = SOLID


def draw_points(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    """Draw the data behind the lines; many points small and faint, since they hide each other."""
    size, alpha = (4.0, 0.6) if len(x) <= FEW_POINTS else (3.0, 0.35)
    axes.plot(
        x, y, "o", color=style.POINT, alpha=alpha, markersize=size, markeredgewidth=0, zorder=1
    )


def draw_fitted_lines(
    axes: Axes, low: float, high: float, lines: Sequence[tuple[str, float, float]]
) -> None:
    """Draw lines from ``low`` to ``high``, each (name, slope, intercept), as they were learned."""
    ends = []
    for (name, slope, intercept), (color, text) in zip(lines, style.ramp(len(lines)), strict=True):
        axes.plot([low, high], [slope * low + intercept, slope * high + intercept], color=color)
        ends.append(labels.End(name, high, slope * high + intercept, text))
    axes.autoscale_view()
    labels.label_ends(axes, ends)


def draw_loss(axes: Axes, loss: Sequence[float], color: str) -> Line2D:
    """Draw the loss over the epochs, with a marker for each if there are few."""
    marker = "o" if len(loss) <= EPOCHS_MARKED else None
    epochs = range(len(loss))
    return axes.plot(epochs, loss, color=color, marker=marker, markersize=3, markeredgewidth=0)[0]


def epoch_axis(axes: Axes, last: int, *, logarithmic: bool) -> None:
    """Make the x axis one of epochs from 0 to ``last``; if logarithmic, from epoch 1 on."""
    if not logarithmic:
        axes.set_xlim(-0.02 * last, 1.02 * last)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(0, last * 1.05)
    places = [0, *(10**k for k in range(len(str(last))))]
    axes.xaxis.set_major_locator(FixedLocator(places))
    axes.xaxis.set_major_formatter(FixedFormatter([scales.plain(place) for place in places]))
    axes.xaxis.set_minor_locator(NullLocator())


def diverges(loss: Sequence[float]) -> bool:
    """Detect a loss that ends above its start, or as no number."""
    return not loss[-1] <= loss[0]


def rate_name(rate: float, loss: Sequence[float]) -> str:
    """Return the name of the curve of a learning rate."""
    return f"rate {rate:.2g}{', diverges' if diverges(loss) else ''}"


def rate_curves(rates: Sequence[tuple[float, Sequence[float]]]) -> list[Curve]:
    """Return the curves of learning rates: grey to blue as they grow, red if they diverge."""
    calm = iter(style.ramp(sum(not diverges(loss) for _, loss in rates)))
    return [
        warning_curve(rate_name(rate, loss), loss)
        if diverges(loss)
        else Curve(rate_name(rate, loss), loss, *next(calm))
        for rate, loss in rates
    ]


def warning_curve(name: str, loss: Sequence[float]) -> Curve:
    """Return a curve that shows how not to do it."""
    return Curve(name, loss, style.WARNING, style.WARNING, DASHED)


def limit_curve(name: str, loss: Sequence[float]) -> Curve:
    """Return the curve that others are on this or that side of."""
    return Curve(name, loss, style.INK, style.INK, DOTTED)


def draw_curves(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw loss curves; one that diverges leaves at the top and is labelled there."""
    top = FOLLOWED * max(curve.loss[0] for curve in curves)
    inside = [min(value, top) for curve in curves for value in curve.loss if value > 0]
    low, high = scales.log_limits(inside or [1.0])
    last = max(len(curve.loss) for curve in curves) - 1
    axes.set_xlim(0, max(1, last) * 1.02)
    scales.log_axis(axes.yaxis, low, high)
    axes.set_xlabel("epoch")
    ends, leaving = [], 0
    for name, loss, color, text, dashes in curves:
        seen = [min(max(value, low), BEYOND * high) for value in loss]
        axes.plot(range(len(loss)), seen, color=color, linestyle=dashes)
        cut = next((k for k, value in enumerate(loss) if value > high), None)
        if cut is None:
            ends.append(labels.End(name, len(loss) - 1, max(loss[-1], low), text))
            continue
        looks = {"weight": "bold", "size": labels.LABEL_SIZE, "bbox": style.box(1)}
        offset = (8, -9 - leaving * labels.GAP)
        labels.write(axes, name, (cut, high), offset, color=text, **looks)
        leaving += 1
    labels.label_ends(axes, ends)


def add_loss(axes: Axes, loss: Losses, name: str) -> None:
    """Draw a loss beside those that were added before; axes and labels then suit all of them."""
    color = style.PALETTE[len(_lines(axes)) % len(style.PALETTE)]
    line = draw_loss(axes, loss.tolist(), color)
    line.set(gid=LINE, label=name)
    _scale(axes)
    _label(axes)


def _lines(axes: Axes) -> list[Any]:
    return [line for line in axes.lines if line.get_gid() == LINE]


def _scale(axes: Axes) -> None:
    """Make room for all losses on the axes; logarithmic where one of them falls far, or early."""
    losses = [np.asarray(line.get_ydata(), dtype=float) for line in _lines(axes)]
    last = max(1, *(len(loss) - 1 for loss in losses))
    epoch_axis(axes, last, logarithmic=any(_falls_early(loss) for loss in losses))
    positive = [loss[loss > 0] for loss in losses]
    if any(len(loss) and loss[0] >= DECADE * loss.min() for loss in positive):
        scales.log_axis(axes.yaxis, *scales.log_limits(np.concatenate(positive)))
    else:
        axes.set_ylim(0, 1.05 * max(loss.max() for loss in losses) or 1)


def _falls_early(loss: Losses) -> bool:
    """Detect a fall of nine tenths in so few epochs that a linear axis would hide them."""
    fallen = loss[0] - loss
    most = fallen.max()
    early = bool(np.argmax(fallen >= 0.9 * most) < EARLY * len(loss))
    return early and most > 0 and len(loss) > MANY_EPOCHS


def _label(axes: Axes) -> None:
    """Write the names at the ends of the lines, in place of those of an earlier call."""
    for artist in [*axes.texts, *axes.lines]:
        if artist.get_gid() == LABEL:
            artist.remove()
    ends = []
    for line in _lines(axes):
        loss = np.asarray(line.get_ydata(), dtype=float)
        color = style.readable(str(line.get_color()), style.BACKGROUND)
        ends.append(labels.End(str(line.get_label()), len(loss) - 1, loss[-1], color))
    for artist in labels.label_ends(axes, ends):
        artist.set_gid(LABEL)
