"""The files of figures: which there are, their colours, and what holds of their text."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from matplotlib.image import imread

from npfs.analysis.evidence import Evidence
from npfs.drawing import style
from npfs.report import figures
from npfs.report.content import PageFigure
from npfs.report.figures import dark_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("figures")


@pytest.fixture(scope="module")
def saved(sample: Evidence, folder: Path) -> list[PageFigure]:
    before = dict(mpl.rcParams)
    found = figures.save_figures(sample, folder)
    assert dict(mpl.rcParams) == before
    return found


def test_the_figures_come_in_the_order_of_reading(saved: list[PageFigure], folder: Path) -> None:
    names = [one.name for one in saved]
    assert names == [
        "time", "speedup", "winners", "rungs", "total", "memory", "spread", "learning", "rates", "shortcut"
    ]  # fmt: skip
    of_other_runs = {"scale.svg", "scale-dark.svg", "scale.png"}  # of the preset of that name
    written = {path.name for path in folder.iterdir()}
    assert set(figures.file_names()) - of_other_runs == written
    for one in saved:
        assert imread(folder / f"{one.name}.png").std() > 0.01
        # One sentence on how to read it, for a newcomer.
        assert re.fullmatch(r"[A-Z][^.]*\.", one.how_to_read)


def colors(svg: str) -> set[str]:
    return set(re.findall(r"#[0-9a-fA-F]{6}(?![\w-])", svg))


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
