"""How a text file of a table is written: separator, decimal sign, header; found in its beginning unless given."""

import codecs
import csv
import io
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from npfs.data.columns import IS_NUMBER
from npfs.data.reading import BadTable, count, shown

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT_ROWS, LOOKED_AT_COLUMNS = 50, 100  # enough to tell, and milliseconds
MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none"))
# Of a table of text alone the separator is the one that cuts its rows into equally many cells.
LEAST_SHARE_OF_NUMBERS = 0.1
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WRITTEN = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}


@dataclass(frozen=True)
class Dialect:
    r"""How a text file is written.

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


def find_dialect(
    head: bytes,
    *,
    is_whole: bool,
    separator: str | None,
    decimal: str | None,
    header: bool | None,
) -> Dialect:
    """Return how the file that begins with ``head`` is written; what is given is not looked for.

    ``head`` ends with a line, or is the whole file.

    Raises
    ------
    BadTable
        If an option is none, or the names do not fit the rows.
    """
    candidates = _candidates(separator, decimal)
    text = decoded(head)
    read = {mark: _rows(text, mark) for mark, _ in candidates}
    best = max(candidates, key=lambda pair: _likelihood(read[pair[0]], pair[1]))
    mark, point = best
    rows = read[mark]
    if not rows:
        raise BadTable("its beginning cannot be read as rows; is a quotation mark never closed?")
    has_header = _has_header(rows, point) if header is None else header
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
        blank_lines=_blank_lines(text),
        row_bytes=max(map(len, head.splitlines()), default=0),
        has_long_names=has_long_names,
        encoding="utf-16" if head.startswith(_UTF_16) else "utf8",
        notes=_notes(best, given=(separator, decimal)),
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
    """Return how well rows look like a table: several columns, equally many in each row, of numbers."""
    if not rows:
        return (False, 0.0, 0)
    [(width, times)] = Counter(map(len, rows)).most_common(1)
    beneath = rows[1:] or rows
    cells = [cell for row in beneath for cell in row[:LOOKED_AT_COLUMNS] if not _is_missing(cell)]
    numbers = sum(_is_number(cell, decimal) for cell in cells) / max(1, len(cells))
    return (width > 1, times / len(rows) * (LEAST_SHARE_OF_NUMBERS + numbers), width)


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Return whether the first row has text above numbers, or nothing that is a number."""
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
    if not rows:
        return
    [(width, _)] = Counter(map(len, rows)).most_common(1)
    if width != len(names):
        raise BadTable(
            f"its first row has {count(len(names), 'cell')} and the rows beneath it have {width} (separated by "
            f"{_name(separator)}); give every column a name, or the separator with --separator"
        )


def _is_number(cell: str, decimal: str) -> bool:
    return IS_NUMBER[decimal].fullmatch(cell) is not None


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING


def _blank_lines(text: str) -> int:
    lines = text.splitlines()
    return next((k for k, line in enumerate(lines) if line), len(lines))


def _notes(found: tuple[str, str], given: tuple[str | None, str | None]) -> tuple[str, ...]:
    """Say what was found, where that is not what every reader expects of a CSV file."""
    separator, decimal = found
    if given == (None, None) and found != (",", "."):
        sign = ", with a comma as decimal sign" if decimal == "," else ""
        return (f"It was read as separated by {_name(separator)}{sign}.",)
    return ()


def _name(separator: str) -> str:
    return SEPARATORS.get(separator, shown(separator))
