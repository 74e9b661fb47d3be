"""What several figures share: lines over a count with their intervals, each labelled at its end."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from matplotlib.axes import Axes

from npfs.analysis.evidence import Evidence
from npfs.analysis.statistics import TOO_WIDE, Interval
from npfs.drawing import labels, numbers, scales, style
from npfs.schema import Size

WIDEST_LABEL = 2.3  # inches
Line = list[tuple[int, Interval]]
Lines = dict[str, Line]


def label(evidence: Evidence, backend: str) -> str:
    """Return the name of a backend, short enough for a figure."""
    return labels.fitting(evidence.title(backend), WIDEST_LABEL)


def margin(evidence: Evidence, backends: Iterable[str]) -> float:
    """Return the inches that the names of these backends need at the ends of their lines."""
    return labels.margin([label(evidence, name) for name in backends])


def looks(evidence: Evidence) -> dict[str, style.Look]:
    """Return the look of each backend, the same in every figure of this evidence."""
    return style.looks([*evidence.backends, *evidence.shortcuts])


def lines_of(
    backends: Iterable[str],
    points: Iterable[tuple[int, Size]],
    value: Callable[[str, Size], Interval | None],
) -> Lines:
    """Return each backend's line: its known values at the sizes, over the count of each."""
    found = {
        backend: [
            (count, interval)
            for count, size in points
            if (interval := value(backend, size)) is not None
        ]
        for backend in backends
    }
    return {backend: line for backend, line in found.items() if line}


def per_sample(evidence: Evidence, backends: Iterable[str], sizes: Iterable[Size]) -> Lines:
    """Return nanoseconds for each sample and epoch over the number of samples, where timed."""

    def value(backend: str, size: Size) -> Interval | None:
        time = evidence.time(backend, size)
        return time and time.scaled(1e9 / (size.n_samples * evidence.newest.epochs))

    return lines_of(backends, [(size.n_samples, size) for size in sizes], value)


def counts_of(lines: Mapping[str, Line]) -> list[int]:
    """Return the count of every point."""
    return [count for line in lines.values() for count, _ in line]


def draw_lines(
    axes: Axes,
    evidence: Evidence,
    lines: Mapping[str, Line],
    two_valued: Collection[tuple[str, int]] = (),
) -> None:
    """Draw lines with their intervals, a band between points and a bar at each, and label them.

    Call after the limits are final. Where a quantity has two values, or ``two_valued`` names its
    backend and place, every run is drawn as well.
    """
    ends = []
    for backend, line in lines.items():
        look = looks(evidence)[backend]
        x, values = [point for point, _ in line], [interval.value for _, interval in line]
        axes.plot(x, values, color=look.line, marker=look.marker)
        known = [(point, *bounds(interval)) for point, interval in line if interval.is_known]
        if known:
            points, low, high = zip(*known, strict=True)
            axes.fill_between(points, low, high, color=look.line, alpha=0.2, linewidth=0)
            axes.vlines(points, low, high, color=look.line, linewidth=1.2)
        for point, interval in line:
            if interval.bimodal or (backend, point) in two_valued:
                # An average would be the time of no fit: show every run.
                runs = interval.values
                axes.plot(
                    [point] * len(runs), runs, "o", color=look.line, markeredgecolor=look.line,
                    markersize=3.5, fillstyle="none"
                )  # fmt: skip
        ends.append(labels.End(label(evidence, backend), x[-1], values[-1], look.text))
    labels.label_ends(axes, ends)


def name_rows(axes: Axes, evidence: Evidence, names: Sequence[str], room: float = 0.6) -> None:
    """Give each backend a row with its name at the left, the first at the top."""
    last = len(names) - 1
    axes.set_ylim(-0.6, last + room)
    axes.set_yticks(range(last, -1, -1), [label(evidence, name) for name in names])
    axes.grid(visible=False, axis="y")


def values_of(lines: Mapping[str, Line]) -> list[float]:
    """Return every value that a drawing of lines must have room for."""
    found: list[float] = []
    for line in lines.values():
        for _, interval in line:
            found += (interval.value, *bounds(interval))
            found += interval.values if interval.bimodal else ()
    return found


def bounds(interval: Interval) -> tuple[float, float]:
    """Return the bounds to draw: no further from the value than what already says nothing.

    Of a single run both are its value.
    """
    value = interval.value
    if not interval.is_known:
        return value, value
    return max(interval.low, value / TOO_WIDE), min(interval.high, value * TOO_WIDE)


def short_size(size: Size) -> str:
    """Format a size for an axis: 10k, 10k×16."""
    features = f"×{size.n_features}" if size.n_features > 1 else ""
    return numbers.short_count(size.n_samples) + features


def data(n_bytes: float) -> str:
    """Format a number of bytes with as few digits as tell it: 16 MB."""
    scale, _ = numbers.byte_unit(n_bytes)
    return numbers.n_bytes(n_bytes, digits=2 if n_bytes < 100 * scale else 3)


def number(value: float) -> str:
    """Format a number with three significant digits, a large one with a prefix."""
    return numbers.significant(value) if value < 1e5 else scales.plain(float(f"{value:.3g}"))


def nanoseconds(value: float) -> str:
    """Format a number of nanoseconds."""
    return f"{numbers.significant(value)} ns"


def each(items: Sequence[str], limit: int = 12) -> str:
    """Join what an alternative text names, and say how many more there are."""
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return "; ".join(items[:limit]) + more
