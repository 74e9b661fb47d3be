"""Blocks in the workers' memory, as they come and laid out for a kernel; what is lost of them is made again."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from distributed import Client, Future

from npfs.blockwise.pieces import BadPiece
from npfs.cluster import tasks
from npfs.cluster.balance import spread
from npfs.cluster.memory import require_memory
from npfs.cluster.scheduler import Scheduler
from npfs.cluster.sources import Source
from npfs.cluster.waiting import Task, Waiting
from npfs.scaling import Standardizer

REPLACED_WITHIN = (
    10.0  # seconds in which a new worker takes the place of one that is gone: a nanny needs 1 to 3
)


class Holding:
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
            shapes: list[tuple[int, int]] = self.of_raw(lambda name: tasks.shape_of)
            n_features = shapes[0][1]
            for name, (_, found) in zip(self._source.names, shapes, strict=True):
                if found != n_features:
                    raise BadPiece(
                        f"{name} has {found} features, and {self._source.names[0]} has {n_features}; give all the same columns"
                    )
            if not any(n for n, _ in shapes):
                raise BadPiece("no row is left; choose other columns, or fill missing values in")
            require_memory(sum(map(_n_bytes, shapes)), self._scheduler.workers())
            self._shapes = shapes
        return self._shapes

    def of_raw(self, what: Callable[[str], Callable[..., Any]]) -> list[Any]:
        """Return what a function, chosen by the name of a block, returns of each block as it comes."""
        names = self._source.names

        def make(indices: Sequence[int]) -> dict[int, Task]:
            raw = self._raw_of(indices)
            return {
                i: Task(self._client.submit(what(names[i]), raw[i], pure=False)) for i in indices
            }

        return Waiting(self._client, names, make).results(range(len(names)))

    def lay_out(self, backend: str, scaler: Standardizer | None) -> None:
        """Have the blocks laid out anew, and forget those that are laid out in another way."""
        self._laid_out.clear()
        self._lay_out = partial(tasks.lay_out, backend=backend, scaler=scaler)
        self.by_worker()

    def by_worker(self) -> dict[str, list[str]]:
        """Return the keys of the blocks that are laid out on each worker, in their order.

        Those that are lost are laid out again, and if there are fewer workers than there were, new ones are waited for.
        """
        sizes = {i: _n_bytes(shape) for i, shape in enumerate(self.shapes) if shape[0]}
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
            return {i: self._laid_out_on(place[i], i) for i in indices}

        done = Waiting(self._client, self._source.names, make).done(sorted(sizes.keys() - kept))
        self._laid_out.update({i: task.future for i, task in done.items()})
        place = kept | {i: task.worker for i, task in done.items()}
        return {
            worker: [self._laid_out[i].key for i in sorted(place) if place[i] == worker]
            for worker in sorted(set(place.values()))
        }

    def _laid_out_on(self, worker: str, index: int) -> Task:
        """Have a block laid out; as it came it is kept no longer than that takes."""
        future = self._client.submit(
            self._lay_out, self._raw.pop(index), workers=[worker], pure=False
        )
        return Task(future, worker)

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
        holders = {i: sorted(set(found[future.key]) & set(workers)) for i, future in finished.items()}
        return {i: there[0] for i, there in holders.items() if there}


def _n_bytes(shape: tuple[int, int]) -> int:
    n_samples, n_features = shape
    return n_samples * (n_features + 1) * 8
