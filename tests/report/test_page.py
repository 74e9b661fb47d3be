import base64
import hashlib
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from npfs.drawing import style
from npfs.report.page import Cell, Page, Table, colors_css, page_html
from tests.report import page_samples

ADDRESSES = {"href", "src", "srcset", "action", "poster", "data"}


class Read(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and the text in each.

    ``open`` is the text that is seen while all that is folded is closed.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = self.open = ""
        self.inside: dict[str, list[str]] = {}
        self._last: list[str] = []
        self._folded = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._last.append(tag)
        self._folded |= tag == "details"
        self.inside.setdefault(tag, []).append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        self.open += "" if self._folded else data
        if self._last:
            self.inside[self._last[-1]][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if self._last:
            self._last.pop()
        self._folded &= tag != "details"

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


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
            assert not [a for a in attributes if a.startswith("on") or a == "style"], tag
            for name in ADDRESSES & set(attributes):
                assert (attributes[name] or "").startswith(("#", "./", "data:image/svg+xml,"))
    assert {a for _, attributes in nasty.tags for a in attributes} <= {
        a for _, attributes in whole.tags for a in attributes
    }
    assert nasty.inside["script"] == whole.inside["script"]


@pytest.mark.parametrize("text", page_samples.NASTY)
def test_what_looks_like_code_is_shown_as_it_is(nasty: Read, text: str) -> None:
    assert nasty.text.count(text) > 20
    assert " ".join(page_samples.NASTY) in nasty.inside["title"]
    assert any(text in drawn for drawn in nasty.inside["text"])
    ids = [a["value"] for a in nasty.attributes("input") if a.get("type") == "checkbox"]
    assert text in ids


def test_the_policy_allows_the_page_s_own_script_and_style_alone(whole: Read) -> None:
    [policy] = [a["content"] for a in whole.attributes("meta") if "http-equiv" in a]
    rules = dict(rule.split(" ", 1) for rule in (policy or "").split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    for tag in ("script", "style"):
        [text] = whole.inside[tag]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


def test_all_content_is_there_in_order() -> None:
    page, place = page_samples.whole_page(), 0
    text = Read(page_html(page)).text
    for part in _parts(page):
        assert part in text[place:], part
        place = text.index(part, place)


def _parts(page: Page) -> list[str]:
    """Return the texts of a page in the order of reading."""
    titles = {figure.name: (figure.title, figure.caption) for figure in page.figures}
    return [
        page.where, page.question, *page.decisive, *page.answer, *titles.pop("hero"),
        *_table_texts(page.jobs), *page.job_lines, *_table_texts(page.costs), *titles.pop("first"),
        *(part for of in page.claims for part in (of.standing, of.claim, of.evidence[0])), *page.trust,
        *page.job_notes, *page.warnings, *page.observations, *(name for _, name in page.backends),
        *(part for name, of in titles.items() if name != "spread" for part in of),
        *(part for of in page.claims for part in (of.claim, *of.evidence, *_table_texts(of.table))),
        *page.findings, *page.startup, *_table_texts(page.startup_table), *page.startup_notes,
        *_table_texts(page.numbers), *page.method, *page.calibration, *titles["spread"],
        *(part for pair in page.environment for part in pair), *page.left_out, *page.not_timed,
        *(part for pair in page.words for part in pair), *(label for label, _ in page.downloads), page.version,
    ]  # fmt: skip


def _table_texts(table: Table | None) -> list[str]:
    if table is None:
        return []
    return [table.caption, *table.columns, *(cell.text for row in table.rows for cell in row)]


def test_what_changes_a_conclusion_is_not_folded_away(whole: Read) -> None:
    page = page_samples.whole_page()
    titles = [figure.title for figure in page.figures if figure.name in ("hero", "first")]
    assert page.jobs is not None
    standings = [part for claim in page.claims for part in (claim.claim, claim.standing)]
    for part in (*page.decisive, *page.answer, *titles, *page.trust, *standings, *page.job_lines):
        assert part in whole.open
    for part in (*page.findings, *page.method, *page.warnings):
        assert part not in whole.open
    assert whole.open.index(page.decisive[0]) < whole.open.index(page.answer[0])


def test_figures_are_drawings_of_real_text_for_two_widths(whole: Read) -> None:
    page = page_samples.whole_page()
    drawings = whole.attributes("svg")
    assert len(drawings) == 2 * len(page.figures)
    assert {drawing["role"] for drawing in drawings} == {"img"}
    assert {drawing["aria-label"] for drawing in drawings} == {
        figure.alt for figure in page.figures
    }
    assert {float((drawing["viewbox"] or "").split()[2]) for drawing in drawings} == {360, 700}
    shown = " ".join(whole.inside["text"])
    assert {"lists 102 ms", "equal at 76 rows", "reading the data"} <= set(whole.inside["text"])
    assert "Numba, SIMD, 100,000 rows: " in " ".join(whole.inside["title"])  # values to point at
    assert page.figures[0].title.split()[-1] in shown
    for figure in page.figures:
        for svg in (figure.wide_svg, figure.narrow_svg):
            used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none"}
            assert used <= {f"var(--{name})" for name in style.LIGHT}
            assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    [css] = whole.inside["style"]
    assert colors_css() in css
    for colors in (style.LIGHT, style.DARK):
        assert all(f"--{name}:{color};" in css for name, color in colors.items())


def test_figures_of_large_data_come_first_where_there_are_no_others() -> None:
    [hero, first, *_] = page_samples.sample_figures()
    scale = replace(first, name="scale", title="Workers pay")
    page = Read(page_html(replace(page_samples.empty_page(), figures=(scale,))))
    assert "Workers pay" in page.open
    both = Read(page_html(replace(page_samples.empty_page(), figures=(hero, scale))))
    assert hero.title in both.open
    assert "Workers pay" not in both.open
    assert both.text.count("Workers pay") == 1


def test_headings_are_in_order_and_ids_once(whole: Read) -> None:
    levels = [int(tag[1]) for tag, _ in whole.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in whole.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    anchors = {(a["href"] or "")[1:] for a in whole.attributes("a") if (a["href"] or "")[0] == "#"}
    assert anchors <= set(ids)
    assert {f"figure-{figure.name}" for figure in page_samples.sample_figures()} <= set(ids)


def test_what_may_scroll_is_named_and_can_be_focused_without_script(whole: Read) -> None:
    regions = [attributes for _, attributes in whole.tags if attributes.get("class") == "scroll"]
    assert len(regions) == 5
    assert {(region["role"], region["tabindex"]) for region in regions} == {("region", "0")}
    assert len({region["aria-label"] for region in regions}) == len(regions)


def test_what_is_empty_leaves_no_heading_behind() -> None:
    page = Read(page_html(page_samples.empty_page()))
    assert page.inside["h2"] == ["Before you trust this"]
    assert page_samples.empty_page().decisive[0] in page.open
    assert not {"details", "table", "figure", "section", "fieldset"} & set(page.inside)
    one = Read(page_html(replace(page_samples.empty_page(), method=("One fresh process.",))))
    assert one.inside["summary"] == ["How it was measured, and whether the intervals hold"]


def test_the_same_page_gives_the_same_bytes() -> None:
    assert page_html(page_samples.whole_page()) == page_html(page_samples.whole_page())


def test_keys_for_sorting() -> None:
    cells = [
        Cell("a", 1.5e-9), Cell("b", "<&>"), Cell("c"), Cell("d", math.nan), Cell("e", math.inf), Cell("f", 0)
    ]  # fmt: skip
    table = Table("t", ("case",), tuple((cell,) for cell in cells), (False,))
    read = Read(page_html(replace(page_samples.empty_page(), numbers=table)))
    heads = [attributes for _, attributes in read.tags if attributes.get("scope") == "row"]
    assert [a.get("data-number") for a in heads] == ["1.5e-09", None, None, None, "Infinity", "0"]
    assert [a.get("data-text") for a in heads] == [None, "<&>", None, None, None, None]


def test_a_table_needs_an_entry_for_each_column() -> None:
    for rows, numeric in ((((Cell("a"),),), (False, False)), (((Cell("a"), Cell("b")),), (False,))):
        with pytest.raises(ValueError, match="'cases': not one entry for each column"):
            Table("cases", ("one", "two"), rows, numeric)
