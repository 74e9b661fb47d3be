"""The numbers in the built pages are those of results.json, computed here anew and compared as numbers."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from tests.docs.pages import DOCS, PAGES, ROOT, page_id

RESULTS = json.loads((ROOT / "reports/reference/results.json").read_text(encoding="utf-8"))
ROLE = re.compile(r"\{measured\}`(\w[^`]*)`")
TABLE = re.compile(r"```\{measured-table\}\n(.*?)```", re.DOTALL)
UNITS = {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9, "MB": 1e6, "kB": 1e3, "GB": 1e9, "%": 0.01}
NUMBER = re.compile(r"([\d,.]+)(?:×| ?(%|s|ms|µs|ns|kB|MB|GB)(?!\w))?")
TEXTS = {"machine", "calibration", "break-even"}
ROLES = [(page, asked) for page in PAGES for asked in ROLE.findall(page.read_text("utf-8"))]

Numbers = Sequence[float]


class Shown(HTMLParser):
    """The measured texts of a page, and the cells of its tables, in the order of the page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tables: list[list[str]] = []
        self.inside: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag == "span" and "measured" in classes:
            self.texts.append("")
            self.inside.append(tag)
        elif tag == "table" and "measured-table" in classes:
            self.tables.append([])
            self.inside.append(tag)
        elif tag in {"td", "th"} and "table" in self.inside:
            self.tables[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if self.inside == ["span"]:
            self.texts[-1] += data
        elif self.inside == ["table"] and self.tables[-1]:
            self.tables[-1][-1] += data.strip()


def shown(site: Path, page: Path) -> Shown:
    return Shown((site / page.relative_to(DOCS)).with_suffix(".html"))


def test_the_pages_quote_the_report() -> None:
    assert len(ROLES) > 20
    assert sum(len(TABLE.findall(page.read_text("utf-8"))) for page in PAGES) >= 4


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_each_number_in_a_sentence(page: Path, site: Path) -> None:
    asked = ROLE.findall(page.read_text(encoding="utf-8"))
    texts = shown(site, page).texts
    assert len(texts) == len(asked)
    for question, text in zip(asked, texts, strict=True):
        what = question.split()[0]
        if what in TEXTS:
            assert text.replace("’", "'") in quotable()
        else:
            assert_says(text, numbers(*question.split()), question)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_each_number_in_a_table(page: Path, site: Path) -> None:
    asked = [table.strip().splitlines() for table in TABLE.findall(page.read_text("utf-8"))]
    tables = shown(site, page).tables
    assert len(tables) == len(asked)
    for columns, cells in zip(asked, tables, strict=True):
        questions = [column.partition(": ")[2] for column in columns]
        width = 1 + len(columns)
        assert cells[:width] == ["samples", *(column.partition(": ")[0] for column in columns)]
        rows = [cells[start : start + width] for start in range(width, len(cells), width)]
        assert [row[0] for row in rows] == [f"{n:,}" for n in one_feature_sizes()]
        for samples, *row in rows:
            for question, cell in zip(questions, row, strict=True):
                words = (*question.split(), samples)
                assert_says(cell, numbers(*words) if is_measured(*words) else (), " ".join(words))


def assert_says(text: str, expected: Numbers, question: str) -> None:
    """A text holds the value and its bounds, to the digits that it shows."""
    found = list(read_numbers(text))
    assert len(found) == len(expected), (question, text, expected)
    for (value, half_a_digit), right in zip(found, expected, strict=True):
        assert abs(value - right) <= half_a_digit * 1.001, (question, text, expected)


def read_numbers(text: str) -> Iterator[tuple[float, float]]:
    """Return each number in seconds, bytes or times, and half a unit of its last digit that counts (of three)."""
    unit = next((unit for _, unit in NUMBER.findall(text) if unit), "")
    for digits, _ in NUMBER.findall(text):
        value = float(digits.replace(",", ""))
        decimals = len(digits.partition(".")[2])
        shown_to = max(10.0**-decimals, 10.0 ** (math.floor(math.log10(value or 1)) - 2))
        yield value * UNITS.get(unit, 1), shown_to / 2 * UNITS.get(unit, 1)


def numbers(what: str, *words: str) -> Numbers:
    """Return a value and its bounds, or a value alone, from results.json."""
    backend, size = words[0], words[-1]
    if what == "speedup":
        return ratio(case(words[2], size)["seconds"], case(backend, size)["seconds"])
    if what == "memory":
        records = RESULTS["backends"][backend]["memory"]
        return [next(record["peak_bytes"] for record in records if is_at(record, size))]
    if what == "instructions":
        (few, first), *_, (many, last) = RESULTS["backends"][backend]["instructions"]
        return [first if first == last else (last - first) / (many - few)]
    if what.startswith("first-result"):
        cache = "cold" if what.endswith("uncompiled") else "warm"
        return bounds(RESULTS["backends"][backend]["startup"][cache]["first_result_s"])
    name = {"share-of-limit": "share_of_bandwidth_limit"}.get(what, "seconds")
    each = RESULTS["epochs"] * int(size.replace(",", "")) if what == "per-sample" else 1
    return [number / each for number in bounds(case(backend, size)[name])]


def case(backend: str, size: str) -> dict[str, Any]:
    return next(c for c in RESULTS["cases"] if c["backend"] == backend and is_at(c, size))


def is_measured(what: str, *words: str) -> bool:
    backends = {words[0], words[2]} if what == "speedup" else {words[0]}
    return all(
        any(c["backend"] == b and is_at(c, words[-1]) for c in RESULTS["cases"]) for b in backends
    )


def is_at(record: dict[str, Any], size: str) -> bool:
    samples, _, features = size.replace(",", "").partition("x")
    at = record["size"]
    return (at["n_samples"], at["n_features"]) == (int(samples), int(features or 1))


def one_feature_sizes() -> list[int]:
    sizes = [case["size"] for case in RESULTS["cases"]]
    return sorted({size["n_samples"] for size in sizes if size["n_features"] == 1})


def bounds(interval: dict[str, Any]) -> Numbers:
    assert interval["bimodal"] is None, "two values are written another way"
    known = interval["low"] is not None
    return [interval[name] for name in (("value", "low", "high") if known else ("value",))]


def ratio(above: dict[str, Any], below: dict[str, Any]) -> Numbers:
    """Return the ratio of two times, paired by run, with Student's t interval on logarithms by SciPy."""
    logs = [math.log(a / b) for a, b in zip(above["values"], below["values"], strict=True)]
    value = sum(logs) / len(logs)
    low, high = stats.t.interval(0.95, len(logs) - 1, loc=value, scale=stats.sem(logs))
    return [math.exp(log) for log in (value, low, high)]


def quotable() -> str:
    """Return the sentences of the report that are quoted as they are."""
    verdict = (ROOT / "reports/reference/verdict.md").read_text(encoding="utf-8")
    return "\n".join([verdict, *RESULTS["answer"]])
