"""A text file of a table, read by pyarrow on all cores."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from npfs.data.columns import Column, TableFile, arrow_columns
from npfs.data.csv_dialect import Dialect, find_dialect
from npfs.data.reading import BadTable, count, one_line, pyarrow, shown, with_reason

# pyarrow's own block. A block of few rows makes short chunks, which cost more than the numbers in them.
BLOCK_BYTES, ROWS_IN_BLOCK, LARGEST_BLOCK_BYTES = 1 << 20, 2000, 1 << 28
CAREFUL_BLOCK_BYTES = 1 << 26
_MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "None", "none")


def csv_file(
    path: Path,
    head: bytes,
    *,
    is_whole: bool,
    is_packed: bool,
    separator: str | None,
    decimal: str | None,
    header: bool | None,
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
    dialect = find_dialect(
        head, is_whole=is_whole, separator=separator, decimal=decimal, header=header
    )

    def load(chosen: Sequence[int]) -> list[Column]:
        table = with_reason(lambda: _read_csv(path, dialect, chosen, is_packed=is_packed))
        names = [dialect.names[k] for k in chosen]
        return arrow_columns(names, [table.column(str(k)) for k in chosen], dialect.decimal)

    return TableFile(dialect.names, load, dialect.nameless, dialect.notes)


def _read_csv(path: Path, dialect: Dialect, chosen: Sequence[int], *, is_packed: bool) -> Any:
    """Read the chosen columns, named by their positions.

    What fails is read again as rarer files need it: cells of several lines, very long rows; and on one core, since
    only then the row of an error is told.
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
                    null_values=[*_MISSING, *(f" {mark}" for mark in _MISSING)],
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
    """Say what pyarrow found, in words of the data."""
    found = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message)
    if found is None:
        return f"it cannot be read as CSV ({one_line(message)}); is a quotation mark never closed?"
    row, expected, cells = map(int, found.groups())
    above = dialect.has_header * (1 + dialect.blank_lines)
    return (
        f"data row {row - above} has {count(cells, 'cell')} where {expected} are expected "
        f"(separated by {shown(dialect.separator)}); correct the row, or give the separator with --separator"
    )
