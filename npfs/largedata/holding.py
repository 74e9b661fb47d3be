"""Blocks in the workers' memory, as they come and laid out for a kernel; what is lost of them is made again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from distributed import Client, Future

from npfs.data.pieces import BadPiece
from npfs.largedata import tasks
from npfs.largedata.balance import spread
from npfs.largedata.memory import require_memory
from npfs.largedata.moments import Moments
from npfs.largedata.scheduler import Scheduler
from npfs.largedata.sources import Source
from npfs.largedata.waiting import Task, Waiting
from npfs.regression.scaling import Standardizer

# Seconds in which a new worker takes the place of one that is gone: a nanny needs 1 to 3.
REPLACED_WITHIN = 10.0


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
            self._keep_shapes(self._of_each(tasks.shape_of))
        return self._shapes

    def moments(self) -> Moments:
        """Take the moments of all blocks, in one pass over them as they come."""
        parts: list[Moments] = self._of_each(tasks.moments_of)
        self._keep_shapes([(part.n, part.n_features) for part in parts])
        return Moments.merged(parts, self._shapes[0][1] + 1)

    def _of_each(self, what: Callable[..., Any]) -> list[Any]:
        """Return what a function returns of the name of each block and the block as it comes."""
        names = self._source.names

        def make(indices: Sequence[int]) -> dict[int, Task]:
            raw = self._raw_of(indices)
            made = self._client.map(
                what, [names[i] for i in indices], [raw[i] for i in indices], pure=False
            )
            return {i: Task(future) for i, future in zip(indices, made, strict=True)}

        return Waiting(self._client, names, make).results(range(len(names)))

    def _keep_shapes(self, shapes: list[tuple[int, int]]) -> None:
        names = self._source.names
        n_features = shapes[0][1]
        for name, (_, found) in zip(names, shapes, strict=True):
            if found != n_features:
                raise BadPiece(
                    f"{name} has {found} features, and {names[0]} has {n_features}; give all the same columns"
                )
        if not any(n for n, _ in shapes):
            raise BadPiece("no row is left; choose other columns, or fill missing values in")
        require_memory(sum(map(_n_bytes, shapes)), self._scheduler.workers())
        self._shapes = shapes

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
            return dict(self._lay_out_on(place, indices))

        done = Waiting(self._client, self._source.names, make).done(sorted(sizes.keys() - kept))
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


def _n_bytes(shape: tuple[int, int]) -> int:
    n_samples, n_features = shape
    return n_samples * (n_features + 1) * 8
