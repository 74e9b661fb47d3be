"""Pieces: the parts that large data come in, each with what reads it and a name for errors.

A piece of a file is read when it is asked for, from the file that was opened; its numbers are
checked as they come.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from npfs.data.columns import BadTable, TableFile, one_line, with_reason
from npfs.data.values import LARGEST, why_unusable
from npfs.regression.problem import Array, all_finite


class BadPiece(ValueError):
    """A piece holds nothing to learn from: one sentence names it, what is wrong and what to do."""


class Piece(Protocol):
    """A part of the samples. It can be pickled, and read in another process."""

    @property
    def name(self) -> str:
        """Its name for a person: "rows 0 to 65,535 of 'big.npy'"."""

    def read(self) -> tuple[Array, Array]:
        """Return ``X``, shape (n_samples, n_features), and ``y``, shape (n_samples,), of float64.

        ``X`` is C-contiguous. There may be no sample in it.

        Raises
        ------
        BadPiece
            If it is damaged, or is not of the form of the others.
        """


@dataclass(frozen=True)
class Pieces:
    """Data in pieces.

    Attributes
    ----------
    pieces : sequence of Piece
        In the order of the samples.
    n_samples : int
        Of all pieces, before any is left out for missing values.
    notes : tuple of str
        Sentences that a person should read.
    """

    pieces: Sequence[Piece]
    n_samples: int
    feature_names: tuple[str, ...]
    target_name: str
    notes: tuple[str, ...] = ()

    @property
    def n_features(self) -> int:
        """Columns of ``X``."""
        return len(self.feature_names)

    @property
    def data_bytes(self) -> int:
        """Bytes of ``X`` and ``y`` as float64."""
        return n_bytes(self.n_samples, self.n_features)


@dataclass(frozen=True, eq=False)
class ArrayPiece:
    """A part of arrays that are in memory already."""

    name: str
    X: Array
    y: Array

    def read(self) -> tuple[Array, Array]:
        """Return it as it is, or as float64."""
        return np.ascontiguousarray(self.X, dtype=np.float64), np.asarray(self.y, dtype=np.float64)


def n_bytes(n_samples: int, n_features: int) -> int:
    """Return the bytes of ``X`` and ``y`` as float64."""
    return n_samples * (n_features + 1) * 8


def samples_in(block_bytes: int, n_features: int) -> int:
    """Return the samples of a block of so many bytes as float64, at least one."""
    return max(1, block_bytes // n_bytes(1, n_features))


def of_arrays(
    X: Array,
    y: Array,
    block_samples: int,
    feature_names: Sequence[str] = (),
    target_name: str = "",
    notes: tuple[str, ...] = (),
) -> Pieces:
    """Part arrays into pieces of so many samples, the last one of fewer."""
    pieces = [
        ArrayPiece(f"samples {a:,} to {b - 1:,}", X[a:b], y[a:b])
        for a, b in spans(len(y), block_samples)
    ]
    names = tuple(feature_names) or ("",) * X.shape[1]
    return Pieces(pieces, len(y), names, target_name, notes)


def spans(n_samples: int, block_samples: int) -> Iterator[tuple[int, int]]:
    """Yield the first sample of each block and the one behind its last."""
    for first in range(0, n_samples, block_samples):
        yield first, min(n_samples, first + block_samples)


def require_usable(name: str, X: Array, y: Array) -> None:
    """Refuse numbers that are not finite.

    Raises
    ------
    BadPiece
        Names the piece, and the first such row and column of it.
    """
    for what, array in (("feature", X), ("target", y.reshape(-1, 1))):
        if all_finite(array):
            continue
        row, column = (int(index) for index in np.argwhere(~np.isfinite(array))[0])
        where = f"{what} {column}" if what == "feature" else "the target"
        raise BadPiece(
            f"{name}: {where} is {array[row, column]} in its row {row:,}; fill such values in, or "
            "leave those rows out"
        )


@dataclass(frozen=True)
class FileAsOpened:
    """A file, and what tells whether it is still the one that was opened.

    Attributes
    ----------
    path : Path
        Absolute, for processes with another working folder.
    size : int
        Bytes.
    modified_ns : int
    """

    path: Path
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the file as it is now."""
        path = path.absolute()
        found = with_reason(path.stat)
        return cls(path, found.st_size, found.st_mtime_ns)

    def change(self) -> str:
        """Describe what happened to the file since; "" if nothing did."""
        try:
            found = self.path.stat()
        except OSError as error:
            return (
                f"{str(self.path)!r} cannot be read any more ({one_line(error)}); "
                "put it back, or where this process can see it"
            )
        if (found.st_size, found.st_mtime_ns) == (self.size, self.modified_ns):
            return ""
        return f"{str(self.path)!r} was changed after it was opened; open it again"


@dataclass(frozen=True)
class Wanted:
    """The columns that are taken of a file.

    Attributes
    ----------
    features, target : positions of columns
    drops : bool
        Whether rows with missing values are left out; else they are errors.
    """

    features: tuple[int, ...]
    target: int
    feature_names: tuple[str, ...]
    target_name: str
    drops: bool

    def block_rows(self, block_bytes: int) -> int:
        """Rows of which features and target are so many bytes of float64, at least one."""
        return samples_in(block_bytes, len(self.features))


class RowsReader(Protocol):
    """A reader of some rows of a file. It can be pickled."""

    def fill(self, X: Array, y: Array, *, looks: bool) -> bool:
        """Write all rows; return False if a number was looked at and is not ``within_bounds``."""


@dataclass(frozen=True)
class LargeFile:
    """A file, or a folder of files, that can be read in pieces.

    Attributes
    ----------
    table : TableFile
        Its columns; what these say of their types and lengths comes from its metadata.
    cut : callable
        From what is wanted and the bytes of a block to pieces.
    """

    table: TableFile
    cut: Callable[[Wanted, int], list[Piece]]


@dataclass(eq=False)
class FilePiece:
    """Rows of a file, from ``first_row`` on, counted from 0 in that file.

    Attributes
    ----------
    name : str
    nan : str
        What a missing number is in such a file.
    is_usable : bool
        Whether its numbers were looked at, and nothing is wrong with any: they are read once an
        epoch.
    """

    name: str
    file: FileAsOpened
    first_row: int
    n_rows: int
    wanted: Wanted
    rows: RowsReader
    nan: str = "nan"
    is_usable: bool = False

    def read(self) -> tuple[Array, Array]:
        """Return ``X`` and ``y``, without the rows that lack a value if those are to be left out.

        Raises
        ------
        BadPiece
            If the file is not the one that was opened, its part cannot be read, or a number cannot
            be used.
        """
        self._require_unchanged()
        try:
            X, y, is_usable = with_reason(self._filled)
        except BadTable as error:
            self._require_unchanged()  # which says more
            raise BadPiece(f"{self.name}: {error}") from None
        self._require_unchanged()
        self.is_usable = is_usable
        return (X, y) if is_usable else self._usable(X, y)

    def _filled(self) -> tuple[Array, Array, bool]:
        X, y = np.empty((self.n_rows, len(self.wanted.features))), np.empty(self.n_rows)
        with np.errstate(over="ignore", invalid="ignore"):  # a long double may be beyond float64
            return X, y, self.rows.fill(X, y, looks=not self.is_usable)

    def _require_unchanged(self) -> None:
        if change := self.file.change():
            raise BadPiece(f"{self.name}: {change}")

    def _usable(self, X: Array, y: Array) -> tuple[Array, Array]:
        kept = np.arange(self.n_rows)
        missing = np.isnan(X).any(axis=1) | np.isnan(y)
        if missing.any():
            if not self.wanted.drops:
                where, _ = self._first(np.isnan, X, y, kept)
                raise BadPiece(
                    f"{self.name}: {where[0]!r} is {self.nan} in row {where[1]:,}; "
                    "fill such values in, or leave those rows out with --missing drop"
                )
            kept = np.flatnonzero(~missing)
            X, y = X[kept], y[kept]
        if not (within_bounds(X) and within_bounds(y)):
            where, value = self._first(lambda numbers: ~(np.abs(numbers) <= LARGEST), X, y, kept)
            raise BadPiece(
                f"{self.name}: {where[0]!r} is {value:g} in row {where[1]:,}, {why_unusable(value)}"
            )
        return X, y

    def _first(
        self, is_bad: Callable[[Array], Any], X: Array, y: Array, kept: NDArray[np.intp]
    ) -> tuple[tuple[str, int], float]:
        """Return the column, the row in the file and the value of the first bad number."""
        bad_X, bad_y = is_bad(X), is_bad(y)
        row = int(np.argmax(bad_X.any(axis=1) | bad_y))
        place = self.first_row + int(kept[row])
        if bad_X[row].any():
            column = int(bad_X[row].argmax())
            return (self.wanted.feature_names[column], place), float(X[row, column])
        return (self.wanted.target_name, place), float(y[row])


def within_bounds(numbers: NDArray[Any]) -> bool:
    """Return True if a fit can use all of them: none is NaN, infinite, or has a square that is."""
    if not numbers.size:
        return True
    return bool(numbers.min() >= -LARGEST and numbers.max() <= LARGEST)


def rows_of(first: int, n_rows: int, file: FileAsOpened) -> str:
    """Name rows of a file for a person."""
    which = f"rows {first:,} to {first + n_rows - 1:,}" if n_rows > 1 else f"row {first:,}"
    return f"{which} of {file.path.name!r}"
