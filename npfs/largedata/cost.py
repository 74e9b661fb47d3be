"""What an epoch on a cluster is made of: computing, communication, and the rest, measured apart.

What they foretell for more workers is reckoned in ``npfs.analysis.cluster``, whose record has these parts.
"""

import statistics
import time
from typing import NamedTuple

import numpy as np

from npfs.largedata.cluster_blocks import ClusterBlocks

EPOCHS = 30
ROUND_TRIPS = 50


class Parts(NamedTuple):
    """The median epoch in seconds: ``epoch_s = compute_s + communication_s + scheduling_s``.

    Attributes
    ----------
    workers : int
        That hold blocks.
    compute_s : float
        In the kernel, by the clock of the slowest worker.
    communication_s : float
        A call to one worker that computes nothing, there and back, with as many numbers each way as an epoch sends.
    scheduling_s : float
        The rest: calling more than one worker, their threads' waking, waiting for the last, adding sums up.
    """

    workers: int
    epoch_s: float
    compute_s: float
    communication_s: float
    scheduling_s: float


def measure_parts(
    blocks: ClusterBlocks, epochs: int = EPOCHS, round_trips: int = ROUND_TRIPS
) -> Parts:
    """Take passes over blocks that are laid out, and calls that compute nothing."""
    weights = np.zeros(blocks.n_features)
    blocks.total(weights, 0.0)
    passes, computing = [], []
    for _ in range(epochs):
        start = time.perf_counter()
        blocks.total(weights, 0.0)
        passes.append(time.perf_counter() - start)
        computing.append(blocks.seconds.compute)
    calls = []
    for _ in range(round_trips):
        start = time.perf_counter()
        blocks.call_one()
        calls.append(time.perf_counter() - start)
    epoch, compute = statistics.median(passes), statistics.median(computing)
    # Where clocks of a busy machine disagree, the parts are still parts of the epoch.
    compute = min(compute, epoch)
    communication = min(statistics.median(calls), epoch - compute)
    return Parts(blocks.n_workers, epoch, compute, communication, epoch - compute - communication)
