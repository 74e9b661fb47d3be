"""Data as blocks in the workers' memory, of which each epoch takes one sum a worker."""

import time
from typing import Any, NamedTuple, Self

import numpy as np
from distributed import Client

from npfs.backends.base import Backend, Sums
from npfs.backends.registry import load_backend
from npfs.data.pieces import BadPiece, Pieces
from npfs.largedata.actors import FAN_OUT, ActorPool
from npfs.largedata.block_fitting import DASK, ON_CLUSTER
from npfs.largedata.block_store import LOST, MOST_LOSSES, BlockStore
from npfs.largedata.connection import connect
from npfs.largedata.moments import Moments
from npfs.largedata.scheduler import ClusterError, Scheduler, require_memory
from npfs.largedata.sources import PieceSource, Source, to_blocks
from npfs.largedata.tasks import kernel_of, kernel_on_workers
from npfs.regression.problem import Array
from npfs.regression.scaling import Standardizer

BETWEEN_TRIES = 0.2  # seconds


class Seconds(NamedTuple):
    """The time of a pass over the blocks.

    Attributes
    ----------
    compute : float
        In the kernel, of the worker that took longest.
    call : float
        From the call to the answer.
    """

    compute: float
    call: float


class ClusterBlocks:
    """Blocks in the workers of a cluster, as ``ClusterBlocks.place`` makes them.

    A worker that is lost is made up for: its blocks are made again, on the worker that takes its
    place or on those that are left, and the pass is taken again. Which worker sums up which blocks,
    and in what order, is the same for the same workers, so that fits are equal to the last digit;
    on other workers they differ by rounding.

    Attributes
    ----------
    seconds : Seconds
        Of the last pass.
    fan_out : int
        How many workers each that calls others calls; to be set before blocks are laid out.
    """

    def __init__(self, source: Source, client: Client) -> None:
        self.seconds = Seconds(0.0, 0.0)
        self.fan_out = FAN_OUT
        self._source, self._client = source, client
        self._store = BlockStore(source, client)
        self._backend = ""
        self._actors: ActorPool | None = None

    @classmethod
    def place(cls, given: Source | Pieces, client: Client) -> Self:
        """Take data that are to be held by the workers of ``client``.

        Parameters
        ----------
        given
            Pieces, or what ``npfs.largedata.sources.to_blocks`` makes of Dask collections.

        Raises
        ------
        ClusterError
            If the workers' memory does not hold them, as far as that is known before they are read.
        """
        source = PieceSource(given) if isinstance(given, Pieces) else given
        if not source.names:
            raise BadPiece("there is no block to learn from; give data with at least one row")
        require_memory(source.data_bytes, Scheduler(client).workers())
        return cls(source, client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the workers' memory back."""
        self._actors = None
        self._store.clear()

    @property
    def n_features(self) -> int:
        """Columns of ``X``."""
        return self._source.n_features

    @property
    def n_samples(self) -> int:
        """Rows of ``X``."""
        return sum(n for n, _ in self._store.shapes)

    @property
    def n_workers(self) -> int:
        """Workers that hold blocks."""
        return len(self._made().workers)

    def moments(self) -> Moments:
        """Take the moments of features and target in one pass, and look at every number.

        Raises
        ------
        BadPiece
            If a block cannot be learned from, or none has a sample.
        ClusterError
            If workers are lost again and again, or are full.
        """
        return self._store.moments()

    def lay_out(self, backend: str | Backend, scaler: Standardizer | None) -> None:
        """Have the blocks, transformed by the scaler, laid out for a backend, and actors made.

        ``dask`` is the fastest kernel of one core; ``dask-gram`` lays them out for ``gram``.

        Raises
        ------
        BadPiece, ClusterError
            As by ``moments``.
        """
        self._backend = kernel_on_workers(backend if isinstance(backend, str) else backend.name)
        kernel_of(self._backend)
        self._actors = None
        self._store.lay_out(self._backend, scaler)
        self.run("nothing", np.zeros(self.n_features + 1))

    def total(self, weights: Array, bias: float) -> Sums:
        """Return the sums over all samples.

        Raises
        ------
        ClusterError
            If the scheduler is gone, or workers are lost again and again.
        BadPiece
            If a block that was lost cannot be made again.
        """
        found = self.run("sums", np.append(bias, weights))
        return Sums(float(found[0]), found[2:], float(found[1]))

    def gram(self) -> Array:
        """Return the products of all columns of ``[X, 1, y]`` in one pass.

        Shape (n_features + 2, n_features + 2).

        Raises
        ------
        BadPiece, ClusterError
            As by ``total``.
        """
        size = self.n_features + 2
        return self.run("gram", np.zeros(size - 1)).reshape(size, size)

    def call_one(self) -> None:
        """Call one worker that computes nothing, with as many numbers each way as in an epoch."""
        self._made().call_one(np.zeros(self.n_features + 1))

    def run(self, what: str, parameters: Array) -> Array:
        """Run an operation, a key of ``actors.OPERATIONS``, on all blocks, and return the sum."""
        for _ in range(MOST_LOSSES + 1):
            try:
                actors = self._made()
                start = time.perf_counter()
                found = actors.run(what, parameters)
            except LOST as error:
                self._actors, lost = None, error
                time.sleep(BETWEEN_TRIES)
            else:
                self.seconds = Seconds(float(found[0]), time.perf_counter() - start)
                return found[1:]
        raise ClusterError(
            f"workers were lost {MOST_LOSSES + 1} times in a row ({type(lost).__name__}: {lost}); "
            "see to what ends them, which is "
            "mostly their memory, then go on from the last checkpoint with --resume, or begin anew"
        )

    def _made(self) -> ActorPool:
        if self._actors is None:
            self._actors = ActorPool(
                self._client,
                self._backend,
                self.n_features,
                self._store.by_worker(),
                self.fan_out,
            )
        return self._actors


def fit_collection(model: Any, X: Any, y: Any) -> None:
    """Fit a ``LinearRegression`` to a Dask array or data frame, on the cluster in use.

    A backend that takes no data in blocks, such as the default, stands for ``dask``.

    Raises
    ------
    ClusterError, BadPiece
        If the cluster, or a block, is not as it has to be; and as ``LinearRegression.fit_blocks``.
    """
    source = to_blocks(X, y)
    asked = model.backend
    with ClusterBlocks.place(source, connect()) as blocks:
        model.backend = asked if _takes_blocks(asked) else DASK
        try:
            model.fit_blocks(blocks)
        finally:
            model.backend = asked
    if source.feature_names is not None:
        model.feature_names_in_ = np.array(source.feature_names, dtype=object)


def _takes_blocks(backend: str | Backend) -> bool:
    if isinstance(backend, Backend):
        return backend.blocks is not None
    if backend in ON_CLUSTER:
        return True
    return backend != "auto" and load_backend(backend).blocks is not None
