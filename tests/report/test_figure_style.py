import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from npfs.analysis.evidence import Evidence
from npfs.drawing import labels, scales, style
from npfs.report import figures
from npfs.report.content import PageFigure
from npfs.report.figures import dark_of

BACKENDS = [*style._KNOWN, "another", "one more", "and one", "last"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("figures")


@pytest.fixture(scope="module")
def saved(sample: Evidence, folder: Path) -> list[PageFigure]:
    return figures.save_figures(sample, folder)


def colors(svg: str) -> set[str]:
    return set(re.findall(r"#[0-9a-fA-F]{6}(?![\w-])", svg))


def test_contrast_is_that_of_the_standard() -> None:
    """WCAG: black on white is 21; #767676 is the lightest grey that is at least 4.5."""
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert style.contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("backend", BACKENDS)
def test_text_can_be_read_on_both_pages(backend: str) -> None:
    look = style.looks(BACKENDS)[backend]
    assert style.contrast(look.text, style.BACKGROUND) >= 4.5
    assert style.contrast(style.DARK[look.text], style.DARK_BACKGROUND) >= 4.5
    # ink on the cells of the map, and lines on the page
    assert style.contrast(style.INK, look.tint) >= 4.5
    assert style.contrast(style.DARK[style.INK], style.DARK[look.tint]) >= 4.5
    assert style.contrast(look.line, style.BACKGROUND) >= 2.9
    assert style.contrast(style.DARK[look.line], style.DARK_BACKGROUND) >= 4.5


@pytest.mark.parametrize("text", [style.INK, style.MUTED, style.WARNING])
@pytest.mark.parametrize("ground", [style.BACKGROUND, style.SHADE])
def test_neutral_text_can_be_read_on_both_pages(text: str, ground: str) -> None:
    assert style.contrast(text, ground) >= 4.5
    assert style.contrast(style.DARK[text], style.DARK[ground]) >= 4.5


@pytest.mark.parametrize("number", [1, 2, 6, 8, 20])
def test_a_ramp_can_be_read_on_both_pages(number: int) -> None:
    ramp = style.ramp(number)
    assert len(ramp) == number
    for line, text in ramp:
        assert style.contrast(text, style.BACKGROUND) >= 4.5
        assert style.contrast(style.DARK[text], style.DARK_BACKGROUND) >= 4.5
        assert line in style.DARK
    assert len({line for line, _ in ramp}) == min(number, style.RAMP_STEPS)


def test_every_look_is_its_own() -> None:
    looks = style.looks(BACKENDS)
    assert len({look.marker for look in looks.values()}) == len(BACKENDS)
    assert len({look.line for look in looks.values()}) == len(BACKENDS)
    assert len({style.DARK[look.line] for look in looks.values()}) == len(BACKENDS)


def test_figures_use_the_palette_alone_and_dark_ones_its_counterparts(
    saved: list[PageFigure],
) -> None:
    for one in saved:
        assert colors(one.light_svg) <= set(style.DARK), one.name
        assert colors(one.dark_svg) <= set(style.DARK.values()), one.name
        assert style.BACKGROUND in one.light_svg
        assert style.DARK_BACKGROUND in one.dark_svg
        # nothing but colours differs
        blank = re.compile(r"#[0-9a-f]{6}(?![\w-])")
        assert blank.sub("#", one.dark_svg) == blank.sub("#", one.light_svg)


def test_only_colours_of_the_drawing_turn_dark() -> None:
    svg = '<svg aria-label="#ffffff"><use href="#ffffff-1"/><path style="fill:#ffffff"/></svg>'
    assert dark_of(svg) == svg.replace("fill:#ffffff", f"fill:{style.DARK_BACKGROUND}")


def test_an_svg_is_a_document_with_its_alternative_text(
    saved: list[PageFigure], folder: Path
) -> None:
    for one in saved:
        root = ET.fromstring(one.light_svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("role") == "img"
        assert root.get("aria-label") == one.alt
        assert re.search(r"\d", one.alt)
        assert (folder / f"{one.name}.svg").read_text(encoding="utf-8") == one.light_svg + "\n"
        assert (folder / f"{one.name}-dark.svg").read_text(encoding="utf-8") == one.dark_svg + "\n"
        assert len(one.light_svg) < 150_000
        # nothing is loaded from elsewhere
        assert not re.search(r'(href|src)="(?!#)', one.light_svg)


def test_grid_lines_stay_lines_in_svg(saved: list[PageFigure]) -> None:
    """A horizontal stroke is not taken for a point."""
    svg = next(one.light_svg for one in saved if one.name == "time")
    strokes = re.findall(r'd="M([\d.]+) ([\d.]+) L([\d.]+) \2 ?"', svg)
    assert sum(float(end) - float(start) > 300 for start, _, end in strokes) >= 3


def test_labels_are_moved_apart_and_stay_in_order() -> None:
    assert labels.spread([0, 100, 200], 10) == [0, 100, 200]
    assert labels.spread([0, 1], 10) == [-4.5, 5.5]
    placed = labels.spread([0, 1, 2, 50, 51], 10)
    assert all(b - a >= 10 - 1e-9 for a, b in pairwise(placed))
    assert sum(placed[:3]) == pytest.approx(3)
    assert labels.spread([], 10) == []


def test_labels_stay_between_bounds() -> None:
    assert labels.spread([0, 1], 10, 0, 100) == [0, 10]
    assert labels.spread([99, 99, 100], 10, 0, 100) == [80, 90, 100]
    assert labels.spread([5, 5, 5], 10, 0, 10) == [0, 5, 10]


def test_names_are_shortened() -> None:
    assert labels.shorten("NumPy, vectorized") == "NumPy, vectorized"
    assert labels.shorten("x" * 200) == "x" * 27 + "…"
    assert labels.shorten(" two\n lines\t") == "two lines"
    assert labels.shorten("数 is not in the font") == "□ is not in the font"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.05, 2000, [0.1, 1, 10, 100, 1000]),
        (0.9, 11, [1, 2, 5, 10]),
        (1e-9, 1e9, None),
        (3.1, 3.2, None),
        (1e-300, 1e300, None),
    ],
)
def test_scales_have_a_few_round_numbers(
    low: float, high: float, expected: list[float] | None
) -> None:
    found = scales.round_numbers(low, high)
    assert 1 <= len(found) <= 7
    assert all(low <= number <= high for number in found)
    if expected is not None:
        assert found == expected


def test_numbers_of_an_axis() -> None:
    assert [scales.plain(x) for x in (0.01, 1, 30, 1000, 2e6)] == ["0.01", "1", "30", "1k", "2M"]
    assert [scales.duration(x) for x in (2e-9, 1e-5, 0.03, 1, 5000)] == [
        "2 ns", "10 µs", "30 ms", "1 s", "5,000 s"
    ]  # fmt: skip
    assert scales.times(10) == "10×"
