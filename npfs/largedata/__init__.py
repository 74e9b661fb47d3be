"""Data larger than memory or than one machine: fitted in one pass, and passes for the benchmark.

One pass: ``moments`` (all that the descent needs), ``one_pass`` (of files), ``cluster_moments`` (on
a Dask cluster, found or started by ``connection``). The benchmark's backends, which read all data
in each epoch: ``memmap``, ``dask_backend``, ``dask_gram``.
"""
