"""Charts described as data, drawn at any width."""

import math
from itertools import pairwise

import numpy as np
import pytest

from npfs.drawing import charts
from npfs.drawing.canvas import Canvas, fitting, text_px, wrapped
from npfs.drawing.charts import Chart, Grid, Lines, Mark, Regions, Row, Rows, Scale, Series
from tests.drawing.reading import complaints, shapes, texts, values


def line(of: str, *values_: float, weight: str = "bold") -> Series:
    points = tuple((10.0**k, (value, value / 2, value * 2)) for k, value in enumerate(values_))
    return Series(of, of, points, "numpy", weight)


def lines(*series: Series, marks: tuple[Mark, ...] = ()) -> Chart:
    return Chart("A title", (Lines("", "rows", "seconds", series, marks=marks),))


@pytest.mark.parametrize("log", [True, False])
def test_a_scale_is_straight_and_ends_at_its_ends(log: bool) -> None:
    scale = Scale(1, 100, 300, 100, log)
    middle = 10 if log else 50.5
    assert [scale.at(v) for v in (1, middle, 100, 1000)] == pytest.approx([300, 200, 100, 100])
    assert 2 <= len(scale.ticks(5)) <= 5


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [(0, 10, 6, [0, 2, 4, 6, 8, 10]), (-2, 2, 5, [-2, -1, 0, 1, 2]), (0.89, 1.17, 3, [0.9, 1, 1.1]), (0, 8e6, 4, None)],
)  # fmt: skip
def test_ticks_are_round(low: float, high: float, most: int, ticks: list[float] | None) -> None:
    found = Scale(low, high, 0, 1, log=False).ticks(most)
    assert 2 <= len(found) <= most
    assert ticks is None or found == pytest.approx(ticks)


@pytest.mark.parametrize("width", [charts.NARROW, 500, charts.WIDE])
def test_lines_have_their_values_and_a_band_at_every_width(width: float) -> None:
    canvas = lines(line("a", 1, 10, 100), line("b", 3, 3, 3, weight="thin")).draw(width)
    value = values(canvas)
    [bold] = shapes(canvas, "line", of="a", size=charts.LINE["bold"])
    assert [value(p) for p in bold.places] == [
        pytest.approx(p) for p in ((1, 1), (10, 10), (100, 100))
    ]
    [band] = shapes(canvas, "area")  # of the bold line alone
    assert [value(p)[1] for p in band.places] == pytest.approx([0.5, 5, 50, 200, 20, 2])
    assert canvas.width == width
    assert not complaints(canvas)


def test_a_label_that_is_moved_is_tied_to_its_line() -> None:
    canvas = lines(line("a", 1, 10), line("b", 1, 10), line("c", 1)).draw()
    labels = [shapes(canvas, "text", of=name)[0] for name in "abc"]
    assert all(
        abs(a.places[0][1] - b.places[0][1]) >= charts.GAP - 1e-6 for a, b in pairwise(labels)
    )
    tied = {tie.of for tie in shapes(canvas, "line", size=0.8)}
    assert tied == {"a", "b", "c"}  # c ends before the others


def test_a_mark_is_written_where_it_hides_least() -> None:
    """Below the dot runs a line, above it nothing."""
    mark = Mark("here", ((10.0, 10.0),), tip="a tip")
    canvas = lines(line("a", 1, 10, 9, 8), marks=(mark,)).draw()
    [dot] = shapes(canvas, "dot", color="ink")
    [text] = shapes(canvas, "text", text="here")
    assert values(canvas)(dot.places[0]) == pytest.approx((10, 10))
    assert dot.tip == "a tip"
    assert text.places[0][1] < dot.places[0][1]
    assert not complaints(canvas)
    crowded = lines(line("a", 1, 10, 9, 8), marks=(mark,) * 40).draw()
    assert len(shapes(crowded, "dot", color="ink")) == 40
    assert 1 < texts(crowded).count("here") < 40  # those for which there is room
    assert not complaints(crowded)


def test_bars_begin_at_nothing_or_at_the_limit() -> None:
    rows = tuple(
        Row(of, of, "numpy", (v, v * 0.9, v * 1.1), f"{v:g}", tip="t")
        for of, v in (("a", 4.0), ("b", 0.5))
    )
    for log, starts in ((False, [0, 0]), (True, [1, 0.5])):
        canvas = Chart("", (Rows("", "times", rows, log=log, limit=1.0),)).draw()
        bars = [
            [values(canvas, log=(log, True))((x, 0))[0] for x, _ in bar.places[:2]]
            for bar in shapes(canvas, "area")
        ]
        assert [bar[0] for bar in bars] == pytest.approx(starts, abs=1e-9)
        assert [bar[1] for bar in bars] == pytest.approx([4, 1 if log else 0.5])
        whiskers = [line for line in shapes(canvas, "line", color="ink") if line.of]
        bounds = [values(canvas, log=(log, True))(p)[0] for p in whiskers[0].places]
        assert bounds == pytest.approx([3.6, 4.4])
        assert not complaints(canvas)


def test_cells_are_thinned_where_there_is_little_room() -> None:
    columns = tuple(f"{k}k" for k in range(1, 15))
    cells = (tuple(2.0**k for k in range(14)), (None,) * 14)
    grid = Grid("", columns, (("a", "one"), ("b", "two")), cells, (("t",) * 14,) * 2, "rows")
    wide, narrow = (Chart("", (grid,)).draw(width) for width in (charts.WIDE, charts.NARROW))
    assert len(shapes(wide, "area")) == 14
    assert 2 < len(shapes(narrow, "area")) < 14
    for canvas in (wide, narrow):
        assert {"1k", "14k", "1.0", "8.2k"} <= set(texts(canvas))  # both ends
        assert not complaints(canvas)
        assert all(a.opacity <= b.opacity for a, b in pairwise(shapes(canvas, "area")))


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1.2k"), (73.1, "73"), (9.11, "9.1"), (0.98, "0.98"), (0.0284, "0.03"), (2e-5, "2e-5"), (2e-12, "2e-12")]
)  # fmt: skip
def test_factors_in_cells_are_short(value: float, text: str) -> None:
    assert charts.short_factor(value) == text


def test_a_region_is_named_inside_it_and_points_in_their_places() -> None:
    """The first is ahead left of 100, significantly left of about 30."""
    xs, ys = (
        tuple(10.0**k for k in np.linspace(1, 3, 21)),
        tuple(10.0**k for k in np.linspace(0, 2, 21)),
    )
    lead = np.array([[4 * (2 - math.log10(x)) for x in xs] for _ in ys])
    ratio = np.array([[max(1.0, 100 / x) for x in xs] for _ in ys])
    panel = Regions(
        "", xs, ys, {"python": lead, "numpy": -lead}, 2.0, ratio, (2.0,),
        {"python": ("python", "lists"), "numpy": ("numpy", "NumPy")},
        (Mark("a job", ((20.0, 10.0),), "a tip"),), "rows", "epochs",
    )  # fmt: skip
    for width in (charts.WIDE, charts.NARROW):
        canvas = Chart("", (panel,)).draw(width)
        value = values(canvas)
        edges = {
            area.opacity: max(value(place)[0] for place in area.places)
            for area in shapes(canvas, "area", of="python", color="python")
        }
        assert edges[charts.REGION] == pytest.approx(100, rel=0.01)
        assert edges[charts.CERTAIN] == pytest.approx(10**1.5, rel=0.01)
        for name, low, high in (("lists", 10, 100), ("NumPy", 100, 1000)):
            [text] = shapes(canvas, "text", text=name)
            assert low < value(text.places[0])[0] < high
        [dashed] = shapes(canvas, "line", dash=(4.0, 3.0))
        assert [value(p)[0] for p in dashed.places] == pytest.approx(
            [50] * len(dashed.places), rel=0.03
        )
        [dot] = shapes(canvas, "dot", tip="a tip")
        assert value(dot.places[0]) == pytest.approx((20, 10), rel=0.01)
        assert {"a job", "2×"} <= set(texts(canvas))
        assert not complaints(canvas)


def test_panels_are_beside_each_other_where_there_is_room() -> None:
    panels = tuple(Lines(name, "rows", "s", (line("a", 1, 2, 3),)) for name in ("left", "right"))
    wide, narrow = (
        Chart("Two panels", panels).draw(width) for width in (charts.WIDE, charts.NARROW)
    )
    for canvas, axis in ((wide, 0), (narrow, 1)):
        places = [shapes(canvas, "text", text=name)[0].places[0] for name in ("left", "right")]
        assert places[0][axis] < places[1][axis]
        assert places[0][1 - axis] == places[1][1 - axis]
        assert not complaints(canvas)


def test_a_title_is_broken_and_a_long_one_shortened() -> None:
    assert wrapped("a title", 300, 16) == ["a title"]
    broken = wrapped("word " * 100, 300, 16)
    assert len(broken) == 3
    assert broken[-1].endswith("…")
    assert all(text_px(part, 16, bold=True) <= 300 for part in broken)
    assert fitting("W" * 200, 50, 12) == "WWW…"


def test_complaints_are_heard() -> None:
    """The tests of layout rest on them."""
    canvas = Canvas(100, 50)
    canvas.text((10, 10), "one")
    canvas.text((20, 12), "two")
    canvas.text((90, 30), "three")
    canvas.text((20, 45), "turned", angle=-90)
    assert complaints(canvas) == [
        "out of the drawing: 'three'",
        "'one' lies on 'two'",
        "'one' lies on 'turned'",
        "'two' lies on 'turned'",
    ]
