"""Pieces: the parts that large data come in, each with what reads it and a name for errors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from npfs.regression.problem import Array


class BadPiece(ValueError):
    """A piece holds nothing to learn from: one sentence that names the piece, what is wrong and what to do."""


class Piece(Protocol):
    """A part of the samples. It can be pickled, and read in another process."""

    @property
    def name(self) -> str:
        """What a person knows it by: "rows 0 to 65,535 of 'big.npy'"."""

    def read(self) -> tuple[Array, Array]:
        """Return ``X``, shape (n_samples, n_features), C-contiguous, and ``y``, shape (n_samples,), of float64.

        There may be no sample in it.

        Raises
        ------
        BadPiece
            If it is damaged, or is not of the form of the others.
        """


@dataclass(frozen=True)
class Pieces:
    """Data in pieces.

    Attributes
    ----------
    pieces : sequence of Piece
        In the order of the samples.
    n_samples : int
        Of all pieces, before any is left out for missing values.
    notes : tuple of str
        Sentences that a person should read.
    """

    pieces: Sequence[Piece]
    n_samples: int
    feature_names: tuple[str, ...]
    target_name: str
    notes: tuple[str, ...] = ()

    @property
    def n_features(self) -> int:
        """Columns of ``X``."""
        return len(self.feature_names)

    @property
    def data_bytes(self) -> int:
        """Bytes of ``X`` and ``y`` as float64."""
        return self.n_samples * (self.n_features + 1) * 8


@dataclass(frozen=True, eq=False)
class ArrayPiece:
    """A part of arrays that are in memory already."""

    name: str
    X: Array
    y: Array

    def read(self) -> tuple[Array, Array]:
        """Return it as it is, or as float64."""
        return np.ascontiguousarray(self.X, dtype=np.float64), np.asarray(self.y, dtype=np.float64)


def of_arrays(X: Array, y: Array, block_samples: int) -> list[ArrayPiece]:
    """Part arrays into pieces of so many samples, the last one of fewer."""
    return [
        ArrayPiece(f"samples {a:,} to {b - 1:,}", X[a:b], y[a:b])
        for a, b in spans(len(y), block_samples)
    ]


def spans(n_samples: int, block_samples: int) -> Iterator[tuple[int, int]]:
    """Yield the first sample of each block and the one behind its last."""
    for first in range(0, n_samples, block_samples):
        yield first, min(n_samples, first + block_samples)


def require_usable(name: str, X: Array, y: Array) -> None:
    """Refuse numbers that are not finite.

    Raises
    ------
    BadPiece
        Names the piece, and the first such row and column of it.
    """
    for what, array in (("feature", X), ("target", y.reshape(-1, 1))):
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.sum(
                array
            )  # a pass without a temporary; where it overflows all are looked at
        if np.isfinite(total):
            continue
        bad = np.argwhere(~np.isfinite(array))
        if not len(bad):
            continue
        row, column = (int(index) for index in bad[0])
        where = f"{what} {column}" if what == "feature" else "the target"
        raise BadPiece(
            f"{name}: {where} is {array[row, column]} in its row {row:,}; fill such values in, or leave those rows out"
        )
