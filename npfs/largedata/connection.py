"""Which cluster: the one that is named, the one in use, the one that Dask is set to, or one on this machine."""

import asyncio
import atexit
import multiprocessing
import os
import threading
import warnings
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, Security, rpc
from distributed.versions import VersionMismatchWarning

from npfs.largedata.errors import ClusterError
from npfs.largedata.local import local_cluster
from npfs.largedata.scheduler import Scheduler
from npfs.largedata.versions import require_same_versions

CONNECT_WITHIN = 10  # seconds
CLOSE_WITHIN = 10
LOCAL = "local"

# By the address, of this process: a client that is forked answers nobody.
_clients: dict[tuple[int, str], Client] = {}
_checked: set[str] = set()


def connect(address: str | None = None) -> Client:
    """Return a client of the cluster at ``address``; or of the first there is of these.

    The client in use (Dask's default client); the address in Dask's configuration (``scheduler-address``, in the
    environment ``DASK_SCHEDULER_ADDRESS``); a cluster on this machine, started once, with a worker for each core that may
    be used. A client of an address becomes Dask's default client.

    Raises
    ------
    ClusterError
        If nothing answers there as a scheduler, no worker is connected to it, or workers have other versions.
    """
    client = _at(address) if address else _in_use() or _configured() or _on_this_machine()
    if client.asynchronous:
        raise ClusterError("the client in use is asynchronous; make one with asynchronous=False")
    if client.id not in _checked:
        Scheduler(client).workers()
        require_same_versions(client)
        _checked.add(client.id)
    return client


def _in_use() -> Client | None:
    try:
        return Client.current()
    except ValueError:
        return None


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
    """Ask who is there, in a time that is bounded: Dask's client waits for ever for an answer of another server."""
    found: dict[str, Any] = {}

    def ask() -> None:  # in a thread of its own, since the caller's may have a loop that runs
        try:
            found["type"] = asyncio.run(asyncio.wait_for(_identity(address), CONNECT_WITHIN))
        except BaseException as error:  # whatever the bytes of another server lead to
            found["error"] = error

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(CONNECT_WITHIN + 1)
    error = found.get("error")
    if found.get("type") == "Scheduler":
        return
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        raise _nothing_listens(address, error)
    if isinstance(error, ValueError | TypeError):
        raise ClusterError(
            f"{address!r} is no address of a scheduler ({error}); give one such as tcp://127.0.0.1:8786"
        )
    raise ClusterError(
        f"what listens at {address} is no Dask scheduler; give the address that `dask scheduler` prints when it starts"
    )


async def _identity(address: str) -> str:
    arguments = Security().get_connection_args("client")
    async with rpc(address, timeout=CONNECT_WITHIN / 2, connection_args=arguments) as there:
        answer = await there.identity()
        return str(answer.get("type"))


def _nothing_listens(address: str, error: BaseException) -> ClusterError:
    reason = str(error) or type(error).__name__
    return ClusterError(
        f"no scheduler listens at {address} ({reason}); start one with `dask scheduler`, or leave the address out to use this "
        "machine"
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
    """End the cluster on this machine, if this process has started one; it also ends with the process."""
    client = _clients.pop((os.getpid(), LOCAL), None)
    if client is not None:
        cluster = client.cluster
        client.close(timeout=CLOSE_WITHIN)
        cluster.close(timeout=CLOSE_WITHIN)


def _not_started(reason: str) -> ClusterError:
    return ClusterError(
        f"no local cluster could be started ({reason}); call it from a file, below `if __name__ == '__main__':`, since each "
        "worker is a new process that imports that file"
    )
