"""Which cluster: the one named, the one in use, the one Dask is set to, or one on this machine.

The workers' packages are compared with those of this process before any data are sent.
"""

import asyncio
import atexit
import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from functools import partial
from typing import Any, TypeVar

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, Security, rpc
from distributed.versions import VersionMismatchWarning


class ClusterError(ValueError):
    """The cluster cannot do what is asked of it: one sentence that says why and what to do."""


# Of which releases must be equal, and of which a release that differs in its last place will do.
EQUAL = ("dask", "distributed", "npfs")
SAME_MINOR = ("python", "numpy", "numba")
SHOWN = 3  # workers that are named
Found = TypeVar("Found")


def require_same_versions(client: Client) -> None:
    """Compare the packages that the kernels and the data go through.

    Raises
    ------
    ClusterError
        Names package, version and worker.
    """
    found = client.get_versions(packages=[*EQUAL, *SAME_MINOR[1:]])
    here = found["client"]["packages"]
    workers = {
        address: (of or {}).get("packages") or {} for address, of in found["workers"].items()
    }
    different = list(differences(here, workers))
    if different:
        more = f", and {len(different) - SHOWN} more" if len(different) > SHOWN else ""
        raise ClusterError(
            f"workers differ from this process: {'; '.join(different[:SHOWN])}{more}; install the "
            "same versions on all of them"
        )


def differences(here: Mapping[str, Any], workers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what differs, a text for each worker."""
    for address, there in workers.items():
        texts = [
            f"{package} {there.get(package) or 'is missing'} (here "
            f"{here.get(package) or 'it is missing'})"
            for package in (*EQUAL, *SAME_MINOR)
            if _compared(package, there) != _compared(package, here)
        ]
        if texts:
            yield f"{address} has {', '.join(texts)}"


def _compared(package: str, versions: Mapping[str, Any]) -> Any:
    version = versions.get(package)
    if version is None or package in EQUAL:
        return version
    return str(version).split(".")[:2]


# Seconds. Two workers start in one or two, and more of them are as many as there are cores.
START_WITHIN = 60.0
SCHEDULER_WITHIN = 15.0
WORKERS_WITHIN = 30.0
BETWEEN_LOOKS = 0.1


def require_workers(client: Client) -> list[str]:
    """Return the addresses of the workers, sorted; wait a while for the first.

    Raises
    ------
    ClusterError
        If the scheduler does not answer, or no worker is connected to it.
    """
    start = time.monotonic()
    while (waited := time.monotonic() - start) < WORKERS_WITHIN:
        if client.status == "running":
            workers = client.scheduler_info(n_workers=-1)["workers"]
            if workers:
                return sorted(workers)
        elif client.status != "connecting" or waited > SCHEDULER_WITHIN:
            raise ClusterError(
                "the scheduler is gone; start a cluster again, or leave its address out to use "
                "this machine"
            )
        time.sleep(BETWEEN_LOOKS)
    address = client.scheduler.address
    raise ClusterError(
        f"no worker is connected to {address}; start some with `dask worker {address}`"
    )


def local_cluster(workers: int) -> LocalCluster:
    """Start one; it answers on this machine alone, and says nothing.

    Raises
    ------
    RuntimeError, OSError, TimeoutError
        If it cannot be started.
    """
    with _environment_kept(), _ctrl_c_is_ours():
        start = partial(
            LocalCluster,
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
        )
        # Some releases wait for ever for a worker that ends at once.
        return _in_thread(start, START_WITHIN)


def _in_thread(do: Callable[[], Found], within: float) -> Found:
    """Return what a call returns in a thread of its own, or raise what it raises, in bounded time.

    Raises
    ------
    TimeoutError
        If it takes longer than ``within`` seconds.
    """
    future: futures.Future[Found] = futures.Future()

    def try_to() -> None:
        try:
            future.set_result(do())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=try_to, daemon=True).start()
    if not futures.wait([future], within).done:
        raise TimeoutError(f"there was no answer within {within:.0f} s")
    return future.result()


@contextlib.contextmanager
def _ctrl_c_is_ours() -> Iterator[None]:
    """Have workers ignore Ctrl-C, which a terminal sends them as well: this process ends them."""
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
    """Undo what Dask sets for its workers, which slows later ones: ``OMP_NUM_THREADS=1``."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


CONNECT_WITHIN = 10  # seconds
CLOSE_WITHIN = 10
LOCAL = "local"

# By the address, of this process: a client that is forked answers nobody.
_clients: dict[tuple[int, str], Client] = {}
_checked: set[str] = set()


def connect(address: str | None = None) -> Client:
    """Return a client of the cluster at ``address``; or of the first there is of these.

    The client in use (Dask's default client); the address in Dask's configuration
    (``scheduler-address``, in the environment ``DASK_SCHEDULER_ADDRESS``); a cluster on this
    machine, started once, with a worker for each core that may be used. A client of an address
    becomes Dask's default client.

    Raises
    ------
    ClusterError
        If nothing answers there as a scheduler, no worker is connected to it, or workers have other
        versions.
    """
    client = _at(address) if address else _in_use() or _configured() or _on_this_machine()
    if client.asynchronous:
        raise ClusterError("the client in use is asynchronous; make one with asynchronous=False")
    if client.id not in _checked:
        require_workers(client)
        require_same_versions(client)
        _checked.add(client.id)
    return client


def _in_use() -> Client | None:
    try:
        found = Client.current()
    except ValueError:
        return None
    return found if found.status == "running" else None


def _configured() -> Client | None:
    address = dask.config.get("scheduler-address", None)
    return _at(address) if address else None


def _at(address: str) -> Client:
    for found in (_known(address), _in_use()):
        if found is not None and found.scheduler.address in (address, f"tcp://{address}"):
            return found
    _require_scheduler(address)
    try:
        with warnings.catch_warnings():
            # What differs is looked at below, and is an error.
            warnings.simplefilter("ignore", VersionMismatchWarning)
            client = Client(address, timeout=CONNECT_WITHIN, direct_to_workers=True)
    except (OSError, TimeoutError) as error:
        raise _nothing_listens(address, error) from None
    _clients[os.getpid(), address] = client
    return client


def _known(address: str) -> Client | None:
    found = _clients.get((os.getpid(), address))
    return found if found is not None and found.status == "running" else None


def _require_scheduler(address: str) -> None:
    """Ask who is there, in bounded time: Dask's client waits for ever for another server."""

    async def identity() -> Any:
        arguments = Security().get_connection_args("client")
        async with rpc(address, timeout=CONNECT_WITHIN / 2, connection_args=arguments) as there:
            return (await there.identity()).get("type")

    def ask() -> Any:  # in a thread, since the caller's may have a loop that runs
        return asyncio.run(asyncio.wait_for(identity(), CONNECT_WITHIN))

    try:
        kind = _in_thread(ask, CONNECT_WITHIN + 1)
    except (ValueError, TypeError) as error:
        raise ClusterError(
            f"{address!r} is no address of a scheduler ({error}); give one such as "
            "tcp://127.0.0.1:8786"
        ) from None
    except (Exception, asyncio.CancelledError) as error:
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            raise _nothing_listens(address, error) from None
        kind = None  # whatever the bytes of another server lead to
    if kind != "Scheduler":
        raise ClusterError(
            f"what listens at {address} is no Dask scheduler; give the address that `dask "
            "scheduler` prints when it starts"
        )


def _nothing_listens(address: str, error: BaseException) -> ClusterError:
    reason = str(error) or type(error).__name__
    return ClusterError(
        f"no scheduler listens at {address} ({reason}); start one with `dask scheduler`, or leave "
        "the address out to use this machine"
    )


def _on_this_machine() -> Client:
    found = _known(LOCAL)
    if found is not None:
        return found
    if getattr(multiprocessing.process.current_process(), "_inheriting", False):
        raise _not_started("its workers run the script anew")
    try:
        cluster = local_cluster(CPU_COUNT)
    except (RuntimeError, OSError, TimeoutError) as error:
        raise _not_started(str(error) or type(error).__name__) from None
    client = Client(cluster, timeout=CONNECT_WITHIN, direct_to_workers=True, set_as_default=False)
    _clients[os.getpid(), LOCAL] = client
    atexit.register(close_local)
    return client


def close_local() -> None:
    """End the cluster that this process has started; it also ends with the process."""
    client = _clients.pop((os.getpid(), LOCAL), None)
    if client is not None:
        cluster = client.cluster
        client.close(timeout=CLOSE_WITHIN)
        cluster.close(timeout=CLOSE_WITHIN)


def _not_started(reason: str) -> ClusterError:
    return ClusterError(
        f"no local cluster could be started ({reason}); call it from a file, below `if __name__ == "
        "'__main__':`, since each worker is a new process that imports that file"
    )
