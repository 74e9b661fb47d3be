"""Parquet files in pieces: row groups, several together where they are small and parts of one where it is large."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from npfs.data.columns import ArrowColumn, Column, TableFile
from npfs.data.file_piece import FilePiece, LargeFile, Wanted, rows_of
from npfs.data.parquet_schema import (
    ParquetFile,
    read_footer,
    require_one_set_of_columns,
    require_one_type,
)
from npfs.data.pieces import Piece, spans
from npfs.data.reading import BadTable, Read, pyarrow, with_reason
from npfs.data.row_groups import BATCH_ROWS, BUFFER_BYTES, Groups, ParquetRows
from npfs.data.values import named

MAGIC, SUFFIXES = b"PAR1", frozenset((".parquet", ".parq", ".pq"))
NO_DATA = ("_", ".")  # what Spark, Hive and Dask write beside the data begins so
LOOKED_AT_ROWS = 1000  # for an example of what is no number


def parquet_file(path: Path) -> LargeFile:
    """Read the footer of a Parquet file.

    Raises
    ------
    BadTable
        If it is damaged.
    """
    return _as_one([read_footer(path)])


def parquet_folder(path: Path) -> LargeFile:
    """Read the footers of the Parquet files in a folder, sorted by name; their rows follow each other.

    Raises
    ------
    BadTable
        If there is none, one is damaged, they have two schemas, or there are folders in the folder.
    """
    inside = sorted(with_reason(lambda: list(path.iterdir())), key=lambda entry: entry.name)
    if "_delta_log" in (entry.name for entry in inside):
        raise BadTable(
            "it is a Delta table, of which not every file counts; save what it holds as Parquet"
        )
    inside = [entry for entry in inside if not entry.name.startswith(NO_DATA)]
    if folders := [entry.name for entry in inside if entry.is_dir()]:
        raise BadTable(
            f"it holds the folder {folders[0]!r}; give a folder whose Parquet files are not parted into folders"
        )
    files = [entry for entry in inside if _in_folder(entry, _is_parquet)]
    others = [entry.name for entry in inside if entry not in files]
    if not files:
        holds = f"holds {named(others)} and no Parquet file" if others else "is an empty folder"
        raise BadTable(f"it {holds}; give a file, or a folder of Parquet files")
    note = f"Not read, as they are no Parquet files: {named(others)}."
    return _as_one([_in_folder(file, read_footer) for file in files], (note,) if others else ())


def _is_parquet(path: Path) -> bool:
    """Return whether a file is Parquet by its name, damaged or not, or by its content."""
    if not path.is_file():
        return False
    if path.suffix.lower() in SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _in_folder(path: Path, read: Callable[[Path], Read]) -> Read:
    """Call what reads a file of a folder, and name it if that is an error."""
    try:
        return with_reason(lambda: read(path))
    except BadTable as error:
        raise BadTable(f"its file {path.name!r}: {error}") from None


def _as_one(files: Sequence[ParquetFile], notes: tuple[str, ...] = ()) -> LargeFile:
    # What writes a file without a row may not know its types.
    files = [file for file in files if file.n_rows] or files[:1]
    require_one_set_of_columns(files)
    first = files[0]
    is_by_name = len(set(first.names)) == len(first.names)

    def load(chosen: list[int]) -> list[Column]:
        require_one_type(files, [first.names[k] for k in chosen])
        return with_reason(lambda: _columns(files, chosen))

    def cut(wanted: Wanted, block_bytes: int) -> list[Piece]:
        chosen = (*wanted.features, wanted.target)
        columns = tuple(first.names[k] for k in chosen) if is_by_name else chosen
        block_rows = wanted.block_rows(block_bytes)
        return [piece for file in files for piece in _pieces(file, wanted, columns, block_rows)]

    return LargeFile(TableFile(first.names, load, notes=notes), cut)


def _pieces(
    file: ParquetFile, wanted: Wanted, columns: tuple[str | int, ...], block_rows: int
) -> Iterator[FilePiece]:
    before = 0
    for first, end, n_rows in _runs(file.group_rows, block_rows):
        groups = Groups(
            file.opened, first, end, n_rows, columns, batch_rows=min(BATCH_ROWS, block_rows)
        )
        numbers = f"{first}" if end == first + 1 else f"{first} to {end - 1}"
        where = f" (row group{'' if end == first + 1 else 's'} {numbers})"
        for a, b in spans(n_rows, block_rows):
            yield FilePiece(
                rows_of(before + a, b - a, file.opened) + where,
                file.opened,
                before + a,
                b - a,
                wanted,
                ParquetRows(groups, a),
                nan="nan or null",
            )
        before += n_rows


def _runs(group_rows: Sequence[int], block_rows: int) -> Iterator[tuple[int, int, int]]:
    """Yield row groups that together fit into a block, or one: the first, the end, and their rows."""
    first = rows = 0
    for k, n_rows in enumerate(group_rows):
        if rows and rows + n_rows > block_rows:
            yield first, k, rows
            first, rows = k, 0
        rows += n_rows
    yield first, len(group_rows), rows


class HeadOfColumn(ArrowColumn):
    """A column of so many rows, of which the type and the first values are known."""

    def __init__(self, name: str, values: Any, n_rows: int) -> None:
        super().__init__(name, values)
        self.n_rows = n_rows

    def __len__(self) -> int:
        return self.n_rows

    def _without_example(self) -> str:
        return f"holds values of type {self.values.type}"


def _columns(files: Sequence[ParquetFile], chosen: list[int]) -> list[Column]:
    """Return columns by their types; of those that hold no numbers the first rows are read, for an example."""
    first, n_rows = files[0], sum(file.n_rows for file in files)

    def column(k: int, values: list[Any]) -> Column:
        values = pyarrow().chunked_array(values, first.types[k])
        return HeadOfColumn(first.names[k], values, n_rows)

    columns = {k: column(k, []) for k in chosen}
    wrong = [k for k in chosen if columns[k].problem()]
    if wrong and n_rows:
        head = _head(first, [first.names[k] for k in wrong])
        for k in wrong:
            at = head.schema.names.index(first.names[k])
            columns[k] = column(k, [head.column(at)])
    return [columns[k] for k in chosen]


def _head(file: ParquetFile, names: list[str]) -> Any:
    with pyarrow("parquet").ParquetFile(
        str(file.opened.path), buffer_size=BUFFER_BYTES, pre_buffer=False
    ) as opened:
        return next(opened.iter_batches(LOOKED_AT_ROWS, columns=names))
