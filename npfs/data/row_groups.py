"""The row groups of a Parquet file, decoded from their first row on and no further than asked for.

Nothing in a row group but its beginning can be found without decoding what is before it. A group of many pieces is
therefore kept open between them, in each process, for the piece that follows: whoever reads pieces in their order decodes
each row once, and whoever does not decodes again what is before his.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from npfs.data.columns import ArrowColumn, as_float64
from npfs.data.file_piece import FileAsOpened
from npfs.data.reading import pyarrow
from npfs.data.values import LARGEST
from npfs.regression.problem import Array

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
        The features and, in the last place, the target: names, or positions where a name occurs twice.
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
        """Write all of them, and return whether a fit can use all numbers; to look costs nothing here."""
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
