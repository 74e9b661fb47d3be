"""Checks of a table's numbers: rows that lack one, errors, and notes for a person."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from npfs.data.columns import Batch, Reader
from npfs.data.sentences import BadTable, counted, named
from npfs.regression.problem import Array

# The square of a larger number, summed over 1e8 rows, is beyond float64 (1.8e308).
LARGEST = 1e150
# A spread below it has a variance that is 0 in float64, and the column is as good as constant.
SMALLEST_SPREAD = 1e-150
# Beyond it gradient descent on the columns as they are would hardly move the weight of the
# smallest.
FAR_APART = 1e6
LARGEST_EXACT = 2.0**53
ROW_NUMBERS = 512  # of a row that is long to NumPy


@dataclass(frozen=True, eq=False)
class Rows:
    """The number of rows that were read, and what they lack.

    Attributes
    ----------
    n_lost : int
        Rows without one of their numbers.
    missing : array of int, shape (n_columns,), or 0
        Missing numbers of each column.
    first : str
        Where the first of them is; "" if there is none.
    """

    n: int = 0
    n_lost: int = 0
    missing: NDArray[np.intp] | int = 0
    first: str = ""

    def __add__(self, other: "Rows") -> "Rows":
        return Rows(
            self.n + other.n,
            self.n_lost + other.n_lost,
            self.missing + other.missing,
            self.first or other.first,
        )

    def notes(self, reader: Reader) -> list[str]:
        """Tell what was left out.

        Raises
        ------
        BadTable
            If there is no row, a column holds nothing, or missing numbers are errors.
        """
        if not self.n:
            raise BadTable("it has columns and no row; add a row for each sample")
        if not self.n_lost:
            return []
        missing = np.broadcast_to(self.missing, len(reader.names))
        if empty := [name for name, n in zip(reader.names, missing, strict=True) if n == self.n]:
            raise BadTable(f"column {empty[0]!r} holds no value at all; choose other columns")
        lacking = [name for name, n in zip(reader.names, missing, strict=True) if n]
        where = (
            f"{counted(int(missing.sum()), 'value')} missing in {named(lacking)}, the first in "
            f"{self.first}"
        )
        if not reader.drops:
            raise BadTable(f"{where}; fill them in, or leave those rows out with --missing drop")
        if self.n_lost == self.n:
            raise BadTable(f"{where}, so no row is left; choose other columns")
        return [f"Left out {self.n_lost:,} of {self.n:,} rows: {where}."]


def are_usable(low: Array, high: Array) -> bool:
    """Return True if no column with these ranges lacks a number or holds one without a square."""
    return bool((low >= -LARGEST).all() and (high <= LARGEST).all())


def usable(batch: Batch) -> tuple[Array, Rows]:
    """Return the rows of a batch that lack no number, shape (n_columns, n_rows), and what it lost.

    Raises
    ------
    BadTable
        If a number is infinite, or has a square that is; names the column, the number and its row.
    """
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf, and is found
        numbers = np.array(batch.columns, dtype=np.float64)
    missing = np.isnan(numbers)
    lost = missing.any(axis=0)
    too_large = (np.abs(numbers) > LARGEST) & ~lost
    if too_large.any():
        name, value, row = _first(too_large, numbers, batch)
        where = f"data row {row}" + (f" of {batch.file!r}" if batch.file else "")
        why = "whose square is too large for float64; give the column in a larger unit"
        if np.isinf(value):
            why = "which no fit can use; correct the cell, or leave the column out"
        raise BadTable(f"column {name!r} holds {value:g} in {where}, {why}")
    first = ""
    if lost.any():
        name, _, row = _first(missing, numbers, batch)
        first = f"data row {row} of {name!r}" + (f" in {batch.file!r}" if batch.file else "")
    found = Rows(numbers.shape[1], int(lost.sum()), missing.sum(axis=1), first)
    return numbers[:, ~lost], found


def _first(is_found: NDArray[np.bool_], numbers: Array, batch: Batch) -> tuple[str, float, int]:
    """Return column, value and row, counted from 1, of the first number that is found."""
    row = int(is_found.any(axis=0).argmax())
    column = int(is_found[:, row].argmax())
    return batch.names[column], float(numbers[column, row]), batch.row + row + 1


def column_ranges(X: Array, y: Array) -> tuple[Array, Array]:
    """Return the least and the largest number of each column of ``X``, C-contiguous, and of ``y``.

    Many rows at once are one long row to NumPy, whose loop over short rows takes ten times as long.
    """
    n_rows, d = X.shape
    together = max(1, ROW_NUMBERS // d)
    n_even = n_rows - n_rows % together
    long_rows, rest = X[:n_even].reshape(-1, together * d), X[n_even:]
    ends = []
    for function, none in ((np.min, np.inf), (np.max, -np.inf)):
        few = function(long_rows, axis=0, initial=none).reshape(-1, d)
        end = function(np.concatenate([few, rest]), axis=0)
        ends.append(np.append(end, function(y, initial=none)))
    return ends[0], ends[1]


def notes_on(
    reader: Reader,
    n_samples: int,
    low: Array,
    high: Array,
    again: Sequence[int],
    is_target: Sequence[int],
) -> list[str]:
    """List what does not end a fit but changes its meaning.

    Parameters
    ----------
    low, high : arrays of shape (n_features + 1,)
        The ranges of the features and, in the last place, the target.
    again, is_target : positions of features
        With the numbers of an earlier one, and with those of the target.
    """
    names, n_features, found = reader.names, len(low) - 1, []
    if n_samples <= n_features:
        found.append(
            f"{counted(n_samples, 'row')} cannot tell {counted(n_features, 'feature')} apart: "
            "other weights fit as well, so the solution is not unique."
        )
    constant = high - low <= SMALLEST_SPREAD
    if constant[-1]:
        found.append(f"The target {names[-1]!r} is constant, so there is nothing to learn from.")
    size = np.maximum(np.abs(low), np.abs(high))
    is_integer = np.array([column.is_integer for column in reader.columns])
    rounded = np.flatnonzero(is_integer & (size >= LARGEST_EXACT))
    for what, positions in (
        ("Constant, so they say nothing about the target", np.flatnonzero(constant[:-1])),
        ("The same numbers as an earlier column, so the solution is not unique", again),
        ("The same numbers as the target, so the fit is trivial", is_target),
        ("Integers beyond 2**53, rounded to float64", rounded),
    ):
        if len(positions):
            found.append(f"{what}: {named([names[k] for k in positions])}.")
    seen = [k for k in range(n_features) if size[k] > 0] or [0]
    small, large = min(seen, key=size.item), max(seen, key=size.item)
    if size[small] < size[large] / FAR_APART:
        found.append(
            f"Columns differ much in size ({names[small]!r} up to {size[small]:.3g}, "
            f"{names[large]!r} up to {size[large]:.3g}): gradient descent needs them standardised."
        )
    return found
