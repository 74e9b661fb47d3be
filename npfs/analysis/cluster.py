"""A model of an epoch on a cluster: from its measured parts to other sizes and more workers.

An epoch on W workers takes as long as its slowest path: the call to a worker and back, and the sums
over that worker's share of the rows. Computing goes with the rows of a worker, ``compute / W``.
Calls go through a tree: a process calls up to ``fan_out`` workers one after the other (each costs
``dispatch``), and so does each of them, so that W workers are ``levels(W)`` round trips away. The
round trips and dispatches of all levels add up.

Limits of the model: round trips are those of the measured cluster, and on one machine they cross
no network (a local network adds 0.1 to 1 ms to each level). All workers are taken to be equally
fast; of many, one is always late, and the epoch waits for it. Workers on one machine may share its
memory bandwidth; the measured computing contains that, and the predicted workers may not have it.
"""

import math
from collections.abc import Sequence

from npfs.schema import ClusterEpoch


def levels(workers: int, fan_out: int) -> int:
    """Count the calls, one after the other, that reach all workers."""
    reached, of_level, depth = 0, 1, 0
    while reached < workers:
        of_level *= fan_out
        reached += of_level
        depth += 1
    return depth


def predicted_epoch(measured: ClusterEpoch, workers: int, n_samples: int | None = None) -> float:
    """Predict the seconds of an epoch on ``workers``, for the measured rows or ``n_samples``."""
    rows = 1.0 if n_samples is None else n_samples / measured.size.n_samples
    compute = measured.compute_s * measured.workers / workers * rows
    fan_out = measured.fan_out
    # The measured epoch has a round trip for each level, and one of them was measured apart.
    trips = (levels(measured.workers, fan_out) - 1) * measured.communication_s
    dispatch = max(0.0, measured.scheduling_s - trips) / _calls(measured.workers, fan_out)
    communication = levels(workers, fan_out) * measured.communication_s
    return compute + communication + _calls(workers, fan_out) * dispatch


def _calls(workers: int, fan_out: int) -> int:
    """Count the calls made one after the other on the longest way to a worker."""
    return levels(workers, fan_out) * min(workers, fan_out)


def best_workers(measured: ClusterEpoch, most: int, n_samples: int | None = None) -> int:
    """Return the fewest workers that make an epoch fastest, up to ``most``."""
    return min(range(1, most + 1), key=lambda w: predicted_epoch(measured, w, n_samples))


def rows_from_which_it_pays(one_s: float, measured: ClusterEpoch) -> float:
    """Return the rows from which the measured workers beat one process; infinite if never.

    ``one_s`` is an epoch in one process on as many rows. Both are taken to go with the rows, the
    overhead is not.
    """
    gain = (one_s - measured.compute_s) / measured.size.n_samples  # seconds for each row
    return measured.overhead_s / gain if gain > 0 else math.inf


def middle(of: Sequence[ClusterEpoch]) -> ClusterEpoch:
    """Return the record of the run whose epoch is the median one."""
    return sorted(of, key=lambda record: record.epoch_s)[(len(of) - 1) // 2]
