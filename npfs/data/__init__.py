"""A person's own data as ``X`` and ``y``, or batch by batch, whatever their kind and size.

``files`` recognises a file (``text_file`` reads text, whose ``dialect`` it finds, ``arrow`` what
pyarrow knows) and gives a source of columns; ``choosing`` takes some of them, ``values`` checks
their numbers, and ``table`` is what is called. pyarrow is loaded when a file needs it.
"""

from npfs.data.columns import Reader
from npfs.data.dialect import TableOptions
from npfs.data.sentences import BadTable
from npfs.data.table import Table, open_table, read_table

__all__ = ["BadTable", "Reader", "Table", "TableOptions", "open_table", "read_table"]
