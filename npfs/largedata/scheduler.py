"""The scheduler of a cluster, asked in bounded time; memory of its workers; errors of clusters."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from distributed import Client


class ClusterError(ValueError):
    """The cluster cannot do what is asked of it: one sentence that says why and what to do."""


# Seconds. A scheduler that is busy answers within one or two of them.
ANSWER_WITHIN = 5.0
SCHEDULER_WITHIN = 15.0
WORKERS_WITHIN = 30.0
BETWEEN_LOOKS = 0.1
LEAVING = ("closing", "closing_gracefully", "closed", "failed")


class Worker(NamedTuple):
    """A worker that is connected.

    Attributes
    ----------
    memory_limit : int
        In bytes; 0 if there is none.
    is_paused : bool
        It starts no task, since its memory is nearly full.
    """

    memory_limit: int
    is_paused: bool


class Scheduler:
    """The scheduler that a client is connected to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def workers(self, *, at_least: int = 1, within: float = 0.0) -> dict[str, Worker]:
        """Return the workers by address, sorted; wait up to ``within`` seconds for ``at_least``.

        Raises
        ------
        ClusterError
            If there is none for ``WORKERS_WITHIN`` seconds.
        """
        start = time.monotonic()
        while True:
            found = self._ask("identity")["workers"]
            workers = {
                address: Worker(of["memory_limit"] or 0, of["status"] == "paused")
                for address, of in sorted(found.items())
                if of["status"] not in LEAVING
            }
            waited = time.monotonic() - start
            if workers and (len(workers) >= at_least or waited >= within):
                return workers
            if waited >= WORKERS_WITHIN:
                raise ClusterError(
                    f"no worker is connected to {self._address}; start some with `dask worker "
                    f"{self._address}`"
                )
            time.sleep(BETWEEN_LOOKS)

    def holders(self, keys: Sequence[str]) -> dict[str, list[str]]:
        """Return the addresses of the workers that have the data of each key in memory."""
        return dict(self._ask("who_has", keys=list(keys))) if keys else {}

    @property
    def _address(self) -> str:
        scheduler = self._client.scheduler
        return str(scheduler.address) if scheduler is not None else "the scheduler"

    def _ask(self, operation: str, **arguments: Any) -> Any:
        address, until = self._address, time.monotonic() + SCHEDULER_WITHIN
        while self._client.status in ("running", "connecting"):
            try:
                if self._client.status == "running":
                    return self._client.sync(
                        getattr(self._client.scheduler, operation),
                        callback_timeout=ANSWER_WITHIN,
                        **arguments,
                    )
            except (OSError, TimeoutError):
                pass
            if time.monotonic() >= until:
                break
            time.sleep(BETWEEN_LOOKS)
        raise ClusterError(
            f"the scheduler at {address} is gone; start a cluster again, then go on from the last "
            "checkpoint with --resume, or begin anew"
        )


# Of a worker's limit; beyond it Dask writes data to disk, to read it again in every epoch (its
# default "target").
USABLE = 0.6


def require_memory(data_bytes: int | None, workers: Mapping[str, Worker]) -> None:
    """Refuse what the workers cannot hold.

    Raises
    ------
    ClusterError
        With both sizes.
    """
    limits = [worker.memory_limit for worker in workers.values()]
    if data_bytes is None or not all(limits):
        return
    usable = USABLE * sum(limits)
    if data_bytes > usable:
        raise ClusterError(
            f"the data take {data_bytes / 1e9:,.2f} GB and the workers, {len(limits)} of them, "
            f"hold {usable / 1e9:,.2f} GB ({USABLE:.0%} of their memory limits); add workers or "
            "memory, or fit without Dask, block by block from a file (--backend numba-parallel)"
        )
