"""A person's own file as ``X`` and ``y``: ``read_table``, and ``open_pieces`` for a large one.

Files go in at ``files`` (``csv_file`` and ``csv_dialect`` for text), come out as ``columns``, and are looked at as numbers
in ``values``; ``choosing`` is which of the columns are taken. ``pieces`` are rows of a file that are read when asked for:
``npy_pieces``, ``parquet_pieces``. pyarrow is loaded when a file needs it.
"""

from npfs.data.open_pieces import open_pieces
from npfs.data.reading import BadTable
from npfs.data.table import Table, read_table

__all__ = ["BadTable", "Table", "open_pieces", "read_table"]
