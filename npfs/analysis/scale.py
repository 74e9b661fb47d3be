"""Findings on large data: in memory, mapped from a file, in the workers of a cluster."""

import math
from dataclasses import dataclass
from functools import cached_property

from npfs.analysis.evidence import NUMBA_PARALLEL, NUMBA_SIMD, REFERENCES, Crossover, Evidence
from npfs.analysis.statistics import Interval, geometric_interval
from npfs.schema import ClusterEpoch, Size

ONE_CORE, ALL_CORES = NUMBA_SIMD, NUMBA_PARALLEL
MAPPED, WORKERS, ONE_PASS = "memmap", "dask", "dask-gram"
# Of the numbers, at once in memory: as they come, standardised, laid out for the backend, and what
# is in between.
COPIES_IN_MEMORY = 4


def is_all_there_is(evidence: Evidence) -> bool:
    """Test whether runs are of large data alone, which answer no other question."""
    return Scale.of(evidence) is not None and not set(REFERENCES) & set(evidence.backends)


@dataclass(frozen=True)
class Scale:
    """The measurements at one number of features, over the numbers of rows."""

    evidence: Evidence
    n_features: int

    @classmethod
    def of(cls, evidence: Evidence) -> "Scale | None":
        """Choose the features with the most sizes; None if nothing for large data was timed."""
        large = [size for name, size in evidence.seconds if name in (MAPPED, WORKERS)]
        if not large:
            return None
        features = [size.n_features for size in large]
        return cls(evidence, max(sorted(set(features)), key=features.count))

    @cached_property
    def sizes(self) -> list[Size]:
        """Return measured sizes, ascending."""
        return self.evidence.sizes(n_features=self.n_features)

    @property
    def rows_that_fit(self) -> float | None:
        """Return the rows that fill the machine's memory; None if that is not known."""
        memory = self.evidence.newest.environment.memory_bytes
        if not memory:
            return None
        return float(memory) / (COPIES_IN_MEMORY * 8 * (self.n_features + 1))

    def where_workers_pay(self) -> Crossover | None:
        """Find from where on the cluster's workers are faster than one core."""
        return self.evidence.crossover(WORKERS, ONE_CORE, n_features=self.n_features)

    def speed(self, backend: str, reference: str) -> tuple[Size, Interval] | None:
        """Return the speedup of a backend over another at the largest size of both."""
        speedups = ((s, self.evidence.speedup(backend, reference, s)) for s in reversed(self.sizes))
        return next(((size, speedup) for size, speedup in speedups if speedup is not None), None)

    @cached_property
    def clusters(self) -> dict[int, list[ClusterEpoch]]:
        """Return the epochs at the largest size, one for each run, by the number of workers."""
        epochs = [epoch for case in self.evidence.all_cases for epoch in case.cluster]
        found = [epoch for epoch in epochs if epoch.size in self.sizes]
        largest = max((r.size for r in found), default=None)
        by_workers: dict[int, list[ClusterEpoch]] = {}
        for record in found:
            if record.size == largest:
                by_workers.setdefault(record.workers, []).append(record)
        return dict(sorted(by_workers.items()))

    @property
    def epoch_times(self) -> dict[int, Interval]:
        """Return the seconds of those epochs by the number of workers."""
        return {
            workers: geometric_interval([record.epoch_s for record in records])
            for workers, records in self.clusters.items()
        }

    @property
    def measured(self) -> ClusterEpoch | None:
        """Return the median run's epoch on the most workers: the base of predictions."""
        *_, of_most = self.clusters.values() or [[]]
        by_seconds = sorted(of_most, key=lambda record: record.epoch_s)
        return by_seconds[(len(by_seconds) - 1) // 2] if by_seconds else None

    def efficiency(self) -> Interval | None:
        """Return the parallel efficiency of the most workers: 1 if W take a W-th of one's time."""
        by_workers = self.clusters
        if 1 not in by_workers or len(by_workers) < 2:
            return None
        workers = max(by_workers)
        pairs = zip(by_workers[1], by_workers[workers], strict=False)
        return geometric_interval([one.epoch_s / (workers * many.epoch_s) for one, many in pairs])


# The model of an epoch on a cluster: from its measured parts to other sizes and more workers.
#
# An epoch on W workers takes as long as its slowest path: the call to a worker and back, and the
# sums over that worker's share of the rows. Computing goes with the rows of a worker, ``compute /
# W``. Calls go through a tree: a process calls up to ``fan_out`` workers one after the other (each
# costs ``dispatch``), and so does each of them, so that W workers are ``levels(W)`` round trips
# away. The round trips and dispatches of all levels add up.
#
# Limits of the model: round trips are those of the measured cluster, and on one machine they cross
# no network (a local network adds 0.1 to 1 ms to each level). All workers are taken to be equally
# fast; of many, one is always late, and the epoch waits for it. Workers on one machine may share
# its memory bandwidth; the measured computing contains that, and the predicted workers may not
# have it.


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
