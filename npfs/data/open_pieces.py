"""A person's own large file, or folder of files, in pieces: ``open_pieces``."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from npfs.data import npy_pieces, parquet_pieces
from npfs.data.choosing import choose_columns, require_missing
from npfs.data.columns import BadTable
from npfs.data.files import beginning, is_binary
from npfs.data.pieces import LargeFile, Pieces, Wanted
from npfs.data.values import about_shape

BLOCK_BYTES = 32 * 2**20  # large beside what a piece costs, small beside any memory
_KINDS: dict[bytes, Callable[[Path], LargeFile]] = {
    npy_pieces.MAGIC: npy_pieces.npy_file,
    parquet_pieces.MAGIC: parquet_pieces.parquet_file,
}
_ARROW, _ZIP = b"ARROW1", b"PK"


def open_pieces(
    path: str | Path,
    *,
    target: str | int,
    features: Sequence[str | int] | None = None,
    missing: str = "error",
    features_option: str = "--features",
    block_bytes: int = BLOCK_BYTES,
) -> Pieces:
    """Open a ``.npy`` file, a Parquet file or a folder of those, of any size, in pieces.

    Only headers and footers are read here. Pieces are read one by one. A piece names the file and
    its rows, counted from 0 in that file. It can be pickled, and reads its rows where it is asked:
    at most ``block_bytes`` of float64, and beside them what a batch of them takes. Of a Parquet
    file it is one or more row groups, or a part of one; such parts are decoded once if they are
    read in their order.

    Parameters
    ----------
    target, features, missing, features_option
        As ``read_table`` takes them.
    block_bytes : int
        Bytes of a piece: features and target, as float64.

    Raises
    ------
    BadTable
        If there is nothing to learn from, or it cannot be read in pieces: one sentence that says
        what is wrong and what to do.

    Notes
    -----
    What is wrong with the numbers shows when a piece is read, which then raises
    ``npfs.data.pieces.BadPiece``.
    """
    path = Path(path)
    try:
        require_missing(missing)
        file = _open(path)
        chosen, notes = choose_columns(file.table, target, features, features_option)
        *positions, target_at = (position for position, _ in chosen)
        *columns, last = (column for _, column in chosen)
        names = tuple(column.name for column in columns)
        wanted = Wanted(tuple(positions), target_at, names, last.name, drops=missing == "drop")
        pieces = file.cut(wanted, block_bytes)
    except BadTable as error:
        raise BadTable(f"{str(path)!r}: {error}") from None
    notes += about_shape(len(last), len(names))
    return Pieces(pieces, len(last), names, last.name, tuple(notes))


def _open(path: Path) -> LargeFile:
    if os.path.isdir(path):  # noqa: PTH112 - a path that no system has is told where it is opened
        return parquet_pieces.parquet_folder(path)
    head = beginning(path)
    if not is_binary(head):
        raise _not_in_pieces(path, "a text file", "csv")
    for magic, open_it in _KINDS.items():
        if head.startswith(magic):
            return open_it(path)
    if head.startswith(_ARROW):
        raise _not_in_pieces(path, "an Arrow file", "ipc")
    what = "an .npz or other zip archive" if head.startswith(_ZIP) else "no Parquet or .npy file"
    raise BadTable(
        f"it is {what}, and cannot be read in pieces; save the table as Parquet, or as .npy with "
        "numpy.save"
    )


def _not_in_pieces(path: Path, what: str, kind: str) -> BadTable:
    """Explain how a file of any size becomes Parquet."""
    source, folder = str(path), f"{path.stem}-parquet"
    return BadTable(
        f"{what} cannot be read in pieces; save it as Parquet, in Python: import pyarrow.dataset "
        f"as d; d.write_dataset(d.dataset({source!r}, format={kind!r}), {folder!r}, "
        f"format='parquet'); then give {folder!r}"
    )
