"""Text files, packed or not: pyarrow reads numbers on all cores, a bounded part at a time."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from npfs.data.arrow import numpy_batches
from npfs.data.columns import Column, OpenedFile, Part, Reader, pyarrow
from npfs.data.dialect import MARKS, NUMBERS, Dialect, TableOptions, find_dialect, marks_thousands
from npfs.data.sentences import BadTable, counted, one_line, shown

HEAD_BYTES, ROWS_BEYOND, LONGEST_ROW_BYTES = 1 << 16, 3, 1 << 26
CHUNK_BYTES = 1 << 22  # of a file that is not read at once
READ_AT_ONCE_BYTES = 1 << 27
# pyarrow's own block. A block of few rows makes short arrays, which cost more than their numbers.
BLOCK_BYTES, ROWS_IN_BLOCK, LARGEST_BLOCK_BYTES = 1 << 20, 2000, 1 << 28
CAREFUL_BLOCK_BYTES = 1 << 26
PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}


def beginning(file: OpenedFile, packed: str | None) -> bytes:
    """Return a beginning that ends with a line, and of long lines a few."""
    head: bytes = b""
    n_bytes = HEAD_BYTES
    with pyarrow().input_stream(str(file.path), compression=packed) as stream:
        while len(head.splitlines()) <= ROWS_BEYOND and len(head) < LONGEST_ROW_BYTES:
            more = stream.read(n_bytes)
            head += more
            if len(more) < n_bytes:
                return head
            n_bytes = len(head)
    return head[: _end_of_rows(head, _line_end(head)) or len(head)]


def text_source(file: OpenedFile, head: bytes, options: TableOptions, packed: str | None) -> Reader:
    """Return the table of a text file that begins with ``head``.

    Raises
    ------
    BadTable
        If it holds no rows, an option is none, or pyarrow is not installed.
    """
    if not head.strip(b"\xef\xbb\xbf\r\n"):
        raise BadTable("it holds no row; give a file with a row for each sample")
    is_all = len(head) < HEAD_BYTES
    dialect = find_dialect(head, options, is_all=is_all)
    text = TextFile(file, dialect, packed, max(map(len, head.splitlines())), _line_end(head))
    columns = []
    for k, name in enumerate(dialect.names):
        cells = dialect.cells(k)
        wrong = next(((row, cell) for row, cell in cells if not dialect.is_number(cell)), None)
        problem = "holds no value at all" if is_all and not cells else ""
        is_nameless = dialect.has_header and not name
        columns.append(
            Column(
                text.name(k),
                is_integer=dialect.is_integer(k),
                is_nameless=is_nameless,
                # A separator at the end of each row makes an empty column.
                is_left_out=is_nameless and not cells,
                problem=partial(text.holds_text, *wrong) if wrong else problem,
            )
        )
    # A little more than there seem to be: memory that is not written to costs nothing.
    room = 0 if packed else int(1.2 * file.size * head.count(text.line_end) / len(head))
    parts = [(Part(partial(numpy_batches, text.read), 0, file), range(len(columns)))]
    return Reader(columns, parts, room=room, guess=dialect.guess, notes=dialect.notes)


def _line_end(head: bytes) -> bytes:
    return b"\n" if b"\n" in head else b"\r"


def _end_of_rows(content: bytes, line_end: bytes) -> int:
    """Return where the last whole row ends: at a line end that is in no quoted cell."""
    last = end = content.rfind(line_end) + 1
    quotes = content.count(b'"', 0, end)
    while end and quotes % 2:
        before = content.rfind(line_end, 0, end - 1) + 1
        quotes -= content.count(b'"', before, end)
        end = before
    return end or last


@dataclass(frozen=True)
class TextFile:
    """A text file.

    Attributes
    ----------
    packed : str or None
        What packed it.
    row_bytes : int
        The length of the longest row seen.
    """

    file: OpenedFile
    dialect: Dialect
    packed: str | None
    row_bytes: int
    line_end: bytes

    def name(self, position: int) -> str:
        """Return the name of a column."""
        return self.dialect.names[position] or f"column {position}"

    def read(self, positions: Sequence[int]) -> Iterator[list[Any]]:
        """Yield columns of float64, as Arrow's.

        Raises
        ------
        BadTable
            If a cell holds no number, or a row has more or fewer cells than the first.
        """
        row = 0
        for text, open_chunk in self._chunks():
            try:
                columns = text._read_csv(open_chunk, positions, is_careful=False)
            except pyarrow().ArrowInvalid:
                columns = text._read_carefully(open_chunk, positions, row)
            yield columns
            row += len(columns[0])

    def holds_text(self, row: int, cell: str, names: Sequence[str]) -> str:
        """Describe a cell that is no number, with the option that would mend it, if one does.

        It does if all columns of these names, which are chosen, can be read with it.
        """
        dialect, sign = self.dialect, cell.strip()
        positions = [k for k in range(len(dialect.names)) if self.name(k) in names]
        other = "," if dialect.decimal == "." else "."
        changed, hint = None, ""
        if sign.lower() in MARKS:
            seen = [found.strip() for k in positions for _, found in dialect.cells(k)]
            marks = [sign, *sorted({mark for mark in seen if mark.lower() in MARKS} - {sign})]
            values = (*dialect.missing_values, *marks)
            changed, option = replace(dialect, missing_values=values), "--missing-values"
            stand = f"{' and '.join(map(repr, marks))} stand{'s' * (len(marks) == 1)}"
            hint = f"if {stand} for a missing value, say so with {option} {','.join(values)!r}"
        elif other in cell and other != dialect.separator:
            changed = replace(dialect, decimal=other)
            hint = f"if {other!r} is its decimal sign, say so with --decimal {other!r}"
        if not (changed and replace(self, dialect=changed)._is_read(positions)):
            hint = ""
        if marks_thousands(sign):
            hint = "write numbers without marks of thousands" + (f"; {hint}" if hint else "")
        said = f"holds text, such as {shown(cell)} in data row {row}"
        return f"{said} ({hint})" if hint else said

    def _is_read(self, positions: Sequence[int]) -> bool:
        """Return True if all cells of columns hold numbers, or nothing."""
        try:
            return all(
                text._numbers(cells)[0] < 0
                for text, open_chunk in self._chunks()
                for cells in text._read_csv(open_chunk, positions, is_careful=True)
            )
        except pyarrow().ArrowInvalid:
            return False

    def _chunks(self) -> Iterator[tuple[Self, Callable[[], Any]]]:
        """Yield what opens chunks of whole rows, and how each is read: only one has the header."""
        if self.packed is None and self.file.size <= READ_AT_ONCE_BYTES:
            yield self, self._open
            return
        text, left = self, b""
        with self._open() as opened:
            while block := opened.read(CHUNK_BYTES):
                content = left + block
                end = _end_of_rows(content, self.line_end)
                left = content[end:]
                if end:
                    yield text, partial(pyarrow().BufferReader, content[:end])
                    text = replace(self, dialect=replace(self.dialect, has_header=False, skipped=0))
        if left:
            yield text, partial(pyarrow().BufferReader, left)

    def _open(self) -> Any:
        opened = pyarrow().input_stream(str(self.file.path), compression=self.packed)
        if self.dialect.encoding == "utf8":
            return opened
        return pyarrow().transcoding_input_stream(opened, self.dialect.encoding, "utf8")

    def _read_csv(
        self, open_chunk: Callable[[], Any], positions: Sequence[int], *, is_careful: bool
    ) -> list[Any]:
        """Read columns as numbers, or carefully as text."""
        csv, dialect = pyarrow("csv"), self.dialect
        block = min(max(BLOCK_BYTES, ROWS_IN_BLOCK * self.row_bytes), LARGEST_BLOCK_BYTES)
        columns = [str(k) for k in positions]
        forms = (str.lower, str.upper, str.title)
        nulls = [form(null) for null in dialect.nulls for form in forms]
        dtype = pyarrow().string() if is_careful else pyarrow().float64()
        with open_chunk() as opened:
            table = csv.read_csv(
                opened,
                csv.ReadOptions(
                    use_threads=not is_careful,
                    block_size=max(block, is_careful * CAREFUL_BLOCK_BYTES),
                    column_names=[str(k) for k in range(len(dialect.names))],
                    skip_rows=dialect.skipped,
                    skip_rows_after_names=int(dialect.has_header),
                ),
                csv.ParseOptions(delimiter=dialect.separator, newlines_in_values=is_careful),
                csv.ConvertOptions(
                    include_columns=columns,
                    column_types=dict.fromkeys(columns, dtype),
                    decimal_point=dialect.decimal,
                    null_values=[*nulls, *(f" {null}" for null in nulls), "NaN"],
                    check_utf8=False,
                ),
            )
        return [table.column(name) for name in columns]

    def _read_carefully(
        self, open_chunk: Callable[[], Any], positions: Sequence[int], row: int
    ) -> list[Any]:
        """Read a chunk, behind so many rows, as rarer files need it.

        With cells of several lines, very long rows, missing values and truths as people write
        them; and on one core, since only then the row of an error is told.
        """
        try:
            columns = self._read_csv(open_chunk, positions, is_careful=True)
        except pyarrow().ArrowInvalid as error:
            raise BadTable(self._misfit(str(error), row)) from None
        found, names = [], list(map(self.name, positions))
        for name, cells in zip(names, columns, strict=True):
            wrong, numbers = self._numbers(cells)
            if wrong >= 0:
                cell = cells[wrong].as_buffer().to_pybytes().decode("utf-8", "replace")
                said = f"column {name!r} {self.holds_text(row + wrong + 1, cell, names)}"
                raise BadTable(f"{said}; choose columns of numbers, or correct the cell")
            found.append(numbers)
        return found

    def _numbers(self, cells: Any) -> tuple[int, Any]:
        """Return where the first cell is that holds no number, or -1 and the numbers."""
        arrow, compute, dialect = pyarrow(), pyarrow("compute"), self.dialect
        lower = compute.ascii_lower(compute.ascii_trim_whitespace(cells))
        is_missing = compute.is_in(lower, value_set=arrow.array(sorted(dialect.nulls)))
        is_number = compute.match_substring_regex(lower, f"^({NUMBERS[dialect.decimal]})$")
        wrong = compute.index(compute.or_(is_number, is_missing), False).as_py()
        if wrong >= 0:
            return wrong, None
        for old, new in (("true", "1"), ("false", "0"), (",", ".")):
            lower = compute.replace_substring(lower, old, new)
        return -1, compute.if_else(is_missing, None, lower).cast(arrow.float64())

    def _misfit(self, message: str, row: int) -> str:
        """Translate pyarrow's error into words of the data."""
        found = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message)
        if found is None:
            said = f"it cannot be read as CSV ({one_line(message)})"
            return f"{said}; is a quotation mark never closed?"
        at, expected, cells = map(int, found.groups())
        above = self.dialect.has_header * (1 + self.dialect.skipped)
        return (
            f"data row {row + at - above} has {counted(cells, 'cell')} where {expected} are "
            f"expected (separated by {shown(self.dialect.separator)}); correct the row, or give "
            "the separator with --separator"
        )
