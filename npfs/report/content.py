"""What the page is made of: plain text and numbers; ``page`` makes them HTML."""

from dataclasses import dataclass
from typing import NamedTuple

# What this machine's numbers say of a claim.
STANDINGS = (CONFIRMED, PARTLY_CONFIRMED, NOT_CONFIRMED, NOT_MEASURED) = (
    "borne out", "borne out in part", "not borne out", "not measured",
)  # fmt: skip


class Cell(NamedTuple):
    """A cell of a table: its text, and what it sorts by (``None``: last, in both directions)."""

    text: str
    sort: float | str | None = None


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


@dataclass(frozen=True)
class Claim:
    """A claim about NumPy, what the numbers say of it (one of ``STANDINGS``), and why."""

    claim: str
    standing: str
    evidence: tuple[str, ...]
    table: Table | None = None


@dataclass(frozen=True)
class PageFigure:
    """A figure, as SVG for a light and for a dark page, each a document of its own.

    ``name`` is the stem of its files and its anchor (``#figure-NAME``).
    """

    name: str
    title: str
    how_to_read: str
    alt: str
    light_svg: str
    dark_svg: str


@dataclass(frozen=True)
class Page:
    """All that the page says, in its order. What is empty is left out, with its heading.

    Attributes
    ----------
    missing
        What the page lacks, and how to get it.
    answer
        The answer in three sentences; ``findings`` are all of them.
    provenance
        What the numbers rest on: runs and machine.
    once, once_table
        What comes once: first call, memory, break-even.
    numbers
        A row for each case; a column ``backend`` can be chosen from.
    calibration
        Whether the intervals hold.
    environment, words
        Name and value, word and meaning.
    observations
        What was found of the machine that makes no number wrong.
    downloads
        Label and name of each file that lies beside the page.
    """

    question: str
    version: str
    missing: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()
    provenance: str = ""
    decisions: Table | None = None
    decision_notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    figures: tuple[PageFigure, ...] = ()
    findings: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    once_table: Table | None = None
    once_notes: tuple[str, ...] = ()
    numbers: Table | None = None
    calibration: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    observations: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    method: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    downloads: tuple[tuple[str, str], ...] = ()
