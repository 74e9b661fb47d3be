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

from npfs.data.columns import BadTable, count, shown

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT_ROWS, LOOKED_AT_COLUMNS = 50, 100  # enough to tell, and milliseconds
# Without regard to case and to spaces around.
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none"})
# Of a table of text alone the separator is the one that cuts its rows into equally many cells.
LEAST_SHARE_OF_NUMBERS = 0.1
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?inf(inity)?|true|false"
IS_NUMBER = {
    ".": re.compile(rf"\s*({NUMBER})\s*", re.IGNORECASE),
    ",": re.compile(rf"\s*({NUMBER})\s*".replace(r"\.", ","), re.IGNORECASE),
}
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")
_THOUSANDS = re.compile(r"\s*[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+\s*")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WRITTEN = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
_EXCEL = re.compile(r'"?sep=(.)"?\r?[\n\r]', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class TextOptions:
    """The options of a text file, as ``read_table`` takes them; None is to be found."""

    separator: str | None = None
    decimal: str | None = None
    header: bool | None = None
    missing_values: tuple[str, ...] = ()

    @property
    def nulls(self) -> frozenset[str]:
        """What stands for a missing value, in small letters."""
        return MISSING.union(value.strip().lower() for value in self.missing_values)


@dataclass(frozen=True)
class Dialect:
    """The dialect of a text file.

    Attributes
    ----------
    names : tuple of str
        Of the columns, "column 0" and so on where the file gives none.
    has_long_names : bool
        Whether a name goes over several lines.
    rows : sequence of rows of str
        The first ones, beneath the header.
    skipped : int
        Lines before the first row.
    nameless : frozenset of int
        Positions of the columns that a header leaves without a name.
    encoding : str
        "utf8" also where only names and text are not.
    """

    separator: str
    decimal: str
    has_header: bool
    has_long_names: bool
    names: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    skipped: int
    nameless: frozenset[int]
    encoding: str
    notes: tuple[str, ...]
    options: TextOptions

    def cells(self, position: int) -> list[str]:
        """Return the first cells of a column that are not missing."""
        return [cell for _, cell in self._cells(position)]

    def text(self, position: int) -> tuple[int, str] | None:
        """Return row, counted from 1, and content of a column's first cell that is no number."""
        for row, cell in self._cells(position):
            if not IS_NUMBER[self.decimal].fullmatch(cell):
                return row, cell
        return None

    def is_whole(self, position: int) -> bool:
        """Return True if a column begins with whole numbers."""
        cells = self.cells(position)
        return bool(cells) and all(map(_WHOLE.fullmatch, cells))

    def _cells(self, position: int) -> list[tuple[int, str]]:
        return [
            (row, cells[position])
            for row, cells in enumerate(self.rows, start=1)
            if position < len(cells) and cells[position].strip().lower() not in self.options.nulls
        ]


def find_dialect(head: bytes, options: TextOptions, *, is_whole: bool) -> Dialect:
    """Find the dialect of the file that begins with ``head``; options that are given stand.

    ``head`` ends with a line, or is the whole file.

    Raises
    ------
    BadTable
        If an option is none, the names do not fit the rows, or only a person can tell.
    """
    text = decoded(head)
    skipped = 0
    if excel := _EXCEL.match(text):  # which writes its separator into the first line
        text, skipped = text[excel.end() :], 1
        options = replace(options, separator=options.separator or excel[1])
    candidates = _candidates(options.separator, options.decimal)
    read = {mark: _rows(text, mark) for mark, _ in candidates}
    mark, point = max(candidates, key=lambda pair: _likelihood(read[pair[0]], pair[1], options))
    rows = read[mark]
    if not rows:
        raise BadTable("its beginning cannot be read as rows; is a quotation mark never closed?")
    if options.decimal is None and point == ",":
        _require_no_thousands(rows)
    has_header, header_note = options.header, ""
    if has_header is None:
        has_header, header_note = _find_header(rows, point, options)
    first = [" ".join(cell.split()) for cell in rows[0]]
    has_long_names = has_header and any("\n" in cell or "\r" in cell for cell in rows[0])
    if has_header and len(rows) == 1 and is_whole:
        why = " (is a quotation mark never closed?)" if has_long_names else ""
        raise BadTable(f"it has a header and no row beneath it{why}; add a row for each sample")
    if has_header:
        _check_header(first, rows[1:], mark)
    found = options.separator is None and options.decimal is None and (mark, point) != (",", ".")
    sign = ", with a comma as decimal sign" if point == "," else ""
    note = f"It was read as separated by {_name(mark)}{sign}." if found else ""
    return Dialect(
        separator=mark,
        decimal=point,
        has_header=has_header,
        has_long_names=has_long_names,
        names=tuple(
            cell if has_header and cell else f"column {position}"
            for position, cell in enumerate(first)
        ),
        rows=rows[has_header:],
        skipped=skipped + next((k for k, line in enumerate(text.splitlines()) if line), 0),
        nameless=frozenset(k for k, cell in enumerate(first) if has_header and not cell),
        encoding="utf-16" if head.startswith(_UTF_16) else "utf8",
        notes=tuple(filter(None, (note, header_note))),
        options=options,
    )


def decoded(head: bytes) -> str:
    """Return the text of a file's beginning: UTF-8, UTF-16 if it says so, else Western European."""
    if head.startswith(_UTF_16):
        return head.decode("utf-16", "ignore")
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def _candidates(separator: str | None, decimal: str | None) -> list[tuple[str, str]]:
    """Return the pairs of separator and decimal sign that may be, the most usual first."""
    if separator is not None:
        separator = _WRITTEN.get(separator, separator)
        if len(separator) != 1 or not separator.isascii() or separator in '"\r\n':
            raise BadTable(
                f"--separator takes one character such as , or ; or tab; got {separator!r}"
            )
    if decimal is not None and decimal not in IS_NUMBER:
        raise BadTable(f"--decimal takes . or a comma; got {decimal!r}")
    if separator == decimal == ",":
        raise BadTable("--separator and --decimal cannot both be a comma")
    marks = SEPARATORS if separator is None else [separator]
    points = IS_NUMBER if decimal is None else [decimal]
    return [(mark, point) for mark in marks for point in points if mark != point]


def _rows(text: str, separator: str) -> list[list[str]]:
    """Return the first rows that are not blank; none if they cannot be read so."""
    if separator not in text:
        separator = "\0"  # one cell a row
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return list(itertools.islice(filter(None, reader), LOOKED_AT_ROWS))
    except csv.Error:
        return []


def _likelihood(
    rows: Sequence[Sequence[str]], decimal: str, options: TextOptions
) -> tuple[bool, float, int]:
    """Rate rows as a table: several columns, equally many in each row, of numbers."""
    if not rows:
        return (False, 0.0, 0)
    [(width, times)] = Counter(map(len, rows)).most_common(1)
    beneath = rows[1:] or rows
    cells = [cell for row in beneath for cell in _present(row[:LOOKED_AT_COLUMNS], options)]
    numbers = sum(_is_number(cell, decimal) for cell in cells) / max(1, len(cells))
    return (width > 1, times / len(rows) * (LEAST_SHARE_OF_NUMBERS + numbers), width)


def _require_no_thousands(rows: Sequence[Sequence[str]]) -> None:
    """Ask, where each comma in a number may as well mark thousands."""
    cells = [cell for row in rows for cell in row if "," in cell and _is_number(cell, ",")]
    if cells and all(map(_THOUSANDS.fullmatch, cells)):
        raise BadTable(
            f"the comma in {shown(cells[0].strip())} may be a decimal sign or mark thousands: if "
            "it is a decimal sign, say so with --decimal ','; if not, write the numbers without it"
        )


def _find_header(
    rows: Sequence[Sequence[str]], decimal: str, options: TextOptions
) -> tuple[bool, str]:
    """Return whether the first row names the columns, and a note if that is a guess."""
    first = rows[0][:LOOKED_AT_COLUMNS]
    columns = [_present([r[k] for r in rows[1:] if k < len(r)], options) for k in range(len(first))]
    is_number = [_is_number(cell, decimal) for cell in first]
    for name, beneath, is_one in zip(first, columns, is_number, strict=True):
        is_text = _present([name], options) and not is_one
        if is_text and beneath and all(_is_number(cell, decimal) for cell in beneath):
            return True, ""
    numbers = [cell for cell, is_one in zip(first, is_number, strict=True) if is_one]
    if not numbers:
        return True, ""
    row = shown(", ".join(first))
    whole = [cell.strip() for cell in numbers if _WHOLE.fullmatch(cell)]
    may_be_names = len(rows) > 1 and len(set(whole)) == len(numbers)
    if may_be_names and _are_names(first, columns, list(map(int, whole))):
        return True, f"The first row, {row}, was read as names; --no-header reads it as data."
    guess = f"The first row, {row}, was read as data; --header reads it as names."
    return False, guess if may_be_names else ""


def _are_names(
    first: Sequence[str], columns: Sequence[Sequence[str]], numbers: Sequence[int]
) -> bool:
    """Return True if whole numbers in the first row are names: counted, of an index, or of floats.

    ``columns`` are the cells beneath.
    """
    is_counted = len(numbers) > 1 and list(numbers) == [*range(numbers[0], numbers[-1] + 1)]
    has_index = not first[0].strip() and len(columns[0]) > 0
    n_floats = sum(not all(map(_WHOLE.fullmatch, cells)) for cells in columns if cells)
    return is_counted or has_index or 2 * n_floats > len(first)


def _check_header(names: Sequence[str], rows: Sequence[Sequence[str]], separator: str) -> None:
    [(width, _)] = Counter(map(len, rows or [names])).most_common(1)
    if width != len(names):
        raise BadTable(
            f"its first row has {count(len(names), 'cell')} and the rows beneath it have {width} "
            "(separated by "
            f"{_name(separator)}); give every column a name, or the separator with --separator"
        )


def _present(cells: Sequence[str], options: TextOptions) -> list[str]:
    return [cell for cell in cells if cell.strip().lower() not in options.nulls]


def _is_number(cell: str, decimal: str) -> bool:
    return IS_NUMBER[decimal].fullmatch(cell) is not None


def _name(separator: str) -> str:
    return SEPARATORS.get(separator, shown(separator))
