"""The page in a real browser, opened from disk."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npfs.report.page import page_html
from tests.report import page_samples

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
Page = Any

SAMPLES = {
    "whole": page_samples.whole_page,
    "short": page_samples.short_page,
    "numbers": lambda: replace(page_samples.empty_page(), numbers=page_samples.numbers()),
    "nasty": page_samples.nasty_page,
    "empty": page_samples.empty_page,
}
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1400, "height": 900}
A4_PIXELS = 703  # 210 mm without margins of 12 mm, at 96 pixels an inch
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, sample in SAMPLES.items():
        (folder / f"{name}.html").write_text(page_html(sample()), encoding="utf-8", newline="\n")
    return {name: folder / f"{name}.html" for name in SAMPLES}


@pytest.fixture
def opened(browser: Any, files: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Open a sample in a window of its own; all it complains of and asks for must be what is expected."""
    contexts, complaints, requests = [], [], []

    def go(name: str = "short", **options: Any) -> Page:
        contexts.append(browser.new_context(**({"viewport": DESK} | options)))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(files[name].as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert not complaints
    own = {path.as_uri() for path in files.values()}
    assert [url for url in requests if url not in own and not url.startswith("data:")] == []
    assert own & set(requests)


@pytest.mark.parametrize("name", ["whole", "nasty", "empty"])
def test_opens_from_disk_asks_for_nothing_and_never_scrolls_sideways(
    opened: Callable[..., Page], name: str
) -> None:
    page = opened(name)
    if name == "whole":
        page.wait_for_load_state("networkidle")  # half a second without a request
    assert page.title() == SAMPLES[name]().question
    broken = "[...document.images].filter(image => !image.complete || !image.naturalWidth).length"
    assert page.evaluate(broken) == 0
    assert len(page.query_selector_all("img")) == 2 * len(SAMPLES[name]().figures)
    for width in (320, 360, 768, 1400):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_in_a_name_runs(opened: Callable[..., Page]) -> None:
    page = opened("nasty")
    page.evaluate(
        "document.querySelectorAll('*').forEach(element => element.dispatchEvent(new Event('mouseover')))"
    )
    assert all(
        link.startswith("file://")
        for link in page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    )
    assert "injected'</script>" in page.title()  # as it was written, not as the script would set it


def test_sorting(opened: Callable[..., Page]) -> None:
    page = opened("numbers")
    for column, way in (
        ("samples × features", "mouse"),
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


def test_without_script_everything_is_there(opened: Callable[..., Page]) -> None:
    page = opened("whole", java_script_enabled=False)
    assert len(page.query_selector_all("#cases tbody tr")) == len(page_samples.numbers().rows)
    assert page.locator("#cases tbody tr").last.is_visible()
    assert page.locator("#cases th[scope=col]").all_inner_texts() == list(
        page_samples.numbers().columns
    )
    assert page.get_by_role("button").count() == 0
    assert not page.get_by_label("Search", exact=True).is_visible()
    assert all(image.is_visible() for image in page.query_selector_all("img.light"))


def test_the_keyboard_reaches_what_scrolls_and_shows_where_it_is(
    opened: Callable[..., Page],
) -> None:
    page = opened(viewport=PHONE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.ariaLabel ?? document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.add(name)
        if page.evaluate("document.activeElement === document.body"):
            break
        assert outline == "solid", name
    figures = page_samples.short_page().figures
    assert {f"Figure: {figure.title}" for figure in figures} <= reached
    assert {f"Table: {page_samples.numbers().caption}", "results.csv"} <= reached


def test_what_does_not_scroll_is_no_stop(opened: Callable[..., Page]) -> None:
    assert opened().locator(".drawing[tabindex]").count() == 0


def test_on_a_phone_figures_scroll_and_the_decision_table_is_cards(
    opened: Callable[..., Page],
) -> None:
    page = opened(viewport=PHONE)
    assert page.locator(".drawing[tabindex]").count() == 2
    card = page.locator("#decisions tbody tr").first.bounding_box()
    assert card["x"] + card["width"] <= PHONE["width"]
    assert card["height"] > 100
    assert page.get_by_role("table", name="What to choose here").get_by_role("row").count() == 8


def test_figures_and_colours_follow_the_scheme_and_print_is_light(
    opened: Callable[..., Page],
) -> None:
    page = opened()
    for scheme in ("light", "dark"):
        page.set_viewport_size(DESK)
        page.emulate_media(media="screen", color_scheme=scheme)
        follows_the_scheme(page, scheme)
        page.set_viewport_size({"width": A4_PIXELS, "height": 1000})
        page.emulate_media(media="print")
        prints_light(page)


def follows_the_scheme(page: Page, scheme: str) -> None:
    other = {"light": "dark", "dark": "light"}[scheme]
    assert all(image.is_visible() for image in page.query_selector_all(f"img.{scheme}"))
    assert not any(image.is_visible() for image in page.query_selector_all(f"img.{other}"))
    assert (_background(page) < 60) == (scheme == "dark")


def prints_light(page: Page) -> None:
    assert all(image.is_visible() for image in page.query_selector_all("img.light"))
    assert not any(image.is_visible() for image in page.query_selector_all("img.dark"))
    assert _background(page) == 255
    for hidden in (".controls", "nav", ".skip"):
        assert not page.locator(hidden).is_visible()
    cut = (
        "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)"
    )
    assert page.evaluate(f"{cut}.map(box => box.textContent.trim())") == []
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.tall .scroll')).maxHeight")
        == "none"
    )


def _background(page: Page) -> int:
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return max(map(int, color.removeprefix("rgb(").removesuffix(")").split(",")))


def test_printed_figures_are_there(opened: Callable[..., Page]) -> None:
    page = opened(color_scheme="dark")
    with_figures = len(page.pdf(format="A4"))
    page.evaluate("document.getElementById('figures').remove()")
    assert with_figures - len(page.pdf(format="A4")) > 20_000


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
    if name == "short":
        page.get_by_role("button", name="one fit").click()
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
