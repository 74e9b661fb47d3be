"""An epoch on a cluster in its parts, and what they foretell for other sizes and for more workers.

**The model.** An epoch on W workers takes as long as its slowest path: the call to a worker and back, and the sums over
that worker's share of the rows. Computing goes with the rows of a worker, ``compute / W``. Calls go through a tree:
who calls, calls up to ``FAN_OUT`` workers one after the other (each costs ``dispatch``), and so does each of them, so
that W workers are ``levels(W)`` round trips away. Of more than one level, the round trips and dispatches of each add up.

**Its limits.** Round trips are those of the cluster that was measured: on one machine they cross no network (a local
network adds 0.1 to 1 ms to each level). All workers are taken to be equally fast; of many, one is always late, and the
epoch waits for it. Where workers share a machine's memory, two of them may already be bound by it, which the computing
of the measured workers contains and the foretold ones may not have.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from npfs.analysis import records
from npfs.analysis.records import Size

FAN_OUT = 8  # as npfs.largedata calls them; a test compares the two


@dataclass(frozen=True)
class ClusterRecord:
    """The median epoch of a descent on a cluster, in seconds, in one run.

    Attributes
    ----------
    compute_s : float
        In the kernel, by the clock of the slowest worker.
    communication_s : float
        A call to a worker that computes nothing, there and back, with the same numbers.
    scheduling_s : float
        The rest of ``epoch_s``: calling several workers, their threads' waking, adding their sums up.
    """

    size: Size
    workers: int
    epoch_s: float
    compute_s: float
    communication_s: float
    scheduling_s: float

    @property
    def overhead_s(self) -> float:
        """What an epoch takes beside computing."""
        return self.communication_s + self.scheduling_s


def cluster(benchmarks: Iterable[dict[str, Any]]) -> tuple[ClusterRecord, ...]:
    """Read what was measured of clusters."""
    return tuple(
        ClusterRecord(
            size=records.size(info),
            workers=int(parts["workers"]),
            epoch_s=records.positive(parts["epoch_s"]),
            compute_s=records.positive(parts["compute_s"]),
            communication_s=records.positive(parts["communication_s"]),
            scheduling_s=records.not_negative(parts["scheduling_s"]),
        )
        for info in records.infos(benchmarks, "cluster")
        for parts in info["parts"]
    )


def levels(workers: int) -> int:
    """Return how many calls, one after the other, reach all workers."""
    reached, of_level, depth = 0, 1, 0
    while reached < workers:
        of_level *= FAN_OUT
        reached += of_level
        depth += 1
    return depth


def foretold_epoch(measured: ClusterRecord, workers: int, n_samples: int | None = None) -> float:
    """Return the seconds of an epoch on so many workers, for as many rows as were measured or ``n_samples``."""
    rows = 1.0 if n_samples is None else n_samples / measured.size.n_samples
    compute = measured.compute_s * measured.workers / workers * rows
    # What was measured has as many round trips as its tree has levels, and one of them was measured apart.
    trips = (levels(measured.workers) - 1) * measured.communication_s
    dispatch = max(0.0, measured.scheduling_s - trips) / _calls(measured.workers)
    return compute + levels(workers) * measured.communication_s + _calls(workers) * dispatch


def _calls(workers: int) -> int:
    """Return how many calls are made one after the other on the longest way to a worker."""
    return levels(workers) * min(workers, FAN_OUT)


def best_workers(measured: ClusterRecord, most: int, n_samples: int | None = None) -> int:
    """Return the number of workers from which more make an epoch no faster, up to ``most``."""
    return min(range(1, most + 1), key=lambda w: foretold_epoch(measured, w, n_samples))


def rows_from_which_it_pays(one_s: float, measured: ClusterRecord) -> float:
    """Return the rows from which the measured workers are faster than one process, infinite if they never are.

    ``one_s`` is an epoch in one process on as many rows; both are taken to go with the rows, and the overhead not to.
    """
    gain = (one_s - measured.compute_s) / measured.size.n_samples  # seconds for each row
    return measured.overhead_s / gain if gain > 0 else math.inf


def middle(of: Sequence[ClusterRecord]) -> ClusterRecord:
    """Return the record of the run whose epoch is the median one."""
    return sorted(of, key=lambda record: record.epoch_s)[(len(of) - 1) // 2]
