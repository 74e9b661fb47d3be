"""From run files to the page: every odd set of runs gives a page that says what it lacks."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from npfs.report.build import build_report
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated

LONG = "T" * 200
NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    LONG,
    "a|b",
    "{{ 7*7 }}",
    r"\<img src=x>",
    "![x](http://x)",
    "שלום \u202e",
]


class Seen(HTMLParser):
    """What a browser would show, and which elements there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def page(folder: Path, documents: list[dict[str, Any]]) -> Seen:
    run_files.write(folder, documents)
    build_report(folder)
    return Seen((folder / "index.html").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("no_figures")
def test_a_whole_set_of_runs_gives_answer_jobs_and_numbers(tmp_path: Path) -> None:
    seen = page(tmp_path, repeated(LISTS_WIN_AT_10))
    for part in ("from about 100 rows: 8.3×", "a formula: 10 rows", "8.33× (8.33 to 8.33)"):
        assert part in seen.text
    for name in re.findall(r'href="\./([^"]+)"', (tmp_path / "index.html").read_text("utf-8")):
        assert (tmp_path / name).is_file(), name


@pytest.mark.usefixtures("no_figures")
def test_what_is_missing_or_left_out_is_on_the_page(tmp_path: Path) -> None:
    """Of one run of this machine that was cut short, beside one of another."""
    other = run_files.ENVIRONMENT | {"machine": "Darwin-arm64-Other-8cpu", "cpu": "Other"}
    skipped = {"python-1000000": "a fit would take 9 s"}
    documents = [
        run_files.document(LISTS_WIN_AT_10, 1, environment=other),
        run_files.document(LISTS_WIN_AT_10, 2, interrupted=True, skipped=skipped),
    ]
    seen = page(tmp_path, documents)
    assert seen.text.count("This is one run: it gives no interval") == 1
    assert "(one run, so no interval)" in seen.text
    assert "Run 2 was interrupted" in seen.text
    assert "python-1000000 was not timed: a fit would take 9 s." in seen.text
    assert "Run 1 was left out: machine: Darwin-arm64-Other-8cpu there" in seen.text


def test_a_name_is_never_code(tmp_path: Path) -> None:
    """Of a page with all its figures, whose backends have these names."""
    seconds = {(name, n, 1): (1.0 + k) * n for k, name in enumerate(NAMES) for n in (10, 1000)}
    seconds |= {("numpy", n, 1): 2.5 * n for n in (10, 1000)}
    documents = repeated(seconds)
    for document in documents:
        for name in NAMES:
            document["npfs"]["backends"][name]["title"] = name
            document["npfs"]["backends"][name]["note"] = name
    seen = page(tmp_path, documents)
    for name in NAMES:
        assert name in seen.text
    figures = re.findall(r'id="figure-([^"]+)"', (tmp_path / "index.html").read_text("utf-8"))
    assert len(set(figures)) > 3
    assert seen.tags.count("figure") == len(set(figures))
    assert seen.tags.count("script") == 1
    assert not [attribute for attribute, _ in seen.attributes if attribute.startswith("on")]
    sources = [str(value) for attribute, value in seen.attributes if attribute == "src"]
    assert all(source.startswith("data:image/svg+xml,") for source in sources)
    markdown = (tmp_path / "verdict.md").read_text(encoding="utf-8")
    assert not re.search(r"(?<!\\)(\\\\)*<(?!/?(details|summary)>)", markdown)
    assert "![x](" not in markdown


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize(("seconds", "shown"), [(1e-9, "1.00 ns"), (3600.0, "3,600 s")])
def test_times_from_a_nanosecond_to_an_hour(tmp_path: Path, seconds: float, shown: str) -> None:
    cells = {("numpy", n, 1): seconds for n in (10, 1000)} | {
        ("python", n, 1): 2 * seconds for n in (10, 1000)
    }
    assert shown in page(tmp_path, repeated(cells, runs=1)).text
