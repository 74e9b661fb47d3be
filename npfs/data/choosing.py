"""Which columns of a source are learned from, and whether those are columns of numbers."""

import difflib
import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from npfs.data.columns import NAMED, BadTable, Reader, Source, in_a_sentence, named, shown
from npfs.data.dialect import TextOptions

MISSING = ("error", "drop")


@dataclass(frozen=True, kw_only=True)
class TableOptions(TextOptions):
    """The options of reading, as ``read_table`` describes them."""

    target: str | int
    features: Sequence[str | int] | None = None
    missing: str = "error"
    features_option: str = "--features"


def choose_columns(source: Source, path: str, options: TableOptions) -> Reader:
    """Return the reader of some columns; without ``features`` of all columns.

    Raises
    ------
    BadTable
        If there is no such column, one is chosen twice, or one cannot be learned from.
    """
    missing, features, option = options.missing, options.features, options.features_option
    if missing not in MISSING:
        raise BadTable(f"--missing takes {' or '.join(MISSING)}; got {missing!r}")
    if not source.names:
        raise BadTable(
            "it has no column; give a file with a column for each feature and the target"
        )
    positions = _positions(source.names, options.target, features, option)
    notes = list(source.notes)
    if features is None:
        kept = [k for k in positions[:-1] if k not in source.left_out]
        notes += _about_names(source, kept, positions[-1])
        positions = [*kept, positions[-1]]
    if source.n_rows == 0:
        raise BadTable("it has columns and no row; add a row for each sample")
    _require_numbers(source, positions, option)
    chosen = [source.names[k] for k in positions]
    return Reader(
        parts=[
            (part, tuple(order[k] if order else k for k in positions))
            for part, order in source.parts
        ],
        feature_names=tuple(chosen[:-1]),
        target_name=chosen[-1],
        integers=tuple(k in source.integers for k in positions),
        n_rows=source.n_rows,
        room=source.n_rows or source.room,
        drops=missing == "drop",
        notes=tuple(notes),
        path=path,
    )


def _require_numbers(source: Source, positions: Sequence[int], features_option: str) -> None:
    """Refuse columns that cannot be learned from.

    Raises
    ------
    BadTable
        Names the columns, and such as could be chosen.
    """
    with in_a_sentence():
        *problems, wrong_target = source.problems(positions)
    names = [source.names[k] for k in positions]
    if wrong_target:
        raise BadTable(
            f"the target {names[-1]!r} {wrong_target}; choose a column of numbers with --target"
        )
    if not problems:
        raise BadTable(
            "it has one column, the target; add one to predict it from, or give the right "
            "--separator"
        )
    wrong = [k for k, problem in enumerate(problems) if problem]
    if wrong:
        others = [names[k] for k in wrong[1:]]
        also = f" (so do not hold numbers: {named(others)})" if others else ""
        good = [name for name, problem in zip(names, problems, strict=False) if not problem]
        raise BadTable(
            f"column {names[wrong[0]]!r} {problems[wrong[0]]}{also}; choose columns of "
            f"numbers{_example(good, features_option)}"
        )


def _example(names: list[str], features_option: str) -> str:
    """Show how columns are chosen, by the names of some that could be."""
    usable = [name for name, times in Counter(names).items() if times == 1 and "," not in name]
    if not usable:
        return f" with {features_option}"
    more = ",..." if len(usable) > NAMED else ""
    return f", such as {features_option} {shown(','.join(usable[:NAMED]) + more)}"


def _about_names(source: Source, features: Sequence[int], target: int) -> list[str]:
    """Tell of an index that is left out, nameless columns, and names that occur twice."""
    found = []
    names = source.names
    left_out = [names[k] for k in sorted(source.left_out - source.nameless - {target})]
    if left_out:
        found.append(f"Left out, as the index that pandas wrote: {named(left_out)}.")
    if nameless := [names[k] for k in features if k in source.nameless]:
        found.append(
            f"The header gives no name to {named(nameless)} (the numbers of the rows?); it "
            "is used as a feature."
        )
    if twice := [name for name, times in Counter(names).items() if times > 1]:
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
