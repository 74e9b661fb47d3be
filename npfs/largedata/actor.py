"""The actor: what lives on each worker during a fit, sums over the blocks there, and adds what other workers have summed up.

It is called directly, past the scheduler, a call through which costs several milliseconds. All that it needs is told when it
is made, so that an epoch sends it the parameters and nothing else, and it can be made anew anywhere.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from distributed import get_worker

from npfs.backends.base import BlockKernel
from npfs.largedata.kernels import GramKernel, kernel_of
from npfs.regression.problem import Array

Kernel = BlockKernel | GramKernel


class Summer:
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
        DONE[what](self._kernel, [block], np.zeros(n_features + 1))

    async def run(self, what: str, parameters: bytes) -> bytes:
        """Do ``what``, a key of ``DONE``, with all blocks here and below.

        Numbers come and go as bytes of float64: to take arrays apart and to put them together would take half a call.

        Returns
        -------
        bytes
            Seconds, of the actor that computed longest; then sums.
        """
        loop = asyncio.get_running_loop()
        own = [
            loop.run_in_executor(self._pool, self._run, DONE[what], keys, parameters)
            for keys in self._shares
        ]
        below = [
            call(self._worker.rpc(address), name, what, parameters)
            for address, name in self._children
        ]
        return added(await asyncio.gather(*own, *below)).tobytes()

    def _run(self, do: "Doing", keys: Sequence[str], parameters: bytes) -> Array:
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
Doing = Callable[[Any, Iterable[Any], Array], Array]


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


def _read(kernel: Kernel, blocks: Iterable[Any], parameters: Array) -> Array:
    """Read all numbers once, and do no more than is needed to have read them."""
    from npfs.suite.ceiling import READ_PASSES  # noqa: PLC0415 - compiled code that only measuring needs

    total = sum(READ_PASSES["one"](array.reshape(-1), 1) for array in _arrays(blocks))
    return np.full(len(parameters) + 1, total)


def _arrays(of: Any) -> Iterator[Array]:
    for part in of:
        if isinstance(part, np.ndarray):
            yield part
        elif isinstance(part, tuple | list):
            yield from _arrays(part)


def _nothing(kernel: Kernel, blocks: Iterable[Any], parameters: Array) -> Array:
    """Return as many numbers as the sums are, at once."""
    return np.zeros(len(parameters) + 1)


DONE: dict[str, Doing] = {"sums": _sums, "gram": _gram, "read": _read, "nothing": _nothing}
