"""Files of tables, recognised by their content, and folders of files of one kind."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npfs.data.arrow import arrow_source, parquet_source
from npfs.data.columns import (
    BATCH_NUMBERS,
    BadTable,
    Columns,
    OpenedFile,
    Part,
    Source,
    named,
    one_line,
    shown,
)
from npfs.data.dialect import TextOptions
from npfs.data.text_file import HEAD_BYTES, beginning, packing, text_source, unpacked

PART_BYTES = 1 << 26  # of an array, for a worker
PARQUET, ARROW, NPY, NPZ, TEXT = "Parquet", "Arrow", ".npy", ".npz", "text"
_MAGIC = {
    b"\x93NUMPY": NPY,
    b"PK\x03\x04": NPZ,
    b"PK\x05\x06": NPZ,
    b"PAR1": PARQUET,
    b"ARROW1": ARROW,
    b"\xff\xff\xff\xff": ARROW,
}
# In a folder a file is known by its name as well, damaged or not.
_SUFFIXES = {
    PARQUET: (".parquet", ".parq", ".pq"),
    ARROW: (".arrow", ".feather", ".ipc"),
    NPY: (".npy",),
    NPZ: (".npz",),
    TEXT: (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.bz2", ".tsv.bz2", ".csv.zst", ".tsv.zst"),
}
NO_DATA = ("_", ".")  # what Spark, Hive and Dask write beside the data begins so
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_OF_TEXT = frozenset(b"\t\n\v\f\r")


def open_path(path: Path, options: TextOptions) -> Source:
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
    except BadTable:
        raise
    except (OSError, ValueError) as error:  # also a path that no system has
        raise BadTable(
            f"it cannot be read ({one_line(error)}); give the path of a file that can"
        ) from None
    if not head:
        raise BadTable("it is empty; give a file with a row for each sample")
    return _open(file, head, options)


def _open(file: OpenedFile, head: bytes, options: TextOptions) -> Source:
    kind, packed = _kind(head), packing(head)
    if kind == NPY:
        return _npy_source(file)
    if kind == NPZ:
        return _npz_source(file)
    if kind == PARQUET:
        return parquet_source(file)
    if kind == ARROW:
        return arrow_source(file, "file" if head.startswith(b"ARROW1") else "stream")
    if packed or not _is_binary(head):
        head = beginning(unpacked(file, packed))
    if _is_binary(head):
        raise BadTable(
            "it is a binary file, and no Parquet, Arrow, .npy or .npz file; save the table as CSV "
            "or Parquet"
        )
    return text_source(file, head, options, packed, is_whole=len(head) < HEAD_BYTES)


def _kind(head: bytes) -> str:
    if not _is_binary(head):  # a column of a text file may be called PAR1
        return TEXT
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), TEXT)


def _is_binary(head: bytes) -> bool:
    """Return True if it has characters that no text has; UTF-16 is a text that says so."""
    return not head.startswith(_UTF_16) and any(
        byte < ord(" ") and byte not in _OF_TEXT for byte in set(head)
    )


def _open_folder(path: Path, options: TextOptions) -> Source:
    """Open the files of a folder, sorted by name; their rows follow each other.

    Raises
    ------
    BadTable
        If there is none, one is damaged, they have two schemas, or there are folders in the folder.
    """
    inside = sorted(path.iterdir(), key=lambda entry: entry.name)
    if "_delta_log" in (entry.name for entry in inside):
        raise BadTable(
            "it is a Delta table, of which not every file counts; save what it holds as Parquet"
        )
    inside = [entry for entry in inside if not entry.name.startswith(NO_DATA)]
    if folders := [entry.name for entry in inside if entry.is_dir()]:
        raise BadTable(
            f"it holds the folder {folders[0]!r}; give a folder whose files are not parted into "
            "folders"
        )
    kinds = {entry: _kind_in_folder(entry) for entry in inside}
    kind = next((kind for kind in _SUFFIXES if kind in kinds.values()), None)
    files = [entry for entry in inside if kind and kinds[entry] == kind]
    others = [entry.name for entry in inside if entry not in files]
    if not files:
        holds = f"holds {named(others)} and no table" if others else "is an empty folder"
        raise BadTable(f"it {holds}; give a file, or a folder of CSV, Parquet or other files")
    sources = []
    for entry in files:
        try:
            sources.append((entry.name, open_path(entry, options)))
        except BadTable as error:
            raise BadTable(f"its file {entry.name!r}: {error}") from None
    note = f"Not read, as they are no {kind} files: {named(others)}."
    return _as_one(sources, (note,) if others else ())


def _kind_in_folder(path: Path) -> str | None:
    if not path.is_file():
        return None
    for kind, suffixes in _SUFFIXES.items():
        if path.name.lower().endswith(suffixes):
            return kind
    with path.open("rb") as file:
        kind = _kind(file.read(HEAD_BYTES))
    return None if kind == TEXT else kind


def _as_one(files: Sequence[tuple[str, Source]], notes: tuple[str, ...]) -> Source:
    # What writes a file without a row may not know its types.
    files = [(name, source) for name, source in files if source.n_rows != 0] or files[:1]
    (first_name, first), *others = files
    parts = list(first.parts)
    for name, source in others:
        if how := _difference(first, source):
            raise _differ(first_name, name, how)
        # A column stands where another file may have another one.
        is_same = source.names == first.names
        order = None if is_same else tuple(map(source.names.index, first.names))
        parts += [(part, order) for part, _ in source.parts]
    rows = [source.n_rows for _, source in files]

    def problems(positions: Sequence[int]) -> list[str]:
        for k in positions if first.types else ():
            for name, source in others:
                here, there = first.types[k], source.types[source.names.index(first.names[k])]
                if here != there:
                    how = f"is of type {here} in the first and {there} in the second"
                    raise _differ(first_name, name, f"{first.names[k]!r} {how}")
        return first.problems(positions)

    found = dict.fromkeys(note for _, source in files for note in source.notes)
    return replace(
        first,
        parts=parts,
        n_rows=None if None in rows else sum(filter(None, rows)),
        room=sum(source.n_rows or source.room for _, source in files),
        problems=problems,
        notes=(*found, *notes),
    )


def _difference(first: Source, other: Source) -> str:
    """Describe how the columns of two files differ, "" if they do not."""
    if other.names == first.names:
        return ""
    for has, which, lacks in ((first, "first", other), (other, "second", first)):
        for name in Counter(has.names) - Counter(lacks.names):
            return f"only the {which} has a column {name!r}"
    twice = len(set(first.names)) < len(first.names)  # these are read by their positions
    return "their columns are not in one order" if twice else ""


def _differ(first: str, second: str, how: str) -> BadTable:
    return BadTable(
        f"its files {first!r} and {second!r} differ: {how}; write all files of a folder with one "
        "schema"
    )


@dataclass(frozen=True)
class NpyPart:
    """Rows of a ``.npy`` file, which are read where they lie.

    They are not mapped: a file that another process cuts short while it is mapped ends this one
    (SIGBUS), and reading says so instead.

    Attributes
    ----------
    dtype : dtype
        With names, if each column is a field.
    shape : tuple of int
    is_fortran : bool
        Whether columns lie one after the other, and not rows.
    offset : int
        Bytes before the first number.
    end_row : int
        The row behind its last one.
    """

    file: OpenedFile
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool
    offset: int
    first_row: int
    end_row: int

    def batches(self, positions: Sequence[int]) -> Iterator[Columns]:
        """Yield these columns, views of what was read."""
        width = math.prod(self.shape[1:])
        step = max(1, BATCH_NUMBERS // max(1, len(positions) if self.is_fortran else width))
        with self.file.path.open("rb", buffering=0) as opened:
            for row in range(self.first_row, self.end_row, step):
                n_rows = min(step, self.end_row - row)
                if self.is_fortran:
                    places = [(k * self.shape[0] + row, n_rows) for k in positions]
                    columns = [self._values(opened, *place) for place in places]
                else:
                    values = self._values(opened, row * width, n_rows * width)
                    rows = values.reshape(n_rows, *self.shape[1:])
                    names = self.dtype.names
                    columns = [rows[names[k]] if names else rows[:, k] for k in positions]
                yield columns

    def _values(self, opened: FileIO, first: int, n: int) -> NDArray[Any]:
        opened.seek(self.offset + first * self.dtype.itemsize)
        values = np.empty(n, self.dtype)
        if opened.readinto(values.view(np.uint8).data) < values.nbytes:
            raise ValueError("it ends before its last row")
        return values


def _npy_source(file: OpenedFile) -> Source:
    # Mapped, as NumPy then tells the layout and whether the file is as long as it says.
    mapped = np.load(file.path, mmap_mode="r", allow_pickle=False)
    shape, dtype, offset = mapped.shape, mapped.dtype, mapped.offset
    is_fortran = bool(mapped.flags.f_contiguous and not mapped.flags.c_contiguous)
    if dtype.names is None and len(shape) != 2:
        raise BadTable(
            f"its array has shape {shape}; give one of two dimensions, a row for each sample"
        )
    n_rows = shape[0] if shape else 1
    names = dtype.names or tuple(f"column {k}" for k in range(shape[1]))
    step = max(1, PART_BYTES // max(1, dtype.itemsize * math.prod(shape[1:])))
    parts = [
        NpyPart(file, dtype, shape, is_fortran, offset, a, min(n_rows, a + step))
        for a in range(0, n_rows, step)
    ]
    first = np.array(mapped[:1] if shape else mapped)
    columns = [first[name] if dtype.names else first[:, k] for k, name in enumerate(names)]
    return _source(names, parts, n_rows, columns)


def _source(
    names: Sequence[str],
    parts: Sequence[Part],
    n_rows: int | None,
    columns: Sequence[NDArray[Any]],
) -> Source:
    """Return the source of columns of arrays, of which the first rows are here."""
    return Source(
        tuple(names),
        [(part, None) for part in parts],
        n_rows,
        lambda positions: [_problem(columns[k]) for k in positions],
        frozenset(k for k, column in enumerate(columns) if column.dtype.kind in "iu"),
    )


def _problem(values: NDArray[Any]) -> str:
    """Describe what a column of an array holds in place of numbers; "" if it holds numbers."""
    if values.ndim != 1:
        shape = values.shape
        return f"is an array of shape {shape}, and no column of numbers"
    if values.dtype.kind in "fiub":
        return ""
    example = f", such as {shown(values[0])}" if len(values) else ""
    return f"holds values of type {values.dtype}{example}"


@dataclass(frozen=True)
class ArraysPart:
    """Columns in memory."""

    names: Sequence[str]
    columns: Sequence[NDArray[Any]]
    file: OpenedFile
    first_row = 0

    def batches(self, positions: Sequence[int]) -> Iterator[Columns]:
        """Yield these columns.

        Raises
        ------
        BadTable
            If they are not of one length.
        """
        chosen, last = [self.columns[k] for k in positions], positions[-1]
        for k in positions:
            if len(self.columns[k]) != len(chosen[-1]):
                raise BadTable(
                    f"{self.names[k]!r} has {len(self.columns[k]):,} values and "
                    f"{self.names[last]!r} has {len(chosen[-1]):,}; choose columns of one length "
                    "with --target and --features"
                )
        step = max(1, BATCH_NUMBERS // len(chosen))
        for row in range(0, len(chosen[0]), step):
            yield [column[row : row + step] for column in chosen]


def _npz_source(file: OpenedFile) -> Source:
    with file.path.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    columns: list[tuple[str, NDArray[Any]]] = []
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            continue
        if array.dtype.names is not None:
            columns += [(field, array[field]) for field in array.dtype.names]
        elif array.ndim == 2 and array.shape[1] != 1:
            columns += [(f"{name}{k}", array[:, k]) for k in range(array.shape[1])]
        else:
            columns.append((name, array[:, 0] if array.ndim == 2 else array))
    if not columns:
        raise BadTable(
            "it is a zip archive without arrays, as an Excel workbook is one; save the table as CSV"
        )
    names, values = zip(*columns, strict=True)
    return _source(names, [ArraysPart(names, values, file)], None, values)
