"""What is being computed: how the line finds the slope of the data, and how the loss falls.

With one learning rate for every backend, and with rates from slow to diverging.
"""

from collections.abc import Sequence

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
RAW, STANDARDISED = "raw", "standardised"
Curve = tuple[float, list[float]]


def learning_figure(evidence: Evidence) -> Figure | None:
    """Draw the line of some epochs, and the loss of every backend over all epochs."""
    lesson = newest_lesson(evidence)
    if lesson is None:
        return None
    groups = _groups(lesson)
    names = [_group_name(evidence, group) for group in groups]
    lines = _lines(lesson)
    at_epochs = [_line_name(line) for line in lines]
    figure, (left, right) = scales.row(
        11.0,
        4.6,
        [(0.62, max(0.3, labels.margin(at_epochs))), (0.8, max(0.3, labels.margin(names)))],
    )
    curves.draw_points(left, lesson.x, lesson.y)
    left.set(xlabel="x", ylabel="y")
    right.set(xlabel="epoch", ylabel=curves.LOSS)
    if not groups:
        left.set_title("No backend recorded the lesson")
        right.set_axis_off()
        return figure
    named = [(_line_name(line), line[1], line[2]) for line in lines]
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
    losses = []
    for group in groups:
        loss = lesson.backends[group[0]].loss
        first, last = (numbers.significant(value) for value in (loss[0], loss[-1]))
        losses.append(f"{_group_name(evidence, group)} from {first} to {last}")
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


def _lines(lesson: Learning) -> list[Sequence[float]]:
    backends = lesson.backends
    shown = NUMPY if NUMPY in backends else next(iter(backends), None)
    return [] if shown is None else list(backends[shown].lines)


def _line_name(line: Sequence[float]) -> str:
    epoch, weight, _ = line
    return f"epoch {epoch}: slope {weight:.2f}"


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
        bbox={"facecolor": style.BACKGROUND, "edgecolor": "none", "pad": 2}
    )  # fmt: skip


def rates_figure(evidence: Evidence) -> Figure | None:
    """Draw the loss for several learning rates, and for raw beside standardised features."""
    rates, scaling = _rates(evidence), _scaling(evidence)
    if not rates and not scaling:
        return None
    names = [[curves.rate_name(rate, loss) for rate, loss in rates], [n for n, _ in scaling]]
    shown = [k for k, found in enumerate((rates, scaling)) if found]
    margins = [(0.85 if k == shown[0] else 0.7, labels.margin(names[k])) for k in shown]
    figure, all_axes = scales.row(11.0 if len(shown) > 1 else 8.4, 4.7, margins, top=0.72)
    places = dict(zip(shown, all_axes, strict=True))
    if rates:
        _draw_rates(places[0], rates)
        lesson = newest_lesson(evidence)
        if lesson and lesson.rates:
            stable = lesson.rates.largest_stable
            scales.note(places[0], f"the loss falls with rates up to {stable:.2g}")
    if scaling:
        _draw_scaling(places[1], scaling)
        places[1].set_title(_scaling_title(evidence), pad=24)
        scales.note(places[1], "the same data, once divided by their spread")
    all_axes[0].set_ylabel(curves.LOSS)
    return figure


def rates_alt(evidence: Evidence) -> str:
    """Give the last loss of each curve."""
    texts = []
    if rates := _rates(evidence):
        said = [f"{curves.rate_name(rate, loss)}: {_course(loss)}" for rate, loss in rates]
        texts.append(f"For learning rates: {shared.each(said)}.")
    if scaling := _scaling(evidence):
        said = [f"{name}: {_course(loss)}" for name, loss in scaling]
        texts.append(f"By scale of the features: {shared.each(said)}.")
    return (
        "Line charts, logarithmic vertical axes: the mean squared error over the epochs. "
        + " ".join(texts)
    )


def _rates(evidence: Evidence) -> list[Curve]:
    """Return the curves by learning rate, slow to fast."""
    lesson = newest_lesson(evidence)
    if lesson is None or lesson.rates is None:
        return []
    return sorted((rate, list(loss)) for rate, loss in lesson.rates.losses if loss)


def _scaling(evidence: Evidence) -> list[tuple[str, list[float]]]:
    """Return the loss on standardised and on raw features, with the name of each."""
    lesson = newest_lesson(evidence)
    if lesson is None or lesson.scaling is None:
        return []
    histories = ((STANDARDISED, lesson.scaling.standardised), (RAW, lesson.scaling.raw))
    return [
        (f"{name}, rate {one.learning_rate:.2g}", list(one.loss))
        for name, one in histories
        if one.loss
    ]


def _scaling_title(evidence: Evidence) -> str:
    lesson = newest_lesson(evidence)
    factors = lesson.scaling.scales if lesson and lesson.scaling else ()
    on = " and ".join(f"{scale:g}" for scale in factors[:3])
    return f"Features on scales {on}" if on else "Raw and standardised features"


def _course(loss: Sequence[float]) -> str:
    first, last = (numbers.significant(value) for value in (loss[0], loss[-1]))
    return f"from {first} to {last} in {len(loss)} epochs"


def _draw_rates(axes: Axes, rates: Sequence[Curve]) -> None:
    curves.draw_curves(axes, curves.rate_curves(rates))
    axes.set_title("Learning rates, from slow to diverging", pad=24)


def _draw_scaling(axes: Axes, scaling: Sequence[tuple[str, list[float]]]) -> None:
    drawn = [
        curves.warning_curve(name, loss)
        if name.startswith(RAW)
        else curves.Curve(name, loss, *style.ramp(1)[0])
        for name, loss in scaling
    ]
    curves.draw_curves(axes, drawn)
