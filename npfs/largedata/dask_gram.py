"""The shortcut of ``numpy_gram``, distributed: one pass over all blocks and one small matrix a worker, then no call at all.

Its limit is the same cancellation.
"""

from typing import Any

import dask

from npfs.backends import numpy_gram
from npfs.backends.base import Backend, Fit
from npfs.largedata.cluster_blocks import ClusterBlocks
from npfs.largedata.dask_cluster import placed


def prepare(X: Any, y: Any) -> ClusterBlocks:
    """Return blocks in the workers of the cluster that ``npfs.largedata.connection.connect`` finds or starts."""
    return placed(X, y, "dask-gram")


def fit(data: ClusterBlocks, epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero, on the Gram matrix of the data."""
    return numpy_gram.iterate(data.gram(), data.n_samples, epochs, learning_rate)


BACKEND = Backend(
    "dask-gram",
    "Dask, Gram matrix once",
    prepare,
    fit,
    same_work=False,
    build=f"dask {dask.__version__}",
    cache_variable="NUMBA_CACHE_DIR",
)
