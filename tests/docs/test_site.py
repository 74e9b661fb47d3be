"""The site builds without a warning, needs no network, and its numbers are those of the reference report."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import npfs
from tests.docs.pages import DOCS, PAGES

LOADED = {
    ("link", "href"),
    ("script", "src"),
    ("img", "src"),
    ("source", "srcset"),
    ("iframe", "src"),
}


@dataclass
class Built(HTMLParser):
    """What a built page links to, loads, and can be linked at."""

    path: Path
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif (tag, name) == ("a", "href") and value:
                self.links.append(value)
            elif (tag, name) in LOADED and value:
                self.loads.append(value)


@pytest.fixture(scope="module")
def built(site: Path) -> dict[Path, Built]:
    pages = sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)
    return {path.resolve(): Built(path) for path in pages}


def test_every_page_is_there_and_in_the_contents(site: Path, built: dict[Path, Built]) -> None:
    contents = {urldefrag(link).url for link in built[(site / "index.html").resolve()].links}
    for page in PAGES:
        name = page.relative_to(DOCS).with_suffix(".html").as_posix()
        assert (site / name).is_file()
        assert name in contents or name == "index.html"


def test_no_link_within_the_site_is_broken(built: dict[Path, Built]) -> None:
    broken = [
        (page.path.name, link)
        for page in built.values()
        for link in (*page.links, *page.loads)
        if ":" not in link.partition("#")[0] and not leads_somewhere(page, link, built)
    ]
    assert broken == []


def leads_somewhere(page: Built, link: str, built: dict[Path, Built]) -> bool:
    address, anchor = urldefrag(link)
    target = (
        (page.path.parent / unquote(address.partition("?")[0])).resolve()
        if address
        else page.path.resolve()
    )
    if not target.is_file():
        return False
    return not anchor or target not in built or unquote(anchor) in built[target].ids


def test_the_page_of_the_reference_is_embedded(site: Path, built: dict[Path, Built]) -> None:
    assert "reference/index.html" in built[(site / "reference-report.html").resolve()].loads
    committed = DOCS.parent / "reports" / "reference" / "index.html"
    assert (site / "reference" / "index.html").read_bytes() == committed.read_bytes()


def test_the_pages_load_nothing_from_a_network(built: dict[Path, Built]) -> None:
    loaded = [link for page in built.values() for link in page.loads]
    assert loaded
    assert [link for link in loaded if link.startswith(("http", "//"))] == []


@pytest.mark.parametrize("name", npfs.__all__)
def test_each_public_name_is_in_the_reference(
    name: str, site: Path, built: dict[Path, Built]
) -> None:
    ids: Iterator[set[str]] = (built[path.resolve()].ids for path in (site / "api").glob("*.html"))
    assert any(f"npfs.{name}" in found for found in ids)


def test_formulas_are_drawn_by_the_browser_itself(site: Path) -> None:
    text = (site / "tour" / "3-gradient-descent.html").read_text(encoding="utf-8")
    assert len(re.findall("<math ", text)) >= 3
