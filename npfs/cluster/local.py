"""A cluster on this machine: processes of one thread, one for each core."""

import contextlib
import logging
import os
from collections.abc import Iterator
from functools import partial

from distributed import LocalCluster
from distributed.deploy import Cluster


def local_cluster(workers: int) -> LocalCluster:
    """Start one; it answers on this machine alone, and says nothing.

    Raises
    ------
    RuntimeError, OSError, TimeoutError
        If it cannot be started.
    """
    with _environment_kept():
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
        )
    # A nanny replaces its worker by itself; Dask would end the nanny if, 15 s after one was lost, the next one is lost too
    # and not yet replaced.
    cluster._update_worker_status = partial(Cluster._update_worker_status, cluster)
    return cluster


@contextlib.contextmanager
def _environment_kept() -> Iterator[None]:
    """Undo what Dask sets for its workers, such as ``OMP_NUM_THREADS=1``: it would slow down what this process starts later."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)
