"""What is being computed: how the line finds the slope of the data, and how the loss falls.

With one learning rate for every backend, and with rates from slow to diverging.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from npfs.analysis.evidence import NUMPY, Evidence
from npfs.drawing import curves, labels, numbers, scales, style
from npfs.report.figures import lines as shared
from npfs.schema import Learning

SMALLEST_LOSS = 1e-200  # noise is part of the data, so a fit leaves far more
SAME = 1e-6  # relative: sums in another order differ by less
NAMES_LISTED = 10


def learning_figure(evidence: Evidence) -> Figure | None:
    """Draw the line of some epochs, and the loss of every backend over all epochs."""
    lesson = newest_lesson(evidence)
    if lesson is None:
        return None
    groups = _groups(lesson)
    names = [_group_name(evidence, group) for group in groups]
    lines = _lines(lesson)
    at_epochs = [f"epoch {epoch}: slope {weight:.2f}" for epoch, weight, _ in lines]
    margins = [(0.62, max(0.3, labels.margin(at_epochs))), (0.8, max(0.3, labels.margin(names)))]
    figure, (left, right) = scales.row(4.6, margins)
    curves.draw_points(left, lesson.x, lesson.y)
    left.set(xlabel="x", ylabel="y")
    right.set(xlabel="epoch", ylabel=curves.LOSS)
    if not groups:
        left.set_title("No backend recorded the lesson")
        right.set_axis_off()
        return figure
    named = [(name, *line[1:]) for name, line in zip(at_epochs, lines, strict=True)]
    curves.draw_fitted_lines(left, min(lesson.x), max(lesson.x), named)
    left.set_title(f"The line turns to the slope of the data, {lesson.slope:g}")
    _draw_losses(right, evidence, lesson, groups)
    together = len(groups) == 1 and len(groups[0]) > 1
    same = f", the same for all {len(groups[0])} backends" if together else ""
    right.set_title(f"The loss falls{same}")
    return figure


def learning_alt(evidence: Evidence) -> str:
    """Give the slopes by epoch, and the first and last loss."""
    lesson = newest_lesson(evidence)
    groups = [] if lesson is None else _groups(lesson)
    if lesson is None or not groups:
        return "Points of the data; no backend recorded how it learns."
    slopes = [f"{weight:.2f} at epoch {epoch}" for epoch, weight, _ in _lines(lesson)]
    losses = [
        f"{_group_name(evidence, group)} {_course(lesson.backends[group[0]].loss)}"
        for group in groups
    ]
    return (
        "Two charts. Left, the data as points with the fitted line at some epochs: slope "
        f"{shared.each(slopes)}. Right, the mean squared error over the epochs on a logarithmic "
        f"axis: {shared.each(losses)}."
    )


def newest_lesson(evidence: Evidence) -> Learning | None:
    """Return the newest recorded lesson without the losses that no logarithmic axis can show."""
    found = next((run.learning for run in reversed(evidence.runs) if run.learning), None)
    if found is None:
        return None
    rates, scaling = found.rates, found.scaling
    if rates and not all(_is_positive(losses) for _, losses in rates.losses):
        rates = None
    if scaling and not all(_is_positive(one.loss) for one in (scaling.raw, scaling.standardised)):
        scaling = None
    backends = {name: one for name, one in found.backends.items() if _is_positive(one.loss)}
    return msgspec.structs.replace(found, backends=backends, rates=rates, scaling=scaling)


def _is_positive(losses: Sequence[float]) -> bool:
    return min(losses, default=1.0) > SMALLEST_LOSS


def _lines(lesson: Learning) -> list[tuple[int, float, float]]:
    backends = lesson.backends
    shown = NUMPY if NUMPY in backends else next(iter(backends), None)
    return [] if shown is None else list(backends[shown].lines)


def _groups(lesson: Learning) -> list[list[str]]:
    """Put backends whose losses agree in one group."""
    losses = {name: np.array(one.loss) for name, one in lesson.backends.items()}
    groups: list[list[str]] = []
    for name, loss in losses.items():
        for group in groups:
            other = losses[group[0]]
            if loss.shape == other.shape and np.allclose(loss, other, rtol=SAME, atol=1e-12):
                group.append(name)
                break
        else:
            groups += [[name]] if loss.size else []
    return groups


def _group_name(evidence: Evidence, group: Sequence[str]) -> str:
    return shared.label(evidence, group[0]) if len(group) == 1 else f"{len(group)} backends"


def _draw_losses(
    axes: Axes, evidence: Evidence, lesson: Learning, groups: Sequence[Sequence[str]]
) -> None:
    looks = style.looks([group[0] for group in groups])
    ends, values = [], []
    for group in groups:
        loss = lesson.backends[group[0]].loss
        look = looks[group[0]]
        line, text = (style.INK, style.INK) if len(group) > 1 else (look.line, look.text)
        curves.draw_loss(axes, loss, line)
        ends.append(labels.End(_group_name(evidence, group), len(loss) - 1, loss[-1], text))
        values += list(loss)
    scales.log_axis(axes.yaxis, *scales.log_limits(values))
    labels.label_ends(axes, ends)
    if len(groups) == 1 and len(groups[0]) > 1:
        _list_names(axes, evidence, groups[0])


def _list_names(axes: Axes, evidence: Evidence, group: Sequence[str]) -> None:
    """Name the backends that share a line, in the empty corner above it."""
    names = [shared.label(evidence, name) for name in group[:NAMES_LISTED]]
    names += [f"and {len(group) - NAMES_LISTED} more"] if len(group) > NAMES_LISTED else []
    axes.text(
        0.97, 0.95, "\n".join(names), transform=axes.transAxes, ha="right", va="top",
        color=style.MUTED, fontsize=9, linespacing=1.35,
        bbox=style.box(2)
    )  # fmt: skip


def rates_figure(evidence: Evidence) -> Figure | None:
    """Draw the loss for several learning rates, and for raw beside standardised features."""
    charts = _charts(evidence)
    if not charts:
        return None
    names = [[curve.name for curve in chart.drawn] for chart in charts]
    margins = [(left, labels.margin(of)) for left, of in zip((0.85, 0.7), names, strict=False)]
    figure, all_axes = scales.row(4.7, margins, top=0.72)
    for axes, chart in zip(all_axes, charts, strict=True):
        curves.draw_curves(axes, chart.drawn)
        scales.set_title(axes, chart.title, chart.note)
    all_axes[0].set_ylabel(curves.LOSS)
    return figure


def rates_alt(evidence: Evidence) -> str:
    """Give the last loss of each curve."""
    texts = []
    for chart in _charts(evidence):
        losses = [
            f"{curve.name}: {_course(curve.loss)} in {len(curve.loss)} epochs"
            for curve in chart.drawn
        ]
        texts.append(f"{chart.subject}: {shared.each(losses)}.")
    return (
        "Line charts, logarithmic vertical axes: the mean squared error over the epochs. "
        + " ".join(texts)
    )


class Chart(NamedTuple):
    """Curves of losses under a title; the subject names them in the alternative text."""

    subject: str
    title: str
    note: str
    drawn: list[curves.Curve]


def _charts(evidence: Evidence) -> list[Chart]:
    """Return the losses by learning rate, slow to fast, and those by scale of the features."""
    lesson = newest_lesson(evidence)
    charts = []
    if lesson and (rates := lesson.rates):
        drawn = curves.rate_curves(sorted((rate, loss) for rate, loss in rates.losses if loss))
        note = f"the loss falls with rates up to {rates.largest_stable:.2g}"
        title = "Learning rates, from slow to diverging"
        charts.append(Chart("For learning rates", title, note, drawn))
    if lesson and (scaling := lesson.scaling):
        good, raw = scaling.standardised, scaling.raw
        on = " and ".join(f"{scale:g}" for scale in scaling.scales[:3])
        title = f"Features on scales {on}" if on else "Raw and standardised features"
        name = f"standardised, rate {good.learning_rate:.2g}"
        drawn = [
            curves.Curve(name, good.loss, *style.ramp(1)[0]),
            curves.warning_curve(f"raw, rate {raw.learning_rate:.2g}", raw.loss),
        ]
        note = "the same data, once divided by their spread"
        drawn = [curve for curve in drawn if curve.loss]
        charts.append(Chart("By scale of the features", title, note, drawn))
    return [chart for chart in charts if chart.drawn]


def _course(loss: Sequence[float]) -> str:
    first, last = (numbers.significant(value) for value in (loss[0], loss[-1]))
    return f"from {first} to {last}"
