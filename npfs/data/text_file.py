"""Text files, packed or not: pyarrow reads numbers on all cores, a bounded part at a time."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from npfs.data.arrow import numpy_batches
from npfs.data.columns import (
    BadTable,
    Columns,
    OpenedFile,
    Source,
    count,
    one_line,
    pyarrow,
    shown,
)
from npfs.data.dialect import NUMBER, Dialect, TextOptions, find_dialect

HEAD_BYTES, ROWS_BEYOND, LONGEST_ROW_BYTES = 1 << 16, 3, 1 << 26
CHUNK_BYTES = 1 << 22  # of a file that is not read at once
READ_AT_ONCE_BYTES = 1 << 27
# pyarrow's own block. A block of few rows makes short arrays, which cost more than their numbers.
BLOCK_BYTES, ROWS_IN_BLOCK, LARGEST_BLOCK_BYTES = 1 << 20, 2000, 1 << 28
CAREFUL_BLOCK_BYTES = 1 << 26
PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
STANDS_FOR_NOTHING = ("?", "-", "--", ".", "*")  # as a missing value is often written


def packing(head: bytes) -> str | None:
    """Return what packed a file that begins so, if anything did."""
    return next((name for magic, name in PACKED.items() if head.startswith(magic)), None)


def unpacked(file: OpenedFile, packed: str | None) -> Any:
    """Open a file for reading."""
    opened = pyarrow().OSFile(str(file.path))
    return pyarrow().CompressedInputStream(opened, packed) if packed else opened


def beginning(stream: Any) -> bytes:
    """Return a beginning that ends with a line, and of long lines a few."""
    head: bytes = stream.read(HEAD_BYTES)
    n_bytes = len(head)
    is_whole = n_bytes < HEAD_BYTES
    while not is_whole and len(head) < LONGEST_ROW_BYTES and len(head.splitlines()) <= ROWS_BEYOND:
        more = stream.read(n_bytes)
        head += more
        is_whole, n_bytes = len(more) < n_bytes, 2 * n_bytes
    return head if is_whole else head[: _end_of_rows(head, _line_end(head)) or len(head)]


def text_source(
    file: OpenedFile, head: bytes, options: TextOptions, packed: str | None, *, is_whole: bool
) -> Source:
    """Return the table of a text file that begins with ``head``.

    Raises
    ------
    BadTable
        If it holds no rows, an option is none, or pyarrow is not installed.
    """
    pyarrow()
    if not head.strip(b"\xef\xbb\xbf\r\n"):
        raise BadTable("it holds no row; give a file with a row for each sample")
    dialect = find_dialect(head, options, is_whole=is_whole)
    row_bytes = max(map(len, head.splitlines()))
    part = TextPart(file, dialect, packed, row_bytes, _line_end(head))
    columns = range(len(dialect.names))
    return Source(
        names=dialect.names,
        parts=[(part, None)],
        n_rows=None,
        problems=part.problems,
        integers=frozenset(filter(dialect.is_whole, columns)),
        # A separator at the end of each row makes an empty column.
        left_out=frozenset(k for k in dialect.nameless if not dialect.cells(k)),
        nameless=dialect.nameless,
        # A little more than there seem to be: memory that is not written to costs nothing.
        room=0 if packed else int(1.2 * file.size * head.count(part.line_end) / len(head)),
        notes=dialect.notes,
    )


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
class TextPart:
    """The rows of a text file.

    Attributes
    ----------
    packed : str or None
        What packed it.
    row_bytes : int
        The length of the longest row seen.
    is_trial : bool
        Whether it is read to try an option, and gives no advice of its own.
    """

    file: OpenedFile
    dialect: Dialect
    packed: str | None
    row_bytes: int
    line_end: bytes
    is_trial: bool = False
    first_row = 0

    def batches(self, positions: Sequence[int]) -> Iterator[Columns]:
        """Yield these columns."""
        row = 0
        for k, open_chunk in enumerate(self._chunks()):
            table = self._read(open_chunk, positions, row, is_first=k == 0)
            row += table.num_rows
            yield from numpy_batches(table, map(str, positions))

    def problems(self, positions: Sequence[int]) -> list[str]:
        """Return what columns hold in place of numbers, by the first rows."""
        found = []
        for position in positions:
            text = self.dialect.text(position)
            if text is not None:
                found.append(self._holds_text(*text, positions))
            else:
                is_empty = not self.dialect.cells(position) and self._is_empty(position)
                found.append("holds no value at all" if is_empty else "")
        return found

    def _is_empty(self, position: int) -> bool:
        return not any((batch[0] == batch[0]).any() for batch in self.batches([position]))

    def _holds_text(self, row: int, cell: str, positions: Sequence[int]) -> str:
        """Describe a cell that is no number, with the option that would mend it, if one does."""
        other = {".": ",", ",": "."}[self.dialect.decimal]
        options, hint = self.dialect.options, ""
        if self.is_trial:
            pass
        elif cell.strip() in STANDS_FOR_NOTHING:
            values = (*options.missing_values, cell.strip())
            if self._is_read_with(positions, options=replace(options, missing_values=values)):
                hint = (
                    f" (if {cell.strip()!r} stands for a missing value, say so with "
                    f"--missing-values {','.join(values)!r})"
                )
        elif (
            other in cell
            and other != self.dialect.separator
            and self._is_read_with(positions, decimal=other)
        ):
            hint = f" (if {other!r} is its decimal sign, say so with --decimal {other!r})"
        return f"holds text, such as {shown(cell)} in data row {row}{hint}"

    def _is_read_with(self, positions: Sequence[int], **changed: Any) -> bool:
        """Try an option before it is advised."""
        part = replace(self, dialect=replace(self.dialect, **changed), is_trial=True)
        if any(part.dialect.text(position) for position in positions):
            return False
        try:
            for _ in part.batches(positions):
                pass
        except BadTable:
            return False
        return True

    def _chunks(self) -> Iterator[Callable[[], Any]]:
        """Yield what opens one chunk of whole rows after the other."""

        def stream() -> Any:
            opened = unpacked(self.file, self.packed)
            if self.dialect.encoding == "utf8":
                return opened
            return pyarrow().transcoding_input_stream(opened, self.dialect.encoding, "utf8")

        if self.packed is None and self.file.size <= READ_AT_ONCE_BYTES:
            yield stream
            return
        left = b""
        with stream() as opened:
            while block := opened.read(CHUNK_BYTES):
                content = left + block
                end = _end_of_rows(content, self.line_end)
                left = content[end:]
                if end:
                    yield _opener(content[:end])
        if left:
            yield _opener(left)

    def _read(
        self, open_chunk: Callable[[], Any], positions: Sequence[int], row: int, *, is_first: bool
    ) -> Any:
        """Read a chunk, behind so many rows, as a table of float64 named by positions."""
        block_bytes = min(max(BLOCK_BYTES, ROWS_IN_BLOCK * self.row_bytes), LARGEST_BLOCK_BYTES)
        invalid = pyarrow().ArrowInvalid
        float64 = pyarrow().float64()
        try:
            return self._read_csv(open_chunk, positions, float64, block_bytes, is_first=is_first)
        except invalid:
            pass
        # What fails is read again, as rarer files need it: cells of several lines, very long rows,
        # missing values and truths as people write them; and on one core, since only then the row
        # of an error is told.
        text = pyarrow().string()
        try:
            careful = max(block_bytes, CAREFUL_BLOCK_BYTES)
            table = self._read_csv(open_chunk, positions, text, careful, is_first=is_first)
        except invalid as error:
            raise BadTable(self._misfit(str(error), row, is_first=is_first)) from None
        columns = [self._numbers(table.column(str(k)), k, row, positions) for k in positions]
        return pyarrow().table(dict(zip(map(str, positions), columns, strict=True)))

    def _read_csv(
        self,
        open_chunk: Callable[[], Any],
        positions: Sequence[int],
        dtype: Any,
        block_bytes: int,
        *,
        is_first: bool,
    ) -> Any:
        """Read columns as one type; text carefully."""
        csv, dialect = pyarrow("csv"), self.dialect
        columns = [str(k) for k in positions]
        is_careful = dtype == pyarrow().string()
        missing = [] if is_careful else dialect.options.nulls
        usual = [text for value in missing for text in (value, value.upper(), value.title())]
        has_header = is_first and dialect.has_header
        with open_chunk() as opened:
            return csv.read_csv(
                opened,
                csv.ReadOptions(
                    use_threads=not is_careful,
                    block_size=block_bytes,
                    column_names=[str(k) for k in range(len(dialect.names))],
                    skip_rows=dialect.skipped if is_first else 0,
                    skip_rows_after_names=int(has_header),
                ),
                csv.ParseOptions(
                    delimiter=dialect.separator,
                    newlines_in_values=is_careful or dialect.has_long_names,
                ),
                csv.ConvertOptions(
                    include_columns=columns,
                    column_types=dict.fromkeys(columns, dtype),
                    decimal_point=dialect.decimal,
                    null_values=[*usual, *(f" {text}" for text in usual), "NaN"],
                    check_utf8=False,
                ),
            )

    def _numbers(self, cells: Any, position: int, row: int, positions: Sequence[int]) -> Any:
        """Return the numbers that are written in cells of text."""
        arrow, compute = pyarrow(), pyarrow("compute")
        lower = compute.ascii_lower(compute.ascii_trim_whitespace(cells))
        missing = pyarrow().array(sorted(self.dialect.options.nulls))
        is_missing = compute.is_in(lower, value_set=missing)
        decimal = r"\." if self.dialect.decimal == "." else ","
        is_number = compute.match_substring_regex(lower, f"^({NUMBER})$".replace(r"\.", decimal))
        wrong = compute.index(compute.or_(is_number, is_missing), False).as_py()
        if wrong >= 0:
            cell = cells[wrong].as_buffer().to_pybytes().decode("utf-8", "replace")
            said = self._holds_text(row + wrong + 1, cell, positions)
            raise BadTable(
                f"column {self.dialect.names[position]!r} {said}; choose columns of numbers, or "
                "correct the cell"
            )
        for old, new in (("true", "1"), ("false", "0"), (",", ".")):
            lower = compute.replace_substring(lower, old, new)
        return compute.if_else(is_missing, None, lower).cast(arrow.float64())

    def _misfit(self, message: str, row: int, *, is_first: bool) -> str:
        """Translate pyarrow's error into words of the data."""
        found = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message)
        if found is None:
            return (
                f"it cannot be read as CSV ({one_line(message)}); is a quotation mark never closed?"
            )
        at, expected, cells = map(int, found.groups())
        above = self.dialect.has_header * (1 + self.dialect.skipped) if is_first else 0
        return (
            f"data row {row + at - above} has {count(cells, 'cell')} where {expected} are expected "
            f"(separated by {shown(self.dialect.separator)}); correct the row, or give the "
            "separator with --separator"
        )


def _opener(content: bytes) -> Callable[[], Any]:
    return lambda: pyarrow().BufferReader(content)
