"""One drawing as SVG, for a page and as a file, and as PNG."""

import io
from xml.etree import ElementTree as ET

import pytest
from matplotlib.image import imread

from npfs.drawing import style
from npfs.drawing.canvas import Canvas

NAME = '<script>alert("1")</script> & $x$\n\x00שלום 数'
SVG = "{http://www.w3.org/2000/svg}"


def canvas() -> Canvas:
    made = Canvas(60, 40)
    made.rectangle((10, 10), 20, 10, "python", opacity=0.5, of=NAME, tip=NAME)
    made.line([(0, 30), (60, 30)], "numpy", 4, dash=(6.0, 3.0))
    made.dot((45, 15), "numba", 5, tip=NAME)
    made.text((30, 35), NAME, size=8, anchor="end", bold=True, angle=-40)
    return made


def test_svg_is_xml_with_names_for_colours_and_names_as_text() -> None:
    svg = canvas().svg(NAME)
    root = ET.fromstring(svg)
    assert (root.get("viewBox"), root.get("role")) == ("0 0 60 40", "img")
    area, line, dot, text = root
    line_of_name = '<script>alert("1")</script> & $x$ שלום 数'
    assert root.get("aria-label") == area.get("data-of") == text.text == line_of_name
    assert [title.text for title in root.iter(f"{SVG}title")] == [line_of_name] * 2
    assert area.get("class") == dot.get("class") == "tip"
    assert area.get("d") == "M10 10L30 10L30 20L10 20Z"
    assert area.get("fill-opacity") == "0.5"  # its outline, where it is pointed at, is not faint
    assert (line.get("stroke"), line.get("stroke-dasharray")) == ("var(--numpy)", "6 3")
    assert (dot.get("cx"), dot.get("cy"), dot.get("r")) == ("45", "15", "5")
    assert text.get("text-anchor") == "end"
    assert text.get("transform") == "rotate(-40 30 35)"
    assert not {"style", "id"} & {name for element in root.iter() for name in element.attrib}
    assert "<script" not in svg


def test_a_file_has_a_size_and_colours_of_its_own() -> None:
    root = ET.fromstring(canvas().svg("", style.DARK, style.DARK["page"]))
    assert (root.get("width"), root.get("height")) == ("60", "40")
    assert (root[0].tag, root[0].get("fill")) == (f"{SVG}rect", style.DARK["page"])
    assert root[1].get("fill") == style.DARK["python"]
    assert "var(" not in ET.tostring(root, encoding="unicode")


def test_png_is_the_same_drawing() -> None:
    made = canvas()
    made.shapes.pop()  # the text, whose pixels are the font's
    pixels = imread(io.BytesIO(made.png(2)))
    assert pixels.shape == (80, 120, 4)
    seen = {
        place: "#" + "".join(f"{round(c * 255):02x}" for c in pixels[y * 2, x * 2, :3])
        for place, (x, y) in {"page": (5, 5), "python": (20, 15), "numba": (45, 15), "numpy": (2, 30)}.items()
    }  # fmt: skip
    faint = style.blend(style.LIGHT["page"], style.LIGHT["python"], 0.5)
    for name, color in seen.items():
        expected = faint if name == "python" else style.LIGHT[name]
        assert _channels(color) == pytest.approx(_channels(expected), abs=3)
    assert made.png(2) == made.png(2)


def _channels(color: str) -> list[int]:
    return [int(color[k : k + 2], 16) for k in (1, 3, 5)]


def test_png_holds_names_that_its_font_lacks() -> None:
    """Warnings are errors; dollar signs are no formula."""
    with_text, without = canvas(), canvas()
    without.shapes.pop()
    assert with_text.png(1) != without.png(1)
