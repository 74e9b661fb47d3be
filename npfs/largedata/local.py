"""A cluster on this machine: processes of one thread, one for each core."""

import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial

from distributed import LocalCluster
from distributed.deploy import Cluster

START_WITHIN = (
    60.0  # seconds; two workers take one or two, and more of them are as many as there are cores
)


def local_cluster(workers: int) -> LocalCluster:
    """Start one; it answers on this machine alone, and says nothing.

    Raises
    ------
    RuntimeError, OSError, TimeoutError
        If it cannot be started.
    """
    with _environment_kept(), _ctrl_c_is_ours():
        cluster = _in_time(
            partial(
                LocalCluster,
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                silence_logs=logging.CRITICAL,
            )
        )
    # A nanny replaces its worker by itself; Dask would end the nanny if, 15 s after one was lost, the next one is lost too
    # and not yet replaced.
    cluster._update_worker_status = partial(Cluster._update_worker_status, cluster)
    return cluster


def _in_time(start: Callable[[], LocalCluster]) -> LocalCluster:
    """Start it, but do not wait for ever: some releases do, where a worker's process ends as soon as it begins."""
    found: list[LocalCluster] = []
    errors: list[BaseException] = []

    def try_to() -> None:
        try:
            found.append(start())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=try_to, daemon=True)
    thread.start()
    thread.join(START_WITHIN)
    if errors:
        raise errors[0]
    if not found:
        raise TimeoutError(f"its workers were not there within {START_WITHIN:.0f} s")
    return found[0]


@contextlib.contextmanager
def _ctrl_c_is_ours() -> Iterator[None]:
    """Have workers ignore Ctrl-C, which a terminal sends to them as well: who started them ends them."""
    if threading.current_thread() is not threading.main_thread():  # which alone may say so
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
