"""How each rung narrows the gap to the read ceiling."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from npfs.analysis.evidence import Evidence
from npfs.analysis.statistics import Interval
from npfs.drawing import labels, scales, style
from npfs.report import formatting
from npfs.report.figures import lines as shared
from npfs.schema import Size

RIGHT, SMALL = 0.3, 8.5  # inches; points
Rungs = dict[str, Interval]


def rungs_figure(evidence: Evidence) -> Figure | None:
    """Draw the time of an epoch over that of just reading its data, a row for each backend."""
    panels = _panels(evidence)
    if not panels:
        return None
    shown = [name for name in evidence.backends if any(name in rungs for rungs in panels.values())]
    left = labels.margin([shared.label(evidence, name) for name in shown])
    margins = [(left, RIGHT), (0.2, RIGHT)][: len(panels)]
    width = 10.0 if len(panels) > 1 else scales.WIDTH
    figure, all_axes = scales.row(1.45 + 0.42 * len(shown), margins, width=width, top=0.72)
    ratios = [ratio for rungs in panels.values() for ratio in rungs.values()]
    low, _ = scales.log_limits([*(end for ratio in ratios for end in shared.bounds(ratio)), 1.0])
    high = _right_end(ratios, low, all_axes[0].get_position().width * width + RIGHT)
    for axes, (size, rungs) in zip(all_axes, panels.items(), strict=True):
        scales.log_axis(axes.xaxis, low, high, scales.times)
        _draw(axes, evidence, shown, rungs)
        note = f"{shared.data(size.data_bytes)} to read in each epoch"
        scales.set_title(axes, formatting.size(size), note)
        axes.set_xlabel("times the time of just reading the data")
    for axes in all_axes[1:]:
        axes.set_yticklabels([])
    return figure


def rungs_alt(evidence: Evidence) -> str:
    """Give the factor of each backend at each size."""
    texts = []
    for size, rungs in _panels(evidence).items():
        each = [
            f"{shared.label(evidence, name)} {shared.number(ratio.value)}×"
            for name, ratio in rungs.items()
        ]
        texts.append(f"{formatting.size(size)}: {shared.each(each)}.")
    return (
        "Dot chart with a row for each backend: how many times as long as just reading its data an "
        f"epoch takes, on a logarithmic axis where 1× is the limit. {' '.join(texts)}"
    )


def _panels(evidence: Evidence) -> dict[Size, Rungs]:
    """Return the ratios of the backends at a middle and the largest size with a read pass."""
    found = {
        size: {
            backend: _inverse(fraction)
            for backend in evidence.backends
            if (fraction := evidence.fraction_of_bandwidth_limit(backend, size)) is not None
        }
        for size in evidence.sizes(n_features=1) or evidence.sizes()
    }
    sizes = [size for size, rungs in found.items() if rungs]
    return {
        size: found[size] for size in dict.fromkeys([*sizes[len(sizes) // 2 :][:1], *sizes[-1:]])
    }


def _inverse(ratio: Interval) -> Interval:
    """Return one over a ratio."""
    low, high = (1 / bound if bound else math.inf for bound in (ratio.high, ratio.low))
    return Interval(1 / ratio.value, low, high, ratio.runs)


def _right_end(ratios: Sequence[Interval], low: float, width: float) -> float:
    """Return the end of axes from ``low`` at which the words behind each point fit."""
    ends = [math.log(2)]
    for ratio in ratios:
        value, interval = _words(ratio)
        words = labels.text_width(value) + labels.text_width(interval, SMALL, "normal") + 0.35
        ends.append(math.log(_right_of(ratio) / low) / max(0.2, 1 - words / width))
    return low * math.exp(max(ends))


def _draw(axes: Axes, evidence: Evidence, shown: Sequence[str], rungs: Rungs) -> None:
    looks = shared.looks(evidence)
    shared.name_rows(axes, evidence, shown)
    axes.spines["left"].set_visible(False)
    axes.axvspan(axes.get_xlim()[0], 1, color=style.SHADE, linewidth=0, zorder=0)
    axes.axvline(1, color=style.INK, linestyle=(0, (1, 1.5)), linewidth=1.6)
    for row, name in enumerate(shown):
        y = len(shown) - 1 - row
        if name not in rungs:
            axes.text(1.1, y, "not measured", va="center", fontsize=8.5, color=style.MUTED)
            continue
        look, ratio = looks[name], rungs[name]
        axes.plot([1, ratio.value], [y, y], color=look.line, linewidth=2.2, solid_capstyle="butt")
        axes.plot([ratio.value], [y], look.marker, color=look.line, markersize=7, markeredgewidth=0)
        ends = shared.bounds(ratio)
        axes.plot(ends, [y, y], "|-", color=style.INK, linewidth=1.2, markersize=8, zorder=1.5)
        _write(axes, y, ratio, look.text)


def _words(ratio: Interval) -> tuple[str, str]:
    """Return a ratio and its interval in words."""
    value = f"{shared.number(ratio.value)}×"
    if not ratio.is_known:
        return value, ""
    if ratio.is_too_wide:
        return value, "too uncertain to tell"
    return value, f"{shared.number(ratio.low)} to {shared.number(ratio.high)}"


def _write(axes: Axes, y: int, ratio: Interval, color: str) -> None:
    """Write a ratio, and its interval, right of its point."""
    value, interval = _words(ratio)
    place, behind = (_right_of(ratio), y), (14 + 72 * labels.text_width(value), 0)
    bold = {"weight": "bold", "size": labels.LABEL_SIZE, "color": color}
    labels.write(axes, value, place, (8, 0), va="center_baseline", **bold)
    muted = {"size": SMALL, "color": style.MUTED}
    labels.write(axes, interval, place, behind, va="center_baseline", **muted)


def _right_of(ratio: Interval) -> float:
    """Return the right end of what is drawn of a ratio."""
    return max(shared.bounds(ratio)[1], 1.0)
