"""Actors on the workers: each sums over the blocks there, and adds what actors below it return.

They are called directly, past the scheduler, a call through which costs several milliseconds. An
actor is given all that it needs when it is made, so that an epoch sends it the parameters and
nothing else, and it can be made anew anywhere. They form a tree: who calls, calls ``FAN_OUT``.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from distributed import Client, get_worker
from distributed.actor import ProxyRPC

from npfs.backends.base import BlockKernel
from npfs.largedata.block_store import LOOK_EVERY, raise_error, settle
from npfs.largedata.scheduler import ANSWER_WITHIN, Scheduler
from npfs.largedata.tasks import GramKernel, kernel_of
from npfs.regression.problem import Array

Kernel = BlockKernel | GramKernel


class Reducer:
    """Sums over blocks in this worker's memory.

    Parameters
    ----------
    backend : str
        Whose kernel takes the sums.
    n_features : int
    keys : sequence of str
        The blocks.
    children : sequence of (str, str)
        Address and name of actors on other workers, whose sums are added to its own.
    """

    def __init__(
        self,
        backend: str,
        n_features: int,
        keys: Sequence[str],
        children: Sequence[tuple[str, str]],
    ) -> None:
        self._worker = get_worker()
        self._kernel = kernel_of(backend)
        self._children = children
        threads = max(1, min(self._worker.state.nthreads, len(keys)))
        bounds = [len(keys) * thread // threads for thread in range(threads + 1)]
        self._shares = [keys[a:b] for a, b in pairwise(bounds)]
        self._pool = ThreadPoolExecutor(threads)
        self._compile(n_features)

    def _compile(self, n_features: int) -> None:
        """Have what is compiled at the first call compiled before the first epoch."""
        block = self._kernel.layout(np.zeros((1, n_features)), np.zeros(1))
        what = "sums" if isinstance(self._kernel, BlockKernel) else "gram"
        OPERATIONS[what](self._kernel, [block], np.zeros(n_features + 1))

    async def run(self, what: str, parameters: bytes) -> bytes:
        """Do ``what``, a key of ``OPERATIONS``, with all blocks here and below.

        Numbers come and go as bytes of float64: to take arrays apart and to put them together would
        take half a call.

        Returns
        -------
        bytes
            Seconds, of the actor that computed longest; then sums.
        """
        loop = asyncio.get_running_loop()
        own = [
            loop.run_in_executor(self._pool, self._run, OPERATIONS[what], keys, parameters)
            for keys in self._shares
        ]
        below = [
            call(self._worker.rpc(address), name, what, parameters)
            for address, name in self._children
        ]
        return added(await asyncio.gather(*own, *below)).tobytes()

    def _run(self, do: "Operation", keys: Sequence[str], parameters: bytes) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):  # what diverges is named by the caller
            start = time.perf_counter()
            blocks = (self._worker.data[key] for key in keys)
            found = do(self._kernel, blocks, np.frombuffer(parameters).copy())
            return np.append(time.perf_counter() - start, found)


async def call(to: Any, actor: str, what: str, parameters: bytes) -> Array:
    """Have an actor run ``what``; ``to`` is the RPC of its worker."""
    answer = await to.actor_execute(actor=actor, function="run", args=[what, parameters], kwargs={})
    if answer["status"] == "OK":
        return np.frombuffer(answer["result"]).copy()
    raise answer["exception"]


def added(parts: Sequence[Array]) -> Array:
    """Add what several actors or threads return."""
    total = np.sum(parts, axis=0) if len(parts) > 1 else parts[0]
    total[0] = max(part[0] for part in parts)
    return total


# What is done with a kernel, blocks, and bias and weights.
Operation = Callable[[Any, Iterable[Any], Array], Array]


def _sums(kernel: BlockKernel, blocks: Iterable[Any], parameters: Array) -> Array:
    """Return the sums for loss, db and dw."""
    total = np.zeros(len(parameters) + 1)
    for block in blocks:
        loss, dw, db = kernel.sums(block, parameters[1:], parameters[0])
        total[0] += loss
        total[1] += db
        total[2:] += dw
    return total


def _gram(kernel: GramKernel, blocks: Iterable[Any], parameters: Array) -> Array:
    """Return the products of all columns, row by row."""
    size = len(parameters) + 1
    total = np.zeros((size, size))
    for block in blocks:
        total += kernel.gram(block)
    return total.ravel()


def _nothing(kernel: Kernel, blocks: Iterable[Any], parameters: Array) -> Array:
    """Return as many numbers as the sums are, at once."""
    return np.zeros(len(parameters) + 1)


OPERATIONS: dict[str, Operation] = {"sums": _sums, "gram": _gram, "nothing": _nothing}


# Who calls, calls so many, one after the other; each of them calls as many. A call is sent in a
# fraction of the time that it takes there and back, so that few of them are worth a second round.
FAN_OUT = 8
# A worker that does not answer this client directly, since the network does not let it, is called
# through the scheduler.
DIRECT_WITHIN = 3.0  # seconds
UNANSWERED_LOOKS = 3

_through_scheduler: set[str] = set()  # ids of clients


class WorkerLost(OSError):
    """A worker of the crew is gone."""


class ActorPool:
    """Actors for blocks where they are.

    Parameters
    ----------
    keys : mapping of str to sequence of str
        The blocks on each worker.
    fan_out : int
        How many actors are called by each that calls.
    """

    def __init__(
        self,
        client: Client,
        backend: str,
        n_features: int,
        keys: Mapping[str, Sequence[str]],
        fan_out: int,
    ) -> None:
        self._client = client
        self._scheduler = Scheduler(client)
        self.workers = list(keys)
        made = uuid.uuid4().hex[:12]
        members = [(address, f"npfs-sums-{made}-{i}") for i, address in enumerate(keys)]
        self._members, self._roots = members, members[:fan_out]
        self._actors = [
            client.submit(
                Reducer,
                backend,
                n_features,
                list(keys[address]),
                members[(i + 1) * fan_out : (i + 2) * fan_out],
                key=name,
                workers=[address],
                actor=True,
            )
            for i, (address, name) in enumerate(members)
        ]
        self._wait_for_actors()
        self._is_direct = client.id not in _through_scheduler
        client.sync(self._find_way)

    def _wait_for_actors(self) -> None:
        while any(actor.status == "pending" for actor in self._actors):
            settle(self._actors)
            if not self._scheduler.workers().keys() >= set(self.workers):
                raise WorkerLost("a worker is gone")
        for address, actor in zip(self.workers, self._actors, strict=True):
            error = actor.exception() if actor.status == "error" else None
            if actor.status != "finished" or isinstance(error, RuntimeError):
                raise WorkerLost(address)
            if error is not None:
                raise_error(f"what sums up on {address}", error)

    async def _find_way(self) -> None:
        """Call a worker past the scheduler, or through it if that is how it is reached."""
        address, name = self._roots[0]
        for is_direct in (True, False)[not self._is_direct :]:
            self._is_direct = is_direct
            try:
                asked = call(self._to(address), name, "nothing", bytes(8))
                await asyncio.wait_for(asked, DIRECT_WITHIN)
            except (OSError, TimeoutError):
                continue
            if not is_direct:
                _through_scheduler.add(self._client.id)
            return
        raise WorkerLost(address)

    def _to(self, address: str) -> Any:
        if self._is_direct:
            return self._client.rpc(address)
        return ProxyRPC(self._client.scheduler, address)

    def run(self, what: str, parameters: Array) -> Array:
        """Have all actors run ``what``, and return the sum.

        Raises
        ------
        OSError, and others of ``waiting.LOST``
            If one of them is gone.
        """
        found: Array = self._client.sync(self._run, what, parameters.tobytes())
        return found

    def call_one(self, parameters: Array) -> None:
        """Call one worker, that calls no other, and have it compute nothing."""
        address, name = self._members[-1]
        self._client.sync(call, self._to(address), name, "nothing", parameters.tobytes())

    async def _run(self, what: str, parameters: bytes) -> Array:
        calls = [
            asyncio.ensure_future(call(self._to(address), name, what, parameters))
            for address, name in self._roots
        ]
        waiting, looks = set(calls), 0
        try:
            while waiting:
                _, waiting = await asyncio.wait(waiting, timeout=LOOK_EVERY)
                if waiting:
                    looks = 0 if await self._are_there() else looks + 1
                    if looks >= UNANSWERED_LOOKS:
                        raise WorkerLost("a worker is gone")
        finally:
            for one in waiting:
                one.cancel()
        return added(await asyncio.gather(*calls))

    async def _are_there(self) -> bool:
        """Return True if the scheduler, which learns first that one is gone, knows all workers."""
        try:
            answer = await asyncio.wait_for(self._client.scheduler.identity(), ANSWER_WITHIN)
        except (OSError, TimeoutError):
            return False
        return bool(answer["workers"].keys() >= set(self.workers))
