"""Findings on large data: in memory, mapped from a file, in the workers of a cluster."""

from dataclasses import dataclass
from functools import cached_property

from npfs.analysis import cluster
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
    def measured(self) -> ClusterEpoch | None:
        """Return the middle run's epoch on the most workers: the base of predictions."""
        return cluster.middle(list(self.clusters.values())[-1]) if self.clusters else None

    def efficiency(self) -> Interval | None:
        """Return the parallel efficiency of the most workers: 1 if W take a W-th of one's time."""
        by_workers = self.clusters
        if 1 not in by_workers or len(by_workers) < 2:
            return None
        workers = max(by_workers)
        pairs = zip(by_workers[1], by_workers[workers], strict=False)
        return geometric_interval([one.epoch_s / (workers * many.epoch_s) for one, many in pairs])
