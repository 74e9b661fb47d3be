"""Checks of a table's numbers: errors, and notes that a person should read before fitting."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from npfs.data.columns import BadTable, Column, as_float64, count
from npfs.regression.problem import Array

# The square of a larger number, summed over 1e8 rows, is beyond float64 (1.8e308).
LARGEST = 1e150
# A spread below it has a variance that is 0 in float64, and the column is as good as constant.
SMALLEST_SPREAD = 1e-150
# Beyond it gradient descent on the columns as they are would hardly move the weight of the
# smallest.
FAR_APART = 1e6
LARGEST_EXACT = 2.0**53
NAMED = 10


@dataclass(frozen=True)
class Ranges:
    """The ranges of columns.

    Attributes
    ----------
    is_integer : tuple of bool
        Whether a column's numbers are whole by their type.
    low, high : arrays of shape (n_columns,)
        The smallest and the largest number of each column; NaN where it has a missing one.
    """

    names: tuple[str, ...]
    is_integer: tuple[bool, ...]
    low: Array
    high: Array

    @property
    def size(self) -> Array:
        """The largest absolute value of each column."""
        return np.maximum(np.abs(self.low), np.abs(self.high))


@dataclass(frozen=True)
class Values(Ranges):
    """Columns as one array of float64, shape (n_rows, n_columns)."""

    array: Array

    def without(self, rows: NDArray[np.bool_]) -> "Values":
        """Return the other rows."""
        kept = self.array[~rows]
        return Values(self.names, self.is_integer, kept.min(axis=0), kept.max(axis=0), kept)


def gather(columns: Sequence[Column]) -> Values:
    """Put columns of one length side by side; a missing number is NaN."""
    array = np.empty((len(columns[0]), len(columns)))
    low, high = np.empty(len(columns)), np.empty(len(columns))
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf, and is found
        for k, column in enumerate(columns):
            low[k], high[k] = as_float64(column.pieces(), array[:, k])
    names = tuple(column.name for column in columns)
    return Values(names, tuple(column.is_integer for column in columns), low, high, array)


def missing_rows(parts: Iterable[Values]) -> tuple[NDArray[np.bool_], str]:
    """Return a mask of the rows that lack a number, empty if none does, and a text of where."""
    rows = np.zeros(0, dtype=bool)
    names: list[str] = []
    cells, first = 0, (0, "")
    for part in parts:
        for k in np.flatnonzero(np.isnan(part.low)):
            missing = np.isnan(part.array[:, k])
            rows = rows | missing if len(rows) else missing
            found = (int(missing.argmax()) + 1, part.names[k])
            first = min(first, found) if names else found
            cells += int(missing.sum())
            names.append(part.names[k])
    where = f"the first in data row {first[0]} of {first[1]!r}"
    return rows, f"{count(cells, 'value')} missing in {named(names)}, {where}"


def require_usable(part: Values, kept: NDArray[np.intp] | None) -> None:
    """Refuse infinite numbers and those whose square is; ``kept`` are rows of the file, if not all.

    Raises
    ------
    BadTable
        Names the column, the number and its row.
    """
    wrong = np.flatnonzero(~(part.size <= LARGEST))
    if not len(wrong):
        return
    column = part.array[:, wrong[0]]
    row = int(np.argmax(~(np.abs(column) <= LARGEST)))
    value, name = float(column[row]), part.names[wrong[0]]
    place = row if kept is None else int(kept[row])
    why = why_unusable(value)
    raise BadTable(f"column {name!r} holds {value:g} in data row {place + 1}, {why}")


def why_unusable(value: float) -> str:
    """Explain why no fit can use a number that is infinite, or whose square is, and what to do."""
    if np.isinf(value):
        return "which no fit can use; correct the cell, or leave the column out"
    return "whose square is too large for float64; give the column in a larger unit"


def notes(features: Values, target: Values) -> list[str]:
    """List what does not end a fit but changes its meaning."""
    n_rows, n_features = features.array.shape
    same = _duplicates(features, target)
    return [*about_shape(n_rows, n_features), *notes_on(features, target, *same)]


def notes_on(
    features: Ranges, target: Ranges, again: Sequence[int], is_target: Sequence[int]
) -> list[str]:
    """List what changes the meaning of a fit on columns with these ranges.

    ``again`` are features with the numbers of an earlier one, ``is_target`` those with the numbers
    of the target.
    """
    found = []
    constant = np.flatnonzero(features.high - features.low <= SMALLEST_SPREAD)
    if len(constant):
        found.append(f"Constant, so they say nothing about the target: {_of(features, constant)}.")
    if (target.high - target.low <= SMALLEST_SPREAD).any():
        found.append(
            f"The target {target.names[0]!r} is constant, so there is nothing to learn from."
        )
    if again:
        found.append(
            "The same numbers as an earlier column, so the solution is not unique: "
            f"{_of(features, again)}."
        )
    if is_target:
        found.append(
            f"The same numbers as the target, so the fit is trivial: {_of(features, is_target)}."
        )
    return found + _magnitudes(features, target)


def about_shape(n_samples: int, n_features: int) -> list[str]:
    """Warn of too few rows for one solution."""
    if n_samples > n_features:
        return []
    return [
        f"{count(n_samples, 'row')} cannot tell {count(n_features, 'feature')} apart: "
        "other weights fit as well, so the solution is not unique."
    ]


def _duplicates(features: Values, target: Values) -> tuple[list[int], list[int]]:
    """Return the columns that are the same as an earlier one, and those that are the target itself.

    Only columns that agree in what is known of them already are compared, and those by a digest.
    """
    alike: dict[tuple[float, ...], list[int]] = {}
    for k, mark in enumerate([*_marks(features), *_marks(target)]):
        alike.setdefault(mark, []).append(k)
    n_features = len(features.names)
    first: dict[bytes, int] = {}
    again: list[int] = []
    is_target: list[int] = []
    for k in sorted(k for group in alike.values() if len(group) > 1 for k in group):
        column = target.array[:, 0] if k == n_features else features.array[:, k]
        same = first.setdefault(hashlib.sha256((column + 0.0).tobytes()).digest(), k)
        if same != k:
            (is_target if k == n_features else again).append(same if k == n_features else k)
    return again, is_target


def _marks(part: Values) -> Iterable[tuple[float, ...]]:
    """Return numbers in which equal columns agree."""
    n_rows = len(part.array)
    some = part.array[[0, n_rows // 3, n_rows // 2, -1]].T
    return map(tuple, np.column_stack([part.low, part.high, some]).tolist())


def _magnitudes(features: Ranges, target: Ranges) -> list[str]:
    """List columns whose numbers are so large, or so unequal, that a fit suffers."""
    found = []
    for part in (features, target):
        inexact = np.flatnonzero((part.size >= LARGEST_EXACT) & np.array(part.is_integer))
        if len(inexact):
            found.append(f"Integers beyond 2**53, rounded to float64: {_of(part, inexact)}.")
    size = features.size
    seen = np.flatnonzero(size > 0)
    if len(seen):
        small, large = seen[size[seen].argmin()], seen[size[seen].argmax()]
        if size[small] < size[large] / FAR_APART:
            found.append(
                f"Columns differ much in size ({features.names[small]!r} up to {size[small]:.3g}, "
                f"{features.names[large]!r} up to {size[large]:.3g}): gradient descent needs them "
                "standardised."
            )
    return found


def _of(part: Ranges, positions: Iterable[np.intp | int]) -> str:
    return named([part.names[k] for k in positions])


def named(names: Sequence[str]) -> str:
    """Name at most ten, and say how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(map(repr, names[:NAMED])) + more
