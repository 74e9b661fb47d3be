"""Files of tables, recognised by their content: ``.npy``, ``.npz``, Parquet, Arrow, else text."""

import gzip
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from npfs.data.columns import (
    BadTable,
    Column,
    NumpyColumn,
    TableFile,
    array_columns,
    arrow_columns,
    one_line,
    pyarrow,
    with_reason,
)
from npfs.data.csv_file import TextOptions, csv_file

HEAD_BYTES = 1 << 16
ROWS_BEYOND, LONGEST_ROW_BYTES = 3, 1 << 26
_GZIP, _UTF_16 = b"\x1f\x8b", (b"\xff\xfe", b"\xfe\xff")
_OF_TEXT = frozenset(b"\t\n\v\f\r")


def open_table(path: Path, options: TextOptions) -> TableFile:
    """Recognise a file and find the names of its columns; the options are those of a text file.

    Raises
    ------
    BadTable
        If there is no such file, it cannot be read, or it is of no kind that is read here.
    """
    head = beginning(path)
    if is_binary(head):  # a column of a text file may be called PAR1
        for magic, open_it in _KINDS.items():
            if head.startswith(magic):
                return open_it(path)
    is_packed = head.startswith(_GZIP)
    if is_packed:
        head = with_reason(lambda: _unpacked_beginning(path))
    if is_binary(head):
        raise BadTable(
            "it is a binary file, and no Parquet, Arrow, .npy or .npz file; save the table as CSV "
            "or Parquet"
        )
    return csv_file(path, head, options, is_whole=len(head) < HEAD_BYTES, is_packed=is_packed)


def beginning(path: Path) -> bytes:
    """Return the first bytes of a file, at least some lines if it has lines."""
    try:
        if path.is_dir():
            raise BadTable("it is a folder; give the path of a file in it")
        if path.exists() and not path.is_file():
            raise BadTable("it is no plain file; give the path of one")
        with path.open("rb") as file:
            head = _whole_lines(file)
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
    return head


def _unpacked_beginning(path: Path) -> bytes:
    with gzip.open(path) as file:
        return _whole_lines(file)


def _whole_lines(file: IO[bytes] | gzip.GzipFile) -> bytes:
    """Return a beginning that ends with a line, and of long lines a few."""
    head = file.read(HEAD_BYTES)
    if len(head) == HEAD_BYTES and not is_binary(head):
        for _ in range(ROWS_BEYOND):
            head += file.readline(LONGEST_ROW_BYTES)
    return head


def is_binary(head: bytes) -> bool:
    """Return True if it has characters that no text has; UTF-16 is a text that says so."""
    return not head.startswith(_UTF_16) and any(
        byte < ord(" ") and byte not in _OF_TEXT for byte in set(head)
    )


def _numpy_file(path: Path) -> TableFile:
    def read() -> Any:
        with path.open("rb") as file:
            return np.load(file, allow_pickle=False)

    array = with_reason(read)
    if array.dtype.names is not None:
        return _of_columns(array_columns("", array))
    if array.ndim != 2:
        raise BadTable(
            f"its array has shape {array.shape}; give one of two dimensions, a row for each sample"
        )
    return _of_columns([NumpyColumn(f"column {k}", array[:, k]) for k in range(array.shape[1])])


def _npz_file(path: Path) -> TableFile:
    def read() -> dict[str, Any]:
        # Opened here: a damaged archive would stay open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
        return {name: array for name, array in found.items() if isinstance(array, np.ndarray)}

    arrays = with_reason(read)
    if not arrays:
        raise BadTable(
            "it is a zip archive without arrays, as an Excel workbook is one; save the table as CSV"
        )
    return _of_columns([c for name, array in arrays.items() for c in array_columns(name, array)])


def _of_columns(columns: list[Column]) -> TableFile:
    return TableFile(tuple(c.name for c in columns), lambda chosen: [columns[k] for k in chosen])


def _parquet_file(path: Path) -> TableFile:
    schema = with_reason(lambda: pyarrow("parquet").read_schema(str(path)))
    names = with_reason(lambda: [str(name) for name in schema.names])
    if len(set(names)) < len(names):  # they are chosen by name
        return _of_arrow(with_reason(lambda: _read_parquet(path)))

    def load(chosen: list[int]) -> list[Column]:
        wanted = [names[k] for k in chosen]
        table = with_reason(lambda: _read_parquet(path, wanted))
        return arrow_columns(wanted, [table.column(name) for name in wanted])

    return TableFile(tuple(names), load)


def _read_parquet(path: Path, columns: list[str] | None = None) -> Any:
    with pyarrow("parquet").ParquetFile(str(path)) as file:
        return _checked(file.read(columns=columns))


def _arrow_file(path: Path, form: str) -> TableFile:
    def read() -> Any:
        with pyarrow().OSFile(str(path)) as file:
            return _checked(getattr(pyarrow("ipc"), f"open_{form}")(file).read_all())

    return _of_arrow(with_reason(read))


def _checked(table: Any) -> Any:
    """Return the table if its buffers are as long as it says: others would end the process."""
    table.validate(full=True)
    return table


def _of_arrow(table: Any) -> TableFile:
    names = with_reason(lambda: [str(name) for name in table.column_names])
    return TableFile(
        tuple(names),
        lambda chosen: arrow_columns([names[k] for k in chosen], [table.column(k) for k in chosen]),
    )


_KINDS: dict[bytes, Callable[[Path], TableFile]] = {
    b"\x93NUMPY": _numpy_file,
    b"PK\x03\x04": _npz_file,
    b"PK\x05\x06": _npz_file,
    b"PAR1": _parquet_file,
    b"ARROW1": partial(_arrow_file, form="file"),
    b"\xff\xff\xff\xff": partial(_arrow_file, form="stream"),
}
