"""A text file of a table: its dialect is found in its beginning, pyarrow reads it on all cores."""

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npfs.data.columns import (
    IS_NUMBER,
    BadTable,
    Column,
    TableFile,
    arrow_columns,
    count,
    one_line,
    pyarrow,
    shown,
    with_reason,
)

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT_ROWS, LOOKED_AT_COLUMNS = 50, 100  # enough to tell, and milliseconds
MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "None", "none")
# Of a table of text alone the separator is the one that cuts its rows into equally many cells.
LEAST_SHARE_OF_NUMBERS = 0.1
_MISSING = frozenset(map(str.lower, MISSING))
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WRITTEN = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}


@dataclass(frozen=True)
class TextOptions:
    """The options of a text file, as ``read_table`` takes them; None is to be found."""

    separator: str | None = None
    decimal: str | None = None
    header: bool | None = None


@dataclass(frozen=True)
class Dialect:
    r"""The dialect of a text file.

    Attributes
    ----------
    names : tuple of str
        Of the columns, "column 0" and so on where the file gives none.
    nameless : frozenset of int
        Positions of the columns that a header leaves without a name.
    blank_lines : int
        Lines before the first row.
    row_bytes : int
        The length of the longest row seen.
    has_long_names : bool
        Whether a name goes over several lines.
    encoding : str
        "utf8" also where only names and text are not.
    """

    separator: str
    decimal: str
    has_header: bool
    names: tuple[str, ...]
    nameless: frozenset[int]
    blank_lines: int
    row_bytes: int
    has_long_names: bool
    encoding: str
    notes: tuple[str, ...]


def find_dialect(head: bytes, options: TextOptions, *, is_whole: bool) -> Dialect:
    """Find the dialect of the file that begins with ``head``; options that are given stand.

    ``head`` ends with a line, or is the whole file.

    Raises
    ------
    BadTable
        If an option is none, or the names do not fit the rows.
    """
    candidates = _candidates(options.separator, options.decimal)
    text = decoded(head)
    read = {mark: _rows(text, mark) for mark, _ in candidates}
    mark, point = max(candidates, key=lambda pair: _likelihood(read[pair[0]], pair[1]))
    rows = read[mark]
    if not rows:
        raise BadTable("its beginning cannot be read as rows; is a quotation mark never closed?")
    has_header = _has_header(rows, point) if options.header is None else options.header
    first = [" ".join(cell.split()) for cell in rows[0]]
    has_long_names = has_header and any("\n" in cell or "\r" in cell for cell in rows[0])
    if has_header and len(rows) == 1 and is_whole:
        why = " (is a quotation mark never closed?)" if has_long_names else ""
        raise BadTable(f"it has a header and no row beneath it{why}; add a row for each sample")
    if has_header:
        _check_header(first, rows[1:], mark)
    names = tuple(
        cell if has_header and cell else f"column {position}" for position, cell in enumerate(first)
    )
    return Dialect(
        separator=mark,
        decimal=point,
        has_header=has_header,
        names=names,
        nameless=frozenset(k for k, cell in enumerate(first) if has_header and not cell),
        blank_lines=next(k for k, line in enumerate(text.splitlines()) if line),
        row_bytes=max(map(len, head.splitlines()), default=0),
        has_long_names=has_long_names,
        encoding="utf-16" if head.startswith(_UTF_16) else "utf8",
        notes=_notes(mark, point, options),
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


def _likelihood(rows: Sequence[Sequence[str]], decimal: str) -> tuple[bool, float, int]:
    """Rate rows as a table: several columns, equally many in each row, of numbers."""
    if not rows:
        return (False, 0.0, 0)
    [(width, times)] = Counter(map(len, rows)).most_common(1)
    beneath = rows[1:] or rows
    cells = [cell for row in beneath for cell in row[:LOOKED_AT_COLUMNS] if not _is_missing(cell)]
    numbers = sum(_is_number(cell, decimal) for cell in cells) / max(1, len(cells))
    return (width > 1, times / len(rows) * (LEAST_SHARE_OF_NUMBERS + numbers), width)


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Return True if the first row has text above numbers, or nothing that is a number."""
    first, beneath = rows[0][:LOOKED_AT_COLUMNS], rows[1:]
    for position, name in enumerate(first):
        if _is_missing(name) or _is_number(name, decimal):
            continue
        cells = [row[position] for row in beneath if position < len(row)]
        cells = [cell for cell in cells if not _is_missing(cell)]
        if cells and all(_is_number(cell, decimal) for cell in cells):
            return True
    return not any(_is_number(cell, decimal) for cell in first)


def _check_header(names: Sequence[str], rows: Sequence[Sequence[str]], separator: str) -> None:
    [(width, _)] = Counter(map(len, rows or [names])).most_common(1)
    if width != len(names):
        raise BadTable(
            f"its first row has {count(len(names), 'cell')} and the rows beneath it have {width} "
            "(separated by "
            f"{_name(separator)}); give every column a name, or the separator with --separator"
        )


def _is_number(cell: str, decimal: str) -> bool:
    return IS_NUMBER[decimal].fullmatch(cell) is not None


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in _MISSING


def _notes(separator: str, decimal: str, given: TextOptions) -> tuple[str, ...]:
    """Describe the dialect where it is not what every reader expects of a CSV file."""
    is_found = given.separator is None and given.decimal is None
    if is_found and (separator, decimal) != (",", "."):
        sign = ", with a comma as decimal sign" if decimal == "," else ""
        return (f"It was read as separated by {_name(separator)}{sign}.",)
    return ()


def _name(separator: str) -> str:
    return SEPARATORS.get(separator, shown(separator))


# pyarrow's own block. A block of few rows makes short chunks, which cost more than the numbers in
# them.
BLOCK_BYTES, ROWS_IN_BLOCK, LARGEST_BLOCK_BYTES = 1 << 20, 2000, 1 << 28
CAREFUL_BLOCK_BYTES = 1 << 26


def csv_file(
    path: Path, head: bytes, options: TextOptions, *, is_whole: bool, is_packed: bool
) -> TableFile:
    """Return the table of a text file that begins with ``head``; ``is_packed`` by gzip.

    Raises
    ------
    BadTable
        If it holds no rows, an option is none, or pyarrow is not installed.
    """
    pyarrow()
    if not head.strip(b"\xef\xbb\xbf\r\n"):
        raise BadTable("it holds no row; give a file with a row for each sample")
    dialect = find_dialect(head, options, is_whole=is_whole)

    def load(chosen: Sequence[int]) -> list[Column]:
        table = with_reason(lambda: _read_csv(path, dialect, chosen, is_packed=is_packed))
        names = [dialect.names[k] for k in chosen]
        return arrow_columns(names, [table.column(str(k)) for k in chosen], dialect.decimal)

    return TableFile(dialect.names, load, dialect.nameless, dialect.notes)


def _read_csv(path: Path, dialect: Dialect, chosen: Sequence[int], *, is_packed: bool) -> Any:
    """Read the chosen columns, named by their positions.

    What fails is read again as rarer files need it: cells of several lines, very long rows; and on
    one core, since only then the row of an error is told.
    """
    arrow, csv = pyarrow(), pyarrow("csv")
    columns = [str(k) for k in range(len(dialect.names))]

    def read(block_bytes: int, *, is_careful: bool) -> Any:
        with arrow.OSFile(str(path)) as file:
            return csv.read_csv(
                arrow.CompressedInputStream(file, "gzip") if is_packed else file,
                csv.ReadOptions(
                    use_threads=not is_careful,
                    block_size=block_bytes,
                    column_names=columns,
                    skip_rows=dialect.blank_lines if dialect.has_header else 0,
                    skip_rows_after_names=int(dialect.has_header),
                    encoding=dialect.encoding,
                ),
                csv.ParseOptions(
                    delimiter=dialect.separator,
                    newlines_in_values=is_careful or dialect.has_long_names,
                ),
                csv.ConvertOptions(
                    include_columns=[columns[k] for k in chosen],
                    decimal_point=dialect.decimal,
                    null_values=[*MISSING, *(f" {mark}" for mark in MISSING)],
                    strings_can_be_null=True,
                ),
            )

    block_bytes = min(max(BLOCK_BYTES, ROWS_IN_BLOCK * dialect.row_bytes), LARGEST_BLOCK_BYTES)
    try:
        return read(block_bytes, is_careful=False)
    except arrow.ArrowInvalid:
        pass
    try:
        return read(max(block_bytes, CAREFUL_BLOCK_BYTES), is_careful=True)
    except arrow.ArrowInvalid as error:
        raise BadTable(_problem(str(error), dialect)) from None


def _problem(message: str, dialect: Dialect) -> str:
    """Translate pyarrow's error into words of the data."""
    found = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message)
    if found is None:
        return f"it cannot be read as CSV ({one_line(message)}); is a quotation mark never closed?"
    row, expected, cells = map(int, found.groups())
    above = dialect.has_header * (1 + dialect.blank_lines)
    return (
        f"data row {row - above} has {count(cells, 'cell')} where {expected} are expected "
        f"(separated by {shown(dialect.separator)}); correct the row, or give the separator with "
        "--separator"
    )
