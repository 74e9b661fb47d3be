"""Parquet files in pieces: row groups, several together where small, parts of one where large.

Nothing in a row group but its beginning can be found without decoding what is before it. A group of
many pieces is therefore kept open between them, in each process, for the piece that follows:
whoever reads pieces in their order decodes each row once; whoever does not decodes again what is
before.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from npfs.data.columns import (
    ArrowColumn,
    BadTable,
    Column,
    Read,
    TableFile,
    as_float64,
    pyarrow,
    with_reason,
)
from npfs.data.pieces import FileAsOpened, FilePiece, LargeFile, Piece, Wanted, rows_of, spans
from npfs.data.values import LARGEST, named
from npfs.regression.problem import Array

REMEDY = "write all files of a folder with one schema"


@dataclass(frozen=True)
class ParquetFile:
    """The footer of a Parquet file.

    Attributes
    ----------
    names, types : tuple
        Of the columns.
    group_rows : tuple of int
        Rows of each row group.
    """

    opened: FileAsOpened
    names: tuple[str, ...]
    types: tuple[Any, ...]
    group_rows: tuple[int, ...]

    @property
    def n_rows(self) -> int:
        """Samples."""
        return sum(self.group_rows)


def read_footer(path: Path) -> ParquetFile:
    """Read the footer of a Parquet file.

    Raises
    ------
    ValueError, and others of pyarrow
        If it is damaged, or contradicts itself.
    """
    opened = FileAsOpened.of(path)
    with pyarrow("parquet").ParquetFile(str(opened.path)) as file:
        schema, footer = file.schema_arrow, file.metadata
        # What says more of a row group, ``column(k)``, ends the process if the footer is damaged.
        group_rows = tuple(footer.row_group(k).num_rows for k in range(footer.num_row_groups))
    if min(group_rows, default=0) < 0 or sum(group_rows) != footer.num_rows:
        raise ValueError("its footer has two numbers of rows")
    names = tuple(str(name) for name in schema.names)
    return ParquetFile(opened, names, tuple(schema.types), group_rows)


def require_one_set_of_columns(files: Sequence[ParquetFile]) -> None:
    """Refuse files of which one has a column that another lacks.

    Raises
    ------
    BadTable
        Names both files and the column.
    """
    first = files[0]
    for other in files[1:]:
        if other.names == first.names:
            continue
        for has, which, lacks in ((first, "first", other), (other, "second", first)):
            for name in Counter(has.names) - Counter(lacks.names):
                raise _differ(first, other, f"only the {which} has a column {name!r}")
        if len(set(first.names)) < len(first.names):  # these are read by their positions
            raise _differ(first, other, "their columns are not in one order")


def require_one_type(files: Sequence[ParquetFile], names: Sequence[str]) -> None:
    """Refuse files with the same columns of which one has another type.

    Raises
    ------
    BadTable
        Names both files, the column and its types.
    """
    first = files[0]
    expected = dict(zip(first.names, first.types, strict=True))
    for other in files[1:]:
        found = dict(zip(other.names, other.types, strict=True))
        for name in names:
            if found[name] != expected[name]:
                raise _differ(
                    first,
                    other,
                    f"{name!r} is of type {expected[name]} in the first and {found[name]} in the "
                    "second",
                )


def _differ(first: ParquetFile, second: ParquetFile, how: str) -> BadTable:
    paths = first.opened.path.name, second.opened.path.name
    return BadTable(f"its files {paths[0]!r} and {paths[1]!r} differ: {how}; {REMEDY}")


BATCH_ROWS = 1 << 16  # decoded at once
BUFFER_BYTES = 1 << 16  # read at once of each column; without one a column is read whole
MOST_OPEN = 2  # each holds pages of each of its columns, usually up to 3 MiB a column
MOST_FOOTERS = 4


@dataclass(frozen=True)
class Groups:
    """Consecutive row groups of a file.

    Attributes
    ----------
    first, end : int
        The first group and the one behind the last.
    n_rows : int
    columns : tuple of str or of int
        The features and, in the last place, the target: names, or positions where a name occurs
        twice.
    batch_rows : int
    """

    file: FileAsOpened
    first: int
    end: int
    n_rows: int
    columns: tuple[str | int, ...]
    batch_rows: int


@dataclass(frozen=True)
class ParquetRows:
    """Rows of consecutive row groups, behind ``skipped`` others."""

    groups: Groups
    skipped: int

    def fill(self, X: Array, y: Array, *, looks: bool) -> bool:
        """Write all rows; return True if all numbers are ``within_bounds`` (free here)."""
        reader = _reader_before(self.groups, self.skipped)
        for _ in reader.take(self.skipped - reader.row):
            pass
        is_usable, at = True, 0
        for batch in reader.take(len(y)):
            end = at + batch.num_rows
            is_usable &= _copy(batch, self.groups, X[at:end], y[at:end])
            at = end
        _keep(reader)
        return is_usable


def _copy(batch: Any, groups: Groups, X: Array, y: Array) -> bool:
    batch.validate(full=True)  # a damaged one could end the process
    is_usable = True
    for k, column in enumerate(groups.columns):
        values = pyarrow().chunked_array([batch.column(column)])
        out = X[:, k] if k < X.shape[1] else y
        low, high = as_float64(ArrowColumn("", values).pieces(), out)
        is_usable &= low >= -LARGEST and high <= LARGEST
    return is_usable


class _Reader:
    """Row groups that are open; ``row`` is the next one that they give."""

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.row = 0
        self._file = pyarrow("parquet").ParquetFile(
            str(groups.file.path),
            metadata=_footer(groups.file),
            buffer_size=BUFFER_BYTES,
            pre_buffer=False,
            page_checksum_verification=True,
        )
        is_by_name = isinstance(groups.columns[0], str)
        self._batches = self._file.iter_batches(
            groups.batch_rows,
            row_groups=list(range(groups.first, groups.end)),
            columns=list(groups.columns) if is_by_name else None,
        )
        self._left: Any = None

    def take(self, n_rows: int) -> Iterator[Any]:
        """Yield batches that together have so many rows."""
        while n_rows:
            batch = next(self._batches, None) if self._left is None else self._left
            if batch is None:
                raise ValueError("it has fewer rows than it says")
            part = batch.slice(0, n_rows)
            self._left = batch.slice(n_rows) if batch.num_rows > n_rows else None
            self.row += part.num_rows
            n_rows -= part.num_rows
            yield part

    def close(self) -> None:
        """Let the file and what was decoded go."""
        self._left = self._batches = None
        self._file.close()
        pyarrow().default_memory_pool().release_unused()  # what it would keep for a next reader


@lru_cache(maxsize=MOST_FOOTERS)
def _footer(file: FileAsOpened) -> Any:
    return pyarrow("parquet").read_metadata(str(file.path))


_open: OrderedDict[Groups, _Reader] = OrderedDict()
_lock = Lock()


def _reader_before(groups: Groups, row: int) -> _Reader:
    """Return the open reader of these groups if it is at this row or before, else a new one."""
    with _lock:
        reader = _open.pop(groups, None)
    if reader is not None and reader.row <= row:
        return reader
    if reader is not None:
        reader.close()
    return _Reader(groups)


def _keep(reader: _Reader) -> None:
    """Keep a reader for the piece that follows, if one does, and not too many of them."""
    released = []
    with _lock:
        if reader.row < reader.groups.n_rows:
            released.append(_open.pop(reader.groups, None))
            _open[reader.groups] = reader
        else:
            released.append(reader)
        if len(_open) > MOST_OPEN:
            released.append(_open.popitem(last=False)[1])
    for other in released:
        if other is not None:
            other.close()


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
    return _as_one([with_reason(lambda: read_footer(path))])


def parquet_folder(path: Path) -> LargeFile:
    """Read the footers of a folder's Parquet files, sorted by name; their rows follow each other.

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
            f"it holds the folder {folders[0]!r}; give a folder whose Parquet files are not parted "
            "into folders"
        )
    files = [entry for entry in inside if _in_folder(entry, _is_parquet)]
    others = [entry.name for entry in inside if entry not in files]
    if not files:
        holds = f"holds {named(others)} and no Parquet file" if others else "is an empty folder"
        raise BadTable(f"it {holds}; give a file, or a folder of Parquet files")
    note = f"Not read, as they are no Parquet files: {named(others)}."
    return _as_one([_in_folder(file, read_footer) for file in files], (note,) if others else ())


def _is_parquet(path: Path) -> bool:
    """Return True if a file is Parquet by its name, damaged or not, or by its content."""
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
    """Yield first, end and rows of row groups that fit into a block together, or of one."""
    first = rows = 0
    for k, n_rows in enumerate(group_rows):
        if rows and rows + n_rows > block_rows:
            yield first, k, rows
            first, rows = k, 0
        rows += n_rows
    yield first, len(group_rows), rows


def _columns(files: Sequence[ParquetFile], chosen: list[int]) -> list[Column]:
    """Return columns by their types; of those without numbers read some rows, for an example."""
    first, n_rows = files[0], sum(file.n_rows for file in files)

    def column(k: int, values: list[Any]) -> Column:
        values = pyarrow().chunked_array(values, first.types[k])
        return ArrowColumn(first.names[k], values, n_rows=n_rows)

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
