"""Gradient descent on Dask: blocks in the memory of workers, which send one small sum an epoch.

The data leave this process once. An epoch sends the parameters to every worker and brings its sums
of loss, dw and db back, past Dask's scheduler, which a task costs several milliseconds; the kernel
is that of ``numba-simd``.
"""

from typing import Any

import dask

from npfs.backends.base import Backend, Fit
from npfs.data.pieces import of_arrays
from npfs.largedata import block_descent as descent
from npfs.largedata.cluster_blocks import ClusterBlocks
from npfs.largedata.connection import connect
from npfs.largedata.scheduler import Scheduler

# Of X and y. Larger arrays lie in larger pages: with 24 MB an epoch takes 1.2 times as long as with
# these.
BLOCK_BYTES = 128 * 2**20
# A call takes as long as a core takes for this many bytes: less is left to one worker.
SMALL_BYTES = 2**20


def prepare(X: Any, y: Any) -> ClusterBlocks:
    """Return blocks in the workers of the cluster that ``connection.connect`` finds or starts."""
    return placed(X, y, "dask")


def placed(X: Any, y: Any, backend: str) -> ClusterBlocks:
    """Send blocks to the workers, and have them laid out for a backend."""
    client = connect()
    samples = block_samples(X, y, len(Scheduler(client).workers()))
    blocks = ClusterBlocks.place(of_arrays(X, y, samples), client)
    blocks.lay_out(backend, None)
    return blocks


def block_samples(X: Any, y: Any, workers: int) -> int:
    """Return the samples of a block: equally many blocks a worker, one block of small data."""
    n_bytes = int(X.nbytes + y.nbytes)
    parts = -(-n_bytes // BLOCK_BYTES)
    if n_bytes > SMALL_BYTES:
        parts = -(-parts // workers) * workers
    return -(-len(y) // parts)


def fit(data: ClusterBlocks, epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero."""
    return descent.fit(data, epochs, learning_rate)


BACKEND = Backend(
    "dask",
    "Dask, blocks on workers",
    prepare,
    fit,
    build=f"dask {dask.__version__}",
    cache_variable="NUMBA_CACHE_DIR",
)
