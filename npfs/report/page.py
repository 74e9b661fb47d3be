"""What a report says, as text and tables; and its page, one HTML file, and Markdown of it.

The page holds all it shows and asks the network for nothing.

What it is given is text and stays text: Jinja2 escapes it, and the page's own policy
(Content-Security-Policy) lets no style or script run but the two that are written here.
"""

import base64
import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from npfs.report.formatting import Marked, environment, markdown

# Figures that have a place of their own; the others are folded. Large data, and other suites,
# have no first figure but theirs.
FIRST = ("hero", "scale", "suite")
SHOWN_APART = ("first", "spread")
SUMMARIES = {
    "notes": "What disturbed the machine",
    "job-notes": "How times add up, and what disturbed the machine",
    "figures": "More figures: every backend, features, memory, break-even",
    "evidence": "The four claims and their evidence",
    "findings": "The findings in detail",
    "startup": "Startup, memory and code",
    "numbers": "Every case's numbers",
    "method": "How it was measured, and whether the intervals hold",
    "left-out": "What was left out",
    "words": "What the words mean",
}
_SIGNS = {"confirmed": "✓", "partly_confirmed": "◐", "not_confirmed": "✗", "not_measured": "–"}


class Cell(NamedTuple):
    """A cell of a table: its text, what it sorts by (``None``: last), and whether it is best."""

    text: str
    sort: float | str | None = None
    is_best: bool = False

    @property
    def value(self) -> str:
        """Return the text without its note."""
        return getattr(self.text, "value", self.text)

    @property
    def note(self) -> str:
        """Return the note on the value, such as its interval."""
        return getattr(self.text, "note", "")

    @property
    def marked(self) -> str:
        """Return the text as Markdown, in bold where it is best."""
        value, note = markdown(self.value), markdown(self.note)
        return Marked(f"**{value}** {note}".strip() if self.is_best else f"{value} {note}".strip())


@dataclass(frozen=True)
class Table:
    """A table; its first column names the rows.

    Attributes
    ----------
    numeric
        For each column, whether it is set as numbers: from the right, in digits of one width.

    Raises
    ------
    ValueError
        If a row, or ``numeric``, has not one entry for each column.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]

    def __post_init__(self) -> None:
        if any(len(entries) != len(self.columns) for entries in (self.numeric, *self.rows)):
            raise ValueError(f"{self.caption!r}: not one entry for each column")

    @property
    def rules(self) -> list[str]:
        """Return the line of Markdown below the headings."""
        return ["---:" if numeric else "---" for numeric in self.numeric]


@dataclass(frozen=True)
class Claim:
    """A claim about NumPy, what the numbers say of it, and why; ``id`` names the standing."""

    claim: str
    standing: str
    id: str
    evidence: tuple[str, ...]
    table: Table | None = None


@dataclass(frozen=True)
class PageFigure:
    """A figure as SVG, for a page and for a phone; colours are variables of the page.

    ``name`` is the stem of its files and its anchor (``#figure-NAME``).
    """

    name: str
    title: str
    caption: str
    alt: str
    wide_svg: str
    narrow_svg: str


@dataclass(frozen=True)
class Page:
    """All that a report says, in its order. What is empty is left out, with its heading.

    Attributes
    ----------
    answer
        The answer in at most three sentences.
    jobs, job_lines, job_notes
        The time to result of each job; a line for a notebook and one for memory; how to read it.
    costs
        What lists, NumPy and Numba cost beside the time of fits.
    machine, where
        The machine in a sentence; project, date and machine in a line.
    backends
        Id and title of each.
    trust
        Up to three sentences.
    decisive
        Warnings that may change a conclusion, and what is missing: never folded away.
    warnings
        Of what makes times vary.
    numbers, is_open
        A row for each case; a column ``backend`` can be chosen from. Folded, unless it is open.
    calibration
        The coverage of the intervals.
    environment, words
        Name and value, word and meaning.
    observations
        What was found of the machine that makes no number wrong.
    downloads
        Label and name of each file that lies beside the page.
    """

    question: str
    version: str
    answer: tuple[str, ...] = ()
    jobs: Table | None = None
    job_lines: tuple[str, ...] = ()
    job_notes: tuple[str, ...] = ()
    memory_line: str = ""
    costs: Table | None = None
    machine: str = ""
    where: str = ""
    backends: tuple[tuple[str, str], ...] = ()
    trust: tuple[str, ...] = ()
    decisive: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    figures: tuple[PageFigure, ...] = ()
    findings: tuple[str, ...] = ()
    startup: tuple[str, ...] = ()
    startup_table: Table | None = None
    startup_notes: tuple[str, ...] = ()
    numbers: Table | None = None
    is_open: bool = False
    calibration: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    observations: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    method: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    not_timed: tuple[str, ...] = ()
    not_timed_in_short: str = ""
    downloads: tuple[tuple[str, str], ...] = ()

    @property
    def all_warnings(self) -> tuple[str, ...]:
        """Return all that a reader may need to know before trusting the numbers."""
        noted = (*self.decisive, *self.warnings, *self.observations)
        return (*noted, *self.left_out, *self.not_timed)


class Section(NamedTuple):
    """A folded part of the report: headings, lists of sentences or pairs, tables and figures."""

    anchor: str
    summary: str
    parts: tuple[Any, ...]


def sections(page: Page) -> list[Section]:
    """Return what is folded, in its order, without what is empty."""
    first = _first(page)
    others = [of for of in page.figures if of.name not in SHOWN_APART and of is not first]
    spread = [of for of in page.figures if of.name == "spread"]
    claims = [(f"{of.claim} ({of.standing})", of.evidence, of.table) for of in page.claims]
    found = {
        "job-notes" if page.job_notes else "notes": (
            page.job_notes,
            page.warnings,
            page.observations,
        ),
        "figures": others,
        "evidence": chain(*claims),
        "findings": (page.findings,),
        "startup": (page.startup, page.startup_table, page.startup_notes),
        "numbers": (page.numbers,),
        "method": (page.method, page.calibration, *spread, page.environment),
        "left-out": (page.left_out + page.not_timed,),
        "words": (page.words,),
    }
    made = [Section(of, SUMMARIES[of], tuple(filter(None, parts))) for of, parts in found.items()]
    return [section for section in made if section.parts]


def _first(page: Page) -> PageFigure | None:
    return next((of for name in FIRST for of in page.figures if of.name == name), None)


def _as_text(section: Section) -> Section:
    """Leave out what Markdown does not show: figures, and names with their values."""
    kept = [of for of in section.parts if isinstance(of, str | Table) or _is_listed(of)]
    return section._replace(parts=tuple(kept))


def _is_listed(part: Any) -> bool:
    return isinstance(part, tuple) and isinstance(part[0], str)


def page_html(page: Page) -> str:
    """Return the whole page as one HTML text."""
    css, script = colors_css() + _text("page.css"), _text("page.js")
    figures, first = {figure.name: figure for figure in page.figures}, _first(page)
    return (
        _html()
        .get_template("page.html.j2")
        .render(
            page=page,
            figures=figures,
            first=first,
            sections=sections(page),
            style=Markup(css),  # ours, as is the script
            script=Markup(script),
            policy="default-src 'none'; img-src data:; "
            f"style-src '{_digest(css)}'; script-src '{_digest(script)}'; "
            "base-uri 'none'; form-action 'none'",
        )
    )


def verdict_markdown(page: Page, *, with_links: bool = True) -> str:
    """Return the report as Markdown: the answer and the jobs, all else folded."""
    folded = [of for of in map(_as_text, sections(page)) if of.parts]
    template = environment().get_template("verdict.md.j2")
    made = template.render(page=page, sections=folded, with_links=with_links)
    return re.sub(r"\n{3,}", "\n\n", made).strip() + "\n"


def terminal_text(page: Page, blocks: Sequence[Sequence[str]], where: str, width: int) -> str:
    """Return the end of a command: fits and jobs as ``blocks``, answer, and where the page is."""
    template = environment().get_template("terminal.txt.j2")
    made = template.render(page=page, blocks=blocks, where=where, width=width)
    return re.sub(r"\n{3,}", "\n\n", made).strip("\n")


@cache
def _html() -> Environment:
    made = environment(autoescape=True)
    made.filters |= {
        "data_uri": data_uri,
        "beside": _beside,
        "inline": Markup,  # drawn by ``Canvas``, which escapes what it is given
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
    """Return an SVG as an address that is the image, with no character that HTML reads."""
    return "data:image/svg+xml," + quote(svg, safe="/:;,=()+*!@$?~")


def colors_css() -> str:
    """Return the colours of the page and its figures, light and dark, as variables."""
    from npfs.drawing import style  # noqa: PLC0415 - matplotlib, which a terminal needs not

    light, dark = (
        "".join(f"--{name}:{color};" for name, color in colors.items())
        for colors in (style.LIGHT, style.DARK)
    )
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        "@media print{:root{color-scheme:light}}\n"
    )


def _beside(name: str) -> str:
    """Return the address of a file beside the page; never one with a scheme of its own."""
    return "./" + quote(name)


def _value(cell: Cell) -> Markup:
    """Mark a cell's value, its note (the interval), and whether it is the best of its row."""
    if not cell.text:
        return Markup()
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
