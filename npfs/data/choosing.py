"""Which columns of a file are learned from, and whether those are columns of numbers."""

import difflib
import operator
from collections import Counter
from collections.abc import Sequence

from npfs.data.columns import BadTable, Column, TableFile, shown
from npfs.data.values import NAMED, named

MISSING = ("error", "drop")


def require_missing(missing: str) -> None:
    """Refuse what says nothing about rows with missing values.

    Raises
    ------
    BadTable
        Names what may be said.
    """
    if missing not in MISSING:
        raise BadTable(f"--missing takes {' or '.join(MISSING)}; got {missing!r}")


def choose_columns(
    file: TableFile, target: str | int, features: Sequence[str | int] | None, option: str
) -> tuple[list[tuple[int, Column]], list[str]]:
    """Return positions and columns of the features and, last, of the target; and notes.

    Without ``features`` all columns but the target are chosen.

    Raises
    ------
    BadTable
        If there is no such column, one is chosen twice, or one cannot be learned from.
    """
    if not file.names:
        raise BadTable(
            "it has no column; give a file with a column for each feature and the target"
        )
    *positions, target_at = _positions(file.names, target, features, option)
    *columns, last = file.load([*positions, target_at])
    chosen = list(zip(positions, columns, strict=True))
    notes = list(file.notes)
    if features is None:
        # A separator at the end of each row makes an empty column.
        chosen = [
            (k, column) for k, column in chosen if not (k in file.nameless and column.is_empty)
        ]
        notes += _about_names(file, [column.name for _, column in chosen])
    _require_numbers([column for _, column in chosen], last, option)
    return [*chosen, (target_at, last)], notes


def _require_numbers(columns: list[Column], last: Column, features_option: str) -> None:
    """Refuse columns that cannot be learned from, and columns without rows.

    Raises
    ------
    BadTable
        Names the columns, and such as could be chosen.
    """
    if not len(last):
        raise BadTable("it has columns and no row; add a row for each sample")
    if problem := last.problem():
        raise BadTable(
            f"the target {last.name!r} {problem}; choose a column of numbers with --target"
        )
    if not columns:
        raise BadTable(
            "it has one column, the target; add one to predict it from, or give the right "
            "--separator"
        )
    problems = [(column.name, problem) for column in columns if (problem := column.problem())]
    if problems:
        name, problem = problems[0]
        others = [other for other, _ in problems[1:]]
        also = f" (so do not hold numbers: {named(others)})" if others else ""
        good = [column.name for column in columns if not column.problem()]
        raise BadTable(
            f"column {name!r} {problem}{also}; choose columns of "
            f"numbers{_example(good, features_option)}"
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
    """Warn of nameless columns and of names that occur twice."""
    found = []
    nameless = {file.names[k] for k in file.nameless}.intersection(names)
    if nameless:
        found.append(
            f"The header gives no name to {named(sorted(nameless))} (the numbers of the rows?); it "
            "is used as a feature."
        )
    twice = [name for name, times in Counter(file.names).items() if times > 1]
    if twice:
        found.append(f"More than one column has the name {named(twice)}.")
    return found


def _positions(
    names: Sequence[str], target: str | int, features: Sequence[str | int] | None, option: str
) -> list[int]:
    """Return the positions of the features, and last that of the target.

    Raises
    ------
    BadTable
        If there is no such column, or one is chosen twice.
    """
    target_at = _position(names, target, "--target")
    if features is None:
        return [*(k for k in range(len(names)) if k != target_at), target_at]
    features = [features] if isinstance(features, str) else features
    chosen = [_position(names, name, option) for name in features]
    if not chosen:
        raise BadTable(f"{option} names no column; name at least one")
    if target_at in chosen:
        raise BadTable(
            f"{names[target_at]!r} is the target and cannot be a feature too; leave it out of "
            f"{option}"
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
            f"{len(at)} columns have the name {wanted!r}; give {option} a position: "
            f"{', '.join(map(str, at))}"
        )
    if at:
        return at[0]
    try:
        position = int(wanted) if isinstance(wanted, str) else operator.index(wanted)
    except ValueError:
        raise BadTable(_not_found(names, str(wanted), option)) from None
    if not -len(names) <= position < len(names):
        raise BadTable(
            f"it has no column {position} for {option}; its columns, from 0 to {len(names) - 1}, "
            f"are {named(names)}"
        )
    return position % len(names)


def _not_found(names: Sequence[str], wanted: str, option: str) -> str:
    if len(names) == 1:
        return (
            f"it has one column, {shown(names[0])}, and none {shown(wanted)} for {option}; are its "
            "cells parted by another character? Give it with --separator"
        )
    by_lower = {name.lower(): name for name in reversed(names)}
    close = [by_lower[name] for name in difflib.get_close_matches(wanted.lower(), by_lower)]
    meant = f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
    return f"it has no column {shown(wanted)} for {option}{meant}; its columns are {named(names)}"
