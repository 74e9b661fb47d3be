"""Blocks in the workers' memory: placed, gathered, laid out for a kernel; made again when lost.

Waiting for tasks is bounded where a cluster is broken, and unbounded where it works.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from functools import partial
from typing import Any, NamedTuple

from distributed import Client, Future, KilledWorker

from npfs.data.columns import one_line
from npfs.data.pieces import BadPiece, n_bytes
from npfs.largedata import tasks
from npfs.largedata.moments import Moments
from npfs.largedata.scheduler import ClusterError, Scheduler, require_memory
from npfs.largedata.sources import Source
from npfs.regression.scaling import Standardizer


def spread(
    sizes: Mapping[int, int],
    workers: Sequence[str],
    kept: Mapping[int, str],
    preferred: Mapping[int, str],
) -> dict[int, str]:
    """Return a worker for each block, such that all have nearly as many bytes.

    None has more than another by more than the largest block, unless it keeps them. The same
    arguments give the same workers.

    Parameters
    ----------
    sizes : mapping
        Bytes of each block.
    workers : sequence of str
    kept : mapping
        Blocks that stay where they are.
    preferred : mapping
        Where a block goes unless that worker has its share: it need not be sent.
    """
    load = dict.fromkeys(workers, 0)
    for index, worker in kept.items():
        load[worker] += sizes[index]
    share = sum(sizes.values()) / len(workers)
    placed = dict(kept)
    for index in sorted(sizes.keys() - kept.keys(), key=lambda index: (-sizes[index], index)):
        size, worker = sizes[index], preferred.get(index, "")
        emptiest = min(workers, key=load.__getitem__)
        if worker not in load or load[worker] + size > max(share, load[emptiest] + size):
            worker = emptiest
        placed[index] = worker
        load[worker] += size
    return placed


# Seconds.
LOOK_EVERY = 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.001, 0.02
# A worker that starts no task since its memory is nearly full has this long to find room.
STALLED_WITHIN = 20.0
# Rounds in which something was lost and made again; a worker that dies of what it is given dies in
# each.
MOST_LOSSES = 3
# How a worker or a connection that is gone shows in a call.
LOST = (OSError, TimeoutError, CancelledError, KeyError, EOFError)
MEMORY = (
    "workers ran out of memory, or were killed, while they loaded the data; add workers or memory, "
    "give the data in smaller "
    "blocks, or fit without Dask, block by block from a file (--backend numba-parallel)"
)


class Task(NamedTuple):
    """A task, and the one worker that may run it; "" if any may."""

    future: Future
    worker: str = ""


class Gather:
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
        """Return the results of the tasks, in the order of the indices."""
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
    """Raise a task's error as one sentence.

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
            f"a worker cannot import what it needs ({error}); install the same packages there as "
            "here"
        ) from error
    raise BadPiece(
        f"{name} could not be made on a worker ({type(error).__name__}: {one_line(error)}); "
        "see to what makes it"
    ) from error


# Seconds in which a new worker takes the place of one that is gone: a nanny needs 1 to 3.
REPLACED_WITHIN = 10.0


class BlockStore:
    """Blocks of a source, in the memory of a cluster's workers."""

    def __init__(self, source: Source, client: Client) -> None:
        self._source, self._client, self._scheduler = source, client, Scheduler(client)
        self._raw: dict[int, Future] = {}
        self._laid_out: dict[int, Future] = {}
        self._lay_out: Callable[..., Any] | None = None
        self._shapes: list[tuple[int, int]] = []
        self._n_workers = len(self._scheduler.workers())

    def clear(self) -> None:
        """Give the workers' memory back."""
        self._raw.clear()
        self._laid_out.clear()

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Samples and features of each block.

        Raises
        ------
        BadPiece
            If a block has other columns than the first, or none has a sample.
        """
        if not self._shapes:
            self._keep_shapes(self._of_each(tasks.shape_of))
        return self._shapes

    def moments(self) -> Moments:
        """Take the moments of all blocks, in one pass over them as they come."""
        parts: list[Moments] = self._of_each(tasks.moments_of)
        self._keep_shapes([(part.n, part.n_features) for part in parts])
        return Moments.merged(parts, self._source.n_features + 1)

    def _of_each(self, what: Callable[..., Any]) -> list[Any]:
        """Call a function with the name of each block and the block as it comes; return results."""
        names = self._source.names

        def make(indices: Sequence[int]) -> dict[int, Task]:
            raw = self._raw_of(indices)
            made = self._client.map(
                what, [names[i] for i in indices], [raw[i] for i in indices], pure=False
            )
            return {i: Task(future) for i, future in zip(indices, made, strict=True)}

        return Gather(self._client, names, make).results(range(len(names)))

    def _keep_shapes(self, shapes: list[tuple[int, int]]) -> None:
        names = self._source.names
        n_features = shapes[0][1]
        for name, (_, found) in zip(names, shapes, strict=True):
            if found != n_features:
                raise BadPiece(
                    f"{name} has {found} features, and {names[0]} has {n_features}; give all the "
                    "same columns"
                )
        if not any(n for n, _ in shapes):
            raise BadPiece("no row is left; choose other columns, or fill missing values in")
        require_memory(sum(n_bytes(*shape) for shape in shapes), self._scheduler.workers())
        self._shapes = shapes

    def lay_out(self, backend: str, scaler: Standardizer | None) -> None:
        """Have the blocks laid out anew, and forget those that are laid out in another way."""
        self._laid_out.clear()
        self._lay_out = partial(tasks.lay_out, backend=backend, scaler=scaler)
        self.by_worker()

    def by_worker(self) -> dict[str, list[str]]:
        """Return the keys of the blocks that are laid out on each worker, in their order.

        Those that are lost are laid out again, and if there are fewer workers than there were, new
        ones are waited for.
        """
        sizes = {i: n_bytes(*shape) for i, shape in enumerate(self.shapes) if shape[0]}
        workers = self._scheduler.workers(at_least=self._n_workers, within=REPLACED_WITHIN)
        self._n_workers = len(workers)
        require_memory(sum(sizes.values()), workers)
        kept = self._holders(self._laid_out, workers)
        self._laid_out = {i: future for i, future in self._laid_out.items() if i in kept}

        def make(indices: Sequence[int]) -> dict[int, Task]:
            workers = list(self._scheduler.workers())
            there = {i: worker for i, worker in kept.items() if worker in workers}
            part = {i: sizes[i] for i in {*indices, *there}}
            raw = self._raw_of(indices)
            place = spread(part, workers, there, self._holders(raw, workers))
            return dict(self._lay_out_on(place, indices))

        done = Gather(self._client, self._source.names, make).done(sorted(sizes.keys() - kept))
        self._laid_out.update({i: task.future for i, task in done.items()})
        place = kept | {i: task.worker for i, task in done.items()}
        return {
            worker: [self._laid_out[i].key for i in sorted(place) if place[i] == worker]
            for worker in sorted(set(place.values()))
        }

    def _lay_out_on(
        self, place: Mapping[int, str], indices: Sequence[int]
    ) -> Iterator[tuple[int, Task]]:
        """Have blocks laid out; as they came they are kept no longer than that takes."""
        for worker in sorted({place[i] for i in indices}):
            there = [i for i in indices if place[i] == worker]
            raw = [self._raw.pop(i) for i in there]
            made = self._client.map(self._lay_out, raw, workers=[worker], pure=False)
            yield from ((i, Task(future, worker)) for i, future in zip(there, made, strict=True))

    def _raw_of(self, indices: Sequence[int]) -> dict[int, Future]:
        """Return blocks as they come; those that are not there are made."""
        for index in list(self._raw):
            if self._raw[index].status == "cancelled":
                del self._raw[index]
        missing = [index for index in indices if index not in self._raw]
        if missing:
            workers = list(self._scheduler.workers())
            place = spread(dict.fromkeys(missing, 1), workers, {}, {})
            made = self._source.load(self._client, missing, [place[i] for i in missing])
            self._raw.update(zip(missing, made, strict=True))
        return {index: self._raw[index] for index in indices}

    def _holders(self, futures: dict[int, Future], workers: Any) -> dict[int, str]:
        """Return a worker that has it, of each block that is in a worker's memory."""
        finished = {i: future for i, future in futures.items() if future.status == "finished"}
        found = self._scheduler.holders([future.key for future in finished.values()])
        holders = {
            i: sorted(set(found[future.key]) & set(workers)) for i, future in finished.items()
        }
        return {i: there[0] for i, there in holders.items() if there}
