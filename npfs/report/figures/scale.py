"""Beyond memory and beyond one machine: where each rung starts to pay, and what workers gain."""

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from npfs.analysis.evidence import Evidence
from npfs.analysis.scale import WORKERS, Scale, predicted_epoch
from npfs.drawing import labels, numbers, scales, style
from npfs.report.figures import lines as shared
from npfs.report.figures.lines import Lines
from npfs.report.scale import parts_of
from npfs.schema import ClusterEpoch

MOST_WORKERS = 1_000
ROOM_BEYOND = 6.0  # the end of memory is drawn if it is no more times the largest size
SMALL = 8.5  # points
MUTED: dict[str, Any] = {"size": SMALL, "color": style.MUTED}


def scale_figure(evidence: Evidence) -> Figure | None:
    """Draw the time of a row over the number of rows, and an epoch over the number of workers."""
    scale = Scale.of(evidence)
    if scale is None or not _lines(scale):
        return None
    lines, measured = _lines(scale), scale.measured
    low, high = scales.log_limits(shared.values_of(lines), 0.1)
    high *= (high / low) ** 0.1  # room for words above the lines
    left = scales.number_margin(low, high, scales.plain)
    margins = [(left, shared.margin(evidence, lines))]
    if measured is not None:
        margins.append((0.95, 0.75))
    width = 11.6 if len(margins) > 1 else scales.WIDTH
    figure, axes = scales.row(4.6, margins, width=width, top=0.72)
    _draw_rows(axes[0], scale, lines, (low, high))
    if measured is not None:
        _draw_workers(axes[1], scale, measured)
    return figure


def scale_alt(evidence: Evidence) -> str:
    """Give both ends of each line, where workers pay, and what is predicted."""
    scale = Scale.of(evidence)
    assert scale is not None
    each = [
        f"{shared.label(evidence, name)} {shared.nanoseconds(line[0][1].value)} at "
        f"{numbers.count(line[0][0])} and {shared.nanoseconds(line[-1][1].value)} at "
        f"{numbers.count(line[-1][0])} rows"
        for name, line in _lines(scale).items()
    ]
    text = (
        "Line chart, both axes logarithmic: nanoseconds per row and epoch over the number of rows. "
        f"{shared.each(each)}."
    )
    if (crossing := _crossing(scale)) is not None:
        text += f" From {numbers.count(crossing)} rows on the workers are faster than one core."
    if (measured := scale.measured) is not None:
        predicted = predicted_epoch(measured, MOST_WORKERS)
        text += (
            f" Beside it, an epoch of {numbers.count(measured.size.n_samples)} rows over the "
            f"number of workers: measured {numbers.time(measured.epoch_s)} on {measured.workers}, "
            f"predicted {numbers.time(predicted)} on {MOST_WORKERS:,}."
        )
    return text


def _lines(scale: Scale) -> Lines:
    evidence = scale.evidence
    return shared.per_sample(evidence, [*evidence.backends, *evidence.shortcuts], scale.sizes)


def _crossing(scale: Scale) -> int | None:
    found = scale.where_workers_pay()
    return None if found is None else found.above


def _draw_rows(axes: Axes, scale: Scale, lines: Lines, limits: tuple[float, float]) -> None:
    evidence = scale.evidence
    rows = shared.counts_of(lines)
    scales.count_axis(axes, rows, f"rows, {scale.n_features} features")
    scales.log_axis(axes.yaxis, *limits)
    axes.set_ylabel("ns per row and epoch (lower is faster)")
    note = f"a fit of {evidence.newest.epochs} epochs, the shortcut's divided by as many"
    scales.set_title(axes, "Where each one starts to pay", note)
    end = scale.rows_that_fit
    if end is not None and end < ROOM_BEYOND * max(rows):
        axes.set_xlim(right=max(axes.get_xlim()[1], end * 1.5))
        axes.axvspan(end, axes.get_xlim()[1], color=style.SHADE, linewidth=0, zorder=0)
        text, on = "memory ends: from\nhere mapped files pay", ("data", "axes fraction")
        labels.write(axes, text, (end, 1), (-3, -4), on=on, ha="right", va="top", **MUTED)
    shared.draw_lines(axes, evidence, lines)
    crossing = _crossing(scale)
    if crossing is not None and WORKERS in lines:
        value = dict(lines[WORKERS])[crossing].value
        color = shared.looks(evidence)[WORKERS].text
        axes.plot(
            [crossing], [value], "o", markersize=11, fillstyle="none", markeredgecolor=style.INK,
            markeredgewidth=1.4, zorder=5
        )  # fmt: skip
        text = f"circled: Dask overtakes\none core, {numbers.short_count(crossing)} rows"
        corner: dict[str, Any] = {"on": "axes fraction", "va": "top"}
        labels.write(axes, text, (0.02, 0.985), **corner, size=SMALL, color=color)


def _draw_workers(axes: Axes, scale: Scale, measured: ClusterEpoch) -> None:
    look = shared.looks(scale.evidence)[WORKERS]
    counts = sorted({round(10 ** (k / 20)) for k in range(61)})
    predicted = [predicted_epoch(measured, w) for w in counts]
    compute = [measured.compute_s * measured.workers / w for w in counts]
    seen = scale.epoch_times
    low, high = scales.log_limits([*predicted, *(i.value for i in seen.values())], 0.12)
    scales.log_axis(axes.xaxis, 0.85, MOST_WORKERS * 1.2, scales.plain, [1, 2, 4, 10, 100, 1000])
    scales.log_axis(axes.yaxis, low, high, scales.duration)
    axes.plot(counts, predicted, color=look.line, linestyle=(0, (4, 2)))
    axes.plot(counts, compute, color=style.MUTED, linewidth=1.2, linestyle=(0, (1, 1.5)))
    for workers, interval in seen.items():
        axes.plot([workers], [interval.value], look.marker, color=look.line, markersize=8)
        if interval.is_known:
            axes.vlines([workers], *shared.bounds(interval), color=look.line, linewidth=1.6)
    at = max(counts, key=lambda w: -abs(math.log(w / 30)))
    text, place = "predicted from the parts\nof an epoch", (at, predicted[counts.index(at)])
    labels.write(axes, text, place, (6, 10), size=SMALL, color=look.text, va="baseline")
    text, corner = "dotted: computing alone", (0.03, 0.04)
    labels.write(axes, text, corner, on="axes fraction", va="baseline", **MUTED)
    (first, seconds), *others = parts_of(measured)
    rest = ", ".join(f"{1e3 * part:.2g} {name}" for name, part in others)
    note = f"on {measured.workers}: {1e3 * seconds:.3g} ms {first}, {rest}"
    title = f"An epoch of {numbers.short_count(measured.size.n_samples)} rows"
    scales.set_title(axes, title, note)
    axes.set_xlabel("workers")
    axes.set_ylabel("time of an epoch")
