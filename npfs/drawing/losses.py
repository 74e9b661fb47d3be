"""Losses over epochs that are compared on one axes, added one at a time."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from npfs import drawing as style
from npfs.drawing import curves
from npfs.regression.problem import Array

DECADE = 10.0  # a loss that falls by as much is drawn on a logarithmic axis
# A fall in the first twentieth of many epochs asks for a logarithmic axis of epochs as well.
MANY_EPOCHS, EARLY = 100, 0.05
LINE, LABEL = "npfs-loss", "npfs-loss-label"  # what was added before
# Backends whose colours are told apart.
BACKENDS = ("numpy", "python", "numba-simd", "numpy-gram", "jax", "torch", "c")


def add_loss(axes: Axes, loss: Array, name: str) -> None:
    """Draw a loss beside those that were added before; axes and labels then suit all of them."""
    colors = [look.line for look in style.looks(BACKENDS).values()]
    line = curves.draw_loss(axes, loss.tolist(), colors[len(_lines(axes)) % len(colors)])
    line.set(gid=LINE, label=name)
    _scale(axes)
    _label(axes)


def _lines(axes: Axes) -> list[Any]:
    return [line for line in axes.lines if line.get_gid() == LINE]


def _scale(axes: Axes) -> None:
    """Make room for all losses on the axes; logarithmic where one of them falls far, or early."""
    losses = [np.asarray(line.get_ydata(), dtype=float) for line in _lines(axes)]
    last = max(1, *(len(loss) - 1 for loss in losses))
    curves.epoch_axis(axes, last, logarithmic=any(_falls_early(loss) for loss in losses))
    positive = [loss[loss > 0] for loss in losses]
    if any(len(loss) and loss[0] >= DECADE * loss.min() for loss in positive):
        style.log_axis(axes.yaxis, *style.log_limits(np.concatenate(positive)))
    else:
        axes.set_ylim(0, 1.05 * max(loss.max() for loss in losses) or 1)


def _falls_early(loss: Array) -> bool:
    """Return whether nine tenths of the fall take so few of the epochs that a linear axis would hide them."""
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
        ends.append(style.End(str(line.get_label()), len(loss) - 1, loss[-1], color))
    for artist in style.label_ends(axes, ends):
        artist.set_gid(LABEL)
