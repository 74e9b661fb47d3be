"""What pyarrow reads: Parquet, Arrow and Feather files, and data frames, batch after batch."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npfs.data.columns import (
    BATCH_NUMBERS,
    Columns,
    OpenedFile,
    Part,
    Source,
    pyarrow,
    shown,
)

PART_NUMBERS = 1 << 23  # of small row groups together, for a worker
BUFFER_BYTES = 1 << 16  # read at once of each column; without one a column is read whole
LOOKED_AT_ROWS = 1000  # for an example of what is no number


def numpy_batches(table: Any, names: Iterable[str | int]) -> Iterator[Columns]:
    """Yield the columns of an Arrow table, or record batch, without a copy where that can be."""
    columns = [table.column(name) for name in names]
    table = pyarrow().table(columns, names=[str(k) for k in range(len(columns))])
    for batch in table.to_batches(max_chunksize=max(1, BATCH_NUMBERS // len(columns))):
        yield [_numbers(column) for column in batch.columns]


def _numbers(column: Any) -> NDArray[Any]:
    arrow, types = pyarrow(), pyarrow("types")
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_plain = types.is_integer(column.type) or types.is_floating(column.type)
    if column.null_count or not is_plain:
        column = column.cast(arrow.float64()).fill_null(np.nan)
    # ``to_numpy`` loads pandas where it is installed: 50 MB and half a second.
    return np.from_dlpack(column)


@dataclass(frozen=True)
class ParquetPart:
    """Consecutive row groups of a Parquet file."""

    file: OpenedFile
    first_row: int
    first_group: int
    end_group: int

    def batches(self, positions: Sequence[int]) -> Iterator[Columns]:
        """Yield these columns, decoded as they are asked for."""
        options: dict[str, Any] = {"buffer_size": BUFFER_BYTES, "pre_buffer": False}
        path = str(self.file.path)
        with pyarrow("parquet").ParquetFile(
            path, page_checksum_verification=True, **options
        ) as file:
            names = [str(name) for name in file.schema_arrow.names]
            # Only by position, if one name occurs twice; then all columns are decoded.
            is_by_name = len(set(names)) == len(names)
            chosen = [names[k] for k in positions] if is_by_name else None
            found = file.iter_batches(
                max(1, BATCH_NUMBERS // len(chosen or names)),
                row_groups=range(self.first_group, self.end_group),
                columns=chosen,
            )
            for batch in found:
                batch.validate(full=True)  # a damaged one could end the process
                yield from numpy_batches(batch, chosen or positions)


@dataclass(frozen=True)
class ArrowPart:
    """The record batches of an Arrow or Feather file, or stream."""

    file: OpenedFile
    kind: str
    first_row = 0

    def batches(self, positions: Sequence[int]) -> Iterator[Columns]:
        """Yield these columns."""
        for batch in record_batches(self.file, self.kind):
            yield from numpy_batches(batch, positions)


def record_batches(file: OpenedFile, kind: str) -> Iterator[Any]:
    """Yield the checked record batches of an Arrow file or stream."""
    with pyarrow().OSFile(str(file.path)) as opened:
        reader = getattr(pyarrow("ipc"), f"open_{kind}")(opened)
        is_file = kind == "file"
        batches = map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader
        for batch in batches:
            batch.validate(full=True)  # offsets of text beyond the file would end the process
            yield batch


@dataclass(frozen=True)
class TablePart:
    """A table in memory."""

    table: Any
    file = None
    first_row = 0

    def batches(self, positions: Sequence[int]) -> Iterator[Columns]:
        """Yield these columns."""
        return numpy_batches(self.table, positions)


def parquet_source(file: OpenedFile) -> Source:
    """Return the table of a Parquet file; its footer is read here."""
    with pyarrow("parquet").ParquetFile(str(file.path)) as opened:
        schema, footer = opened.schema_arrow, opened.metadata
        # What says more of a row group, ``column(k)``, ends the process if the footer is damaged.
        group_rows = [footer.row_group(k).num_rows for k in range(footer.num_row_groups)]
    if min(group_rows, default=0) < 0 or sum(group_rows) != footer.num_rows:
        raise ValueError("its footer has two numbers of rows")
    parts: list[Part] = []
    first = row = rows = 0
    for k, n_rows in enumerate(group_rows):
        if rows and (rows + n_rows) * len(schema) > PART_NUMBERS:
            parts.append(ParquetPart(file, row, first, k))
            first, row, rows = k, row + rows, 0
        rows += n_rows
    parts.append(ParquetPart(file, row, first, len(group_rows)))

    def head(position: int) -> Any:
        with pyarrow("parquet").ParquetFile(
            str(file.path), buffer_size=BUFFER_BYTES, pre_buffer=False
        ) as opened:
            names = [str(name) for name in schema.names]
            is_by_name = len(set(names)) == len(names)
            columns = [names[position]] if is_by_name else None
            batch = next(opened.iter_batches(LOOKED_AT_ROWS, columns=columns), None)
        return batch and batch.column(0 if is_by_name else position)

    return _source(schema, parts, footer.num_rows, head)


def arrow_source(file: OpenedFile, kind: str) -> Source:
    """Return the table of an Arrow or Feather file, or of a stream."""
    with pyarrow().OSFile(str(file.path)) as opened:
        schema = getattr(pyarrow("ipc"), f"open_{kind}")(opened).schema

    def head(position: int) -> Any:
        first = next(record_batches(file, kind), None)
        return first and first.column(position)

    return _source(schema, [ArrowPart(file, kind)], None, head)


def frame_source(frame: Any) -> Source:
    """Return the table of a data frame of pandas, polars or any other library that Arrow knows."""
    is_old = hasattr(frame, "__dataframe__") and not hasattr(frame, "__arrow_c_stream__")
    table = pyarrow("interchange").from_dataframe(frame) if is_old else pyarrow().table(frame)
    return _source(table.schema, [TablePart(table)], table.num_rows, table.column)


def _source(
    schema: Any, parts: Sequence[Part], n_rows: int | None, head: Callable[[int], Any]
) -> Source:
    types = pyarrow("types")
    names = tuple(str(name) for name in schema.names)
    kinds = [t.value_type if types.is_dictionary(t) else t for t in schema.types]

    def problem(position: int) -> str:
        kind = kinds[position]
        tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
        if any(test(kind) for test in tests):
            return ""
        if types.is_null(kind):
            return "holds no value at all"
        return _example(head(position), schema.types[position])

    return Source(
        names=names,
        parts=[(part, None) for part in parts],
        n_rows=n_rows,
        problems=lambda positions: [problem(k) for k in positions],
        integers=frozenset(k for k, kind in enumerate(kinds) if types.is_integer(kind)),
        left_out=frozenset(k for k, name in enumerate(names) if name in _indices(schema)),
        types=tuple(map(str, schema.types)),
    )


def _indices(schema: Any) -> set[str]:
    """Return the columns that pandas wrote as the index."""
    try:
        found = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))["index_columns"]
        return {name for name in found if isinstance(name, str)}
    except (ValueError, KeyError, TypeError):
        return set()


def _example(column: Any, dtype: Any) -> str:
    """Describe values that are no numbers by the first of them."""
    types = pyarrow("types")
    cells = [] if column is None else column.slice(0, LOOKED_AT_ROWS).to_pylist()
    row, cell = next(((k, c) for k, c in enumerate(cells, start=1) if c is not None), (0, None))
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8", "replace")
    kind = dtype.value_type if types.is_dictionary(dtype) else dtype
    is_text = types.is_string(kind) or types.is_large_string(kind)
    what = "text" if is_text or isinstance(cell, str) else f"values of type {dtype}"
    return f"holds {what}" + (f", such as {shown(cell)} in data row {row}" if row else "")
