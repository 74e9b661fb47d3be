"""An epoch on a cluster in its parts: computing, communication and the rest, measured apart.

On local clusters of one worker and of one for each core; ``npfs.analysis.scale`` predicts from
them.
"""

import statistics
import time

import numpy as np
from distributed import Client

from npfs.harness.environment import usable_cores
from npfs.largedata.connection import local_cluster
from npfs.largedata.dask_backend import DaskBlocks
from npfs.regression.problem import Array
from npfs.schema import ClusterEpoch, Size

EPOCHS = 11  # their median counts
ROUND_TRIPS = 50
ALL_AT_ONCE = 10_000  # workers that this process calls itself


def parts_by_workers(X: Array, y: Array) -> list[ClusterEpoch]:
    """Measure an epoch on one worker, then on one for each core, on one cluster after the other."""
    counts = sorted({1, usable_cores() or 1})
    return [_on(workers, X, y, counts[-1]) for workers in counts]


def _on(workers: int, X: Array, y: Array, most: int) -> ClusterEpoch:
    """Measure on a cluster of its own, with blocks that ``most`` workers share evenly."""
    with (
        local_cluster(workers) as cluster,
        Client(cluster, direct_to_workers=True, set_as_default=False) as client,
    ):
        return measure_parts(DaskBlocks.place(X, y, client, most=most))


def measure_parts(
    blocks: DaskBlocks, epochs: int = EPOCHS, round_trips: int = ROUND_TRIPS
) -> ClusterEpoch:
    """Time passes over blocks that are laid out, and calls that compute nothing."""
    parameters = np.zeros(blocks.n_features + 1)
    blocks.run(parameters)
    passes, computing = [], []
    for _ in range(epochs):
        start = time.perf_counter()
        blocks.run(parameters)
        passes.append(time.perf_counter() - start)
        computing.append(blocks.compute_s)
    calls = []
    for _ in range(round_trips):
        start = time.perf_counter()
        blocks.call_one()
        calls.append(time.perf_counter() - start)
    epoch = statistics.median(passes)
    # Where clocks of a busy machine disagree, the parts are still parts of the epoch.
    compute = min(statistics.median(computing), epoch)
    communication = min(statistics.median(calls), epoch - compute)
    scheduling = epoch - compute - communication
    return ClusterEpoch(
        size=Size(blocks.n_samples, blocks.n_features),
        workers=len(blocks.actors),
        epoch_s=epoch,
        compute_s=compute,
        communication_s=communication,
        scheduling_s=scheduling,
        fan_out=ALL_AT_ONCE,
    )
