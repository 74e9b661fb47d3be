"""Figures of odd evidence: each is drawn, its words lie inside it and on no other, and can be read."""

from itertools import cycle
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from npfs.drawing.charts import NARROW, WIDE
from npfs.drawing.numbers import one_line
from npfs.report import figures
from npfs.report.context import Context
from tests import run_files
from tests.analysis.test_evidence import repeated
from tests.drawing.reading import complaints, shapes, unreadable
from tests.report import figure_samples
from tests.report.test_scale import of_large_data

EVIL = "<script>alert(1)</script> & $x$ 数 "
RTL = "שלום \u202eעולם"
LONG = ("A backend with a very long title, " * 6)[:200]
BROAD = "W" * 200  # nothing is broader
TITLES = {"the same": [BROAD], "each its own": [EVIL, LONG, "\n\n", BROAD, RTL, LONG[1:]]}

ODD: dict[str, dict[Any, float]] = {
    "one backend": {("numpy", n, 1): 1e-6 * n for n in (10, 1000)},
    "a nanosecond": {("numpy", 10, 1): 1e-9},
    "an hour": {(b, n, d): s for b, s in (("numpy", 3600.0), ("python", 1e-9)) for n in (10, 99) for d in (1, 3)},
    "one size": {("python", 10, 1): 2.0, ("numpy", 10, 1): 1.0, ("numba", 10, 1): 3.0},
    "two near sizes": {(b, n, 1): s * n for b, s in (("python", 2.0), ("numpy", 1.0)) for n in (999, 1000)},
    "many backends": {(f"plug-in {k}", n, 1): (1.0 + k / 9) * n for k in range(15) for n in (10, 100)},
    "many alike": {(b, n, 1): 1.0 + k / 1e6 for k, b in enumerate(("python", "numpy", "numba", *"abcdefghijkl")) for n in (10, 100)},
    "odd names": {("<script>", 10, 1): 1.0, ("numpy", 10, 1): 2.0, ("$x$ & | _", 10, 1): 2.0},
    "many sizes": {
        (b, 10**k, d): 1e-8 * 10**k * d * f
        for b, f in (("numpy", 1), ("numba", 0.3), ("python", 40)) for k in range(1, 9) for d in (1, 2, 3, 9, 64)
    },
    "20 sizes": {(b, 3**k, 1): c + f * 3**k for b, c, f in (("numpy", 1e-5, 1e-9), ("python", 1e-6, 1e-7)) for k in range(1, 21)},
    "one row": {(b, n, 1): s for b, s in (("numpy", 1e-6), ("python", 1e-7)) for n in (1, 2)},
}  # fmt: skip


def assert_readable(found: Context, least: int = 1) -> None:
    made = figures.figures(found)
    assert len(made) >= least
    wrong = {
        (figure.name, width): problems
        for figure in made
        for width in (WIDE, NARROW)
        if (problems := complaints(canvas := figure.chart.draw(width)) + unreadable(canvas))
    }
    assert not wrong
    for figure in figures.page_figures(made):
        ids = [
            e.get("id")
            for svg in (figure.wide_svg, figure.narrow_svg)
            for e in ET.fromstring(svg).iter()
        ]
        assert set(ids) == {None}  # none that two drawings of a page could share


def test_an_ordinary_one(sample: Context) -> None:
    assert_readable(sample, least=11)


def test_large_data(tmp_path: Path) -> None:
    assert_readable(Context(of_large_data(tmp_path)), least=3)


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("name", ODD)
def test_odd_runs(name: str, runs: int, tmp_path: Path) -> None:
    assert_readable(figure_samples.context(tmp_path, repeated(ODD[name], runs)))


@pytest.mark.parametrize("scale", [1e-4, 1e7])
def test_what_is_very_fast_or_very_slow(scale: float, tmp_path: Path) -> None:
    documents = figure_samples.documents(3)
    for document in documents:
        for benchmark in document["benchmarks"]:
            if benchmark["extra_info"]["group"] == "fit":
                benchmark["stats"]["data"] = [s * scale for s in benchmark["stats"]["data"]]
    assert_readable(figure_samples.context(tmp_path, documents), least=9)


def test_runs_that_agree_on_nothing(tmp_path: Path) -> None:
    """Their intervals reach from nothing to infinity."""
    documents = [
        run_files.document({("python", 10, 1): 1.0, ("numpy", 10, 1): s, ("numpy", 99, 1): s}, k)
        for k, s in enumerate((1e-9, 3600.0), 1)
    ]
    assert_readable(figure_samples.context(tmp_path, documents), least=5)


@pytest.mark.parametrize("titles", TITLES)
def test_titles_are_names(titles: str, tmp_path: Path) -> None:
    """Also in a PNG, whose font lacks some characters."""
    of_backends = dict(zip(figure_samples.COSTS, cycle(TITLES[titles]), strict=False))
    documents = [figure_samples.with_titles(d, of_backends) for d in figure_samples.documents(2)]
    found = figure_samples.context(tmp_path, documents)
    assert_readable(found, least=10)
    [label] = shapes(figure_samples.drawn("shortcut", found), "text", of="numpy-gram")
    assert one_line(of_backends["numpy-gram"]).startswith(label.text.rstrip("…"))
    for name in ("hero", "memory"):
        canvas = figure_samples.drawn(name, found)
        assert canvas.png(1).startswith(b"\x89PNG")
        assert "<script" not in canvas.svg(EVIL)
