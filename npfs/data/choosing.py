"""Which columns of a source are learned from, and whether those are columns of numbers."""

import difflib
import math
import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from npfs.data.columns import Reader
from npfs.data.dialect import TableOptions
from npfs.data.sentences import NAMED, SHOWN_CHARACTERS, BadTable, in_a_sentence, named, shown

MISSING = ("error", "drop")


def choose_columns(reader: Reader, options: TableOptions) -> Reader:
    """Return the reader of some columns; without ``features`` of all columns.

    Raises
    ------
    BadTable
        If there is no such column, one is chosen twice, or one cannot be learned from.
    """
    if options.missing not in MISSING:
        raise BadTable(f"--missing takes {' or '.join(MISSING)}; got {options.missing!r}")
    if not reader.columns:
        raise BadTable("it has no column; give a file with a column for each feature and target")
    try:
        positions = _positions(reader, options)
    except BadTable as error:
        guess = f" ({reader.guess})" if reader.guess else ""
        raise BadTable(f"{error}{guess}") from None
    chosen = reader.choose(positions)
    notes = [] if options.features is not None else _about_names(reader, positions)
    if reader.n_rows == 0:
        raise BadTable("it has columns and no row; add a row for each sample")
    with in_a_sentence(reader.path):
        problems = [column.says(chosen.names) for column in chosen.columns]
    indices = [c.name for c in reader.columns if c.is_left_out and not c.is_nameless]
    if len(positions) == 1 and indices:
        raise BadTable(
            f"it has no feature beside the index that pandas wrote, {named(indices)}; choose of it "
            f"with {options.features_option}"
        )
    _require_numbers(chosen.names, problems, options.features_option)
    return replace(
        chosen,
        notes=(*reader.notes, *filter(None, [reader.guess]), *notes),
        missing_numbers=tuple(n for n in map(_number, options.missing_values) if n is not None),
        drops=options.missing == "drop",
    )


def _number(text: str) -> float | None:
    """Return the number that a text is, None if it is none, or no finite one."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _require_numbers(names: Sequence[str], problems: Sequence[str], features_option: str) -> None:
    """Refuse columns that cannot be learned from.

    Raises
    ------
    BadTable
        Names the columns, and such as could be chosen.
    """
    if problems[-1]:
        said = f"the target {names[-1]!r} {problems[-1]}"
        raise BadTable(f"{said}; choose a column of numbers with --target")
    if len(names) == 1:
        said = "it has one column, the target; add one to predict it from"
        raise BadTable(f"{said}, or give the right --separator")
    wrong = {name: problem for name, problem in zip(names, problems, strict=True) if problem}
    if wrong:
        (name, problem), *others = wrong.items()
        also = f" (so do not hold numbers: {named([o for o, _ in others])})" if others else ""
        good = [name for name in names[:-1] if name not in wrong]
        example = _example(good, features_option)
        raise BadTable(f"column {name!r} {problem}{also}; choose columns of numbers{example}")


def _example(names: list[str], features_option: str) -> str:
    """Show how columns are chosen, by the names of some that could be."""
    usable = [name for name, n in Counter(names).items() if n == 1 and name.isprintable()]
    usable = [name for name in usable if "," not in name and name == name.strip()]
    usable = [name for name in usable if len(name) <= SHOWN_CHARACTERS]
    if not usable:
        return f" with {features_option}"
    more = ",..." if len(usable) > NAMED else ""
    return f", such as {features_option} {','.join(usable[:NAMED]) + more!r}"


def _about_names(reader: Reader, positions: Sequence[int]) -> list[str]:
    """Tell of an index that is left out, nameless columns, and names that occur twice."""
    found, columns, chosen = [], reader.columns, set(positions)
    others = [column for k, column in enumerate(columns) if k not in chosen]
    left_out = [column.name for column in others if not column.is_nameless]
    empty = [column.name for column in others[:-1] if column.is_nameless]
    nameless = [columns[k].name for k in positions[:-1] if columns[k].is_nameless]
    twice = [name for name, times in Counter(reader.names).items() if times > 1]
    for said, names in (
        ("Left out, as the index that pandas wrote: {}.", left_out),
        ("Left out, as they have no name and begin empty: {}.", empty),
        (
            "The header gives no name to {} (the numbers of the rows?); it is used as a feature.",
            nameless,
        ),
        ("More than one column has the name {}.", twice),
    ):
        if names:
            found.append(said.replace("{}", named(names)))
    return found


def _positions(reader: Reader, options: TableOptions) -> list[int]:
    """Return the positions of the features, and last that of the target.

    Raises
    ------
    BadTable
        If there is no such column, or one is chosen twice.
    """
    names, features, option = reader.names, options.features, options.features_option
    target = _position(names, options.target, "--target")
    if features is None:
        columns = enumerate(reader.columns)
        return [*(k for k, c in columns if k != target and not c.is_left_out), target]
    features = [features] if isinstance(features, str) else features
    chosen = [_position(names, name, option) for name in features]
    if not chosen:
        raise BadTable(f"{option} names no column; name at least one")
    if target in chosen:
        raise BadTable(
            f"{names[target]!r} is the target and cannot be a feature too; leave it out of {option}"
        )
    [(position, times)] = Counter(chosen).most_common(1)
    if times > 1:
        raise BadTable(f"{option} names {names[position]!r} twice; name each column once")
    return [*chosen, target]


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
        wanted = str(wanted)
        by_lower = {name.lower(): name for name in reversed(names)}
        close = [by_lower[name] for name in difflib.get_close_matches(wanted.lower(), by_lower)]
        hint = f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
        if len(names) == 1:
            raise BadTable(
                f"it has one column, {shown(names[0])}, and none {shown(wanted)} for {option}; are "
                "its cells parted by another character? Give it with --separator"
            ) from None
        raise BadTable(
            f"it has no column {shown(wanted)} for {option}{hint}; its columns are {named(names)}"
        ) from None
    if not -len(names) <= position < len(names):
        raise BadTable(
            f"it has no column {position} for {option}; its columns, from 0 to {len(names) - 1}, "
            f"are {named(names)}"
        )
    return position % len(names)
