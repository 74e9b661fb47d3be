"""What pyarrow reads: Parquet, Arrow and Feather files, and data frames, batch after batch."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate, groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npfs.data.columns import BATCH_NUMBERS, Column, Columns, OpenedFile, Part, Reader, pyarrow
from npfs.data.sentences import BadTable, one_line, shown

PART_NUMBERS = 1 << 23  # of small row groups together, for a worker
# Of each column so much is read at once; without it a column is read whole.
OPTIONS = {"buffer_size": 1 << 16, "pre_buffer": False, "page_checksum_verification": True}
LOOKED_AT_ROWS = 1000  # for an example of what is no number
# From positions to the columns there, as Arrow's, batch after batch.
ArrowBatches = Callable[[Sequence[int]], Iterator[Sequence[Any]]]


def numpy_batches(batches: ArrowBatches, positions: Sequence[int]) -> Iterator[Columns]:
    """Yield what Arrow reads in small batches, without a copy where that can be."""
    rows, names = max(1, BATCH_NUMBERS // len(positions)), list(map(str, positions))
    for columns in batches(positions):
        for batch in pyarrow().table(columns, names=names).to_batches(max_chunksize=rows):
            yield [_numbers(column) for column in batch.columns]


def _numbers(column: Any) -> NDArray[Any]:
    types = pyarrow("types")
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_plain = types.is_integer(column.type) or types.is_floating(column.type)
    if column.null_count or not is_plain:
        column = column.cast(pyarrow().float64(), safe=False).fill_null(np.nan)
    # ``to_numpy`` loads pandas where it is installed: 50 MB and half a second.
    return np.from_dlpack(column)


def parquet_source(file: OpenedFile) -> Reader:
    """Return the table of a Parquet file; its footer is read here."""
    with pyarrow("parquet").ParquetFile(str(file.path)) as opened:
        schema, footer = opened.schema_arrow, opened.metadata
        # What says more of a row group, ``column(k)``, ends the process if the footer is damaged.
        rows = [footer.row_group(k).num_rows for k in range(footer.num_row_groups)]
    if min(rows, default=0) < 0 or sum(rows) != footer.num_rows:
        raise ValueError("its footer has two numbers of rows")
    first_rows = [0, *accumulate(rows)]
    parts = []
    for _, few in groupby(range(len(rows)), lambda k: first_rows[k] * len(schema) // PART_NUMBERS):
        groups = list(few)
        parts.append((partial(_row_groups, file, groups), first_rows[groups[0]]))
    return _source(schema, parts, footer.num_rows, file)


def _row_groups(
    file: OpenedFile, groups: Sequence[int], positions: Sequence[int]
) -> Iterator[Sequence[Any]]:
    with pyarrow("parquet").ParquetFile(str(file.path), **OPTIONS) as opened:
        names = list(map(str, opened.schema_arrow.names))
        # Only by position, if one name occurs twice; then all columns are decoded.
        is_by_name = len(set(names)) == len(names)
        read = [names[k] for k in positions] if is_by_name else names
        rows = max(1, BATCH_NUMBERS // len(read))
        for batch in opened.iter_batches(rows, groups, columns=read if is_by_name else None):
            batch.validate(full=True)  # a damaged one could end the process
            yield [batch.column(k) for k in (read if is_by_name else positions)]


def arrow_source(file: OpenedFile) -> Reader:
    """Return the table of an Arrow or Feather file, or of a stream."""
    with pyarrow().OSFile(str(file.path)) as opened:
        kind = "file" if opened.read(6) == b"ARROW1" else "stream"
        opened.seek(0)
        schema = getattr(pyarrow("ipc"), f"open_{kind}")(opened).schema
    return _source(schema, [(partial(_record_batches, file, kind), 0)], None, file)


def _record_batches(
    file: OpenedFile, kind: str, positions: Sequence[int]
) -> Iterator[Sequence[Any]]:
    with pyarrow().OSFile(str(file.path)) as opened:
        found = getattr(pyarrow("ipc"), f"open_{kind}")(opened)
        is_stream = kind == "stream"
        for batch in found if is_stream else map(found.get_batch, range(found.num_record_batches)):
            batch.validate(full=True)  # offsets of text beyond the file would end the process
            yield [batch.column(k) for k in positions]


def frame_source(frame: Any) -> Reader:
    """Return the table of a data frame of pandas, polars or any other library that Arrow knows."""
    if hasattr(frame, "__dask_graph__"):
        raise BadTable("it is a Dask collection; give it to LinearRegression.fit, or compute it")
    is_old = hasattr(frame, "__dataframe__") and not hasattr(frame, "__arrow_c_stream__")
    convert = pyarrow("interchange").from_dataframe if is_old else pyarrow().table
    try:
        table = convert(frame)
    except Exception as error:  # what is no frame, or has columns that Arrow cannot take
        raise BadTable(
            f"it is no table ({one_line(error)}); give a path, or a data frame with one type and "
            "one name for each column"
        ) from None
    return _source(table.schema, [(partial(_of_table, table), 0)], table.num_rows)


def _of_table(table: Any, positions: Sequence[int]) -> Iterator[Sequence[Any]]:
    yield [table.column(k) for k in positions]


def _source(
    schema: Any,
    parts: Sequence[tuple[ArrowBatches, int]],
    n_rows: int | None,
    file: OpenedFile | None = None,
) -> Reader:
    types = pyarrow("types")
    indices, columns, positions = _indices(schema), [], range(len(schema.names))
    for k, name, dtype in zip(positions, map(str, schema.names), schema.types, strict=True):
        kind = dtype.value_type if types.is_dictionary(dtype) else dtype
        tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
        is_number = not parts or any(test(kind) for test in tests)
        problem = "" if is_number else partial(_problem, parts[0][0], k, dtype, kind)
        is_index, is_integer = name in indices, types.is_integer(kind)
        columns.append(Column(name, str(dtype), is_integer, False, is_index, problem))
    made = [(Part(partial(numpy_batches, read), row, file), positions) for read, row in parts]
    return Reader(columns, made, n_rows, room=n_rows or 0)


def _indices(schema: Any) -> set[str]:
    """Return the columns that pandas wrote as the index."""
    try:
        found = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))["index_columns"]
        return {name for name in found if isinstance(name, str)}
    except (ValueError, KeyError, TypeError):
        return set()


def _problem(batches: ArrowBatches, position: int, dtype: Any, kind: Any, _: object) -> str:
    types = pyarrow("types")
    if types.is_null(kind):
        return "holds no value at all"
    is_text = types.is_string(kind) or types.is_large_string(kind)
    [first] = next(batches([position]), [[]])
    cells = (cell.as_py() for cell in first[:LOOKED_AT_ROWS])
    return holds("text" if is_text else f"values of type {dtype}", cells)


def holds(what: str, cells: Iterable[Any]) -> str:
    """Describe a column that holds no numbers, by the first of its cells that is not empty."""
    for row, value in enumerate(cells, start=1):
        if value is not None:
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            return f"holds {what}, such as {shown(text)} in data row {row}"
    return f"holds {what}"
