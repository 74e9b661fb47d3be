"""Memory beside the arrays that a backend is given."""

from collections.abc import Iterable
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from npfs.analysis import startup
from npfs.analysis.evidence import Evidence
from npfs.drawing import labels, numbers, scales, style
from npfs.report import wording
from npfs.report.figures import lines as shared
from npfs.schema import Size

WIDTH, RIGHT = 8.4, 0.2  # inches


class Use(NamedTuple):
    """Bytes held between fits and at most in a fit; None is not known."""

    held: float | None
    peak: float | None

    @property
    def largest(self) -> float:
        """The larger of what is known."""
        return max(self.held or 0.0, self.peak or 0.0)


def memory_figure(evidence: Evidence) -> Figure | None:
    """Draw a bar for each backend, in bytes over the bytes of the data."""
    size, uses = _uses(evidence)
    if size is None:
        return None
    left = labels.margin([shared.label(evidence, name) for name in uses])
    figure, (axes,) = scales.row(WIDTH, 1.72 + 0.42 * len(uses), [(left, RIGHT)], top=0.76)
    axes.set_xlim(0, _longest(uses.values(), size, WIDTH - left - RIGHT))
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
        f"multiple of their bytes, for {wording.size(size)} ({shared.data(size.data_bytes)}). "
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
        ends.append(use.largest / size.data_bytes / max(0.2, 1 - words / width))
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
    if use.held is None and use.peak is None:
        return "not known"
    if use.peak is None:
        return f"{shared.data(use.held or 0.0)} held, in a fit not known"
    if use.held is None:
        return f"{shared.data(use.peak)} in a fit, held not known"
    if shared.data(use.held) == shared.data(use.peak):
        return f"{shared.data(use.peak)}, {numbers.significant(use.peak / size.data_bytes, 2)}×"
    in_a_fit = numbers.significant(use.peak / size.data_bytes, 2)
    return f"{shared.data(use.held)} held, {shared.data(use.peak)} in a fit, {in_a_fit}×"


def _finish(axes: Axes, evidence: Evidence, size: Size, shown: list[str]) -> None:
    last = len(shown) - 1
    axes.set_ylim(-0.6, last + 1.0)
    axes.set_yticks(
        [last - k for k in range(len(shown))], [shared.label(evidence, name) for name in shown]
    )
    axes.axvline(1, color=style.INK, linestyle=(0, (1, 1.5)), linewidth=1.6, zorder=4)
    labels.write(axes, "1×: the data itself", (1, last + 0.68), (5, 0))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"times the bytes of the data, {shared.data(size.data_bytes)}")
    scales.note(axes, "solid: held between fits; hatched: on top of that, at most, in a fit")
    axes.set_title(f"Memory beside the given arrays, {wording.size(size)}", pad=24)
