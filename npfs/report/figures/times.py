"""Time for each sample and epoch: of the tools that do the work, and of a shortcut beside them."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from npfs.analysis.evidence import NUMPY, Evidence
from npfs.drawing import labels, numbers, scales, style
from npfs.report.figures import lines as shared
from npfs.report.figures.lines import Lines

Y_LABEL = "ns per sample and epoch (lower is faster)"


def time_figure(evidence: Evidence) -> Figure | None:
    """Draw nanoseconds for each sample and epoch over the number of samples, one feature."""
    lines, ceiling = _tools(evidence), _ceiling(evidence)
    return _draw("Time for each sample in each epoch", evidence, lines, ceiling) if lines else None


def time_alt(evidence: Evidence) -> str:
    """Describe the figure with the values at both ends of each line."""
    read = ""
    if ceiling := _ceiling(evidence):
        samples, value = ceiling[-1]
        read = (
            f" Just reading the data takes {shared.nanoseconds(value)} at "
            f"{numbers.count(samples)} samples."
        )
    return (
        "Line chart, both axes logarithmic: nanoseconds per sample and epoch over the number of "
        f"samples. {_ends(evidence, _tools(evidence))}.{read}"
    )


def shortcut_figure(evidence: Evidence) -> Figure | None:
    """Draw a better algorithm beside tools that do all the work; None without one."""
    lines = _beside_the_shortcut(evidence)
    if not any(name in lines for name in evidence.shortcuts):
        return None
    return _draw("A shortcut beside the tools that do all the work", evidence, lines, [])


def shortcut_alt(evidence: Evidence) -> str:
    """Describe the figure with the values at both ends of each line."""
    return (
        "Line chart, both axes logarithmic: nanoseconds per sample and epoch over the number of "
        "samples, for a shortcut that does less work in an epoch beside tools that do it all. "
        f"{_ends(evidence, _beside_the_shortcut(evidence))}."
    )


def _tools(evidence: Evidence) -> Lines:
    return shared.per_sample(evidence, evidence.backends, evidence.sizes(n_features=1))


def _beside_the_shortcut(evidence: Evidence) -> Lines:
    numpy = [name for name in (NUMPY,) if name in evidence.backends]
    shown = [*numpy, *evidence.backends[-1:], *evidence.shortcuts]
    return shared.per_sample(evidence, dict.fromkeys(shown), evidence.sizes(n_features=1))


def _draw(
    title: str, evidence: Evidence, lines: Lines, ceiling: Sequence[tuple[int, float]]
) -> Figure:
    values = shared.values_of(lines) + [value for _, value in ceiling]
    low, high = scales.log_limits(values)
    if ceiling:
        low = min(low, min(value for _, value in ceiling) * (low / high) ** 0.12)
    left = scales.number_margin(low, high, scales.plain)
    figure, (axes,) = scales.row(4.6, [(left, shared.margin(evidence, lines))])
    scales.count_axis(axes, shared.counts_of(lines), "samples, one feature")
    scales.log_axis(axes.yaxis, low, high)
    axes.set_ylabel(Y_LABEL)
    _draw_ceiling(axes, ceiling)
    shared.draw_lines(axes, evidence, lines)
    axes.set_title(title)
    return figure


def _ceiling(evidence: Evidence) -> list[tuple[int, float]]:
    """Return the nanoseconds for each sample of reading the data once: the limit."""
    return [
        (size.n_samples, ceiling.value / size.n_samples * 1e9)
        for size in evidence.sizes(n_features=1)
        if (ceiling := evidence.bandwidth_limit(size)) is not None
    ]


def _draw_ceiling(axes: Axes, ceiling: Sequence[tuple[int, float]]) -> None:
    if not ceiling:
        return
    x, values = [point for point, _ in ceiling], [value for _, value in ceiling]
    axes.plot(x, values, color=style.INK, linestyle=(0, (1, 1.5)), linewidth=1.6, zorder=4)
    axes.fill_between(x, values, axes.get_ylim()[0], color=style.SHADE, linewidth=0, zorder=0)
    text = "dotted: just reading the data, the limit"
    labels.write(axes, text, (0.02, 0.025), on="axes fraction", va="baseline")


def _ends(evidence: Evidence, lines: Lines) -> str:
    texts = []
    for backend, line in lines.items():
        at = [
            f"{shared.nanoseconds(time.value)} at {numbers.count(samples)}"
            for samples, time in (line[0], *line[1:][-1:])
        ]
        both = f"{at[0]} and {at[1]} samples" if len(at) > 1 else at[0]
        texts.append(f"{shared.label(evidence, backend)} {both}")
    return shared.each(texts)
