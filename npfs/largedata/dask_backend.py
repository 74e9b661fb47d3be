"""Gradient descent on Dask: blocks in the memory of workers, which send one small sum an epoch.

The data leave this process once. In each epoch one call sends the parameters to every worker, to an
actor that holds its blocks, and brings the sums of loss, dw and db back, past Dask's scheduler,
which a task costs several milliseconds; the kernel is that of ``numba-simd``.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Self

import dask
import numpy as np
from distributed import CancelledError, Client

from npfs.backends import numba_simd
from npfs.backends.base import Backend, Fit
from npfs.data.pieces import spans
from npfs.largedata.connection import ClusterError, connect, require_workers
from npfs.regression.problem import Array

# Of X and y. Larger arrays lie in larger pages: with 24 MB an epoch takes 1.2 times as long as with
# these.
BLOCK_BYTES = 128 * 2**20
# A call takes as long as a core takes for this many bytes: less is left to one worker.
SMALL_BYTES = 2**20


class Reducer:
    """Sums over the blocks of a worker: an actor, which lives there.

    Numbers come and go as bytes of float64: to take arrays apart and to put them together would
    take half a call.
    """

    def __init__(
        self,
        parts: Sequence[tuple[Array, Array]],
        layout: Callable[[Any, Any], Any],
        operation: Callable[[Any, Array], Array],
        threads: int,
    ) -> None:
        self._blocks = [layout(X, y) for X, y in parts]
        self._operation = operation
        self._pool = ThreadPoolExecutor(min(threads, len(parts)))
        operation(self._blocks[0], np.zeros(parts[0][0].shape[1] + 1))  # compiled here

    def run(self, parameters: bytes) -> bytes:
        """Return the seconds in the kernel and the sums, at a bias and weights."""
        start = time.perf_counter()
        at = np.frombuffer(parameters).copy()
        with np.errstate(over="ignore", invalid="ignore"):  # what diverges shows in the loss
            found = sum(self._pool.map(lambda block: self._operation(block, at), self._blocks))
        return np.append(time.perf_counter() - start, found).tobytes()

    def answer(self, parameters: bytes) -> bytes:
        """Compute nothing, and return as many numbers as ``run`` does."""
        return parameters + bytes(16)


def sums(block: tuple[Any, ...], parameters: Array) -> Array:
    """Return the sums of a block for loss, db and dw."""
    loss, dw, db = numba_simd.sums(block, parameters[1:], parameters[0])
    return np.array([loss, db, *dw])


class DaskBlocks:
    """Blocks in the workers of a cluster, an actor for each worker.

    Attributes
    ----------
    compute_s : float
        Of the last pass, in the kernel, on the worker that took longest.
    """

    def __init__(self, actors: Sequence[Any], n_samples: int, n_features: int) -> None:
        self.actors, self.n_samples, self.n_features = actors, n_samples, n_features
        self.compute_s = 0.0

    @classmethod
    def place(
        cls,
        X: Array,
        y: Array,
        client: Client,
        layout: Callable[[Any, Any], Any] = numba_simd.layout,
        operation: Callable[[Any, Array], Array] = sums,
        most: int | None = None,
    ) -> Self:
        """Send blocks to the workers, evenly, and have them laid out there.

        Raises
        ------
        ClusterError
            If there is no worker, or one is lost meanwhile.
        """
        workers, threads = require_workers(client), client.nthreads()
        blocks = list(spans(len(y), block_samples(X, y, most or len(workers))))
        shares = [len(blocks) * w // len(workers) for w in range(len(workers) + 1)]
        made = []
        with _losses_are_named():
            for worker, (first, end) in zip(workers, pairwise(shares), strict=True):
                parts = [(X[a:b], y[a:b]) for a, b in blocks[first:end]]
                if parts:
                    sent = client.scatter(parts, workers=[worker], hash=False, direct=True)
                    arguments = (sent, layout, operation, threads[worker])
                    made.append(client.submit(Reducer, *arguments, workers=[worker], actor=True))
            with client.as_current():  # which an actor keeps at its first call
                actors = [actor.result() for actor in made]
                for actor in actors:
                    actor.answer(b"").result()
        return cls(actors, len(y), X.shape[1])

    def run(self, parameters: Array) -> Array:
        """Call every worker once, and return the sum over all blocks.

        Raises
        ------
        ClusterError
            If a worker is lost.
        """
        sent = parameters.tobytes()
        with _losses_are_named():
            calls = [actor.run(sent) for actor in self.actors]
            found = [np.frombuffer(call.result()) for call in calls]
        self.compute_s = max(float(of[0]) for of in found)
        total: Array = np.sum(found, axis=0)[1:]
        return total

    def call_one(self) -> None:
        """Call one worker that computes nothing, with as many numbers each way as in an epoch."""
        with _losses_are_named():
            self.actors[-1].answer(bytes(8 * (self.n_features + 1))).result()


@contextlib.contextmanager
def _losses_are_named() -> Iterator[None]:
    try:
        yield
    # As Dask says that an actor, or its worker, is gone.
    except (OSError, KeyError, RuntimeError, CancelledError) as error:
        raise ClusterError(
            f"a worker was lost with its blocks ({type(error).__name__}: {error}); see to what "
            "ended it, which is mostly its memory, and begin anew"
        ) from None


def block_samples(X: Any, y: Any, workers: int) -> int:
    """Return the samples of a block: equally many blocks a worker, one block of small data."""
    n_bytes = int(X.nbytes + y.nbytes)
    parts = -(-n_bytes // BLOCK_BYTES)
    if n_bytes > SMALL_BYTES:
        parts = -(-parts // workers) * workers
    return -(-len(y) // parts)


def prepare(X: Any, y: Any) -> DaskBlocks:
    """Return blocks in the workers of the cluster that ``connection.connect`` finds or starts."""
    return DaskBlocks.place(X, y, connect())


def fit(data: DaskBlocks, epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero."""
    parameters = np.zeros(data.n_features + 1)  # bias, weights
    loss_history = np.empty(epochs)
    for epoch in range(epochs):
        loss, *slopes = data.run(parameters)
        loss_history[epoch] = loss / data.n_samples
        parameters -= learning_rate * 2 / data.n_samples * np.array(slopes)
    return Fit(parameters[1:], parameters[0], loss_history)


BACKEND = Backend(
    "dask",
    "Dask, blocks on workers",
    prepare,
    fit,
    build=f"dask {dask.__version__}",
    cache_variable="NUMBA_CACHE_DIR",
)
