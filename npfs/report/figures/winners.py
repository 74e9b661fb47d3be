"""A map of samples by features: which tool is the fastest where."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from npfs.analysis.decisions import fastest
from npfs.analysis.evidence import NUMPY, Evidence
from npfs.drawing import labels, numbers, scales, style
from npfs.report import formatting
from npfs.report.figures import lines as shared
from npfs.schema import Size

ALL_CELLS, NARROWEST, WIDEST, CELL_HEIGHT = 8.3, 1.16, 1.42, 1.04  # inches
NAME_SIZE, NUMBER_SIZE = 8.5, 8
MOST_COLUMNS, MOST_ROWS = 9, 7
CLOSE = "too close to tell"


def winners_figure(evidence: Evidence) -> Figure | None:
    """Draw the fastest backend at each size, and how many times as fast as NumPy it is."""
    if not any(fastest(evidence, size) for size in evidence.sizes()):
        return None
    columns, rows, left_out = _grid(evidence)
    cell = min(WIDEST, max(NARROWEST, ALL_CELLS / len(columns)))
    left, right = 0.85, max(0.2, 4.6 - len(columns) * cell)
    width = left + right + len(columns) * cell
    height = 1.35 + len(rows) * CELL_HEIGHT
    figure, (axes,) = scales.row(height, [(left, right)], width=width, top=0.72, bottom=0.63)
    looks = shared.looks(evidence)
    measured = set(evidence.sizes())
    for x, n_samples in enumerate(columns):
        for y, n_features in enumerate(rows):
            size = Size(n_samples, n_features, evidence.dtypes[0])
            names = fastest(evidence, size)
            if names:
                _fill(axes, x, y, looks[names[0]].tint, is_tie=len(names) > 1)
                words = _words(evidence, size, names, cell * 0.9)
                _write(axes, x, y, words, looks[names[0]].marker)
            else:
                why = "only one measured" if size in measured else "not measured"
                axes.text(x, y, why, ha="center", va="center", fontsize=7.5, color=style.MUTED)
    _finish(axes, columns, rows)
    notes = ["95 % intervals", *left_out]
    if NUMPY in evidence.backends:
        notes.insert(0, f"×: times as fast as {shared.label(evidence, NUMPY)}")
    title = "The fastest tool by samples and features"
    scales.set_title(axes, title, "; ".join(notes), pad=25)
    return figure


def winners_alt(evidence: Evidence) -> str:
    """Name the fastest backend of each size."""
    cells = []
    for size in evidence.sizes():
        names = fastest(evidence, size)
        if names:
            words = " or ".join(shared.label(evidence, name) for name in names[:3])
            words += " and others" if len(names) > 3 else ""
            words += f" ({CLOSE})" if len(names) > 1 else ""
            factor = _factor(evidence, size, names[0])
            cells.append(f"{formatting.size(size)}: {words}{f', {factor[0]}' if factor else ''}")
    return (
        "Map of number of samples by number of features; each measured cell names its fastest tool "
        f"and how many times as fast as NumPy it is. {shared.each(cells, 30)}."
    )


def _grid(evidence: Evidence) -> tuple[list[int], list[int], list[str]]:
    """Return the numbers of samples and of features to draw, and a note where some are not."""
    samples = sorted({size.n_samples for size in evidence.sizes()})
    features = sorted({size.n_features for size in evidence.sizes()})
    columns, rows = _thinned(samples, MOST_COLUMNS), _thinned(features, MOST_ROWS)
    hidden = [
        f"{len(shown)} of {len(all_of)} {what}"
        for what, shown, all_of in (("columns", columns, samples), ("rows", rows, features))
        if len(shown) < len(all_of)
    ]
    return columns, rows, [" and ".join(hidden) + " shown"] if hidden else []


def _thinned(counts: Sequence[int], most: int) -> list[int]:
    """Keep at most that many, evenly, with both ends."""
    if len(counts) <= most:
        return list(counts)
    return [counts[round(k * (len(counts) - 1) / (most - 1))] for k in range(most)]


def _fill(axes: Axes, x: int, y: int, tint: str, *, is_tie: bool) -> None:
    cell = ((x - 0.47, y - 0.465), 0.94, 0.93)
    axes.add_patch(Rectangle(*cell, facecolor=tint, linewidth=0))
    if is_tie:  # marked without colour as well, around the text
        frame = Rectangle(*cell, fill=False, edgecolor=style.MUTED, linewidth=1.2)
        frame.set_linestyle((0, (3, 2)))
        axes.add_patch(frame)


def _words(
    evidence: Evidence, size: Size, names: Sequence[str], width: float
) -> list[tuple[str, bool]]:
    """Return the lines of a cell ``width`` inches wide, each with whether it is bold."""
    lines = _wrapped(shared.label(evidence, names[0]), width)
    if len(names) == 2:
        lines += _wrapped(f"or {_other_name(evidence, names)}", width)
    elif len(names) > 2:
        lines.append(f"or {len(names) - 1} others")
    factor = _factor(evidence, size, names[0])
    if len(names) > 1:
        factor = [*factor[:1], CLOSE]
    return [*((line, True) for line in lines), *((text, False) for text in factor)]


def _other_name(evidence: Evidence, names: Sequence[str]) -> str:
    """Return the second name, without the part that it shares with the first."""
    first, second = (shared.label(evidence, name) for name in names)
    tool, _, rest = second.partition(", ")
    return rest if rest and first.startswith(f"{tool}, ") else second


def _factor(evidence: Evidence, size: Size, best: str) -> list[str]:
    """Return the speedup over NumPy and its interval; nothing if that was not measured."""
    speedup = evidence.speedup(best, NUMPY, size) if NUMPY in evidence.backends else None
    if speedup is None or best == NUMPY:
        return []
    text = f"{shared.number(speedup.value)}×"
    if not speedup.is_known:
        return [text, "one run"]
    if speedup.is_too_wide:
        return [text, "uncertain"]
    return [text, f"{shared.number(speedup.low)} to {shared.number(speedup.high)}"]


def _wrapped(name: str, width: float) -> list[str]:
    """Break a name in at most two lines, after a comma if that will do."""
    parts = name.replace(", ", ",\n", 1).split("\n")
    widest = max(labels.text_width(part, NAME_SIZE) for part in parts)
    if labels.text_width(name, NAME_SIZE) > width >= widest and len(parts) == 2:
        return parts
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(lines) < 2 and lines[0] and labels.text_width(longer, NAME_SIZE) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [labels.fitting(line, width, NAME_SIZE) for line in lines]


def _write(axes: Axes, x: int, y: int, lines: Sequence[tuple[str, bool]], marker: str) -> None:
    step = 0.152 / CELL_HEIGHT
    top = y + step * (len(lines) - 1) / 2
    for index, (text, is_bold) in enumerate(lines):
        axes.text(
            x, top - index * step, text, ha="center", va="center_baseline",
            fontsize=NAME_SIZE if is_bold else NUMBER_SIZE,
            fontweight="bold" if is_bold else "normal",
        )  # fmt: skip
    axes.plot([x - 0.39], [y + 0.375], marker, color=style.INK, markersize=5, markeredgewidth=0)


def _finish(axes: Axes, columns: Sequence[int], rows: Sequence[int]) -> None:
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(-0.5, len(rows) - 0.5))
    axes.set_xticks(range(len(columns)), [numbers.short_count(count) for count in columns])
    axes.set_yticks(range(len(rows)), [numbers.short_count(count) for count in rows])
    axes.set(xlabel="samples", ylabel="features")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
