"""What the figures say of runs written by hand: the right values at the right pixels."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from matplotlib.path import Path as Polygon

from npfs.analysis.scale import predicted_epoch
from npfs.drawing.canvas import Canvas, Shape
from npfs.drawing.charts import NARROW, WIDE, Chart
from npfs.report import figures
from npfs.report.context import Context
from npfs.schema import Size
from tests import run_files
from tests.analysis.test_evidence import repeated
from tests.drawing.reading import shapes, texts, values
from tests.report.figure_samples import COSTS, RUNS, SIZES, TITLES, chart, context, drawn
from tests.report.test_scale import of_large_data

Cells = dict[tuple[str, int, int], float]
MEAN = 1.01 ** (1 / 3)  # of the three runs of ``repeated``, of which one takes 1 % more
# Lists win by 10 at 10 rows, NumPy by 10 at 1,000: they cross at 100 rows and 10 s.
CROSSING: Cells = {
    ("python", 10, 1): 1.0, ("python", 1000, 1): 100.0,
    ("numpy", 10, 1): 10.0, ("numpy", 1000, 1): 10.0,
}  # fmt: skip


def points(canvas: Canvas, of: str, **looks: Any) -> list[tuple[float, float]]:
    """The values at the dots of a backend."""
    value = values(canvas)
    return [value(dot.places[0]) for dot in shapes(canvas, "dot", of=of, **looks)]


def text(canvas: Canvas, start: str) -> Shape:
    """The one text that is so, or begins so."""
    found = shapes(canvas, "text", text=start)
    [one] = found or [shape for shape in shapes(canvas, "text") if shape.text.startswith(start)]
    return one


def title(name: str, cells: Cells, folder: Path, runs: int = 3) -> str:
    return chart(name, context(folder, repeated(cells, runs))).title


# The first figure


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_hero_shows_the_seconds_of_a_fit(width: float, sample: Context) -> None:
    canvas, sizes = drawn("hero", sample, width), [Size(n, d) for n, d in SIZES if d == 1]
    for name in sample.evidence.backends:
        of_name = [sample.evidence.time(name, size) for size in sizes]
        expected = [
            (size.n_samples, time.value) for size, time in zip(sizes, of_name, strict=True) if time
        ]
        color = name if name in ("python", "numpy", "numba") else "point"
        assert points(canvas, name, color=color) == [
            pytest.approx(place, rel=1e-3) for place in expected
        ]
    # by hand: 10 * (1e-6 + 5e-8 * 20) s, and half of the runs take 1.5 or 3 % more
    assert points(canvas, "python")[0][1] == pytest.approx(
        20e-6 * (1.015 * 1.03) ** (1 / 3), rel=1e-3
    )
    assert not shapes(canvas, "line", of="numpy-gram")  # does less work
    [reading] = shapes(canvas, "line", dash=(1.5, 3.0))
    ends = [values(canvas)(place) for place in reading.places]
    assert ends == [pytest.approx((n, 10 * 8e-11 * 2 * n), rel=1e-3) for n in (10, 1000, 100_000)]


def test_an_interval_is_a_band(tmp_path: Path) -> None:
    found = context(tmp_path, repeated(CROSSING))
    canvas = drawn("hero", found)
    [band] = shapes(canvas, "area", of="numpy")
    time = found.evidence.time("numpy", Size(10, 1))
    assert time is not None
    assert 0 < band.opacity < 0.3
    for bound in (time.low, time.high):
        assert any(values(canvas)(p) == pytest.approx((10, bound), rel=1e-4) for p in band.places)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_lines_are_labelled_at_their_ends_with_their_values(width: float, sample: Context) -> None:
    canvas = drawn("hero", sample, width)
    for name, start in (
        ("python", "lists 102 ms"),
        ("numpy", "NumPy 3.15"),
        ("numba-simd", TITLES["numba-simd"]),
    ):
        label = text(canvas, start)
        end = max(dot.places[0] for dot in shapes(canvas, "dot", of=name))
        assert label.places[0][0] > end[0]
        assert abs(label.places[0][1] - end[1]) < 40
        assert label.bold == (name != "numba-simd")
        assert label.of == name
    assert {shape.color for shape in canvas.shapes} <= {
        "python", "numpy", "numba", "point", "ink", "soft", "grid", "page"
    }  # fmt: skip


def test_the_crossing_and_the_ratio_are_drawn_in(tmp_path: Path) -> None:
    canvas = drawn("hero", context(tmp_path, repeated(CROSSING)))
    [dot] = shapes(canvas, "dot", color="ink")
    assert values(canvas)(dot.places[0]) == pytest.approx((100, 10 * MEAN), rel=1e-3)
    assert dot.tip == "NumPy and lists are equally fast at about 100 rows"
    [stroke] = shapes(canvas, "line", color="ink")
    assert [values(canvas)(place) for place in stroke.places] == [
        pytest.approx((1000, 100 * MEAN), rel=1e-3), pytest.approx((1000, 10 * MEAN), rel=1e-3)
    ]  # fmt: skip
    for mark, near in (("equal at 100 rows", dot.places[0]), ("10×", stroke.places[0])):
        assert math.dist(text(canvas, mark).places[0], near) < 80


@pytest.mark.parametrize(
    ("cells", "runs", "expected"),
    [
        (CROSSING, 3, "NumPy is 10× faster than lists at 1,000 rows, 10× slower at 10"),
        ({("python", 10, 1): 1.0, ("numpy", 10, 1): 9.0, ("python", 99, 1): 1.0, ("numpy", 99, 1): 2.0}, 3,
         "Lists are 2.0× faster than NumPy at 99 rows"),
        ({("python", n, 1): 1.0 for n in (10, 99)} | {("numpy", n, 1): 1.0 for n in (10, 99)}, 3,
         "NumPy and lists show no significant difference at 99 rows"),
        (CROSSING, 1, "In one run, NumPy was 10× faster than lists at 1,000 rows"),
        ({("numpy", n, 1): 1.0 * n for n in (10, 99)} | {("numba", n, 1): 0.9 * n for n in (10, 99)}, 3,
         "Numba is 11 % faster than NumPy at 99 rows"),
        ({("one", n, 1): 1.0 for n in (10, 99)} | {("two", n, 1): 3.0 for n in (10, 99)}, 3,
         "One is 3.0× faster than two at 99 rows"),
        ({("one", 10, 1): 1.0, ("two", 99, 1): 3.0}, 3, "How long one fit takes, by the number of rows"),
    ],
)  # fmt: skip
def test_the_title_is_what_was_found(
    cells: Cells, runs: int, expected: str, tmp_path: Path
) -> None:
    assert title("hero", cells, tmp_path, runs) == expected


def test_the_caption_is_true_of_its_plot(sample: Context, tmp_path: Path) -> None:
    captions = [
        figures.figures(found)[0].caption
        for found in (sample, context(tmp_path, repeated(CROSSING, 1)))
    ]
    assert [("Bands" in text, "Grey" in text) for text in captions] == [
        (True, True),
        (False, False),
    ]


def test_runs_that_differ_too_much_compare_nothing(tmp_path: Path) -> None:
    documents = repeated(CROSSING, 2)
    documents[1]["benchmarks"][1]["stats"]["data"] = [1.0]  # a hundredth, of lists at 1,000 rows
    found = context(tmp_path, documents)
    assert chart("hero", found).title == "The runs differ too much to compare NumPy and lists"


@pytest.mark.parametrize(
    "cells",
    [
        {("numpy", 10, 1): 1.0, ("numpy", 99, 1): 1.0},
        {("numpy", 10, 1): 1.0, ("python", 10, 1): 1.0},
        {(name, 10, d): 1.0 for name in ("numpy", "python") for d in (2, 3)},
    ],
)
def test_no_first_figure_without_two_backends_and_two_sizes(cells: Cells, tmp_path: Path) -> None:
    found = context(tmp_path, repeated(cells))
    assert figures.hero(found) is None
    assert figures.first(found) is None


# Who is first


def regions(canvas: Canvas, place: tuple[float, float]) -> dict[str, float]:
    """The backends whose regions hold a pixel, with the opacity that they have there."""
    found: dict[str, float] = {}
    for area in shapes(canvas, "area"):
        if area.of and area.color == area.of and Polygon(area.places).contains_point(place):
            found[area.of] = found.get(area.of, 0) + area.opacity
    return found


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_map_shows_who_is_first_and_is_lighter_where_that_is_uncertain(
    width: float, sample: Context
) -> None:
    found, canvas = sample.decisions.first_map, drawn("first", sample, width)
    assert found is not None
    box = next(area for area in shapes(canvas, "area") if area.color == "other").places
    opacities: dict[bool, set[float]] = {True: set(), False: set()}
    for row in range(1, len(found.epochs) - 1, 2):
        for column in range(1, len(found.samples) - 1, 2):
            place = (
                box[0][0] + (box[1][0] - box[0][0]) * _share(found.samples, column),
                box[2][1] + (box[0][1] - box[2][1]) * _share(found.epochs, row),
            )
            leads = {name: rows[row][column] for name, rows in found.leads.items()}
            first = found.first(row, column)
            if not 0.3 < leads[first] < 50 or abs(leads[first] - 1.96) < 0.3:
                continue  # on a border, which lies between two places of the map
            here = regions(canvas, place)
            assert set(here) == {first}, (found.samples[column], found.epochs[row])
            opacities[leads[first] > 1.96].add(round(here[first], 2))
    assert [len(of) for of in opacities.values()] == [1, 1]
    assert max(opacities[False]) < min(opacities[True])


def _share(axis: Sequence[int], at: int) -> float:
    return math.log(axis[at] / axis[0]) / math.log(axis[-1] / axis[0])


def test_lists_are_first_for_a_little_and_numba_for_long_work(sample: Context) -> None:
    """Startups are 0.25 s and 0.01, 0.08 or 0.3 s: with 10 rows and 1 epoch nothing else counts."""
    canvas, value = drawn("first", sample), values(drawn("first", sample))
    for name, label in (("python", "lists"), ("numpy", "NumPy"), ("numba", "Numba")):
        assert set(regions(canvas, text(canvas, label).places[0])) == {name}
        assert text(canvas, label).of == name
    [corner] = [a for a in shapes(canvas, "area") if a.color == "other"]
    (left, top), (right, _), (_, bottom), _ = corner.places
    assert value((left, bottom)) == pytest.approx((10, 1), rel=0.01)
    assert value((right, top)) == pytest.approx((100_000, 1e6), rel=0.01)
    assert regions(canvas, (left + 1, bottom - 1)).keys() == {"python"}
    assert regions(canvas, (right - 1, top + 1)).keys() == {"numba"}
    assert chart("first", sample).title == "Who has the result first: lists, NumPy or Numba"


def test_the_jobs_of_the_table_are_points(sample: Context) -> None:
    canvas = drawn("first", sample)
    dots = {dot.tip: values(canvas)(dot.places[0]) for dot in shapes(canvas, "dot")}
    assert dots == {
        "a formula: lists first": pytest.approx((10, 100), rel=0.01),
        "a lesson: NumPy first": pytest.approx((1000, 1000), rel=0.01),
        "a data set: Numba first": pytest.approx((1e5, 1000), rel=0.01),
        "many models: Numba first": pytest.approx((1000, 1e5), rel=0.01),
    }
    assert {"a formula", "a lesson", "a data set", "many models"} <= set(texts(canvas))


def test_dashed_lines_are_where_numpy_takes_so_many_times_as_long(sample: Context) -> None:
    found, canvas = sample.decisions.first_map, drawn("first", sample)
    assert found is not None
    lines = shapes(canvas, "line", color="ink", dash=(4.0, 3.0))
    assert lines
    logs = [[math.log(over) for over in row if over] for row in found.numpy_over_first]
    seen = set()
    for line in lines:
        n, epochs = values(canvas)(line.places[len(line.places) // 2])
        over = math.exp(_between(found.samples, found.epochs, logs, n, epochs))
        level = min((1.25, 2.0, 4.0), key=lambda level: abs(math.log(over / level)))
        assert over == pytest.approx(level, rel=0.05)
        seen.add(f"{level:g}×")
    assert seen == {t for t in texts(canvas) if t.endswith("×")}


def _between(
    xs: Sequence[int], ys: Sequence[int], rows: list[list[float]], x: float, y: float
) -> float:
    """Bilinear, on logarithms."""
    column = max(k for k in range(len(xs) - 1) if xs[k] <= x * 1.001)
    row = max(k for k in range(len(ys) - 1) if ys[k] <= y * 1.001)
    u = math.log(x / xs[column]) / math.log(xs[column + 1] / xs[column])
    v = math.log(y / ys[row]) / math.log(ys[row + 1] / ys[row])
    below, above = (
        rows[k][column] * (1 - u) + rows[k][column + 1] * u for k in (row, row + 1)
    )  # fmt: skip
    return below * (1 - v) + above * v


# The others


def test_a_cell_has_its_factor_and_the_colour_of_its_side(tmp_path: Path) -> None:
    cells: Cells = {
        ("numpy", 10, 1): 4.0, ("python", 10, 1): 1.0, ("numba", 10, 1): 2.0,
        ("numpy", 1000, 1): 1.0, ("python", 1000, 1): 50.0, ("numpy", 1000, 16): 1.0, ("numba", 1000, 16): 1.0,
    }  # fmt: skip
    found = context(tmp_path, repeated(cells))
    canvas = drawn("heatmap", found)
    expected = {
        "4.0": ("python", "faster", "lists, 10 rows: 4.00× (4.00 to 4.00)"),
        "2.0": ("numba", "faster", "Numba, 10 rows: 2.00× (2.00 to 2.00)"),
        "0.02": ("python", "slower", "lists, 1,000 rows: 0.0200× (0.0200 to 0.0200)"),
        "1.0": ("numba", "faster", "Numba, 1,000 rows × 16 features: 1.00× (1.00 to 1.00), no significant difference"),
    }  # fmt: skip
    areas = shapes(canvas, "area")
    assert len(areas) == len(expected)  # no cell where one of both was not measured
    strength = {}
    for shown, (of, color, tip) in expected.items():
        [area] = [
            a for a in areas if Polygon(a.places).contains_point(text(canvas, shown).places[0])
        ]
        assert (area.of, area.color, area.tip) == (of, color, tip)
        strength[shown] = area.opacity
    assert strength["1.0"] < strength["2.0"] < strength["4.0"] < strength["0.02"]
    columns = [text(canvas, name).places[0][0] for name in ("10", "1k", "1k×16")]
    assert columns == sorted(columns)
    assert text(canvas, "4.0").places[0][0] == pytest.approx(columns[0])
    assert chart("heatmap", found).title == "Lists are up to 4.0× faster than NumPy (10 rows)"


def test_speedups_are_over_lists_and_over_numpy(tmp_path: Path) -> None:
    cells = CROSSING | {("numba", 10, 1): 0.5, ("numba", 1000, 1): 5.0}
    found = context(tmp_path, repeated(cells))
    over_lists, over_numpy = drawn("speedup", found), drawn("speedup_over_numpy", found)
    assert points(over_lists, "numpy") == [
        pytest.approx(p, rel=1e-3) for p in ((10, 0.1), (1000, 10))
    ]
    assert points(over_lists, "numba") == [
        pytest.approx(p, rel=1e-3) for p in ((10, 2), (1000, 20))
    ]
    assert points(over_numpy, "numba") == [
        pytest.approx(p, rel=1e-3) for p in ((10, 20), (1000, 2))
    ]
    assert not shapes(over_lists, "line", of="python")
    assert chart("speedup", found).title == "Numba is up to 20× faster than lists (1,000 rows)"
    assert (
        chart("speedup_over_numpy", found).title == "Numba is up to 20× faster than NumPy (10 rows)"
    )


@pytest.mark.parametrize(
    ("numba", "runs", "expected"),
    [
        (3.0, 3, "No backend is significantly faster than NumPy"),
        (1.0, 3, "No backend is significantly faster than NumPy"),
        (3.0, 1, "In one run, no backend was faster than NumPy"),
        (0.5, 1, "In one run, Numba was up to 2.0× faster than NumPy (10 rows)"),
    ],
)
def test_no_gain_is_a_finding_too(numba: float, runs: int, expected: str, tmp_path: Path) -> None:
    cells: Cells = {("numpy", 10, 1): 1.0, ("numba", 10, 1): numba}
    for name in ("heatmap", "speedup_over_numpy"):
        assert title(name, cells, tmp_path, runs) == expected


def test_speedups_at_one_size_are_bars(tmp_path: Path) -> None:
    """Of a person's own table; the bars begin at 1×."""
    cells: Cells = {
        ("python", 50, 3): 1.0,
        ("python", 50, 1): 8.0,
        ("numpy", 50, 1): 2.0,
        ("numba", 50, 1): 16.0,
    }
    canvas = drawn("speedup", context(tmp_path, repeated(cells)))
    bars = {
        bar.of: sorted({values(canvas)((x, 0))[0] for x, _ in bar.places})
        for bar in shapes(canvas, "area")
    }
    assert bars == {
        "numpy": pytest.approx([1, 4], rel=1e-3),
        "numba": pytest.approx([0.5, 1], rel=1e-3),
    }


def test_memory_is_a_bar_each_and_equal_ones_share_it(sample: Context) -> None:
    """NumPy needs 4 MB beside the data of 1.6 MB; in place and Numba once more the data."""
    canvas = drawn("memory", sample)
    bars = shapes(canvas, "area")
    widths = [bar.places[1][0] - bar.places[0][0] for bar in bars]
    assert [w / widths[0] for w in widths] == pytest.approx([1, 5.6 / 8, 3.2 / 8], rel=1e-6)
    assert [bar.color for bar in bars] == ["python", "numpy", "numba"]
    assert {"8.0 MB", "5.6 MB", "3.2 MB, as 1 other"} <= set(texts(canvas))
    assert bars[2].tip == "Numba; NumPy, in place: 3.20 MB, 2.0× the data"
    [limit] = shapes(canvas, "line", dash=(2.0, 3.0))
    assert (limit.places[0][0] - bars[0].places[0][0]) / widths[0] == pytest.approx(1.6 / 8)
    assert (
        chart("memory", sample).title == "Lists need 2.5× the memory of the leanest (100,000 rows)"
    )


def test_equal_memory_is_said_to_be_equal(tmp_path: Path) -> None:
    once = [run_files.memory(name, 1000, 16e3, 16e3) for name in ("numpy", "numba")]
    cells = {("numpy", 1000, 1): 1.0, ("numba", 1000, 1): 1.0}
    found = context(tmp_path, [run_files.document(cells, once=once)])
    assert chart("memory", found).title == "All need the same memory (1,000 rows)"
    assert len(shapes(drawn("memory", found), "area")) == 1


def test_the_distance_to_the_bandwidth_limit_is_shown_where_all_ran(
    sample: Context, tmp_path: Path
) -> None:
    """Lists: an epoch of 100,000 rows takes 10 ms, reading them 16 µs. At a million they did not run."""
    canvas = drawn("bandwidth", sample)
    for bar in shapes(canvas, "area"):
        time = sample.evidence.time(bar.of, Size(100_000, 1))
        assert time is not None
        ends = [values(canvas)((x, 0))[0] for x, _ in bar.places[:2]]
        assert ends == pytest.approx([1, time.value / 10 / 16e-6], rel=1e-3)
    assert len(shapes(canvas, "area")) == len(COSTS) - 1
    assert (
        chart("bandwidth", sample).title
        == "Numba, SIMD, reaches 78 % of the memory bandwidth limit (100,000 rows)"
    )
    cells = {("python", 10, 1): 1.0, ("numpy", 10, 1): 0.1, ("numpy", 1000, 1): 0.1}
    read = [run_files.read_pass("one", Size(n, 1), 1e-3) for n in (10, 1000)]
    found = context(tmp_path, [run_files.document(cells, k, read) for k in (1, 2)])
    assert (
        chart("bandwidth", found).title
        == "NumPy reaches 10 % of the memory bandwidth limit (10 rows)"
    )


def test_break_even_is_where_lines_cross(tmp_path: Path) -> None:
    """NumPy starts 0.9 s later and takes 10 ms less: ahead after 90 fits, at 0.35 + 90 * 0.02 s.

    Of 9,000 rows it is ahead after 0.9 fits, where no lines cross.
    """
    once = [run_files.startup("python", 0.1), run_files.startup("numpy", 1.0)]
    small: Cells = {("python", 1000, 1): 0.02, ("numpy", 1000, 1): 0.01}
    large: Cells = {("python", 9000, 1): 2.0, ("numpy", 9000, 1): 1.0}
    found = context(tmp_path, [run_files.document(large | small, k, once) for k in (1, 2)])
    canvas = drawn("break_even", found)
    [dot] = shapes(canvas, "dot")
    assert values(canvas)(dot.places[0]) == pytest.approx((90, 2.15), rel=1e-3)
    assert dot.tip == "NumPy is ahead of lists after 90.0 (90.0 to 90.0) fits"
    assert "90" in texts(canvas)
    starts = {line.of: values(canvas)(line.places[0]) for line in shapes(canvas, "line") if line.of}
    assert starts == {
        "python": pytest.approx((1, 0.37), rel=1e-3),
        "numpy": pytest.approx((1, 1.26), rel=1e-3),
    }
    assert (
        chart("break_even", found).title == "NumPy's startup pays off after 90 fits of 1,000 rows"
    )
    found = context(tmp_path / "large", [run_files.document(large, k, once) for k in (1, 2)])
    assert figures.break_even(found) is None


def test_a_shortcut_is_dashed_and_compared_with_the_fastest_tool(
    sample: Context, tmp_path: Path
) -> None:
    canvas = drawn("shortcut", sample)
    assert {line.of: bool(line.dash) for line in shapes(canvas, "line") if line.of and line.size > 1} == {
        "numpy": False, "numba-simd": False, "numpy-gram": True
    }  # fmt: skip
    # 10 µs + 1.5 ns * 200,000 over 3 µs + 0.1 ns * 200,000, and over 0.21 µs + 0.1 ns * 200,000
    assert chart("shortcut", sample).title == (
        "At 100,000 rows, a better algorithm gains 13× over NumPy, the fastest tool 15×"
    )
    slower: Cells = {("numpy", 10, 1): 1.0, ("numpy-gram", 10, 1): 2.0}
    assert title("shortcut", slower, tmp_path) == "A better algorithm gains nothing at 10 rows"


def test_the_spread_has_a_dot_for_each_run(sample: Context, tmp_path: Path) -> None:
    canvas = drawn("spread", sample)
    assert {
        name: len(shapes(canvas, "dot", of=name)) for name in sample.evidence.backends
    } == dict.fromkeys(sample.evidence.backends, RUNS)
    documents = [run_files.document({("numpy", 10, 1): s}, k) for k, s in enumerate((1.0, 4.0), 1)]
    found = context(tmp_path, documents)
    canvas = drawn("spread", found)
    value = values(canvas, log=(False, True))
    dots = [value(dot.places[0])[0] for dot in shapes(canvas, "dot")]
    assert dots == pytest.approx([0.5, 2.0], rel=1e-3)  # over the mean of 1 and 4, which is 2
    assert figures.spread(context(tmp_path / "one", documents[:1])) is None


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_line_turns_and_the_loss_falls(width: float, sample: Context) -> None:
    canvas = drawn("learning", sample, width)
    assert len(shapes(canvas, "dot", color="point")) == 41
    slopes = {0: 0.0, 1: 0.6, 2: 1.08, 4: 1.77, 8: 2.5, 40: 3.0}  # 3 * (1 - 0.8 ** epoch)
    assert {f"epoch {epoch}: {slope:.2f}" for epoch, slope in slopes.items()} <= set(texts(canvas))
    *turning, last, loss = [
        line
        for line in shapes(canvas, "line")
        if line.color in ("numpy", "point") and line.size > 1
    ]
    rises = [line.places[0][1] - line.places[1][1] for line in (*turning, last)]
    assert [rise / rises[-1] for rise in rises] == pytest.approx(
        [s / 3 for s in slopes.values()], abs=0.01
    )
    assert len(loss.places) == 40
    assert [a[1] <= b[1] + 1e-9 for a, b in zip(loss.places, loss.places[1:], strict=False)] == [
        True
    ] * 39
    assert (
        chart("learning", sample).title
        == "Gradient descent turns the line to the slope of the data, 3"
    )


def test_large_data_are_shown_by_rows_and_by_workers(tmp_path: Path) -> None:
    found = Context(of_large_data(tmp_path))
    made = chart("scale", found)
    assert made.title == "2 Dask workers are faster than one core from 10 million rows"
    rows, workers = (Chart("", (panel,)).draw() for panel in made.panels)
    assert "rows (4 features)" in texts(rows)
    # 2.5 ns a row on one core; 2 ms and 1.3 ns a row on workers
    assert points(rows, "numba-simd")[0] == pytest.approx((1e6, 2.5e-3), rel=0.01)
    assert points(rows, "dask")[-1] == pytest.approx((1e8, 0.132), rel=0.01)
    assert points(workers, "dask") == [
        pytest.approx(p, rel=0.01) for p in ((1, 0.2612), (2, 0.132))
    ]
    [dashed] = shapes(workers, "line", dash=(6.0, 3.0))
    measured = next(case.cluster[-1] for case in found.evidence.all_cases[::-1] if case.cluster)
    assert values(workers)(dashed.places[-1]) == pytest.approx(
        (1000, predicted_epoch(measured, 1000)), rel=0.05
    )
    assert figures.hero(found) is figures.first(found) is None


# The files


def test_they_come_in_the_order_of_reading_and_as_three_files_each(
    sample: Context, tmp_path: Path
) -> None:
    made = figures.figures(sample)
    assert [figure.name for figure in made] == figures.names()[:-1]  # but that of large data
    figures.save(made, tmp_path)
    assert [tmp_path / name for name in figures.file_names()[:-3]] == [
        tmp_path / f"{figure.name}{end}" for figure in made for end in (".svg", "-dark.svg", ".png")
    ]
    assert {path.name for path in tmp_path.iterdir()} == set(figures.file_names()[:-3])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    figures.save(figures.figures(Context(sample.evidence)), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_who_cannot_see_a_figure_is_told_its_numbers(sample: Context) -> None:
    for figure in figures.figures(sample):
        assert figure.alt.startswith(f"{figure.chart.title}. ")
        assert figure.caption.endswith(".")
        assert re.search(r"\(.* to .*\)|first|epoch 1: 0.60|8.00 MB", figure.alt), figure.name
