"""A person's own file as ``X`` and ``y``: ``read_table``, and ``open_pieces`` for one of any size.

``files`` recognises a file (``csv_file`` reads text) and gives ``columns``; ``choosing`` takes some
of them, and ``values`` checks their numbers. ``pieces`` are rows of a file that are read when they
are asked for: ``npy_pieces``, ``parquet_pieces``. pyarrow is loaded when a file needs it.
"""

from npfs.data.columns import BadTable
from npfs.data.open_pieces import open_pieces
from npfs.data.table import Table, read_table

__all__ = ["BadTable", "Table", "open_pieces", "read_table"]
