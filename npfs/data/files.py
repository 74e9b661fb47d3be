"""Files of tables, recognised by their content, and folders of files of one kind."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from npfs.data.arrow import arrow_source, holds, parquet_source
from npfs.data.columns import BATCH_NUMBERS, Column, Columns, OpenedFile, Part, Reader
from npfs.data.dialect import UTF_16, TableOptions
from npfs.data.sentences import BadTable, in_a_sentence, named, one_line
from npfs.data.text_file import HEAD_BYTES, PACKED, beginning, text_source

PART_BYTES = 1 << 26  # of an array, for a worker
PARQUET, ARROW, NPY, NPZ, TEXT = "Parquet", "Arrow", ".npy", ".npz", "text"
MAGIC = {
    b"\x93NUMPY": NPY,
    b"PK": NPZ,
    b"PAR1": PARQUET,
    b"ARROW1": ARROW,
    b"\xff\xff\xff\xff": ARROW,
}
# In a folder a file is known by its name as well, damaged or not.
SUFFIXES = {
    PARQUET: (".parquet", ".parq", ".pq"),
    ARROW: (".arrow", ".feather", ".ipc"),
    NPY: (".npy",),
    NPZ: (".npz",),
    TEXT: tuple(a + b for a in (".csv", ".tsv") for b in ("", ".gz", ".bz2", ".zst")),
}
NO_DATA = ("_", ".")  # what Spark, Hive and Dask write beside the data begins so
NO_TEXT = frozenset(range(ord(" "))) - frozenset(b"\t\n\v\f\r")


def open_path(path: Path, options: TableOptions) -> Reader:
    """Recognise a file, or the files of a folder, and find the names of the columns.

    Raises
    ------
    BadTable
        If there is nothing, it cannot be read, or it is of no kind that is read here.
    """
    try:
        if path.is_dir():
            return _open_folder(path, options)
        if path.exists() and not path.is_file():
            raise BadTable("it is no plain file; give the path of one")
        with path.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
        file = OpenedFile.of(path)
    except FileNotFoundError:
        raise BadTable("there is no such file; is the path right?") from None
    except OSError as error:
        raise BadTable(
            f"it cannot be read ({one_line(error)}); give the path of a file that can"
        ) from None
    if not head:
        raise BadTable("it is empty; give a file with a row for each sample")
    kind = _kind(head)
    if kind == TEXT:
        return _open_text(file, head, options)
    require_no_text_options(options)
    sources = {NPY: _npy_source, NPZ: _npz_source, PARQUET: parquet_source, ARROW: arrow_source}
    return sources[kind](file)


def require_no_text_options(options: TableOptions) -> None:
    """Refuse what says how a text file is read.

    Raises
    ------
    BadTable
    """
    for option in ("separator", "decimal", "header"):
        if getattr(options, option) is not None:
            names = "--header or --no-header" if option == "header" else f"--{option}"
            raise BadTable(f"it is no text file, to which {names} belongs; leave it out")


def _open_text(file: OpenedFile, head: bytes, options: TableOptions) -> Reader:
    packed = next((name for magic, name in PACKED.items() if head.startswith(magic)), None)
    if packed or not _is_binary(head):
        head = beginning(file, packed)
    if _is_binary(head):
        said = "it is a binary file, and no Parquet, Arrow, .npy or .npz file"
        raise BadTable(f"{said}; save the table as CSV or Parquet")
    return text_source(file, head, options, packed)


def _kind(head: bytes) -> str:
    if not _is_binary(head):  # a column of a text file may be called PAR1
        return TEXT
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), TEXT)


def _is_binary(head: bytes) -> bool:
    """Return True if it has characters that no text has; UTF-16 is a text that says so."""
    return not head.startswith(UTF_16) and not NO_TEXT.isdisjoint(head)


def _open_folder(path: Path, options: TableOptions) -> Reader:
    """Open the files of a folder, sorted by name; their rows follow each other.

    Raises
    ------
    BadTable
        If there is none, one is damaged, they have two schemas, or there are folders in the folder.
    """
    if (path / "_delta_log").exists():
        raise BadTable("it is a Delta table, of which not every file counts; save it as Parquet")
    inside = sorted(entry for entry in path.iterdir() if not entry.name.startswith(NO_DATA))
    if folders := [entry.name for entry in inside if entry.is_dir()]:
        said = f"it holds the folder {folders[0]!r}"
        raise BadTable(f"{said}; give a folder whose files are not parted into folders")
    kinds = {entry: _kind_in_folder(entry) for entry in inside}
    kind = next((kind for kind in SUFFIXES if kind in kinds.values()), None)
    others = [entry.name for entry in inside if kinds[entry] != kind]
    if kind is None:
        holds = f"holds {named(others)} and no table" if others else "is an empty folder"
        raise BadTable(f"it {holds}; give a file, or a folder of CSV, Parquet or other files")
    files = {}
    for entry in inside:
        if kinds[entry] == kind:
            with in_a_sentence(f"its file {entry.name!r}"):
                files[entry.name] = open_path(entry, options)
    # What writes a file without a row may not know its types.
    files = {name: file for name, file in files.items() if file.n_rows != 0} or files
    found = _as_one(files)
    note = f"Not read, as they are no {kind} files: {named(others)}."
    return replace(found, notes=(*found.notes, note)) if others else found


def _kind_in_folder(path: Path) -> str:
    for kind, suffixes in SUFFIXES.items():
        if path.name.lower().endswith(suffixes):
            return kind
    with path.open("rb") as file:
        kind = _kind(file.read(HEAD_BYTES))
    return "" if kind == TEXT else kind


def _as_one(files: dict[str, Reader]) -> Reader:
    """Return the rows of several files; a column may stand where another file has another one."""
    common = set.intersection(*(set(file.names) for file in files.values()))
    files = {name: _without_index(file, common) for name, file in files.items()}
    (first_name, first), *_ = files.items()
    columns, parts = list(first.columns), list[tuple[Part, Sequence[int]]]()
    for name, file in files.items():
        refuse = partial(_refuse, first_name, name)
        if how := _difference(first.names, file.names):
            guess = first.guess or file.guess
            refuse(f"{how} ({guess})" if guess else how)
        is_same = file.names == first.names
        found = file if is_same else file.choose(list(map(file.names.index, first.names)))
        parts += found.parts
        for k, (column, other) in enumerate(zip(columns, found.columns, strict=True)):
            if other.type != column.type:
                how = f"{column.name!r} is of type {column.type} in the first and {other.type}"
                columns[k] = replace(column, problem=partial(refuse, f"{how} in the second"))
            elif other.problem and not column.problem:
                columns[k] = replace(column, problem=other.problem, file=name)
    rows = [file.n_rows for file in files.values()]
    return replace(
        Reader(columns, parts, is_folder=True),
        n_rows=None if None in rows else sum(filter(None, rows)),
        room=sum(file.room for file in files.values()),
        guess=next((file.guess for file in files.values() if file.guess), ""),
        notes=tuple(dict.fromkeys(note for file in files.values() for note in file.notes)),
    )


def _without_index(file: Reader, common: set[str]) -> Reader:
    """Leave an index of pandas out that other files lack."""
    are_kept = [c.name in common or c.is_nameless or not c.is_left_out for c in file.columns]
    return file.choose([k for k, is_kept in enumerate(are_kept) if is_kept])


def _difference(names: Sequence[str], others: Sequence[str]) -> str:
    """Say how columns differ, "" if not; in another order, they are read by their names."""
    more, less = Counter(names) - Counter(others), Counter(others) - Counter(names)
    how = [f"only the first has a column {name!r}" for name in more]
    how += [f"only the second has a column {name!r}" for name in less]
    if len(set(names)) < len(names) and others != names:
        how.append("their columns are not in one order")
    return how[0] if how else ""


def _refuse(first: str, second: str, how: str, _: object = None) -> NoReturn:
    raise BadTable(
        f"its files {first!r} and {second!r} differ: {how}; write all files of a folder with one "
        "schema"
    )


@dataclass(frozen=True)
class NpyFile:
    """An array in a ``.npy`` file, whose rows are read where they lie.

    They are not mapped: a file that another process cuts short while it is mapped ends this one
    (SIGBUS), and reading says so instead.

    Attributes
    ----------
    dtype : dtype
        With names, if each column is a field.
    is_fortran : bool
        Whether columns lie one after the other, and not rows.
    offset : int
        Bytes before the first number.
    """

    path: Path
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool
    offset: int

    def read(self, rows: range, positions: Sequence[int]) -> Iterator[Columns]:
        """Yield columns of some rows, views of what was read."""
        width = math.prod(self.shape[1:])
        step = max(1, BATCH_NUMBERS // (len(positions) if self.is_fortran else width))
        for row in rows[::step]:
            n_rows = min(step, rows.stop - row)
            if self.is_fortran:
                yield [self._values(k * self.shape[0] + row, n_rows) for k in positions]
            else:
                values = self._values(row * width, n_rows * width)
                yield _columns(values.reshape(n_rows, *self.shape[1:]), positions)

    def _values(self, first: int, n: int) -> NDArray[Any]:
        offset = self.offset + first * self.dtype.itemsize
        values = np.fromfile(self.path, self.dtype, n, offset=offset)
        if len(values) < n:
            raise ValueError("it ends before its last row")
        return values


def _columns(rows: NDArray[Any], positions: Sequence[int]) -> Columns:
    names = rows.dtype.names
    return [rows[names[k]] if names else rows[:, k] for k in positions]


def _npy_source(file: OpenedFile) -> Reader:
    # Mapped, as NumPy then tells the layout and whether the file is as long as it says.
    try:
        array = np.load(file.path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        with file.path.open("rb") as opened:  # which says more of what it is that cannot be mapped
            np.load(opened, allow_pickle=False)
        raise
    if array.dtype.names is None and array.ndim != 2:
        raise BadTable(f"its array has shape {array.shape}; give one of two dimensions")
    is_fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    layout = NpyFile(file.path, array.dtype, array.shape, is_fortran, array.offset)
    rows = range(array.shape[0] if array.ndim else 1)
    step = max(1, PART_BYTES // max(1, array.dtype.itemsize * math.prod(array.shape[1:])))
    parts = [Part(partial(layout.read, rows[a : a + step]), a, file) for a in rows[::step]]
    names = array.dtype.names or [f"column {k}" for k in range(array.shape[1])]
    first = _columns(np.array(array[:1] if array.ndim else array), range(len(names)))
    return _source(list(zip(names, first, strict=True)), parts, len(rows))


def _npz_source(file: OpenedFile) -> Reader:
    with file.path.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    columns: list[tuple[str, NDArray[Any]]] = []
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            continue
        if array.dtype.names is not None:
            columns += [(field, array[field]) for field in array.dtype.names]
        elif array.ndim == 2:
            names = [f"{name}{k}" for k in range(array.shape[1])] if array.shape[1] > 1 else [name]
            columns += zip(names, array.T, strict=False)
        else:
            columns.append((name, array))
    if not columns:
        raise BadTable(
            "it is a zip archive without arrays, as an Excel workbook is one; save the table as CSV"
        )
    return _source(columns, [Part(partial(_of_memory, columns), 0, file)], None)


def _of_memory(
    columns: Sequence[tuple[str, NDArray[Any]]], positions: Sequence[int]
) -> Iterator[Columns]:
    """Yield the rows of arrays in memory.

    Raises
    ------
    BadTable
        If they are not of one length.
    """
    chosen = [columns[k] for k in positions]
    target, y = chosen[-1]
    for name, column in chosen:
        if len(column) != len(y):
            raise BadTable(
                f"{name!r} has {len(column):,} values and {target!r} has {len(y):,}; choose "
                "columns of one length with --target and --features"
            )
    step = max(1, BATCH_NUMBERS // len(chosen))
    for row in range(0, len(y), step):
        yield [column[row : row + step] for _, column in chosen]


def _source(
    first: Sequence[tuple[str, NDArray[Any]]], parts: Sequence[Part], n_rows: int | None
) -> Reader:
    """Return the columns of arrays, of which the first rows are here."""
    columns = []
    for name, values in first:
        dtype, problem = values.dtype, ""
        if values.ndim != 1:
            problem = f"is an array of shape {values.shape}, and no column of numbers"
        elif dtype.kind not in "fiub":
            problem = holds(f"values of type {dtype}", values[:1])
        columns.append(Column(name, is_integer=dtype.kind in "iu", problem=problem))
    positions = range(len(columns))
    return Reader(columns, [(part, positions) for part in parts], n_rows, room=n_rows or 0)
