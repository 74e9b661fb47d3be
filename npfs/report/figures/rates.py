"""Loss curves for learning rates from slow to diverging, and with features on other scales."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from npfs.analysis.evidence import Evidence
from npfs.drawing import curves, labels, numbers, scales, style
from npfs.report.figures import lines as shared
from npfs.report.figures.learning import newest_lesson

RAW, STANDARDISED = "raw", "standardised"

Curve = tuple[float, list[float]]


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
