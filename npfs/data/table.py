"""A person's own data as ``X`` and ``y``, or batch by batch, or one sentence that says why not."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npfs.data.arrow import frame_source
from npfs.data.choosing import choose_columns
from npfs.data.columns import Batch, Reader, in_order
from npfs.data.dialect import TableOptions
from npfs.data.files import open_path, require_no_text_options
from npfs.data.sentences import BadTable, in_a_sentence
from npfs.data.values import Rows, are_usable, column_ranges, notes_on, usable
from npfs.regression.problem import Array


@dataclass(frozen=True)
class Table:
    """The numbers of a file.

    Attributes
    ----------
    X : array of float64, shape (n_samples, n_features)
        C-contiguous and finite.
    y : array of float64, shape (n_samples,)
    feature_names : tuple of str
        The columns of ``X``.
    target_name : str
    notes : tuple of str
        Sentences that a person should read: how the file was read, which rows were left out, and
        what makes a fit on it mean less.
    """

    X: Array
    y: Array
    feature_names: tuple[str, ...]
    target_name: str
    notes: tuple[str, ...]


def open_table(data: Any, options: TableOptions) -> Reader:
    """Open what ``read_table`` reads, of any size: beginnings and footers are read here, no more.

    Raises
    ------
    BadTable
        If there is nothing to learn from: one sentence that says what is wrong and what to do.
    """
    is_file = isinstance(data, str | Path)
    name = repr(str(data)) if is_file else type(data).__name__
    with in_a_sentence(name):
        if is_file:
            found = open_path(Path(data), options)
        else:
            require_no_text_options(options)
            found = frame_source(data)
    with in_a_sentence(name, kind=BadTable):
        return choose_columns(replace(found, path=name), options)


def read_table(
    data: Any,
    *,
    target: str | int,
    features: Sequence[str | int] | None = None,
    missing: str = "error",
    separator: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    missing_values: Sequence[str] = (),
    features_option: str = "--features",
) -> Table:
    """Read CSV (also packed by gzip, bzip2 or zstandard), Parquet, Arrow, ``.npy`` or ``.npz``.

    Or a folder of files of one of these kinds, or a data frame of pandas, polars or pyarrow. What a
    file is, is told by its content. A file without column names has "column 0", "column 1" and so
    on. Of an ``.npz`` file each array of one dimension is a column, and a matrix ``X`` the columns
    X0, X1, ...

    Parameters
    ----------
    data : path or data frame
    target : str or int
        The column to be predicted: a name, or a position from 0 (from the end, if negative). A text
        that is no name may be a position.
    features : sequence of str or int, optional
        The columns to predict from, in this order; by default all others, but for an index that
        pandas wrote.
    missing : {"error", "drop"}
        What to do about rows in which a chosen column has no value (an empty cell, NA, NaN, null).
    separator, decimal : str, optional
        Of a text file: what parts its cells, and its decimal sign (a point or a comma). By default
        found in its beginning.
    header : bool, optional
        Whether the first row of a text file names the columns. By default found: text above
        numbers, or whole numbers that are no data; a note says where that was a guess.
    missing_values : sequence of str
        What else stands for a missing value in a text file; case does not matter.
    features_option : str
        How the one who asks chooses features, for the sentences of errors.

    Raises
    ------
    BadTable
        If there is nothing to learn from: one sentence that says what is wrong and what to do.
    """
    given = [missing_values] if isinstance(missing_values, str) else missing_values
    nulls = tuple(map(str, given))
    options = TableOptions(
        target, features, missing, separator, decimal, header, nulls, features_option
    )
    return read_opened(open_table(data, options))


def read_opened(reader: Reader) -> Table:
    """Read all rows into memory.

    Raises
    ------
    BadTable
        If there is nothing to learn from.
    """
    with in_a_sentence(reader.path, kind=BadTable):
        return _read(reader)


class Block(NamedTuple):
    """Some rows as they were read, the ranges of their columns, and what they lack."""

    X: Array
    y: Array
    low: Array
    high: Array
    rows: Rows


def _read(reader: Reader) -> Table:
    whole = np.empty((reader.room, len(reader.feature_names))), np.empty(reader.room)
    blocks = list(in_order(_with_room(reader, *whole), _fill, threads=2))
    rows = sum((block.rows for block in blocks), start=Rows())
    notes = rows.notes(reader)
    if rows.n_lost or rows.n > reader.room:
        X, y = np.concatenate([b.X for b in blocks]), np.concatenate([b.y for b in blocks])
    else:
        X, y = (array[: rows.n] for array in whole)
    low = np.min([block.low for block in blocks], axis=0)
    high = np.max([block.high for block in blocks], axis=0)
    notes += notes_on(reader, len(y), low, high, *_duplicates(X, y, low, high))
    return Table(X, y, reader.feature_names, reader.target_name, (*reader.notes, *notes))


def _with_room(reader: Reader, X: Array, y: Array) -> Iterator[tuple[Batch, Array, Array]]:
    """Yield each batch, and where its rows go: behind each other, as long as there is room."""
    first = 0
    for batch in reader.batches():
        end = first + len(batch.columns[0])
        if end <= len(y):
            yield batch, X[first:end], y[first:end]
        else:
            yield batch, np.empty((end - first, X.shape[1])), np.empty(end - first)
        first = end


def _fill(room: tuple[Batch, Array, Array]) -> Block:
    batch, X, y = room
    columns, rows = batch.columns, Rows(len(y))
    with np.errstate(over="ignore", invalid="ignore"):
        for k, column in enumerate(columns[:-1]):
            X[:, k] = column
        y[:] = columns[-1]
    low, high = column_ranges(X, y)
    if not are_usable(low, high):
        numbers, rows = usable(batch)
        X, y = np.ascontiguousarray(numbers[:-1].T), numbers[-1]
        low, high = column_ranges(X, y)
    return Block(X, y, low, high, rows)


def _duplicates(X: Array, y: Array, low: Array, high: Array) -> tuple[list[int], list[int]]:
    """Return the columns that are the same as an earlier one, and those that are the target itself.

    Only columns with one range are compared, and those by a digest.
    """
    ends = list(zip(low.tolist(), high.tolist(), strict=True))
    times = Counter(ends)
    first: dict[bytes, int] = {}
    same = {}
    for k in range(len(ends)):
        if times[ends[k]] > 1:
            column = y if k == X.shape[1] else X[:, k]
            same[k] = first.setdefault(hashlib.sha256((column + 0.0).tobytes()).digest(), k)
    target = same.pop(X.shape[1], X.shape[1])
    return [k for k in same if same[k] != k], [target] * (target < X.shape[1])
