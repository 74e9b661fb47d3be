"""A person's own file: its columns as ``X`` and ``y``, or one sentence that says why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from npfs.data.choosing import choose_columns, require_missing
from npfs.data.columns import BadTable, Column
from npfs.data.csv_file import TextOptions
from npfs.data.files import open_table
from npfs.data.values import gather, missing_rows, notes, require_usable
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

    What a file is, is told by its content. A file without column names has "column 0", "column 1"
    and so on. Of an ``.npz`` file each array of one dimension is a column, and a matrix ``X`` the
    columns X0, X1, ...

    Parameters
    ----------
    target : str or int
        The column to be predicted: a name, or a position from 0 (from the end, if negative). A text
        that is no name may be a position.
    features : sequence of str or int, optional
        The columns to predict from, in this order; by default all others.
    missing : {"error", "drop"}
        What to do about rows in which a chosen column has no value (an empty cell, NA, NaN, null).
    separator, decimal : str, optional
        Of a text file: what parts its cells, and its decimal sign (a point or a comma). By default
        found in its beginning.
    header : bool, optional
        Whether the first row of a text file names the columns. By default found: text above
        numbers.
    features_option : str
        How the one who asks chooses features, for the sentences of errors.

    Raises
    ------
    BadTable
        If there is nothing to learn from: one sentence that says what is wrong and what to do.
    """
    try:
        require_missing(missing)
        file = open_table(Path(path), TextOptions(separator, decimal, header))
        chosen, found = choose_columns(file, target, features, features_option)
        *columns, last = (column for _, column in chosen)
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
