"""Where blocks come from: how each is made in a worker's memory, and made again when it is lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from distributed import Client, Future

from npfs.data.pieces import ArrayPiece, Piece, Pieces
from npfs.largedata import tasks


class Source(Protocol):
    """Data in blocks, none of which is in a worker's memory yet."""

    @property
    def names(self) -> Sequence[str]:
        """Names of the blocks, as a person knows them."""

    @property
    def n_features(self) -> int | None:
        """Columns of ``X``; None if it shows only when blocks are made."""

    @property
    def data_bytes(self) -> int | None:
        """Bytes of X and y as float64; None if it shows only then."""

    def load(self, client: Client, indices: Sequence[int], workers: Sequence[str]) -> list[Future]:
        """Have these blocks made, as ``(X, y)`` of float64, and return a future of each.

        ``workers`` are where a block that this process sends goes; one that is made there is made where the scheduler says.
        """


@dataclass(frozen=True)
class PieceSource:
    """Pieces: those that are read, read on the workers; those that are in this process's memory, sent."""

    pieces: Sequence[Piece]
    n_features: int | None = None
    data_bytes: int | None = None

    @property
    def names(self) -> Sequence[str]:
        """Names of the pieces."""
        return [piece.name for piece in self.pieces]

    def load(self, client: Client, indices: Sequence[int], workers: Sequence[str]) -> list[Future]:
        """Send pieces, or have them read, all by one message."""
        made = {
            index: client.scatter([self.pieces[index].read()], workers=[worker], hash=False)[0]
            for index, worker in zip(indices, workers, strict=True)
            if isinstance(self.pieces[index], ArrayPiece)
        }
        read = [index for index in indices if index not in made]
        futures = client.map(tasks.read, [self.pieces[index] for index in read], pure=False)
        made.update(zip(read, futures, strict=True))
        return [made[index] for index in indices]


@dataclass(frozen=True)
class Collection:
    """Blocks of Dask collections, made by ``npfs.largedata.collections.to_blocks``.

    Attributes
    ----------
    parts : sequence of (Delayed, Delayed)
        Of each block, X and y; or a frame and None, whose last column is y.
    """

    names: Sequence[str]
    parts: Sequence[tuple[Any, Any]] = field(repr=False)
    n_features: int | None = None
    data_bytes: int | None = None
    feature_names: tuple[str, ...] | None = None

    def load(self, client: Client, indices: Sequence[int], workers: Sequence[str]) -> list[Future]:
        """Have them computed, all in one graph, so that what several need is computed once."""
        from dask import delayed  # noqa: PLC0415

        load = delayed(tasks.from_collection, pure=False)
        made = [load(self.names[index], *self.parts[index]) for index in indices]
        return list(client.compute(made))


def as_source(given: Source | Pieces | Sequence[Piece]) -> Source:
    """Return what is given as a source."""
    if isinstance(given, Pieces):
        return PieceSource(given.pieces, given.n_features, given.data_bytes)
    if isinstance(given, Sequence):
        return PieceSource(given, *_known(given))
    return given


def _known(pieces: Sequence[Piece]) -> tuple[int | None, int | None]:
    """Return features and bytes of pieces that are in memory already."""
    arrays = [piece for piece in pieces if isinstance(piece, ArrayPiece)]
    if not arrays or len(arrays) < len(pieces):
        return None, None
    n_features = arrays[0].X.shape[1]
    return n_features, sum(len(piece.y) for piece in arrays) * (n_features + 1) * 8
