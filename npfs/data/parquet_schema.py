"""What the footers of Parquet files say of their columns, and whether several files have the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npfs.data.file_piece import FileAsOpened
from npfs.data.reading import BadTable, pyarrow, with_reason

REMEDY = "write all files of a folder with one schema"


@dataclass(frozen=True)
class ParquetFile:
    """What the footer of a Parquet file says.

    Attributes
    ----------
    names, types : tuple
        Of the columns.
    group_rows : tuple of int
        Rows of each row group.
    """

    opened: FileAsOpened
    names: tuple[str, ...]
    types: tuple[Any, ...]
    group_rows: tuple[int, ...]

    @property
    def n_rows(self) -> int:
        """Samples."""
        return sum(self.group_rows)


def read_footer(path: Path) -> ParquetFile:
    """Read the footer of a Parquet file.

    Raises
    ------
    BadTable
        If it is damaged, or contradicts itself.
    """
    return with_reason(lambda: _footer(FileAsOpened.of(path)))


def _footer(opened: FileAsOpened) -> ParquetFile:
    with pyarrow("parquet").ParquetFile(str(opened.path)) as file:
        schema, footer = file.schema_arrow, file.metadata
        # What says more of a row group, ``column(k)``, ends the process if the footer is damaged.
        group_rows = tuple(footer.row_group(k).num_rows for k in range(footer.num_row_groups))
    if min(group_rows, default=0) < 0 or sum(group_rows) != footer.num_rows:
        raise ValueError("its footer has two numbers of rows")
    names = tuple(str(name) for name in schema.names)
    return ParquetFile(opened, names, tuple(schema.types), group_rows)


def require_one_set_of_columns(files: Sequence[ParquetFile]) -> None:
    """Refuse files of which one has a column that another lacks.

    Raises
    ------
    BadTable
        Names both files and the column.
    """
    first = files[0]
    for other in files[1:]:
        if other.names == first.names:
            continue
        for has, which, lacks in ((first, "first", other), (other, "second", first)):
            for name in Counter(has.names) - Counter(lacks.names):
                raise _differ(first, other, f"only the {which} has a column {name!r}")
        if len(set(first.names)) < len(first.names):  # these are read by their positions
            raise _differ(first, other, "their columns are not in one order")


def require_one_type(files: Sequence[ParquetFile], names: Sequence[str]) -> None:
    """Refuse files with the same columns of which one has another type.

    Raises
    ------
    BadTable
        Names both files, the column and its types.
    """
    first = files[0]
    expected = dict(zip(first.names, first.types, strict=True))
    for other in files[1:]:
        found = dict(zip(other.names, other.types, strict=True))
        for name in names:
            if found[name] != expected[name]:
                raise _differ(
                    first,
                    other,
                    f"{name!r} is of type {expected[name]} in the first and {found[name]} in the second",
                )


def _differ(first: ParquetFile, second: ParquetFile, how: str) -> BadTable:
    paths = first.opened.path.name, second.opened.path.name
    return BadTable(f"its files {paths[0]!r} and {paths[1]!r} differ: {how}; {REMEDY}")
