"""Speedups over lists: over the number of samples, and over the number of features."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from npfs.analysis.evidence import LISTS, NUMPY, Evidence
from npfs.drawing import labels, numbers, scales
from npfs.report.figures import lines as shared
from npfs.report.figures.lines import Lines
from npfs.schema import Size


@dataclass(frozen=True)
class Panel:
    """Lines over a count, all speedups over ``reference``."""

    title: str
    x_label: str
    lines: Lines
    two_valued: frozenset[tuple[str, int]]


def speedup_figure(evidence: Evidence) -> Figure | None:
    """Draw how many times as fast each backend is; None if there are no two to compare."""
    panels = _panels(evidence)
    if not panels:
        return None
    room = max(shared.margin(evidence, panel.lines) for panel in panels)
    reference = _reference(evidence)
    values = [value for panel in panels for value in shared.values_of(panel.lines)]
    low, high = scales.log_limits([*values, 1.0])
    left = scales.number_margin(low, high, scales.times)
    figure, all_axes = scales.row(4.6, [(left, room), (left - 0.22, room)][: len(panels)])
    for axes, panel in zip(all_axes, panels, strict=True):
        scales.count_axis(axes, shared.counts_of(panel.lines), panel.x_label)
        scales.log_axis(axes.yaxis, low, high, scales.times)
        _draw_reference(axes, evidence, reference)
        shared.draw_lines(axes, evidence, panel.lines, panel.two_valued)
        axes.set_title(panel.title)
    all_axes[0].set_ylabel("times as fast (higher is faster)")
    return figure


def speedup_alt(evidence: Evidence) -> str:
    """Describe the figure with the last value of each line."""
    reference = shared.label(evidence, _reference(evidence))
    texts = []
    for panel in _panels(evidence):
        ends = [
            f"{shared.label(evidence, backend)} {shared.number(line[-1][1].value)}×"
            for backend, line in panel.lines.items()
        ]
        last = max(shared.counts_of(panel.lines))
        texts.append(f"Over {panel.x_label}, up to {numbers.count(last)}: {shared.each(ends)}.")
    return (
        f"Line chart, both axes logarithmic: how many times as fast as {reference} each backend "
        "is. " + " ".join(texts)
    )


def _reference(evidence: Evidence) -> str:
    named = (LISTS, NUMPY, *evidence.backends)
    return next(name for name in named if name in evidence.backends)


def _panels(evidence: Evidence) -> list[Panel]:
    if len(evidence.backends) < 2:
        return []
    many = [size.n_samples for size in evidence.sizes() if size.n_features > 1]
    common = max(set(many), key=lambda n: (many.count(n), -abs(n - 10_000)), default=0)
    by_features = [size for size in evidence.sizes() if many and size.n_samples == common]
    over = shared.label(evidence, _reference(evidence))
    found = [
        _panel(
            evidence,
            [(size.n_samples, size) for size in evidence.sizes(n_features=1)],
            f"Speedup over {over}, by samples",
            "samples, one feature",
        ),
        _panel(
            evidence,
            [(size.n_features, size) for size in by_features],
            "… and by features",
            f"features, {numbers.short_count(common)} samples",
        ),
    ]
    return [panel for panel in found if panel.lines]


def _panel(
    evidence: Evidence, points: Sequence[tuple[int, Size]], title: str, x_label: str
) -> Panel:
    reference = _reference(evidence)
    others = [backend for backend in evidence.backends if backend != reference]
    lines = shared.lines_of(
        others, points, lambda backend, size: evidence.speedup(backend, reference, size)
    )
    two_valued = frozenset(
        (backend, count)
        for backend in lines
        for count, size in points
        if (time := evidence.time(backend, size)) is not None and time.bimodal
    )
    return Panel(title, x_label, lines, two_valued)


def _draw_reference(axes: Axes, evidence: Evidence, reference: str) -> None:
    look = shared.looks(evidence)[reference]
    axes.axhline(1, color=look.line, linewidth=1.4)
    text, on = f"{shared.label(evidence, reference)}, 1×", axes.get_yaxis_transform()
    labels.write(axes, text, (0.99, 1), (0, 3), on=on, ha="right", va="bottom", color=look.text)
