"""The regression on data that are not one array: blocks in a file, or in a cluster's workers.

On this machine: ``file_blocks``, the backend ``memmap``. On a cluster: ``cluster_blocks``, made by
``connection`` (which cluster), ``sources`` (of what), ``block_store`` (where) and ``actors`` (what
sums them up); the backends ``dask`` and ``dask-gram``. A fit on either: ``block_fitting``.
"""
