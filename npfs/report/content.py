"""What a report is made of: text and tables; templates make them a page, or Markdown."""

from dataclasses import dataclass
from typing import NamedTuple

from npfs.report.formatting import Marked, markdown


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
