"""Waiting for tasks: bounded where a cluster is broken, and unbounded where it works."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any, NamedTuple

from distributed import Client, Future, KilledWorker

from npfs.data.pieces import BadPiece
from npfs.largedata.errors import ClusterError
from npfs.largedata.scheduler import Scheduler

# Seconds.
LOOK_EVERY = 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.001, 0.02
# A worker that starts no task since its memory is nearly full has this long to find room.
STALLED_WITHIN = 20.0
# Rounds in which something was lost and made again; a worker that dies of what it is given dies in each.
MOST_LOSSES = 3
# How a worker or a connection that is gone shows in a call.
LOST = (OSError, TimeoutError, CancelledError, KeyError, EOFError)
MEMORY = (
    "workers ran out of memory, or were killed, while they loaded the data; add workers or memory, give the data in smaller "
    "blocks, or fit without Dask, block by block from a file (--backend numba-parallel)"
)


class Task(NamedTuple):
    """A task, and the one worker that may run it; "" if any may."""

    future: Future
    worker: str = ""


class Waiting:
    """Has a task made for each of some blocks, and waits for all.

    Parameters
    ----------
    names : sequence of str
        Of all blocks, for errors.
    make : callable
        From indices of blocks to a task for each; it is called again for what was lost.
    """

    def __init__(
        self,
        client: Client,
        names: Sequence[str],
        make: Callable[[Sequence[int]], dict[int, Task]],
    ) -> None:
        self._client, self._names, self._make = client, names, make
        self._scheduler = Scheduler(client)
        self._tasks: dict[int, Task] = {}
        self._losses = 0
        self._progress = (0, time.monotonic())

    def done(self, indices: Sequence[int]) -> dict[int, Task]:
        """Return tasks that have all been run.

        Raises
        ------
        BadPiece
            If a block cannot be made; it is named.
        ClusterError
            If workers are gone or full, again and again.
        """
        missing = [index for index in indices if index not in self._tasks]
        while True:
            self._start(missing)
            settle([task.future for task in self._tasks.values()])
            self._raise_errors()
            missing = self._missing()
            if not missing and all(
                task.future.status == "finished" for task in self._tasks.values()
            ):
                return self._tasks

    def results(self, indices: Sequence[int]) -> list[Any]:
        """Return what the tasks return, in the order of the indices."""
        while True:
            tasks = self.done(indices)
            try:
                return list(self._client.gather([tasks[index].future for index in indices]))
            except LOST as error:
                self._count_loss(error)

    def _start(self, missing: Sequence[int]) -> None:
        if not missing:
            return
        if self._tasks:
            self._count_loss(None)
        while True:
            try:
                self._tasks.update(self._make(missing))
            except LOST as error:  # as data were sent to a worker
                self._count_loss(error)
            else:
                return

    def _count_loss(self, error: BaseException | None) -> None:
        self._losses += 1
        if self._losses > MOST_LOSSES:
            raise ClusterError(MEMORY) from error
        time.sleep(LOOK_EVERY / 4)

    def _missing(self) -> list[int]:
        """Return the blocks whose tasks nobody will run, and look whether the others go on."""
        unfinished = {i: t for i, t in self._tasks.items() if t.future.status != "finished"}
        if not unfinished:
            return []
        workers = self._scheduler.workers()
        now, finished = time.monotonic(), len(self._tasks) - len(unfinished)
        if finished != self._progress[0]:
            self._progress = (finished, now)
        is_full = any(worker.is_paused for worker in workers.values())
        if is_full and now - self._progress[1] > STALLED_WITHIN:
            raise ClusterError(MEMORY)
        return [
            index
            for index, (future, worker) in unfinished.items()
            if future.status == "cancelled" or (worker and worker not in workers)
        ]

    def _raise_errors(self) -> None:
        for index in sorted(self._tasks):
            future = self._tasks[index].future
            if future.status == "error":
                raise_error(self._names[index], future.exception())


def settle(futures: Sequence[Future]) -> None:
    """Wait for a while, or until all are run, or one of them will not be."""
    pause, until = SHORTEST_PAUSE, time.monotonic() + LOOK_EVERY
    while time.monotonic() < until:
        statuses = {future.status for future in futures}
        if statuses <= {"finished"} or statuses & {"error", "cancelled"}:
            break
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def raise_error(name: str, error: BaseException) -> None:
    """Say what a task's error means.

    Raises
    ------
    BadPiece, ClusterError
    """
    if isinstance(error, BadPiece | ClusterError):
        raise error
    if isinstance(error, MemoryError | KilledWorker):
        raise ClusterError(MEMORY) from error
    if isinstance(error, ImportError):
        raise ClusterError(
            f"a worker cannot import what it needs ({error}); install the same packages there as here"
        ) from error
    reason = str(error).splitlines()[0] if str(error) else ""
    raise BadPiece(
        f"{name} could not be made on a worker ({type(error).__name__}: {reason}); see to what makes it"
    ) from error
