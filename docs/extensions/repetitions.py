"""Draw how the width of an interval depends on the number and the length of repetitions.

``python docs/extensions/repetitions.py`` writes ``docs/_static/repetitions.svg`` from the table in
``docs/measuring.md``, so that the two cannot differ.
"""

import re
from pathlib import Path

from matplotlib.figure import Figure

DOCS = Path(__file__).parents[1]
PAGE, DRAWN = DOCS / "measuring.md", DOCS / "_static" / "repetitions.svg"
ROW = re.compile(r"^\| (quieter|busier) \| (at )?([\d.]+) ms \| (.*) \|$", re.MULTILINE)
HEAD = re.compile(r"^\| hour \| length \| (.*) \|$", re.MULTILINE)
COLORS = {"quieter": "#2563a8", "busier": "#b4451f"}

Rows = dict[tuple[str, str], list[float]]


def rows(text: str) -> tuple[list[int], Rows, Rows]:
    """Return the numbers of repetitions; widths and coverages in per cent by hour and length."""
    [head] = HEAD.findall(text)
    found: tuple[Rows, Rows] = {}, {}
    for hour, is_coverage, length, cells in ROW.findall(text):
        values = [float(cell.removesuffix(" %")) for cell in cells.split(" | ")]
        found[bool(is_coverage)][hour, length] = values
    return [int(cell) for cell in head.split(" | ")], *found


def draw(text: str) -> Figure:
    """Draw the widths above the coverages: a line for each hour and length."""
    numbers, widths, coverages = rows(text)
    figure = Figure(figsize=(7, 5), layout="constrained")
    above, below = figure.subplots(2, height_ratios=(3, 1), sharex=True)
    lengths = sorted({length for _, length in widths}, key=float)
    for axes, of in ((above, widths), (below, coverages)):
        axes.set_xscale("log")
        for (hour, length), values in of.items():
            weight = 0.8 + 0.5 * lengths.index(length)
            look = {"color": COLORS[hour], "linewidth": weight, "markersize": 3}
            axes.plot(numbers, values, marker="o", **look)
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    above.set_yscale("log")
    ticks = [5, 10, 20, 50]
    above.set_yticks(ticks, [f"{tick} %" for tick in ticks])
    above.minorticks_off()
    below.set_yticks([90, 95, 100], ["90 %", "95 %", "100 %"])
    below.axhline(95, color="#555", linewidth=0.8, linestyle="dashed")
    below.set_xticks(numbers, [str(number) for number in numbers])
    below.minorticks_off()
    for hour, color in COLORS.items():
        ends = [values[-1] for (of, _), values in widths.items() if of == hour]
        place = (numbers[-1], sum(ends) / len(ends))
        above.annotate(f"{hour} hour", place, (7, 0), textcoords="offset points", color=color,
                       va="center", annotation_clip=False)  # fmt: skip
    above.set_ylabel("width of a speedup's interval")
    below.set_ylabel("coverage")
    below.set_xlabel("repetitions of a case in a run; five runs")
    above.set_title(
        f"More repetitions narrow an interval, longer ones hardly do\n(a thicker line: longer "
        f"repetitions, {lengths[0]} to {lengths[-1]} ms)", loc="left", fontsize=11,
    )  # fmt: skip
    return figure


if __name__ == "__main__":
    draw(PAGE.read_text(encoding="utf-8")).savefig(DRAWN, metadata={"Date": None})
