"""Memory beside the arrays that a backend is given."""

from collections.abc import Iterable
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from npfs.analysis import startup
from npfs.analysis.evidence import Evidence
from npfs.drawing import labels, numbers, scales, style
from npfs.report import formatting
from npfs.report.figures import lines as shared
from npfs.schema import Size

RIGHT = 0.2  # inches


class Use(NamedTuple):
    """Bytes held between fits and at most in a fit; None is not known."""

    held: float | None
    peak: float | None


def memory_figure(evidence: Evidence) -> Figure | None:
    """Draw a bar for each backend, in bytes over the bytes of the data."""
    size, uses = _uses(evidence)
    if size is None:
        return None
    left = labels.margin([shared.label(evidence, name) for name in uses])
    figure, (axes,) = scales.row(1.72 + 0.42 * len(uses), [(left, RIGHT)], top=0.76)
    axes.set_xlim(0, _longest(uses.values(), size, scales.WIDTH - left - RIGHT))
    for row, (name, use) in enumerate(uses.items()):
        _draw(axes, len(uses) - 1 - row, use, size, style.looks(list(uses))[name])
    _finish(axes, evidence, size, list(uses))
    return figure


def memory_alt(evidence: Evidence) -> str:
    """Give the bytes of each backend."""
    size, uses = _uses(evidence)
    if size is None:
        return ""
    texts = [f"{shared.label(evidence, name)} {_words(use, size)}" for name, use in uses.items()]
    return (
        "Bar chart with a row for each backend: memory beside the arrays it is given, as a "
        f"multiple of their bytes, for {formatting.size(size)} ({shared.data(size.data_bytes)}). "
        f"{shared.each(texts)}."
    )


def _uses(evidence: Evidence) -> tuple[Size | None, dict[str, Use]]:
    """Return the memory of each backend at the size to compare it at."""
    size = startup.memory_size(evidence)
    if size is None:
        return None, {}
    uses = {name: Use(*startup.memory(evidence, name, size)) for name in startup.backends(evidence)}
    is_known = any(use.held is not None or use.peak is not None for use in uses.values())
    return (size, uses) if is_known else (None, {})


def _longest(uses: Iterable[Use], size: Size, width: float) -> float:
    """Return the end of an axis of ``width`` inches with room for every bar and its words."""
    ends = [1.3]
    for use in uses:
        words = labels.text_width(_words(use, size), labels.TEXT_SIZE, "normal") + 0.15
        largest = max(n_bytes or 0.0 for n_bytes in use)
        ends.append(largest / size.data_bytes / max(0.2, 1 - words / width))
    return max(ends)


def _draw(axes: Axes, y: int, use: Use, size: Size, look: style.Look) -> None:
    held, peak = ((n_bytes or 0.0) / size.data_bytes for n_bytes in use)
    if use.held is not None:
        axes.barh(y, held, height=0.56, color=look.line, linewidth=0, zorder=2)
    if use.peak is not None and peak > held:
        axes.barh(
            y, peak - held, left=held, height=0.56, facecolor=look.tint, edgecolor=look.line,
            hatch="////", linewidth=0, zorder=2
        )  # fmt: skip
    labels.write(axes, _words(use, size), (max(held, peak), y), (6, 0), zorder=5)


def _words(use: Use, size: Size) -> str:
    """Return the bytes in words: "79 MB held, 80 MB in a fit", or one if both are alike."""
    held, peak = (None if n_bytes is None else shared.data(n_bytes) for n_bytes in use)
    if use.peak is None:
        return f"{held} held, in a fit not known" if held else "not known"
    if held is None:
        return f"{peak} in a fit, held not known"
    in_a_fit = f"{numbers.significant(use.peak / size.data_bytes, 2)}×"
    return f"{peak}, {in_a_fit}" if held == peak else f"{held} held, {peak} in a fit, {in_a_fit}"


def _finish(axes: Axes, evidence: Evidence, size: Size, shown: list[str]) -> None:
    shared.name_rows(axes, evidence, shown, room=1.0)
    axes.axvline(1, color=style.INK, linestyle=(0, (1, 1.5)), linewidth=1.6, zorder=4)
    labels.write(axes, "1×: the data itself", (1, len(shown) - 0.32), (5, 0))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.set_xlabel(f"times the bytes of the data, {shared.data(size.data_bytes)}")
    title = f"Memory beside the given arrays, {formatting.size(size)}"
    note = "solid: held between fits; hatched: on top of that, at most, in a fit"
    scales.set_title(axes, title, note)
