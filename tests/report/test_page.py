import base64
import hashlib
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from npfs.report.content import Cell, Table
from npfs.report.figures import FIGURES
from npfs.report.page import data_uri, page_html
from tests.report import page_samples

SCROLLS = {"scroll", "scroll drawing"}
ADDRESSES = {"href", "src", "srcset", "action", "poster", "data"}


class Read(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and the text in each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside: dict[str, list[str]] = {}
        self._last = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._last = tag
        self.inside.setdefault(tag, []).append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._last:
            self.inside[self._last][-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._last = ""


@pytest.fixture(scope="module")
def whole() -> Read:
    return Read(page_html(page_samples.whole_page()))


@pytest.fixture(scope="module")
def nasty() -> Read:
    return Read(page_html(page_samples.nasty_page()))


def test_nothing_is_injected(whole: Read, nasty: Read) -> None:
    assert {tag for tag, _ in nasty.tags} <= {tag for tag, _ in whole.tags}
    for page in (whole, nasty):
        assert len(page.inside["script"]) == len(page.inside["style"]) == 1
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], (
                tag
            )
            for name in ADDRESSES & set(attributes):
                assert (attributes[name] or "").startswith(("#", "./", "data:image/svg+xml,"))
    assert {a for _, attributes in nasty.tags for a in attributes} <= {
        a for _, attributes in whole.tags for a in attributes
    }
    assert nasty.inside["script"] == whole.inside["script"]


@pytest.mark.parametrize("text", page_samples.NASTY)
def test_what_looks_like_code_is_shown_as_it_is(nasty: Read, text: str) -> None:
    assert nasty.text.count(text) > 20
    assert nasty.inside["title"] == [" ".join(page_samples.NASTY)]
    assert [a["alt"] for tag, a in nasty.tags if tag == "img"].count(text) == 2


def test_the_policy_allows_the_page_s_own_script_and_style_alone(whole: Read) -> None:
    [policy] = [
        attributes["content"]
        for tag, attributes in whole.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.split(" ", 1) for rule in (policy or "").split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    for tag in ("script", "style"):
        [text] = whole.inside[tag]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


def test_all_content_is_there_in_order() -> None:
    page = page_samples.whole_page()
    text = Read(page_html(page)).text
    assert page.jobs is not None
    assert page.startup_table is not None
    assert page.numbers is not None
    parts = [
        page.question,
        *page.answer,
        *page.decisive,
        page.machine,
        page.trust,
        *_table_texts(page.jobs),
        *page.job_lines,
        *page.job_notes,
        *page.warnings,
        *(part for claim in page.claims for part in (claim.claim, claim.standing, *claim.evidence)),
        *(part for figure in page.figures for part in (figure.title, figure.how_to_read)),
        *page.findings,
        *page.startup,
        *_table_texts(page.startup_table),
        *_table_texts(page.numbers),
        *page.calibration,
        *(part for pair in page.environment for part in pair),
        *page.method,
        *page.left_out,
        *(label for label, _ in page.downloads),
        page.version,
    ]
    place = text.index("Skip to")
    for part in parts:
        assert part in text[place:], part
        place = text.index(part, place)


def _table_texts(table: Table) -> list[str]:
    return [table.caption, *table.columns, *(cell.text for row in table.rows for cell in row)]


def test_headings_are_in_order_and_named_in_the_navigation(whole: Read) -> None:
    levels = [int(tag[1]) for tag, _ in whole.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in whole.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    anchors = [
        (a["href"] or "")[1:] for t, a in whole.tags if t == "a" and (a["href"] or "")[0] == "#"
    ]
    assert set(anchors) <= set(ids)
    assert whole.inside["h2"][1:] == whole.inside["a"][1 : len(whole.inside["h2"])]


def test_what_may_scroll_is_named_and_can_be_focused_without_script(whole: Read) -> None:
    regions = [attributes for _, attributes in whole.tags if attributes.get("class") in SCROLLS]
    assert len(regions) == 8  # four figures, four tables
    assert {(region["role"], region["tabindex"]) for region in regions} == {("region", "0")}
    assert len({region["aria-label"] for region in regions}) == len(regions)


def test_what_is_empty_leaves_no_heading_behind() -> None:
    page = Read(page_html(page_samples.empty_page()))
    assert page.inside["h2"] == ["Before you trust this"]
    assert page_samples.empty_page().decisive[0] in page.text
    assert not {"nav", "table", "figure", "ul class"} & set(page.inside)
    one = replace(page_samples.empty_page(), method=("One fresh process.",))
    assert Read(page_html(one)).inside["h2"] == ["Before you trust this", "How it was measured"]


def test_a_page_of_the_full_preset_with_every_figure_has_at_most_3_mb() -> None:
    page = (page_samples.REFERENCE / "index.html").read_bytes()
    assert page.count(b"<figure") == len([spec for spec in FIGURES if spec.name != "scale"])
    assert len(page) <= 3_000_000


def test_the_same_page_gives_the_same_bytes() -> None:
    assert page_html(page_samples.whole_page()) == page_html(page_samples.whole_page())


@pytest.mark.parametrize("name", ["time", "speedup", "learning", "shortcut"])
def test_a_figure_s_address_holds_the_whole_drawing(name: str) -> None:
    svg = (page_samples.REFERENCE / f"{name}.svg").read_text(encoding="utf-8")
    address = data_uri(svg)
    assert len(address) < 1.3 * len(svg)  # base64 would take 1.33
    assert not set(address) & set("<>\"'& #\n")
    head, drawing = address.split(",", 1)
    assert head == "data:image/svg+xml"
    assert _drawn(unquote(drawing)) == _drawn(svg)


def _drawn(svg: str) -> list[tuple[str, dict[str, object]]]:
    """Return each element with its attributes, a path's data as its commands and numbers."""
    return [
        (
            element.tag,
            {
                name: re.findall(r"[A-Za-z]|[-+]?[\d.]+", value) if name == "d" else value.split()
                for name, value in element.attrib.items()
            },
        )
        for element in ET.fromstring(svg).iter()
        if "metadata" not in element.tag and "rdf" not in element.tag and "purl" not in element.tag
        and "creativecommons" not in element.tag
    ]  # fmt: skip


@pytest.mark.parametrize("svg", ["M 0 0 L .5 -1e-3 z", "M0,0 , L.5,-1e-3z", "M 0 0L.5-1e-3Z"])
def test_a_path_is_shortened_and_not_changed(svg: str) -> None:
    path = unquote(data_uri(f'<svg><path id="a" d="{svg}"/></svg>'))
    assert "M0,0L.5" in path
    assert re.search(r"\.5,?-1e-3[zZ]", path)


def test_keys_for_sorting() -> None:
    cells = [
        Cell("a", 1.5e-9),
        Cell("b", "<&>"),
        Cell("c"),
        Cell("d", math.nan),
        Cell("e", math.inf),
        Cell("f", 0),
    ]
    table = Table("t", ("case",), tuple((cell,) for cell in cells), (False,))
    read = Read(page_html(replace(page_samples.empty_page(), numbers=table)))
    heads = [attributes for tag, attributes in read.tags if attributes.get("scope") == "row"]
    keys = [(a.get("data-number"), a.get("data-text")) for a in heads]
    expected = [
        ("1.5e-09", None),
        (None, "<&>"),
        (None, None),
        (None, None),
        ("Infinity", None),
        ("0", None),
    ]
    assert keys == expected


def test_a_table_needs_an_entry_for_each_column() -> None:
    for rows, numeric in ((((Cell("a"),),), (False, False)), (((Cell("a"), Cell("b")),), (False,))):
        with pytest.raises(ValueError, match="'cases': not one entry for each column"):
            Table("cases", ("one", "two"), rows, numeric)
