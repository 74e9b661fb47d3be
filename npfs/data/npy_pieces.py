"""A ``.npy`` file in pieces of its rows.

The rows of a piece are read where they lie, a cache's worth at a time, so that memory is set by the
block. They are not mapped: a file that another process cuts short while it is mapped ends this one
(SIGBUS), and reading says so instead.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npfs.data.columns import BadTable, Column, NumpyColumn, TableFile, with_reason
from npfs.data.pieces import (
    FileAsOpened,
    FilePiece,
    LargeFile,
    Piece,
    Wanted,
    rows_of,
    spans,
    within_bounds,
)
from npfs.regression.problem import Array

MAGIC = b"\x93NUMPY"
CHUNK_BYTES = 1 << 18  # what is read, and the rows that it becomes, stay in the second cache
LEAST_COLUMN_BYTES = 1 << 12  # of one column at a time, where columns lie apart


@dataclass(frozen=True)
class Layout:
    """The layout of an array in its file.

    Attributes
    ----------
    dtype : dtype
        With names, if each column is a field.
    shape : tuple of int
    is_fortran : bool
        Whether columns lie one after the other, and not rows.
    offset : int
        Bytes before the first number.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool
    offset: int

    @property
    def n_rows(self) -> int:
        """Samples."""
        return self.shape[0] if self.shape else 1

    @property
    def width(self) -> int:
        """Values of ``dtype`` in a row."""
        return self.shape[1] if len(self.shape) > 1 else 1

    @property
    def end(self) -> int:
        """Bytes of the file."""
        return self.offset + math.prod(self.shape) * self.dtype.itemsize

    def value(self, path: Path, column: int) -> Any:
        """Return the first value of a column, or a record."""
        if 0 in self.shape:
            return np.zeros((), self.dtype)
        before = column * (self.n_rows if self.is_fortran else 1) * self.dtype.itemsize
        return np.fromfile(path, self.dtype, count=1, offset=self.offset + before)[0]


def npy_file(path: Path) -> LargeFile:
    """Read the header of a ``.npy`` file.

    Raises
    ------
    BadTable
        If it is damaged, ends before its last number, or its array has no columns.
    """
    opened = FileAsOpened.of(path)
    layout = with_reason(lambda: _layout(opened))
    if layout.dtype.names is None and len(layout.shape) != 2:
        raise BadTable(
            f"its array has shape {layout.shape}; give one of two dimensions, a row for each sample"
        )
    names = layout.dtype.names
    if names is None:
        names = tuple(f"column {k}" for k in range(layout.width))

    def load(chosen: list[int]) -> list[Column]:
        return with_reason(lambda: _columns(path, layout, names, chosen))

    def cut(wanted: Wanted, block_bytes: int) -> list[Piece]:
        return [
            FilePiece(
                rows_of(a, b - a, opened),
                opened,
                a,
                b - a,
                wanted,
                NpyRows(opened, layout, wanted, a),
            )
            for a, b in spans(layout.n_rows, wanted.block_rows(block_bytes))
        ]

    return LargeFile(TableFile(names, load), cut)


def _layout(opened: FileAsOpened) -> Layout:
    with opened.path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            header = np.lib.format.read_array_header_1_0(file)
        elif version in {(2, 0), (3, 0)}:
            header = np.lib.format.read_array_header_2_0(file)
        else:
            raise ValueError(f"version {version} of .npy files is not known")
        shape, is_fortran, dtype = header
        found = Layout(dtype, shape, is_fortran and len(shape) > 1, file.tell())
    if dtype.hasobject:
        raise ValueError("Object arrays cannot be loaded when allow_pickle=False")
    if dtype.subdtype is not None or min(shape, default=0) < 0:
        raise ValueError("its header says what no array can be")
    if version == (3, 0) and dtype.names is not None:  # the same header, in another encoding
        dtype.names = tuple(name.encode("latin1").decode("utf-8") for name in dtype.names)
    if opened.size < found.end:
        raise ValueError(f"it has {opened.size:,} of the {found.end:,} bytes that its header says")
    return found


def _columns(path: Path, layout: Layout, names: tuple[str, ...], chosen: list[int]) -> list[Column]:
    """Return columns of the right type and length: their first value over and over."""
    if layout.dtype.names is None:
        firsts, shape = [layout.value(path, k) for k in chosen], layout.shape[:1]
    else:
        record, shape = layout.value(path, 0), layout.shape
        firsts = [record[names[k]] for k in chosen]
    return [
        NumpyColumn(names[k], np.broadcast_to(first, (*shape, *np.shape(first))))
        for k, first in zip(chosen, firsts, strict=True)
    ]


@dataclass(frozen=True)
class NpyRows:
    """Rows of an array in a file, from ``first`` on."""

    file: FileAsOpened
    layout: Layout
    wanted: Wanted
    first: int

    @cached_property
    def _features(self) -> NDArray[np.intp]:
        return np.array(self.wanted.features, dtype=np.intp)

    def fill(self, X: Array, y: Array, *, looks: bool) -> bool:
        """Write all rows; return False if a number was looked at and is not ``within_bounds``."""
        layout = self.layout
        size = layout.dtype.itemsize
        if layout.is_fortran:
            step = max(LEAST_COLUMN_BYTES // size, CHUNK_BYTES // (size * (X.shape[1] + 1)), 1)
        else:
            size *= layout.width
            step = max(CHUNK_BYTES // size, 1)
        buffer = bytearray(min(step, len(y)) * size)
        copy = self._copy_columns if layout.is_fortran else self._copy_rows
        is_usable = True
        with self.file.path.open("rb", buffering=0) as file:
            for a, b in spans(len(y), step):
                part = memoryview(buffer)[: (b - a) * size]
                copy(file, self.first + a, part, X[a:b], y[a:b])
                if looks:  # while they are in the cache
                    is_usable = is_usable and within_bounds(X[a:b]) and within_bounds(y[a:b])
        return is_usable

    def _copy_rows(self, file: FileIO, at: int, part: memoryview, X: Array, y: Array) -> None:
        _read(file, self.layout.offset + at * (len(part) // len(y)), part)
        rows = np.frombuffer(part, self.layout.dtype)
        if self.layout.dtype.names is not None:
            for k, name in enumerate(self.wanted.feature_names):
                X[:, k] = rows[name]
            y[:] = rows[self.wanted.target_name]
            return
        rows = rows.reshape(len(y), -1)
        if rows.dtype == X.dtype:
            np.take(rows, self._features, axis=1, out=X, mode="clip")  # no copy between
        else:
            X[:] = rows.take(self._features, axis=1)
        y[:] = rows[:, self.wanted.target]

    def _copy_columns(self, file: FileIO, at: int, part: memoryview, X: Array, y: Array) -> None:
        layout, wanted = self.layout, self.wanted
        column = np.frombuffer(part, layout.dtype)
        for k, position in enumerate((*wanted.features, wanted.target)):
            _read(file, layout.offset + (position * layout.n_rows + at) * column.itemsize, part)
            (X[:, k] if k < X.shape[1] else y)[:] = column


def _read(file: FileIO, at: int, into: memoryview) -> None:
    """Fill ``into`` from a place of a file."""
    file.seek(at)
    while into:
        n_bytes = file.readinto(into)
        if not n_bytes:
            raise ValueError("it ends before its last row")
        into = into[n_bytes:]
