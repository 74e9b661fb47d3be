"""One pass over data in pieces: read in order, one by one, while their moments are taken.

Memory holds a few pieces, whatever the size of the data. The next piece is read while a second
thread takes the moments of the last; both leave Python's lock while they work.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from npfs.data.pieces import BadPiece, Piece, Pieces, require_usable
from npfs.largedata.moments import MOST_FEATURES, Moments
from npfs.regression.problem import Array

AHEAD = 2  # pieces that wait to be taken in


def read_moments(pieces: Pieces) -> Moments:
    """Read all pieces once, and return the moments of features and target.

    Raises
    ------
    BadPiece
        If one of them cannot be learned from, or none has a sample.
    """
    require_few_features(pieces.n_features)
    found = Moments.joined(_parts(pieces), pieces.n_features + 1)
    if found.n == 0:
        raise BadPiece("no row is left; choose other columns, or fill missing values in")
    return found


def require_few_features(n_features: int) -> None:
    """Refuse more features than moments are taken of.

    Raises
    ------
    BadPiece
    """
    if n_features > MOST_FEATURES:
        raise BadPiece(
            f"it has {n_features:,} features, and moments are taken of at most {MOST_FEATURES:,}; "
            "choose some with --features, or name a backend, which runs its passes over data in "
            "memory"
        )


def _parts(pieces: Pieces) -> Iterator[Moments]:
    waiting: deque[Future[Moments]] = deque()
    with ThreadPoolExecutor(1) as thread:
        for piece in pieces.pieces:
            waiting.append(thread.submit(moments_of, piece, *piece.read()))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def moments_of(piece: Piece, X: Array, y: Array) -> Moments:
    """Return the moments of what was read of a piece.

    Raises
    ------
    BadPiece
        Names the first number that is not finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        found = Moments.of(X, y)
    if not np.isfinite(found.mean).all():
        require_usable(piece.name, X, y)
    return found
