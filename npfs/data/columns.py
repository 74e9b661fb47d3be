"""The columns of a file, whatever library read it, and what reading needs.

A column gives its numbers piece by piece, or says why it has none. Errors are one sentence, pyarrow
is loaded when a file needs it, and cells are shown as they may be printed.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

INSTALL = "python -m pip install 'npfs[data]' (in a clone: -e '.[data]')"
SHOWN_CHARACTERS = 40
Read = TypeVar("Read")


class BadTable(ValueError):
    """A file that holds no table to learn from: one sentence, what is wrong and what to do."""


def with_reason(read: Callable[[], Read]) -> Read:
    """Call what reads a file.

    Raises
    ------
    BadTable
        For whatever a library raises on a file that is damaged: they raise nearly everything.
    """
    try:
        return read()
    except BadTable:
        raise
    except MemoryError:
        raise BadTable(
            "it does not fit into memory; choose fewer columns, or give a part of it"
        ) from None
    except Exception as error:
        raise BadTable(
            f"it cannot be read ({one_line(error)}); is the file whole, and in the format that it "
            "seems to have?"
        ) from None


def pyarrow(module: str = "") -> Any:
    """Return pyarrow, or a module of it.

    Raises
    ------
    BadTable
        If it is not installed, with the command that does it.
    """
    try:
        return import_module(f"pyarrow.{module}" if module else "pyarrow")
    except ImportError:
        raise BadTable(
            f"pyarrow, which reads all but .npy and .npz files, is not installed: {INSTALL}"
        ) from None


def one_line(error: object) -> str:
    """Return the first line of an error without a final point; of a system's error its reason."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(said).splitlines()[0].rstrip(".")


def shown(cell: object) -> str:
    """Return a cell as it may be printed: escaped, and shortened."""
    text = str(cell)
    return repr(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}...")


def count(number: int, what: str) -> str:
    """Return a number of things: "1 row", "2 rows"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


# A table of many columns comes in very many short chunks, and each call for one costs some
# microseconds.
ENOUGH_ROWS = 1000
_NUMBER = r"\s*([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?inf(inity)?|true|false)\s*"
IS_NUMBER = {
    ".": re.compile(_NUMBER, re.IGNORECASE),
    ",": re.compile(_NUMBER.replace(r"\.", ","), re.IGNORECASE),
}


@dataclass(frozen=True)
class NumpyColumn:
    """A column of an array; ``pieces`` may be read once ``problem`` has found nothing."""

    name: str
    values: NDArray[Any]
    is_empty: bool = False

    def __len__(self) -> int:
        return len(self.values) if self.values.ndim else 1

    @property
    def is_integer(self) -> bool:
        """Whether its numbers are whole by their type."""
        return self.values.dtype.kind in "iu"

    def problem(self) -> str:
        """Describe what it holds in place of numbers; "" if it holds numbers."""
        if self.values.ndim != 1:
            return f"is an array of shape {self.values.shape}, and no column of numbers"
        if self.values.dtype.kind in "fiub":
            return ""
        example = f", such as {shown(self.values[0])}" if len(self.values) else ""
        return f"holds values of type {self.values.dtype}{example}"

    def pieces(self) -> Iterator[NDArray[Any]]:
        """Return the whole column."""
        yield self.values


class ArrowColumn:
    """A column of an Arrow table; ``pieces`` may be read once ``problem`` has found nothing.

    Parameters
    ----------
    decimal : str
        That of a text file.
    n_rows : int, optional
        If ``values`` are only the first of so many.
    """

    def __init__(
        self, name: str, values: Any, decimal: str = ".", n_rows: int | None = None
    ) -> None:
        types = pyarrow("types")
        if types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        self.name, self.values, self.decimal, self.n_rows = name, values, decimal, n_rows
        self.is_integer = types.is_integer(values.type)
        self._is_plain = self.is_integer or types.is_floating(values.type)
        self.is_empty = types.is_null(values.type)
        self._is_number = (
            self._is_plain or types.is_boolean(values.type) or types.is_decimal(values.type)
        )

    def __len__(self) -> int:
        return len(self.values) if self.n_rows is None else self.n_rows

    def problem(self) -> str:
        """Describe what it holds in place of numbers, with an example and its row; else ""."""
        if self._is_number:
            return ""
        if self.is_empty:
            return "holds no value at all"
        row, cell = self._example()
        if cell is None:
            if self.n_rows is None:
                return f"holds no value at all (its type is {self.values.type})"
            return f"holds values of type {self.values.type}"
        what = "text" if isinstance(cell, str) else f"values of type {self.values.type}"
        hint = ""
        other = {".": ",", ",": "."}[self.decimal]
        if isinstance(cell, str) and IS_NUMBER[other].fullmatch(cell):
            hint = f" (if {other!r} is its decimal sign, say so with --decimal {other!r})"
        return f"holds {what}, such as {shown(cell)} in data row {row}{hint}"

    def _example(self) -> tuple[int, Any]:
        """Return row and value of the first cell that is no number, or of the first cell."""
        cells = itertools.chain.from_iterable(chunk.to_pylist() for chunk in self.values.chunks)
        first: tuple[int, Any] = (0, None)
        for row, cell in enumerate(cells, start=1):
            if cell is None:
                continue
            read = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell
            if not isinstance(read, str) or not IS_NUMBER[self.decimal].fullmatch(read):
                return row, read
            first = first if first[0] else (row, read)
        return first

    def pieces(self) -> Iterator[NDArray[Any]]:
        """Return its chunks, without a copy where they hold numbers only."""
        float64 = pyarrow().float64()
        values = self.values if self._is_plain else self.values.cast(float64)
        few = len(values) < ENOUGH_ROWS * values.num_chunks
        for chunk in [pyarrow().concat_arrays(values.chunks)] if few else values.chunks:
            # Arrow's own way, which missing values need, loads pandas where it is installed: 50 MB
            # and half a second.
            yield (
                np.from_dlpack(chunk)
                if chunk.null_count == 0
                else chunk.to_numpy(zero_copy_only=False)
            )


Column = NumpyColumn | ArrowColumn


def arrow_columns(names: list[str], values: list[Any], decimal: str = ".") -> list[Column]:
    """Return Arrow's columns under these names."""
    return [ArrowColumn(name, column, decimal) for name, column in zip(names, values, strict=True)]


def array_columns(name: str, array: NDArray[Any]) -> list[Column]:
    """Return an array's columns: fields by name, of a matrix name0, name1, ..., else itself."""
    if array.dtype.names is not None:
        return [NumpyColumn(field, array[field]) for field in array.dtype.names]
    if array.ndim == 2 and (array.shape[1] != 1 or not name):
        return [NumpyColumn(f"{name}{k}", array[:, k]) for k in range(array.shape[1])]
    return [NumpyColumn(name, array[:, 0] if array.ndim == 2 else array)]


@dataclass(frozen=True)
class TableFile:
    """A file whose columns are known by name, and read when they are asked for.

    Attributes
    ----------
    names : tuple of str
        Of the columns, in their order; a name may occur twice.
    load : callable
        From positions to columns, in the order of the positions.
    nameless : frozenset of int
        Positions of the columns that a header leaves without a name.
    notes : tuple of str
        How it was read, where that is not obvious.
    """

    names: tuple[str, ...]
    load: Callable[[list[int]], list[Column]]
    nameless: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


def as_float64(pieces: Iterator[NDArray[Any]], out: NDArray[np.float64]) -> tuple[float, float]:
    """Write the pieces into ``out`` one after the other; return the least and the largest number.

    Both are NaN if one of the numbers is.
    """
    low, high, at = np.inf, -np.inf, 0
    for piece in pieces:
        if len(piece):
            out[at : at + len(piece)] = piece
            low, high = np.minimum(low, piece.min()), np.maximum(high, piece.max())
            at += len(piece)
    return float(low), float(high)
