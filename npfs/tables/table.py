"""A person's own file: its columns as ``X`` and ``y``, or one sentence that says why not."""

import difflib
import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from npfs.problem import Array
from npfs.tables.columns import Column, TableFile
from npfs.tables.files import open_table
from npfs.tables.reading import BadTable, shown
from npfs.tables.values import NAMED, gather, missing_rows, named, notes, require_usable

MISSING = ("error", "drop")


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
        Sentences that a person should read: how the file was read, which rows were left out, and what makes a
        fit on it mean less.
    """

    X: Array
    y: Array
    feature_names: tuple[str, ...]
    target_name: str
    notes: tuple[str, ...]


def read_table(
    path: str | Path,
    *,
    target: str | int,
    features: Sequence[str | int] | None = None,
    missing: str = "error",
    separator: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    features_option: str = "--features",
) -> Table:
    """Read a CSV file (also packed by gzip), Parquet, Arrow, ``.npy`` or ``.npz``.

    What a file is, is told by its content. A file without column names has "column 0", "column 1" and so on. Of an
    ``.npz`` file each array of one dimension is a column, and a matrix ``X`` the columns X0, X1, ...

    Parameters
    ----------
    target : str or int
        The column to be predicted: a name, or a position from 0 (from the end, if negative). A text that is no name may be
        a position.
    features : sequence of str or int, optional
        The columns to predict from, in this order; by default all others.
    missing : {"error", "drop"}
        What to do about rows in which a chosen column has no value (an empty cell, NA, NaN, null).
    separator, decimal : str, optional
        Of a text file: what parts its cells, and its decimal sign (a point or a comma). By default found in its beginning.
    header : bool, optional
        Whether the first row of a text file names the columns. By default found: text above numbers.
    features_option : str
        How the one who asks chooses features, for the sentences of errors.

    Raises
    ------
    BadTable
        If there is nothing to learn from: one sentence that says what is wrong and what to do.
    """
    try:
        if missing not in MISSING:
            raise BadTable(f"--missing takes {' or '.join(MISSING)}; got {missing!r}")
        file = open_table(Path(path), separator=separator, decimal=decimal, header=header)
        if not file.names:
            raise BadTable(
                "it has no column; give a file with a column for each feature and the target"
            )
        *chosen, target_at = _choose(file.names, target, features, features_option)
        *columns, last = file.load([*chosen, target_at])
        found = list(file.notes)
        if features is None:
            nameless = [k in file.nameless for k in chosen]
            # A separator at the end of each row makes an empty column.
            columns = [
                column
                for column, has_no_name in zip(columns, nameless, strict=True)
                if not (has_no_name and column.is_empty)
            ]
            found += _about_names(file, [column.name for column in columns])
        _require_numbers(columns, last, features_option)
        return _table(columns, last, missing, found)
    except BadTable as error:
        raise BadTable(f"{str(path)!r}: {error}") from None


def _table(columns: list[Column], last: Column, missing: str, found: list[str]) -> Table:
    X, y = gather(columns), gather([last])
    kept = None
    rows, where = missing_rows((X, y))
    if rows.any():
        if missing == "error":
            raise BadTable(f"{where}; fill them in, or leave those rows out with --missing drop")
        if rows.all():
            raise BadTable(f"{where}, so no row is left; choose other columns")
        found.append(f"Left out {rows.sum():,} of {len(rows):,} rows: {where}.")
        X, y, kept = X.without(rows), y.without(rows), np.flatnonzero(~rows)
    for part in (X, y):
        require_usable(part, kept)
    return Table(X.array, y.array[:, 0], X.names, last.name, (*found, *notes(X, y)))


def _require_numbers(columns: list[Column], last: Column, features_option: str) -> None:
    """Refuse columns that cannot be learned from, and columns without rows."""
    if not len(last):
        raise BadTable("it has columns and no row; add a row for each sample")
    if problem := last.problem():
        raise BadTable(
            f"the target {last.name!r} {problem}; choose a column of numbers with --target"
        )
    if not columns:
        raise BadTable(
            "it has one column, the target; add one to predict it from, or give the right --separator"
        )
    problems = [(column.name, problem) for column in columns if (problem := column.problem())]
    if problems:
        name, problem = problems[0]
        others = [other for other, _ in problems[1:]]
        also = f" (so do not hold numbers: {named(others)})" if others else ""
        good = [column.name for column in columns if not column.problem()]
        raise BadTable(
            f"column {name!r} {problem}{also}; choose columns of numbers{_example(good, features_option)}"
        )
    for column in columns:
        if len(column) != len(last):
            raise BadTable(
                f"{column.name!r} has {len(column):,} values and {last.name!r} has {len(last):,}; "
                f"choose columns of one length with --target and {features_option}"
            )


def _example(names: list[str], features_option: str) -> str:
    """Show how columns are chosen, by the names of some that could be."""
    usable = [name for name, times in Counter(names).items() if times == 1 and "," not in name]
    if not usable:
        return f" with {features_option}"
    more = ",..." if len(usable) > NAMED else ""
    return f", such as {features_option} {shown(','.join(usable[:NAMED]) + more)}"


def _about_names(file: TableFile, names: Sequence[str]) -> list[str]:
    """Say what the names of columns that were not chosen one by one leave open."""
    found = []
    nameless = {file.names[k] for k in file.nameless}.intersection(names)
    if nameless:
        found.append(
            f"The header gives no name to {named(sorted(nameless))} (the numbers of the rows?); it is used as a feature."
        )
    twice = [name for name, times in Counter(file.names).items() if times > 1]
    if twice:
        found.append(f"More than one column has the name {named(twice)}.")
    return found


def _choose(
    names: Sequence[str], target: str | int, features: Sequence[str | int] | None, option: str
) -> list[int]:
    """Return the positions of the features, and last that of the target."""
    target_at = _position(names, target, "--target")
    if features is None:
        return [*(k for k in range(len(names)) if k != target_at), target_at]
    features = [features] if isinstance(features, str) else features
    chosen = [_position(names, name, option) for name in features]
    if not chosen:
        raise BadTable(f"{option} names no column; name at least one")
    if target_at in chosen:
        raise BadTable(
            f"{names[target_at]!r} is the target and cannot be a feature too; leave it out of {option}"
        )
    [(position, times)] = Counter(chosen).most_common(1)
    if times > 1:
        raise BadTable(f"{option} names {names[position]!r} twice; name each column once")
    return [*chosen, target_at]


def _position(names: Sequence[str], wanted: str | int, option: str) -> int:
    """Return the position of a column that is given by name or by position."""
    at = [k for k, name in enumerate(names) if name == wanted]
    if len(at) > 1:
        raise BadTable(
            f"{len(at)} columns have the name {wanted!r}; give {option} a position: {', '.join(map(str, at))}"
        )
    if at:
        return at[0]
    try:
        position = int(wanted) if isinstance(wanted, str) else operator.index(wanted)
    except ValueError:
        raise BadTable(_not_found(names, str(wanted), option)) from None
    if not -len(names) <= position < len(names):
        raise BadTable(
            f"it has no column {position} for {option}; its columns, from 0 to {len(names) - 1}, are {named(names)}"
        )
    return position % len(names)


def _not_found(names: Sequence[str], wanted: str, option: str) -> str:
    if len(names) == 1:
        return (
            f"it has one column, {shown(names[0])}, and none {shown(wanted)} for {option}; are its cells parted by "
            "another character? Give it with --separator"
        )
    by_lower = {name.lower(): name for name in reversed(names)}
    close = [by_lower[name] for name in difflib.get_close_matches(wanted.lower(), by_lower)]
    meant = f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
    return f"it has no column {shown(wanted)} for {option}{meant}; its columns are {named(names)}"
