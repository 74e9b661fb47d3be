"""The actors of a fit, one on each worker that holds blocks, and how they are called: a tree."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from distributed import Client
from distributed.actor import ProxyRPC

from npfs.largedata.actor import Summer, added, call
from npfs.largedata.scheduler import ANSWER_WITHIN, Scheduler
from npfs.largedata.waiting import LOOK_EVERY, raise_error, settle
from npfs.regression.problem import Array

# Who calls, calls so many, one after the other; each of them calls as many. A call is sent in a fraction of the time that
# it takes there and back, so that few of them are worth a second round.
FAN_OUT = 8
# A worker that does not answer this client directly, since the network does not let it, is called through the scheduler.
DIRECT_WITHIN = 3.0  # seconds
UNANSWERED_LOOKS = 3

_through_scheduler: set[str] = set()  # ids of clients


class WorkerLost(OSError):
    """A worker of the crew is gone."""


class Crew:
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
                Summer,
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
        return self._client.sync(self._run, what, parameters.tobytes())  # type: ignore[no-any-return]

    def call_one(self, parameters: Array) -> Array:
        """Call one worker, that calls no other, and have it compute nothing."""
        address, name = self._members[-1]
        return self._client.sync(call, self._to(address), name, "nothing", parameters.tobytes())  # type: ignore[no-any-return]

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
        found = await asyncio.gather(*calls, return_exceptions=True)
        for error in found:
            if isinstance(error, BaseException):
                raise error
        return added([part for part in found if not isinstance(part, BaseException)])

    async def _are_there(self) -> bool:
        """Return whether the scheduler still knows all workers: it learns first that one is gone."""
        try:
            answer = await asyncio.wait_for(self._client.scheduler.identity(), ANSWER_WITHIN)
        except (OSError, TimeoutError):
            return False
        return bool(answer["workers"].keys() >= set(self.workers))
