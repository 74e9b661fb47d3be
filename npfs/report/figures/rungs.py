"""How each rung narrows the gap to the read ceiling."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from npfs.evidence.analysis import Evidence
from npfs.evidence.runs import Size
from npfs.evidence.statistics import Interval
from npfs.report import style, wording
from npfs.report.figures import lines as shared

Rungs = dict[str, Interval]


def rungs_figure(evidence: Evidence) -> Figure | None:
    """Draw the time of an epoch over that of just reading its data, a row for each backend."""
    panels = _panels(evidence)
    if not panels:
        return None
    shown = [name for name in evidence.backends if any(name in rungs for rungs in panels.values())]
    left = style.margin([shared.label(evidence, name) for name in shown])
    margins = [(left, 0.3), (0.2, 0.3)][: len(panels)]
    height = 1.45 + 0.42 * len(shown)
    figure, all_axes = style.row(10.0 if len(panels) > 1 else 8.4, height, margins, top=0.72)
    values = [value for rungs in panels.values() for x in rungs.values() for value in _ends(x)]
    low, high = style.log_limits([*values, 1.0])
    high *= (high / low) ** 0.5  # room for the numbers beside the points
    for axes, (size, rungs) in zip(all_axes, panels.items(), strict=True):
        style.log_axis(axes.xaxis, low, high, style.times)
        _draw(axes, evidence, shown, rungs)
        axes.set_title(wording.size(size), pad=24)
        style.note(axes, f"{shared.data(size.data_bytes)} to read in each epoch")
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
        texts.append(f"{wording.size(size)}: {shared.each(each)}.")
    return (
        "Dot chart with a row for each backend: how many times as long as just reading its data an epoch takes, on a "
        f"logarithmic axis where 1× is the limit. {' '.join(texts)}"
    )


def _panels(evidence: Evidence) -> dict[Size, Rungs]:
    """Return a middle size and the largest of those whose read pass was timed, with the ratio of each backend."""
    found = {
        size: {
            backend: shared.inverse(fraction)
            for backend in evidence.backends
            if (fraction := evidence.fraction_of_ceiling(backend, size)) is not None
        }
        for size in evidence.sizes(n_features=1) or evidence.sizes()
    }
    sizes = [size for size, rungs in found.items() if rungs]
    return {
        size: found[size] for size in dict.fromkeys([*sizes[len(sizes) // 2 :][:1], *sizes[-1:]])
    }


def _draw(axes: Axes, evidence: Evidence, shown: Sequence[str], rungs: Rungs) -> None:
    looks = style.looks(evidence.backends)
    last = len(shown) - 1
    axes.set_ylim(-0.6, last + 0.6)
    axes.set_yticks(
        [last - k for k in range(len(shown))], [shared.label(evidence, name) for name in shown]
    )
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.axvspan(axes.get_xlim()[0], 1, color=style.SHADE, linewidth=0, zorder=0)
    axes.axvline(1, color=style.INK, linestyle=(0, (1, 1.5)), linewidth=1.6)
    for row, name in enumerate(shown):
        y = last - row
        if name not in rungs:
            axes.text(1.1, y, "not measured", va="center", fontsize=8.5, color=style.MUTED)
            continue
        look, ratio = looks[name], rungs[name]
        axes.plot([1, ratio.value], [y, y], color=look.line, linewidth=2.2, solid_capstyle="butt")
        axes.plot([ratio.value], [y], look.marker, color=look.line, markersize=7, markeredgewidth=0)
        low, high = _ends(ratio)
        axes.plot(
            [low, high], [y, y], "|-", color=style.INK, linewidth=1.2, markersize=8, zorder=1.5
        )
        _write(axes, y, ratio, look.text)


def _write(axes: Axes, y: int, ratio: Interval, color: str) -> None:
    """Write a ratio, and its interval, right of its point."""
    value = f"{shared.number(ratio.value)}×"
    place = (max(_ends(ratio)[1], 1.0), y)
    axes.annotate(
        value, place, xytext=(8, 0), textcoords="offset points", va="center_baseline", color=color,
        fontweight="bold", fontsize=style.LABEL_SIZE,
    )  # fmt: skip
    if not ratio.is_known:
        return
    low, high = (shared.number(bound) for bound in (ratio.low, ratio.high))
    axes.annotate(
        "too uncertain to tell" if ratio.is_too_wide else f"{low} to {high}", place,
        xytext=(14 + 72 * style.text_width(value), 0), textcoords="offset points", va="center_baseline",
        color=style.MUTED, fontsize=8.5,
    )  # fmt: skip


def _ends(ratio: Interval) -> tuple[float, float]:
    return shared.bounds(ratio) if ratio.is_known else (ratio.value, ratio.value)
