"""Figures of odd evidence: each is drawn, its words lie inside it, and none on another."""

import re
from itertools import combinations, cycle
from pathlib import Path
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from npfs.analysis.evidence import Evidence
from npfs.drawing.style import house_style
from npfs.report.figures import FIGURES, svg_of
from tests import run_files
from tests.analysis.test_evidence import repeated
from tests.report import figure_samples
from tests.report.figure_samples import SPECS, drawn

EVIL = "<script>alert(1)</script> & $x$ 数 "
LONG = ("A backend with a very long title, " * 6)[:200]
WIDE = "W" * 200  # nothing is wider
TITLES = {
    "the same": [WIDE],
    "each its own": [EVIL, LONG, "\n\n", WIDE, EVIL.upper(), LONG[1:]],
}

ODD: dict[str, dict[Any, float]] = {
    "a nanosecond": {("numpy", 10, 1): 1e-9},
    "an hour": {("numpy", 10, 3): 3600.0, ("python", 10, 3): 1e-9},
    "many": {(f"plug-in {k}", n, 1): 1.0 + k for k in range(16) for n in (10, 100)},
    "odd names": {("<script>", 10, 1): 1.0, ("numpy", 10, 1): 2.0, ("$x$ & | _", 10, 1): 2.0},
    "many sizes": {
        (b, 10**k, d): 1e-8 * 10**k * d
        for b in ("numpy", "numba") for k in range(10) for d in (1, 2, 3, 9, 20, 50, 64, 99)
    },
    "one sample": {("numpy", 1, 1): 1e-6, ("python", 1, 1): 1e-7},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "runs"), [("many", 1), ("odd names", 1), *((name, 2) for name in ODD)]
)
def test_odd_runs_are_drawn_too(name: str, runs: int, tmp_path: Path) -> None:
    evidence = figure_samples.evidence(tmp_path, repeated(ODD[name], runs=runs))
    has = all_drawn(evidence)
    assert ("spread" in has) == (runs > 1)
    assert ("time" in has) == any(d == 1 for _, _, d in ODD[name])
    assert ("speedup" in has) == (len({backend for backend, _, _ in ODD[name]}) > 1)
    for figure_name in has.keys() - {"learning"}:  # the same in all of these
        assert re.search(r"\d", SPECS[figure_name].alt(evidence))
        assert_readable(figure_name, has[figure_name])


@pytest.mark.parametrize(("scale", "runs"), [(1e-4, 1), (1e7, 3)])
def test_what_is_very_fast_or_very_slow_is_drawn_too(
    scale: float, runs: int, tmp_path: Path
) -> None:
    documents = figure_samples.documents(runs)
    for document in documents:
        for benchmark in document["benchmarks"]:
            if benchmark["extra_info"]["group"] == "fit":
                data = benchmark["stats"]["data"]
                benchmark["stats"]["data"] = [seconds * scale for seconds in data]
    evidence = figure_samples.evidence(tmp_path, documents)
    for name in ("time", "rungs", "total"):
        assert_readable(name, drawn(name, evidence))


def test_two_runs_that_agree_on_nothing_are_drawn(tmp_path: Path) -> None:
    """Their intervals reach from nothing to infinity."""
    documents = [
        run_files.document({("python", 10, 1): 1.0, ("numpy", 10, 1): s, ("numpy", 99, 1): s}, k)
        for k, s in enumerate((1e-9, 3600.0), 1)
    ]
    has = all_drawn(figure_samples.evidence(tmp_path, documents))
    assert len(has) >= 5
    with house_style():
        assert all(svg_of(figure, "").endswith("</svg>") for figure in has.values())


@pytest.mark.parametrize("titles", TITLES)
def test_titles_never_break_a_figure(titles: str, tmp_path: Path) -> None:
    of_backends = dict(zip(figure_samples.COSTS, cycle(TITLES[titles]), strict=False))
    documents = [
        figure_samples.with_titles(document, of_backends)
        for document in figure_samples.documents(2)
    ]
    evidence = figure_samples.evidence(tmp_path, documents)
    for name, figure in all_drawn(evidence).items():
        assert len(SPECS[name].alt(evidence)) < 6000
        assert_readable(name, figure)


def test_a_title_is_text_in_svg(sample: Evidence) -> None:
    with house_style():
        svg = svg_of(drawn("memory", sample), EVIL)
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


def all_drawn(evidence: Evidence) -> dict[str, Figure]:
    """Return every figure for which there is evidence."""
    with house_style():
        found = {spec.name: spec.draw(evidence) for spec in FIGURES}
    return {name: figure for name, figure in found.items() if figure is not None}


def shown(figure: Figure) -> list[Text]:
    """Every text of a figure but the numbers that lie beyond the ends of an axis."""
    hidden = {
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    return [t for t in texts if t.get_visible() and t.get_text().strip() and t not in hidden]


def assert_readable(name: str, figure: Figure) -> None:
    """Every text lies inside the figure, and none on another of its axes."""
    with house_style():
        renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
        figure.draw_without_rendering()  # puts every text in its place
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in shown(figure)]
    assert max(figure.get_size_inches()[0], 0) <= 11.7
    for words_, box in boxes:
        assert box.x0 >= -1, (name, words_)
        assert box.y0 >= -1, (name, words_)
        assert box.x1 <= figure.bbox.x1 + 1, (name, words_)
        assert box.y1 <= figure.bbox.y1 + 1, (name, words_)
    for (one, a), (other, b) in combinations(boxes, 2):
        width = min(a.x1, b.x1) - max(a.x0, b.x0)
        height = min(a.y1, b.y1) - max(a.y0, b.y0)
        # a line of text is about 14 pixels high; fonts leave room above and below the letters
        assert width <= 1 or height <= 4, (name, one, other)
