"""The page: one HTML file that holds all it shows and asks the network for nothing; and Markdown.

What it is given is text and stays text: Jinja2 escapes it, and the page's own policy
(Content-Security-Policy) lets no style or script run but the two that are written here.
"""

import base64
import hashlib
import math
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from npfs.report.content import Cell, Page, Table
from npfs.report.sentences import environment

_SECTIONS = {  # anchor: heading, and the parts of a Page without which it is left out
    "jobs": ("Time to result", ("jobs", "job_lines")),
    "claims": ("Why NumPy: four claims and their evidence", ("claims",)),
    "figures": ("The figures", ("figures",)),
    "findings": ("The findings in detail", ("findings",)),
    "startup": ("Startup, memory and code", ("startup", "startup_table")),
    "numbers": ("Every case’s numbers", ("numbers",)),
    "intervals": ("Do the intervals hold?", ("calibration",)),
    "environment": ("Where it was measured", ("environment",)),
    "words": ("What the words mean", ("words",)),
    "method": ("How it was measured", ("method",)),
    "left-out": ("What was left out", ("left_out", "not_timed")),
}
_SIGNS = {"confirmed": "✓", "partly_confirmed": "◐", "not_confirmed": "✗", "not_measured": "–"}


def page_html(page: Page) -> str:
    """Return the whole page as one HTML text."""
    style, script = _text("page.css"), _text("page.js")
    return (
        _html()
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


def verdict_markdown(page: Page, *, with_links: bool = True) -> str:
    """Return the report as Markdown: the answer and the jobs, all else folded."""
    made = environment().get_template("verdict.md.j2").render(page=page, with_links=with_links)
    return re.sub(r"\n{3,}", "\n\n", made).strip() + "\n"


def terminal_text(page: Page, blocks: Sequence[Sequence[str]], where: str, width: int) -> str:
    """Return the end of a command: fits and jobs as ``blocks``, answer, and where the page is."""
    template = environment().get_template("terminal.txt.j2")
    made = template.render(page=page, blocks=blocks, where=where, width=width)
    return re.sub(r"\n{3,}", "\n\n", made).strip("\n")


@cache
def _html() -> Environment:
    made = Environment(
        loader=PackageLoader("npfs.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "data_uri": data_uri,
        "beside": _beside,
        "size": _size,
        "value": _value,
        "sort_key": _sort_key,
        "sign": _SIGNS.__getitem__,
        "sortable": _sortable,
        "backends": _backends,
    }
    return made


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


def _value(cell: Cell) -> Markup:
    """Mark a cell's value, its note (the interval), and whether it is the best of its row."""
    shown = Markup('<span class="value">{}</span>').format(cell.value)
    if cell.is_best:
        shown = Markup("<strong>{}</strong>").format(shown)
    if not cell.note:
        return shown
    return shown + Markup(' <span class="interval">{}</span>').format(cell.note)


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
