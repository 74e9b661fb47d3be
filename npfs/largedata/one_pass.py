"""One pass over data of any size: read in order, batch by batch, while their moments are taken.

Memory holds a few batches, whatever the size of the data. The next ones are read while a second
thread takes the moments of the last; both leave Python's lock while they work.
"""

from collections.abc import Callable, Iterator

import numpy as np

from npfs.data.columns import Batch, Reader, in_order
from npfs.data.sentences import BadTable, in_a_sentence
from npfs.data.values import Rows, are_usable, usable
from npfs.largedata.moments import MOST_FEATURES, Moments


def read_moments(
    reader: Reader, look: Callable[[Batch], None] = lambda batch: None
) -> tuple[Moments, Rows]:
    """Read all rows once; return the moments of features and target, and what rows they lack.

    ``look`` sees each batch, before it is taken in.

    Raises
    ------
    BadTable
        If they cannot be learned from.
    """
    with in_a_sentence(reader.path, kind=BadTable):
        require_few_features(len(reader.feature_names))
        lost = []

        def batches() -> Iterator[Batch]:
            for batch in reader.batches():
                look(batch)
                yield batch

        def parts() -> Iterator[Moments]:
            for found, rows in in_order(batches(), moments_of, threads=1):
                lost.append(rows)
                yield found

        moments = Moments.joined(parts(), len(reader.names))
        return moments, sum(lost, start=Rows())


def require_few_features(n_features: int) -> None:
    """Refuse more features than moments are taken of.

    Raises
    ------
    BadTable
    """
    if n_features > MOST_FEATURES:
        raise BadTable(
            f"it has {n_features:,} features, and moments are taken of at most {MOST_FEATURES:,}; "
            "choose some with --features, or name a backend, which runs its passes over data in "
            "memory"
        )


def moments_of(batch: Batch) -> tuple[Moments, Rows]:
    """Return the moments of a batch, without the rows that lack a number, and what these are.

    Raises
    ------
    BadTable
        Names the first number that no fit can use.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        found = Moments.of_columns(batch.columns)
    if are_usable(found.low, found.high):
        return found, Rows(found.n)
    numbers, rows = usable(batch)
    return Moments.of_columns(list(numbers)), rows
