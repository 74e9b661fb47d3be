"""The parts of an epoch on local clusters of one worker and of one for each core."""

from distributed import Client

from npfs.data.pieces import of_arrays
from npfs.harness.environment import usable_cores
from npfs.largedata.cluster_blocks import ClusterBlocks
from npfs.largedata.cost import Parts, measure_parts
from npfs.largedata.dask_cluster import block_samples
from npfs.largedata.kernels import DASK
from npfs.largedata.local import local_cluster
from npfs.regression.problem import Array

EPOCHS = 11  # their median counts


def parts_by_workers(X: Array, y: Array) -> list[Parts]:
    """Measure an epoch on one worker, then on one for each core, on one cluster after the other."""
    counts = sorted({1, usable_cores() or 1})
    return [_on(workers, X, y, counts[-1]) for workers in counts]


def _on(workers: int, X: Array, y: Array, most: int) -> Parts:
    """Measure on a cluster of its own, with blocks that ``most`` workers share evenly."""
    with (
        local_cluster(workers) as cluster,
        Client(cluster, direct_to_workers=True, set_as_default=False) as client,
        ClusterBlocks.place(of_arrays(X, y, block_samples(X, y, most)), client) as blocks,
    ):
        blocks.lay_out(DASK, None)
        return measure_parts(blocks, epochs=EPOCHS)
