"""The page: one HTML file that holds all it shows and asks the network for nothing; and Markdown.

What it is given is text and stays text: Jinja2 escapes it, and the page's own policy
(Content-Security-Policy) lets no style or script run but the two that are written here.
"""

import base64
import hashlib
import math
import re
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from npfs.report import formatting
from npfs.report.content import STANDINGS, Cell, Page, Table

# Nothing outside the text is needed: a comment on a pull request has no folder for images.
NUMBERS = ("<details>", "<summary>Every case's numbers</summary>")
_SECTIONS = {  # anchor: heading, and the parts of a Page without which it is left out
    "trust": ("Before you trust this", ("warnings",)),
    "choose": ("What to choose", ("decisions", "decision_notes")),
    "claims": ("Why NumPy: each claim and its evidence", ("claims",)),
    "figures": ("The figures", ("figures",)),
    "findings": ("The findings in detail", ("findings",)),
    "once": ("What comes once", ("once", "once_table")),
    "numbers": ("Every case’s numbers", ("numbers",)),
    "intervals": ("Do the intervals hold?", ("calibration",)),
    "environment": ("Where it was measured", ("environment",)),
    "words": ("What the words mean", ("words",)),
    "method": ("How it was measured", ("method",)),
    "left-out": ("What was left out", ("left_out",)),
}
_SIGNS = dict(zip(STANDINGS, "✓◐✗–", strict=True))
# A factor, and the interval after it: 32.7× (31.1 to 34.4).
_FACTOR = re.compile(
    r"(?P<factor>\d[\d.,]*×)|"
    r"(?P<interval>\([\d.,]+ to [\d.,]+\)|\(one run, so no interval\)|\(too uncertain to tell\))"
)
_VALUE_AND_NOTE = re.compile(r"(.*\S) (\([^()]*\).*)", re.DOTALL)


def page_html(page: Page) -> str:
    """Return the whole page as one HTML text."""
    style, script = _text("page.css"), _text("page.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            sections={
                anchor: heading
                for anchor, (heading, parts) in _SECTIONS.items()
                if any(getattr(page, part) for part in parts)
            },
            style=Markup(style),  # ours, as is the script
            script=Markup(script),
            policy="default-src 'none'; img-src data:; "
            f"style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
            "base-uri 'none'; form-action 'none'",
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("npfs.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "data_uri": data_uri,
        "beside": _beside,
        "size": _size,
        "factors": _factors,
        "value": _value,
        "sort_key": _sort_key,
        "sign": lambda standing: _SIGNS.get(standing, "–"),
        "word": lambda standing: standing.replace(" ", "-"),
        "sortable": _sortable,
        "backends": _backends,
    }
    return environment


def _text(name: str) -> str:
    return (files("npfs.report") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def data_uri(svg: str) -> str:
    """Return an SVG as an address that is the image, with no character that HTML reads.

    Percent-encoded, as that is shorter than base64 once paths are written without spaces.
    """
    svg = svg[max(svg.find("<svg"), 0) :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(?<=\sd=")[^"]*', lambda path: _short_path(path[0]), svg)
    svg = re.sub(r">\s+<", "><", re.sub(r"\s+", " ", svg))
    return "data:image/svg+xml," + quote(svg, safe="/:;,=()+*!@$?~")


def _short_path(path: str) -> str:
    """Write a path's data with no space: numbers part at a comma, commands at themselves."""
    return re.sub(r",?([A-Za-z]),?", r"\1", re.sub(r"[\s,]+", ",", path.strip()))


def _beside(name: str) -> str:
    """Return the address of a file beside the page; never one with a scheme of its own."""
    return "./" + quote(name)


def _size(svg: str) -> Markup:
    """Return the attributes of an SVG's size, which keep its place until it is drawn."""
    found = re.search(r'viewBox="\S+ \S+ ([\d.]+) ([\d.]+)"', svg)
    if not found:
        return Markup()
    pixels = (round(float(points) * 4 / 3) for points in found.groups())
    return Markup(' width="{}" height="{}"').format(*pixels)


def _factors(sentence: str) -> Markup:
    """Mark the factors of a sentence as important and their intervals as an addition."""
    marked, end = Markup(), 0
    for found in _FACTOR.finditer(sentence):
        tag = "<strong>{}</strong>" if found["factor"] else '<span class="interval">{}</span>'
        marked += escape(sentence[end : found.start()]) + Markup(tag).format(found[0])
        end = found.end()
    return marked + escape(sentence[end:])


def _value(text: str) -> Markup:
    """Mark what stands in parentheses behind a cell's value: its interval, or how it came about."""
    found = _VALUE_AND_NOTE.fullmatch(text)
    value, *notes = found.groups() if found else (text,)
    parts = [Markup('<span class="value">{}</span>').format(value)]
    parts += [Markup('<span class="interval">{}</span>').format(note) for note in notes]
    return Markup(" ").join(parts)


def _sort_key(cell: Cell) -> Markup:
    """Return the attribute that a cell is sorted by; a cell without one sorts last."""
    if cell.sort is None or (isinstance(cell.sort, float) and math.isnan(cell.sort)):
        return Markup()
    if isinstance(cell.sort, str):
        return Markup(' data-text="{}"').format(cell.sort)
    return Markup(' data-number="{}"').format(str(cell.sort).replace("inf", "Infinity"))


def _sortable(table: Table) -> list[bool]:
    """Say of each column whether a cell of it has something to sort by."""
    return [
        any(row[column].sort is not None for row in table.rows)
        for column in range(len(table.columns))
    ]


def _backends(table: Table) -> list[str]:
    """Return the entries of the column of backends in the table's order; none without it."""
    names = [name.lower() for name in table.columns]
    if "backend" not in names:
        return []
    return list(dict.fromkeys(row[names.index("backend")].text for row in table.rows))


def verdict_markdown(page: Page) -> str:
    """Return the page as Markdown: answer, decisions, claims, findings, and folded numbers."""
    lines = [f"# {page.question}", "", *_items(page.answer), *_paragraphs(page.missing)]
    lines += _section("What to choose", _table(page.decisions), _paragraphs(page.decision_notes))
    lines += _section("Before you trust this", _items(page.warnings))
    for claim in page.claims:
        lines += _section(
            formatting.markdown(f"{claim.claim} ({claim.standing})"),
            _items(claim.evidence),
            _table(claim.table),
        )
    lines += _section("The findings in detail", _items(page.findings))
    lines += _section(
        "What comes once", _items(page.once), _table(page.once_table), _paragraphs(page.once_notes)
    )
    lines += _section("What was left out", _items(page.left_out))
    lines += _section("Do the intervals hold?", _paragraphs(page.calibration))
    lines += _paragraphs((page.provenance,)) if page.provenance else []
    if page.numbers is not None:
        lines += ["", *NUMBERS, "", *_table(page.numbers), "", "</details>"]
    return "\n".join(lines) + "\n"


def _section(heading: str, *parts: list[str] | tuple[str, ...]) -> list[str]:
    body = [line for part in parts for line in ("", *part) if part]
    return ["", f"## {heading}", *body] if body else []


def _items(sentences: tuple[str, ...]) -> list[str]:
    return [f"- {formatting.markdown(sentence)}" for sentence in sentences]


def _paragraphs(texts: tuple[str, ...]) -> list[str]:
    return [line for text in texts for line in ("", formatting.markdown(text))]


def _table(table: Table | None) -> list[str]:
    if table is None:
        return []
    return [
        formatting.table_row(table.columns),
        formatting.table_row("---:" if numeric else "---" for numeric in table.numeric),
        *(formatting.table_row(cell.text for cell in row) for row in table.rows),
    ]
