"""The page in a real browser, opened from disk."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from npfs.report import figures
from npfs.report import page as pages
from npfs.report.build import PAGE, read_evidence, texts
from npfs.report.context import Context
from npfs.report.page import page_html
from tests.report import page_samples

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
Page = Any

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
A4_PIXELS = 703  # 210 mm without margins of 12 mm, at 96 pixels an inch
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPEN = "document.querySelectorAll('details').forEach(folded => folded.open = true)"


@cache
def reference() -> str:
    """The page of the runs of the reference report, as it is written now."""
    context = Context(read_evidence(page_samples.REFERENCE))
    return texts(context, figures.page_figures(figures.figures(context)))[1][PAGE]


def sample(name: str) -> pages.Page:
    if name == "numbers":
        return replace(page_samples.empty_page(), numbers=page_samples.numbers())
    made: pages.Page = getattr(page_samples, f"{name}_page")()
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Callable[..., Page]]:
    """Open a sample in a window of its own; all it complains of and asks for must be what is expected."""
    contexts, complaints, requests = [], [], []

    def go(name: str = "short", anchor: str = "", **options: Any) -> Page:
        file = folder / f"{name}.html"
        if not file.exists():
            html = reference() if name == "reference" else page_html(sample(name))
            file.write_text(html, encoding="utf-8", newline="\n")
        contexts.append(browser.new_context(**({"viewport": DESK} | options)))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri() + anchor)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not complaints
    own = [url for url in requests if url.startswith(folder.as_uri())]
    assert own
    assert [url for url in requests if url not in own and not url.startswith("data:")] == []


@pytest.mark.parametrize("name", ["reference", "nasty", "empty"])
def test_opens_from_disk_asks_for_nothing_and_never_scrolls_sideways(
    opened: Callable[..., Page], name: str
) -> None:
    page = opened(name)
    if name == "reference":
        page.wait_for_load_state("networkidle")  # half a second without a request
    for width in (320, 360, 768, 1400):
        page.set_viewport_size({"width": width, "height": 740})
        for _ in ("closed", "open"):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.evaluate(OPEN)


def test_nothing_in_a_name_runs(opened: Callable[..., Page]) -> None:
    page = opened("nasty")
    page.evaluate(
        "document.querySelectorAll('*').forEach(element => element.dispatchEvent(new Event('mouseover')))"
    )
    assert all(
        link.startswith("file://")
        for link in page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    )
    assert page.title() == " ".join(sample("nasty").question.split())


# As large as it may be


@pytest.mark.parametrize(
    ("viewport", "screens", "svg"), [(DESK, 7, ".wide svg"), (PHONE, 11, ".narrow svg")]
)
def test_the_page_is_short_and_begins_with_a_picture(
    opened: Callable[..., Page], viewport: dict[str, int], screens: int, svg: str
) -> None:
    page = opened("reference", viewport=viewport)
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height <= screens * viewport["height"]
    hero = page.locator(f"#figure-hero {svg}").bounding_box()
    # its title and its first lines, not its edge alone
    assert hero["y"] + 100 < viewport["height"]
    assert hero["width"] > 0.55 * viewport["width"]
    assert (page.locator(".wide svg").first.is_visible()) == (viewport is DESK)


def test_it_prints_on_five_sheets_and_has_a_megabyte(opened: Callable[..., Page]) -> None:
    page = opened("reference", color_scheme="dark")
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= 5
    assert len(reference().encode()) <= 1_000_000


# Figures


def test_a_point_under_the_pointer_tells_its_value_and_interval(
    opened: Callable[..., Page],
) -> None:
    page = opened()
    point = page.locator("#figure-hero .wide circle[data-of=numpy]").last
    point.hover()
    box, tip = point.bounding_box(), page.locator("#tip")
    assert re.fullmatch(r"NumPy, 100,000 rows: 3\.\d+ ms \(3\.\d+ to 3\.\d+\)", tip.inner_text())
    shown = tip.bounding_box()
    above, below = box["y"] - shown["y"] - shown["height"], shown["y"] - box["y"] - box["height"]
    assert 0 < max(above, below) < 20
    assert 0 <= shown["x"] <= shown["x"] + shown["width"] <= DESK["width"]
    assert page.locator(".tip title").count() == 0  # a browser would show these as well
    page.mouse.move(5, 5)
    assert not tip.is_visible()
    page.evaluate(OPEN)
    number = page.locator("#figure-heatmap .wide text[data-of=numba]", has_text="48")
    number.scroll_into_view_if_needed()
    box = number.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 5)  # on the number, which stands on its cell
    assert tip.inner_text().startswith("Numba, 10 rows: 48")
    page.mouse.wheel(0, 300)
    tip.wait_for(state="hidden")  # another thing lies under the pointer now


def test_arrow_keys_go_from_point_to_point(opened: Callable[..., Page]) -> None:
    page = opened(viewport=PHONE)
    hero, tip = page.locator("#figure-hero .narrow svg"), page.locator("#tip")
    hero.focus()
    assert not tip.is_visible()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
        seen.append(tip.inner_text())
        assert page.locator(".tip.on").count() == 1
        box = tip.bounding_box()
        assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]
    assert seen[0] == seen[2] == seen[4]
    assert len(set(seen)) == 3  # the first, the second, and the last
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    assert not tip.is_visible()
    page.locator("#figure-heatmap .narrow svg").evaluate(
        "svg => svg.closest('details').open = true"
    )
    page.locator("#figure-heatmap .narrow svg").focus()
    page.keyboard.press("ArrowLeft")  # from outside it begins at the end
    assert tip.inner_text().startswith("Numba, SIMD, 10,000 rows × 16 features")


def test_backends_and_the_baseline_are_chosen_and_kept_in_the_address(
    opened: Callable[..., Page],
) -> None:
    page = opened("whole")
    assert "#" not in page.url
    page.locator("#figures > summary").click()
    lists, other = page.locator("#figure-speedup"), page.locator("#figure-speedup_over_numpy")
    assert (lists.is_visible(), other.is_visible()) == (True, False)
    page.get_by_label("Numba, SIMD", exact=True).uncheck()
    page.get_by_label("Python lists", exact=True).press("Space")
    page.get_by_label("NumPy", exact=True).check()
    for _ in ("chosen", "reloaded"):
        assert (lists.is_visible(), other.is_visible()) == (False, True)
        gone = "shapes => shapes.filter(shape => shape.checkVisibility()).length"
        for name, is_off in (("numba-simd", True), ("python", True), ("numpy", False)):
            for figure in ("hero", "heatmap" if name != "numpy" else "spread", "bandwidth"):
                shapes = f"#figure-{figure} [data-of='{name}']"
                page.evaluate(OPEN)
                assert page.locator(shapes).count()
                assert (page.eval_on_selector_all(shapes, gone) == 0) == is_off, (name, figure)
        assert set(page.url.split("#")[1].split("&")) == {
            "off=numba-simd", "off=python", "baseline=speedup_over_numpy"
        }  # fmt: skip
        page.reload()
        page.locator("#figures > summary").click()
    page.get_by_label("Numba, SIMD", exact=True).check()
    page.get_by_label("Python lists", exact=True).check()
    page.get_by_label("lists", exact=True).check()
    assert (lists.is_visible(), other.is_visible()) == (True, False)
    assert "#" not in page.url


@pytest.mark.parametrize("anchor", ["#figure-hero", "#off=nobody&baseline=nothing"])
def test_another_address_changes_nothing(opened: Callable[..., Page], anchor: str) -> None:
    page = opened(anchor=anchor)
    assert page.url.endswith(anchor)
    page.evaluate(OPEN)
    assert page.locator("#figure-speedup").is_visible()
    assert page.locator("#backends input:checked").count() == len(sample("short").backends)
    page.get_by_label("Numba, SIMD", exact=True).uncheck()
    assert "off=numba-simd" in page.url
    assert "figure-hero" not in page.url


def test_any_name_can_be_switched_off(opened: Callable[..., Page]) -> None:
    page = opened("nasty")
    dot = page.locator("#figure-hero .wide circle")
    for _ in ("chosen", "reloaded"):
        page.evaluate(OPEN)
        box = page.locator("#backends input").nth(2)
        box.uncheck()
        assert not dot.is_visible()
        page.reload()
    assert not box.is_checked()


def test_figures_and_colours_follow_the_scheme_and_print_is_light(
    opened: Callable[..., Page],
) -> None:
    page = opened()
    ink = "getComputedStyle(document.querySelector('#figure-hero svg text')).fill"
    for scheme in ("light", "dark"):
        page.set_viewport_size(DESK)
        page.emulate_media(media="screen", color_scheme=scheme)
        assert (_level(page, "getComputedStyle(document.body).backgroundColor") < 60) == (
            scheme == "dark"
        )
        assert (_level(page, ink) > 200) == (scheme == "dark")
        page.set_viewport_size({"width": A4_PIXELS, "height": 1000})
        page.emulate_media(media="print")
        prints_light(page)
        assert _level(page, ink) < 60


def _level(page: Page, color: str) -> int:
    return max(map(int, re.findall(r"\d+", page.evaluate(color))[:3]))


def prints_light(page: Page) -> None:
    assert _level(page, "getComputedStyle(document.body).backgroundColor") == 255
    page.evaluate(OPEN)
    assert page.locator(".wide svg").first.bounding_box()["x"] >= 0
    assert not page.locator(".narrow svg").first.is_visible()
    for hidden in (".controls", ".skip", "#tip"):
        assert not page.locator(hidden).first.is_visible()
    cut = (
        "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)"
    )
    assert page.evaluate(f"{cut}.map(box => box.textContent.trim())") == []
    height = "getComputedStyle(document.querySelector('.tall .scroll')).maxHeight"
    assert page.evaluate(height) == "none"


# The table of every case


def test_sorting(opened: Callable[..., Page]) -> None:
    page = opened("numbers")
    page.locator("#numbers > summary").click()
    for column, way in (
        ("rows × features", "mouse"),
        ("one fit", "keyboard"),
        ("over lists", "mouse"),
        ("over NumPy", "keyboard"),
        ("backend", "mouse"),
    ):
        sort_both_ways(page, column, way)
    assert len(page.query_selector_all("[aria-sort]")) == 1


def sort_both_ways(page: Page, column: str, way: str) -> None:
    table = page_samples.numbers()
    index = table.columns.index(column)
    key = {(row[0].text, row[1].text): row[index].sort for row in table.rows}
    known = sorted(
        (value for value in key.values() if value is not None),
        key=lambda value: value.lower() if isinstance(value, str) else value,
    )
    unknown = [None] * (len(key) - len(known))
    assert (column.startswith("over")) == bool(unknown)
    button = page.get_by_role("button", name=column, exact=True)
    head = page.locator("#cases").get_by_role("columnheader", name=column, exact=True)
    for direction, expected in (("ascending", known), ("descending", known[::-1])):
        if way == "mouse":
            button.click()
        else:
            button.focus()
            page.keyboard.press("Enter" if direction == "ascending" else "Space")
        assert head.get_attribute("aria-sort") == direction
        assert [key[row[0], row[1]] for row in _shown(page)] == [*expected, *unknown]
        assert page.get_by_role("status").inner_text().endswith(f", by {column}, {direction}")


def test_filtering(opened: Callable[..., Page]) -> None:
    page = opened("numbers")
    page.locator("#numbers > summary").click()
    rows = [[cell.text for cell in row] for row in page_samples.numbers().rows]
    status, search = page.get_by_role("status"), page.get_by_label("Search", exact=True)
    assert _shown(page) == rows
    assert status.inner_text() == f"{len(rows)} of {len(rows)} cases shown"
    search.click()
    page.keyboard.type("GRAM 1,000 ")
    gram = [row for row in rows if "Gram" in row[1] and "1,000" in " ".join(row)]
    assert 0 < len(gram) < len(rows)
    assert _shown(page) == gram
    search.fill("no such thing")
    assert _shown(page) == []
    assert status.inner_text() == f"0 of {len(rows)} cases shown"
    search.fill("")
    page.keyboard.press("Tab")
    page.keyboard.type("NumPy, in")  # a list of choices goes to what is typed
    numpy = [row for row in rows if row[1] == "NumPy, in place"]
    assert _shown(page) == numpy
    assert status.inner_text() == f"{len(numpy)} of {len(rows)} cases shown"
    page.get_by_role("button", name="one fit").click()
    assert sorted(_shown(page)) == sorted(numpy)
    page.get_by_label("Backend", exact=True).select_option("all")
    assert len(_shown(page)) == len(rows)


def _shown(page: Page) -> list[list[str]]:
    rows: list[list[str]] = page.eval_on_selector_all(
        "#cases tbody tr", "rows => rows.filter(row => row.checkVisibility()).map("
        "row => [...row.cells].map(cell => cell.textContent))",
    )  # fmt: skip
    return rows


# For everyone


def test_without_script_everything_is_there(opened: Callable[..., Page]) -> None:
    page = opened("whole", java_script_enabled=False)
    for summary in page.locator("summary").all():
        summary.click()
    rows, figures_ = page_samples.numbers().rows, sample("whole").figures
    assert page.locator("#cases tbody tr").count() == len(rows)
    assert page.locator("#cases tbody tr").last.is_visible()
    heads = page.locator("#cases th[scope=col]").all_inner_texts()
    assert heads == list(page_samples.numbers().columns)
    assert page.get_by_role("button").count() == 0
    assert page.locator(".controls:visible, #tip:visible").count() == 0
    assert page.locator(".wide svg:visible").count() == len(figures_)  # with both baselines
    assert page.locator("#figure-hero .wide circle title").count() > 9  # values to point at


def test_the_keyboard_reaches_what_scrolls_and_shows_where_it_is(
    opened: Callable[..., Page],
) -> None:
    page = opened(viewport=PHONE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.evaluate(OPEN)
    reached = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.ariaLabel ?? document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.add(name)
        if page.evaluate("document.activeElement === document.body"):
            break
        assert outline == "solid", name
    with_values = {one.alt for one in sample("short").figures if one.name != "learning"}
    assert (
        with_values - {one.alt for one in sample("short").figures if "over_numpy" in one.name}
        <= reached
    )
    assert {f"Table: {page_samples.numbers().caption}", "results.csv"} <= reached


def test_what_does_not_scroll_is_no_stop(opened: Callable[..., Page]) -> None:
    assert opened().locator("#jobs .scroll[tabindex]").count() == 0


def test_on_a_phone_the_table_of_jobs_is_cards(opened: Callable[..., Page]) -> None:
    page = opened(viewport=PHONE)
    card = page.locator("#job-table tbody tr").first.bounding_box()
    assert card["x"] + card["width"] <= PHONE["width"]
    assert card["height"] > 100
    rows = page.get_by_role("table", name="Time to result").get_by_role("row")
    assert rows.count() == 4
    hero = page.locator("#figure-hero .narrow svg")
    assert hero.bounding_box()["width"] == pytest.approx(PHONE["width"], abs=1)
    sizes = hero.evaluate(
        "svg => [...svg.querySelectorAll('text')].map(text => text.getBBox().height)"
    )
    assert min(sizes) >= 11 - math.ulp(1)  # pixels: as they are drawn


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("short", {"color_scheme": "light"}),
        ("short", {"viewport": PHONE, "color_scheme": "dark"}),
        ("nasty", {"color_scheme": "light"}),
        ("empty", {"color_scheme": "light"}),
    ],
)
def test_axe_finds_nothing(opened: Callable[..., Page], name: str, options: dict[str, Any]) -> None:
    page = opened(name, **options)
    page.evaluate(OPEN)
    if name == "short":
        page.get_by_role("button", name="one fit").click()
        page.mouse.move(1, 1)  # away from the figures, which come below it when it scrolls
        page.locator(".narrow svg" if "viewport" in options else ".wide svg").first.focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("#tip").is_visible()
    # Of what is as it should be one element each is enough: all of them take longer than the rules.
    asked = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = axe.Axe().run(page, options=asked).response
    assert {rule["id"] for rule in found["passes"]} >= {
        "color-contrast",
        "region",
        "landmark-one-main",
    }
    problems = [
        (rule["id"], node["html"][:200], node["failureSummary"])
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
    assert problems == []
