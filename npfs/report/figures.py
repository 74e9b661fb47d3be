"""The figures. Each takes evidence and returns a figure; nothing is measured or fitted here."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from npfs.evidence.analysis import Evidence
from npfs.evidence.runs import Size
from npfs.evidence.statistics import Interval
from npfs.report import style, wording
from npfs.report.verdict import LISTS, NUMPY

Line = list[tuple[int, Interval]]


def time_figure(evidence: Evidence) -> Figure | None:
    """Draw nanoseconds for each sample and epoch over the number of samples, one feature."""
    if not evidence.sizes(n_features=1):
        return None
    figure, (axes,) = _figure(1, 7.6)
    epochs = evidence.newest.epochs
    sizes = evidence.sizes(n_features=1)
    lines = {
        backend: [
            (size.n_samples, _scaled(time, 1e9 / (size.n_samples * epochs)))
            for size in sizes
            if (time := evidence.time(backend, size)) is not None
        ]
        for backend in evidence.backends
    }
    axes.set_title("Time for each sample in each epoch, one feature")
    _draw(axes, evidence, lines)
    _draw_ceiling(axes, evidence, sizes)
    axes.set_ylabel("ns per sample and epoch (lower is faster)")
    style.plain_numbers(axes)
    _finish(axes, evidence, lines, [size.n_samples for size in sizes], "samples")
    return figure


def speedup_figure(evidence: Evidence) -> Figure | None:
    """Draw speedups over lists: over the number of samples, and over the number of features."""
    if len(evidence.backends) < 2:
        return None
    many = evidence.sizes(many=True)
    common = max(
        {size.n_samples for size in many}, key=[s.n_samples for s in many].count, default=0
    )
    by_features = [size for size in evidence.sizes() if size.n_samples == common]
    figure, panels = _figure(2 if many else 1, 11.5 if many else 7.6)
    reference = next(
        name for name in (LISTS, NUMPY, *evidence.backends) if name in evidence.backends
    )
    _speedup_panel(
        panels[0],
        evidence,
        reference,
        sizes=evidence.sizes(n_features=1),
        count=lambda size: size.n_samples,
        label="samples, one feature",
        title=f"Speedup over {evidence.title(reference)}, by samples",
    )
    if many:
        _speedup_panel(
            panels[1],
            evidence,
            reference,
            sizes=by_features,
            count=lambda size: size.n_features,
            label=f"features, {wording.count(common)} samples",
            title="and by features",
        )
        panels[1].set_ylabel("")
    return figure


def shortcut_figure(evidence: Evidence) -> Figure | None:
    """Draw a better algorithm beside the tools that do the work in every epoch; None without one."""
    if not evidence.shortcuts:
        return None
    figure, (axes,) = _figure(1, 7.6)
    epochs = evidence.newest.epochs
    sizes = evidence.sizes(n_features=1)
    fastest = evidence.backends[-1:]
    shown = [
        *(name for name in (NUMPY,) if name in evidence.backends),
        *fastest,
        *evidence.shortcuts,
    ]
    lines = {
        backend: [
            (size.n_samples, _scaled(time, 1e9 / (size.n_samples * epochs)))
            for size in sizes
            if (time := evidence.time(backend, size)) is not None
        ]
        for backend in dict.fromkeys(shown)
    }
    axes.set_title(f"A shortcut, the Gram matrix once and {epochs} epochs on it, beside the tools")
    _draw(axes, evidence, lines)
    axes.set_ylabel("ns per sample and epoch")
    style.plain_numbers(axes)
    _finish(axes, evidence, lines, [size.n_samples for size in sizes], "samples, one feature")
    return figure


def learning_figure(evidence: Evidence) -> Figure | None:
    """Draw how the line finds the slope, and the loss that falls the same for every backend."""
    lesson = next((run.learning for run in reversed(evidence.runs) if run.learning), None)
    if lesson is None:
        return None
    figure, (left, right) = _figure(2, 11.5)
    backends = list(lesson["backends"])
    left.plot(lesson["x"], lesson["y"], "o", color=style.FAINT, markersize=4, zorder=1)
    left.set(xlabel="x", ylabel="y")
    right.set(xlabel="epoch", ylabel="mean squared error")
    if not backends:
        left.set_title("No backend recorded the lesson")
        return figure
    shown = NUMPY if NUMPY in backends else backends[0]
    low, high = min(lesson["x"]), max(lesson["x"])
    lines = lesson["backends"][shown]["lines"]
    ends, colors = {}, {}
    for index, (epoch, weight, bias) in enumerate(lines):
        color = style.blend(style.FAINT, "#0072B2", (index + 1) / len(lines))
        label = f"epoch {epoch}: slope {weight:.2f}"
        left.plot([low, high], [weight * low + bias, weight * high + bias], color=color)
        ends[label], colors[label] = (high, weight * high + bias), color
    left.set_title(f"The line turns to the slope of the data, {lesson['slope']:g} and noise")
    style.label_ends(left, ends, colors)

    looks = style.looks(backends)
    ends, colors = {}, {}
    for index, backend in enumerate(backends):
        loss = lesson["backends"][backend]["loss"]
        color, _ = looks[backend]
        # Equal losses lie on top of each other: wider lines below, so that each stays visible.
        width = 1.5 + 6 * (len(backends) - 1 - index) / len(backends)
        right.plot(range(len(loss)), loss, color=color, linewidth=width, solid_capstyle="butt")
        label = evidence.title(backend)
        ends[label], colors[label] = (len(loss) - 1, loss[-1]), color
    right.set_yscale("log")
    right.set_title(f"The loss falls, the same for all {len(backends)} backends")
    style.plain_numbers(right)
    right.set_ylim(right.get_ylim()[0] / 4)  # room for the labels of lines that end in one place
    style.label_ends(right, ends, colors)
    return figure


# What a figure shows, for those who do not see it.
ALT_TEXTS = {
    "time": "Time for each sample in each epoch over the number of samples, one line for each backend",
    "speedup": "Speedup over lists by samples and by features",
    "shortcut": "Time of the Gram-matrix shortcut beside NumPy and the fastest backend",
    "learning": "The fitted line over the epochs, and the falling loss of every backend",
}
FIGURES: dict[str, Callable[[Evidence], Figure | None]] = {
    "time": time_figure,
    "speedup": speedup_figure,
    "learning": learning_figure,
    "shortcut": shortcut_figure,
}


def file_names() -> list[str]:
    """Return the names of all files that figures can be saved as."""
    return [f"{name}.{suffix}" for name in FIGURES for suffix in ("svg", "png")]


def save_figures(evidence: Evidence, folder: Path) -> list[Path]:
    """Write every figure as SVG and PNG, and return the paths."""
    paths = []
    with style.house_style():
        for name, draw in FIGURES.items():
            figure = draw(evidence)
            if figure is None:
                continue
            for suffix, metadata in (("svg", {"Date": None}), ("png", {})):
                path = folder / f"{name}.{suffix}"
                figure.savefig(path, metadata=metadata, bbox_inches="tight")
                paths.append(path)
    return paths


def _figure(panels: int, width: float) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(width, 4.4))
    axes = figure.subplots(1, panels, squeeze=False)[0]
    figure.subplots_adjust(wspace=0.72 if panels > 1 else None)
    return figure, list(axes)


def _draw(
    axes: Axes,
    evidence: Evidence,
    lines: dict[str, Line],
    two_valued: Collection[tuple[str, int]] = (),
) -> None:
    """Draw log-log lines with their intervals: a band between points, a bar at each.

    Where a quantity has two values, or ``two_valued`` names its backend and place, every run is drawn as well.
    """
    style.logarithmic(axes, {point for line in lines.values() for point, _ in line})
    looks = style.looks([*evidence.backends, *evidence.shortcuts])
    for backend, line in lines.items():
        if not line:
            continue
        color, marker = looks[backend]
        x, values = [point for point, _ in line], [interval.value for _, interval in line]
        axes.plot(x, values, color=color, marker=marker)
        known = [(point, interval) for point, interval in line if interval.is_known]
        if known:
            points = [point for point, _ in known]
            low, high = [i.low for _, i in known], [i.high for _, i in known]
            axes.fill_between(points, low, high, color=color, alpha=0.2, linewidth=0)
            axes.vlines(points, low, high, color=color, linewidth=1.2)
        for point, interval in line:
            if (
                interval.two_values or (backend, point) in two_valued
            ):  # an average would be the time of no fit: show every run
                runs = interval.values
                axes.plot(
                    [point] * len(runs), runs, "o", color=color, markersize=3, fillstyle="none"
                )


def _draw_ceiling(axes: Axes, evidence: Evidence, sizes: Sequence[Size]) -> None:
    """Draw the time of reading the data once: what no backend can be faster than."""
    known = [(size, ceiling) for size in sizes if (ceiling := evidence.ceiling(size)) is not None]
    if not known:
        return
    x = [size.n_samples for size, _ in known]
    values = [ceiling.value / size.n_samples * 1e9 for size, ceiling in known]
    axes.plot(x, values, color=style.INK, linestyle=(0, (1, 1.5)), linewidth=1.6, zorder=4)
    bottom = min(axes.get_ylim()[0], min(values) / 3)
    axes.set_ylim(bottom)
    axes.fill_between(x, values, bottom, color=style.INK, alpha=0.07, linewidth=0, zorder=0)
    axes.annotate(
        "dotted: just reading the data, the limit",
        (0.02, 0.03),
        xycoords="axes fraction",
        fontsize=9,
    )


def _finish(
    axes: Axes, evidence: Evidence, lines: dict[str, Line], counts: Sequence[int], label: str
) -> None:
    style.count_axis(axes, counts, label)
    looks = style.looks([*evidence.backends, *evidence.shortcuts])
    ends = {
        evidence.title(backend): (line[-1][0], line[-1][1].value)
        for backend, line in lines.items()
        if line
    }
    style.label_ends(axes, ends, {evidence.title(name): look[0] for name, look in looks.items()})


def _speedup_panel(
    axes: Axes,
    evidence: Evidence,
    reference: str,
    *,
    sizes: Sequence[Size],
    count: Callable[[Size], int],
    label: str,
    title: str,
) -> None:
    lines = {
        backend: [
            (count(size), speedup)
            for size in sizes
            if (speedup := evidence.speedup(backend, reference, size)) is not None
        ]
        for backend in evidence.backends
        if backend != reference
    }
    two_valued = {
        (backend, count(size))
        for backend in lines
        for size in sizes
        if (time := evidence.time(backend, size)) is not None and time.two_values
    }
    _draw(axes, evidence, lines, two_valued)
    axes.axhline(1, color=style.looks(evidence.backends)[reference][0], linewidth=1.2)
    axes.annotate(
        f"{evidence.title(reference)}, 1×",
        (0.98, 1),
        xycoords=axes.get_yaxis_transform(),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
    )
    axes.set_title(title)
    axes.set_ylabel("times as fast (higher is faster)")
    style.plain_numbers(axes, "×")
    _finish(axes, evidence, lines, [count(size) for size in sizes], label)


def _scaled(interval: Interval, scale: float) -> Interval:
    return Interval(
        interval.value * scale,
        interval.low * scale,
        interval.high * scale,
        interval.runs,
        tuple(value * scale for value in interval.values),
    )
