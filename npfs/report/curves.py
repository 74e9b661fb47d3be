"""The pictures of learning: points, the line at some epochs, and losses over epochs.

The report draws them of what a run recorded, ``npfs.plots`` of a fitted estimator.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from npfs.report import style

LOSS = "mean squared error (lower fits better)"
# How far above the first loss a diverging curve is followed; it leaves the figure there.
FOLLOWED = 30.0
EPOCHS_MARKED = 60

Colors = tuple[str, str]  # of a line, and of the text that names it
Curve = tuple[str, Sequence[float], Colors]  # a name, the loss of every epoch, its colours


def draw_points(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    """Draw the data as what the lines are compared with."""
    axes.plot(x, y, "o", color=style.POINT, alpha=0.6, markersize=4, markeredgewidth=0, zorder=1)


def draw_fitted_lines(
    axes: Axes, low: float, high: float, lines: Sequence[tuple[str, float, float]]
) -> None:
    """Draw lines from ``low`` to ``high``, each a (name, slope, intercept), in the order in which they were learned."""
    ends = []
    for (name, slope, intercept), (color, text) in zip(lines, style.ramp(len(lines)), strict=True):
        axes.plot([low, high], [slope * low + intercept, slope * high + intercept], color=color)
        ends.append(style.End(name, high, slope * high + intercept, text))
    axes.autoscale_view()
    style.label_ends(axes, ends)


def draw_loss(axes: Axes, loss: Sequence[float], color: str) -> Line2D:
    """Draw the loss over the epochs, with a marker for each if there are few."""
    marker = "o" if len(loss) <= EPOCHS_MARKED else None
    epochs = range(len(loss))
    return axes.plot(epochs, loss, color=color, marker=marker, markersize=3, markeredgewidth=0)[0]


def diverges(loss: Sequence[float]) -> bool:
    """Return whether the loss ends above where it began, or as no number."""
    return not loss[-1] <= loss[0]


def rate_name(rate: float, loss: Sequence[float]) -> str:
    """Return the name of the curve of a learning rate."""
    return f"rate {rate:.2g}{', diverges' if diverges(loss) else ''}"


def rate_curves(rates: Sequence[tuple[float, Sequence[float]]]) -> list[Curve]:
    """Return the curves of several learning rates: from grey to blue as they grow, those that diverge red."""
    calm = [rate for rate, loss in rates if not diverges(loss)]
    colors = dict(zip(calm, style.ramp(len(calm)), strict=True))
    warning = (style.WARNING, style.WARNING)
    return [(rate_name(rate, loss), loss, colors.get(rate, warning)) for rate, loss in rates]


def draw_curves(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw loss curves; one that diverges leaves at the top and is labelled there."""
    top = FOLLOWED * max(loss[0] for _, loss, _ in curves)
    inside = [min(value, top) for _, loss, _ in curves for value in loss if value > 0]
    low, high = style.log_limits(inside or [1.0])
    last = max(len(loss) for _, loss, _ in curves) - 1
    axes.set_xlim(0, max(1, last) * 1.02)
    style.log_axis(axes.yaxis, low, high)
    axes.set_xlabel("epoch")
    ends, leaving = [], 0
    for name, loss, (line, text) in curves:
        dashes = (0, (5, 1.5)) if line == style.WARNING else "-"
        axes.plot(
            range(len(loss)), [max(value, low) for value in loss], color=line, linestyle=dashes
        )
        cut = next((k for k, value in enumerate(loss) if value > high), None)
        if cut is None:
            ends.append(style.End(name, len(loss) - 1, max(loss[-1], low), text))
            continue
        axes.annotate(
            name, (cut, high), xytext=(8, -9 - leaving * style.GAP), textcoords="offset points",
            color=text, fontweight="bold", fontsize=style.LABEL_SIZE, va="center",
            bbox={"facecolor": style.BACKGROUND, "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        leaving += 1
    style.label_ends(axes, ends)
