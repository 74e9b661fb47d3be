"""The pages as a browser shows them: nothing scrolls sideways but what may, and nothing is asked of a network."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS, PAGES, page_id

WIDTHS = (360, 800, 1020, 1330, 1400)  # around those at which the theme shows its side columns


@pytest.fixture
def opened(browser: Any, site: Path) -> Iterator[Callable[..., Any]]:
    """Open a page, in a window of its own if none is given; it must not complain, nor ask for more than files."""
    contexts: list[Any] = []
    complaints: list[str] = []
    requests: list[str] = []

    def go(source: Path, page: Any = None, **options: Any) -> Any:
        if page is None:
            contexts.append(browser.new_context(**options))
            page = contexts[-1].new_page()
            page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}"))
            page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
            page.on("request", lambda request: requests.append(request.url))
        page.goto((site / source.relative_to(DOCS)).with_suffix(".html").as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


def test_no_page_scrolls_sideways(opened: Callable[..., Any]) -> None:
    page, too_wide = None, []
    for source in PAGES:
        page = opened(source, page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                too_wide.append((page_id(source), width))
    assert too_wide == []


def test_figures_follow_the_scheme(opened: Callable[..., Any]) -> None:
    page = opened(DOCS / "tour" / "3-gradient-descent.md")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.reload()  # what is not shown is not loaded
        follows_the_scheme(page, scheme)


def follows_the_scheme(page: Any, scheme: str) -> None:
    other = {"light": "dark", "dark": "light"}[scheme]
    shown = page.query_selector_all(f".two-schemes .only-{scheme}")
    hidden = page.query_selector_all(f".two-schemes .only-{other}")
    assert len(shown) == len(hidden) >= 1
    assert all(image.is_visible() for image in shown)
    assert not any(image.is_visible() for image in hidden)
    names = [image.get_attribute("src") for image in shown]
    assert all(name.endswith("-dark.svg") == (scheme == "dark") for name in names)
    loaded = "all => all.map(image => image.naturalWidth)"
    assert min(page.eval_on_selector_all(f".only-{scheme}", loaded)) > 0


def test_formulas_are_no_smaller_than_the_text(opened: Callable[..., Any]) -> None:
    page = opened(DOCS / "tour" / "3-gradient-descent.md")
    heights = page.eval_on_selector_all(
        ".math-block math", "all => all.map(math => math.getBoundingClientRect().height)"
    )
    assert len(heights) >= 4
    assert min(heights) > 15
