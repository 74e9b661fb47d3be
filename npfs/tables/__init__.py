"""A person's own file as ``X`` and ``y``: ``read_table``.

Files go in at ``files`` (``csv_file`` and ``csv_dialect`` for text), come out as ``columns``, and are looked at as numbers
in ``values``. pyarrow is loaded when a file needs it.
"""

from npfs.tables.reading import BadTable
from npfs.tables.table import Table, read_table

__all__ = ["BadTable", "Table", "read_table"]
