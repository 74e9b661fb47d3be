"""The dialect of a text file, found in its beginning.

Own code, as the sniffers of others were tried: DuckDB's reads ``1,5;2,5`` as four columns, and
Python's finds the separator in words.
"""

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from npfs.data.sentences import BadTable, counted, shown

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT_ROWS, LOOKED_AT_COLUMNS = 50, 100  # enough to tell, and milliseconds
csv.field_size_limit(1 << 26)  # in place of 128 kB
# Without regard to case and to spaces around.
MISSING = frozenset(
    ["", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "<na>", "#na", "#n/a n/a", "1.#qnan"]
)
# As a missing value is often written too; only a person can tell.
MARKS = frozenset(("?", "-", "--", ".", "..", "*", "–", "—", "n.a.", "missing", "unknown"))
# Of a table of text alone the separator is the one that cuts its rows into equally many cells.
LEAST_SHARE_OF_NUMBERS = 0.1
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?inf(inity)?|true|false"
NUMBERS = {".": NUMBER, ",": NUMBER.replace(r"\.", ",")}  # by their decimal sign
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_IS_NUMBER = {sign: re.compile(rf"\s*({n})\s*", re.IGNORECASE) for sign, n in NUMBERS.items()}
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}([,.' \u00a0\u2009\u202f])[0-9]{3}(\1[0-9]{3})*")
_WRITTEN = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
_EXCEL = re.compile(r'"?sep=(.)"?\r?[\n\r]', re.IGNORECASE)


@dataclass(frozen=True)
class TableOptions:
    """The options of reading, as ``read_table`` describes them; None is to be found."""

    target: str | int
    features: Sequence[str | int] | None = None
    missing: str = "error"
    separator: str | None = None
    decimal: str | None = None
    header: bool | None = None
    missing_values: tuple[str, ...] = ()
    features_option: str = "--features"


@dataclass(frozen=True)
class Dialect:
    """The dialect of a text file.

    Attributes
    ----------
    missing_values : tuple of str
        Those that are given.
    names : sequence of str
        Of the columns; "" where the file gives none.
    rows : sequence of rows of str
        The first ones, beneath the header.
    skipped : int
        Lines before the first row.
    encoding : str
        "utf8" also where only names and text are not.
    """

    separator: str
    decimal: str
    missing_values: tuple[str, ...]
    has_header: bool = False
    names: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    skipped: int = 0
    encoding: str = "utf8"
    notes: tuple[str, ...] = ()
    guess: str = ""

    @cached_property
    def nulls(self) -> frozenset[str]:
        """What stands for a missing value, in small letters."""
        return MISSING.union(value.strip().lower() for value in self.missing_values)

    def cells(self, position: int) -> list[tuple[int, str]]:
        """Return row, counted from 1, and content of a column's first cells with a value."""
        rows, nulls = enumerate(self.rows, start=1), self.nulls
        found = [(row, cells[position]) for row, cells in rows if position < len(cells)]
        return [(row, cell) for row, cell in found if cell.strip().lower() not in nulls]

    def is_number(self, cell: str) -> bool:
        """Return True if a cell holds a number."""
        return _IS_NUMBER[self.decimal].fullmatch(cell) is not None

    def is_integer(self, position: int) -> bool:
        """Return True if the first cells of a column hold whole numbers."""
        return is_whole([cell for _, cell in self.cells(position)])


def is_whole(cells: Sequence[str]) -> bool:
    """Return True if there are cells, and all hold whole numbers."""
    return bool(cells) and all(map(_WHOLE.fullmatch, cells))


def find_dialect(head: bytes, options: TableOptions, *, is_all: bool) -> Dialect:
    """Find the dialect of the file that begins with ``head``; options that are given stand.

    ``head`` ends with a line, or is the whole file.

    Raises
    ------
    BadTable
        If an option is none, the names do not fit the rows, or only a person can tell.
    """
    text, skipped = _decoded(head), 0
    if excel := _EXCEL.match(text):  # which writes its separator into the first line
        text, skipped = text[excel.end() :], 1
        options = replace(options, separator=options.separator or excel[1])
    found = max(_candidates(text, options), key=_likelihood)
    separator, sign, rows = found.separator, found.decimal, found.rows
    if not rows:
        raise BadTable(
            "its beginning cannot be read as rows; is a quotation mark never closed?"
            if text.strip()
            else "it holds no row; give a file with a row for each sample"
        )
    notes = []
    if options.separator is None and options.decimal is None and (separator, sign) != (",", "."):
        with_sign = ", with a comma as decimal sign" if sign == "," else ""
        notes.append(f"It was read as separated by {SEPARATORS[separator]}{with_sign}.")
    if options.decimal is None:
        notes += _about_thousands(found)
    has_header, guess = options.header, ""
    if has_header is None:
        has_header, guess = _find_header(rows[0], replace(found, rows=rows[1:]))
    if has_header:
        _check_header(rows, separator, is_all=is_all)
    return replace(
        found,
        has_header=has_header,
        names=[" ".join(cell.split()) if has_header else "" for cell in rows[0]],
        rows=rows[has_header:],
        guess=guess,
        skipped=skipped + next((k for k, line in enumerate(text.splitlines()) if line), 0),
        encoding="utf-16" if head.startswith(UTF_16) else "utf8",
        notes=tuple(notes),
    )


def _check_header(rows: Sequence[Sequence[str]], separator: str, *, is_all: bool) -> None:
    if len(rows) == 1 and is_all:
        is_long = any("\n" in cell or "\r" in cell for cell in rows[0])
        why = " (is a quotation mark never closed?)" if is_long else ""
        raise BadTable(f"it has a header and no row beneath it{why}; add a row for each sample")
    [(width, _)] = Counter(map(len, rows[1:] or rows)).most_common(1)
    if width != len(rows[0]):
        raise BadTable(
            f"its first row has {counted(len(rows[0]), 'cell')} and the rows beneath it have "
            f"{width} (separated by {SEPARATORS.get(separator, shown(separator))}); give every "
            "column a name, or the separator with --separator"
        )


def _decoded(head: bytes) -> str:
    """Return the text of a file's beginning: UTF-8, UTF-16 if it says so, else Western European."""
    if head.startswith(UTF_16):
        return head.decode("utf-16", "ignore")
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def _candidates(text: str, options: TableOptions) -> list[Dialect]:
    """Return the dialects that may be, the most usual first, with their rows."""
    separator, decimal = options.separator, options.decimal
    if separator is not None:
        separator = _WRITTEN.get(separator, separator)
        if len(separator) != 1 or not separator.isascii() or separator in '"\r\n':
            said = "--separator takes one character such as , or ; or tab"
            raise BadTable(f"{said}; got {separator!r}")
    if decimal is not None and decimal not in NUMBERS:
        raise BadTable(f"--decimal takes . or a comma; got {decimal!r}")
    if separator == decimal == ",":
        raise BadTable("--separator and --decimal cannot both be a comma")
    return [
        Dialect(mark, sign, options.missing_values, rows=rows)
        for mark in (SEPARATORS if separator is None else [separator])
        for rows in [_rows(text, mark)]
        for sign in (NUMBERS if decimal is None else [decimal])
        if mark != sign
    ]


def _rows(text: str, separator: str) -> list[list[str]]:
    """Return the first rows that are not blank; none if they cannot be read so."""
    if separator not in text:
        separator = "\0"  # one cell a row
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return list(itertools.islice(filter(None, reader), LOOKED_AT_ROWS))
    except csv.Error:
        return []


def _likelihood(dialect: Dialect) -> tuple[bool, float, int]:
    """Rate rows as a table: several columns, equally many in each row, of numbers."""
    rows = dialect.rows
    if not rows:
        return (False, 0.0, 0)
    [(width, times)] = Counter(map(len, rows)).most_common(1)
    beneath = replace(dialect, rows=rows[1:] or rows)
    cells = [cell for k in range(LOOKED_AT_COLUMNS) for _, cell in beneath.cells(k)]
    numbers = sum(map(dialect.is_number, cells)) / max(1, len(cells))
    return (width > 1, times / len(rows) * (LEAST_SHARE_OF_NUMBERS + numbers), width)


def marks_thousands(cell: str) -> bool:
    """Return True if a cell has groups of three digits with a mark between them."""
    return _THOUSANDS.fullmatch(cell.strip()) is not None


def _about_thousands(dialect: Dialect) -> list[str]:
    """Ask, or tell, where the decimal sign in each of the numbers may as well mark thousands."""
    sign = dialect.decimal
    cells = [cell.strip() for row in dialect.rows for cell in row]
    cells = [cell for cell in cells if sign in cell and dialect.is_number(cell)]
    if not cells or not all(map(marks_thousands, cells)):
        return []
    if sign == ",":
        raise BadTable(
            f"the comma in {shown(cells[0])} may be a decimal sign or mark thousands: if "
            "it is a decimal sign, say so with --decimal ','; if not, write the numbers without it"
        )
    if dialect.separator != ";":  # where commas are no decimal signs, points are
        return []
    said = f"The point in {shown(cells[0])} was read as a decimal sign"
    return [f"{said}; if it marks thousands, write the numbers without it."]


def _find_header(first: Sequence[str], beneath: Dialect) -> tuple[bool, str]:
    """Return whether the first row names the columns beneath, and a note if that is a guess."""
    first = [" ".join(cell.split()) for cell in first[:LOOKED_AT_COLUMNS]]
    columns = [[cell for _, cell in beneath.cells(k)] for k in range(len(first))]
    numbers = list(filter(beneath.is_number, first))
    unknown = beneath.nulls | MARKS
    row = shown(", ".join(first))
    are_names = f"The first row, {row}, was read as names; --no-header reads it as data."
    are_data = f"The first row, {row}, was read as data; --header reads it as names."
    for name, cells in zip(first, columns, strict=True):
        is_text = name.lower() not in unknown and name not in numbers
        if is_text and cells and all(map(beneath.is_number, cells)):
            return True, ""
    if not numbers:
        is_known = any(name.lower() not in unknown for name in first)
        return True, "" if is_known or not beneath.rows else are_names
    guess = _are_names(first, columns, numbers) if beneath.rows else None
    return guess is True, {None: "", True: are_names, False: are_data}[guess]


def _are_names(
    first: Sequence[str], columns: Sequence[Sequence[str]], numbers: Sequence[str]
) -> bool | None:
    """Guess whether numbers in the first row are names; None if they are data without a doubt.

    Whole numbers are names if they count, have an index of pandas before them, or are above numbers
    that are not whole; others if they rise, and have an index before them.
    """
    has_index = not first[0] and bool(columns[0])
    if not all(is_whole([cell]) for cell in numbers):
        sizes = [float(cell.replace(",", ".")) for cell in numbers if cell[0] not in "tTfF"]
        rise = len(sizes) == len(first) - 1 and all(a < b for a, b in pairwise(sizes))
        return True if has_index and rise else None
    whole = list(map(int, numbers))
    if len(set(whole)) < len(whole):
        return None
    is_counted = len(whole) > 1 and whole == [*range(whole[0], whole[-1] + 1)]
    n_floats = sum(bool(cells) and not is_whole(cells) for cells in columns)
    return is_counted or has_index or 2 * n_floats > len(first)
