"""What data that no cache holds add to the time, from several rows of the grid of sizes.

What memory adds to a number depends little on how many make a row, and one look at it is off by a third: other programs
and other guests of the host read memory too. So it is the median over a row and those beside it. That also serves the
rows of which no size that large was looked at.
"""

import math
import statistics
from dataclasses import dataclass

import numpy as np

from npfs.analysis.surface import SMALLEST, Row, Surface, last_slopes

# Sizes of at least this share of the most numbers that were looked at are those that no cache holds.
LARGE = 0.5

Seconds = dict[tuple[int, int], float]  # by (n_samples, n_features)


@dataclass(frozen=True)
class MemoryCost:
    """Rows of a grid, and what memory adds to each further number.

    Attributes
    ----------
    large : tuple of int
        The numbers of features of which a size that no cache holds was looked at.
    in_cache, added, steady : tuples of float
        For each of them the seconds for a number in the caches, what memory adds to it as it was seen, and
        that as the median of a row and those beside it.
    most : int
        The most numbers that were looked at.
    """

    rows: dict[int, Row]
    large: tuple[int, ...]
    in_cache: tuple[float, ...]
    added: tuple[float, ...]
    steady: tuple[float, ...]
    most: int

    @classmethod
    def of(cls, seconds: Seconds) -> "MemoryCost":
        """Learn it from what was seen."""
        rows = Surface({size: value + SMALLEST for size, value in seconds.items()}).rows
        most = max(row[-1][0] * (d + 1) for d, row in rows.items())
        of_large = {d: row for d, row in rows.items() if row[-1][0] * (d + 1) >= LARGE * most}
        in_cache = last_slopes({d: row[:-1] for d, row in of_large.items()})
        added = [s - cached for s, cached in zip(last_slopes(of_large), in_cache, strict=True)]
        steady = [statistics.median(added[max(0, i - 1) : i + 2]) for i in range(len(added))]
        return cls(rows, tuple(of_large), tuple(in_cache), tuple(added), tuple(steady), most)

    def foretold(self, seconds: Seconds) -> Seconds:
        """Return ``seconds`` with the last size of each row foretold from the row's smaller ones and ``steady``."""
        found = dict(seconds)
        for d, row in self.rows.items():
            known = row[:-1] if d in self.large else row
            (slope,) = last_slopes({d: known})
            adds = float(np.interp(math.log(d), [math.log(e) for e in self.large], self.steady))
            previous, of_previous = known[-1]
            last = row[-1][0] if d in self.large else round(self.most / (d + 1))
            found[last, d] = of_previous + max(slope + adds, 0.0) * (last - previous) * (d + 1)
        return found

    @property
    def error(self) -> float:
        """How far single looks are off from what is foretold for them, on logarithms."""
        off = [
            math.log(max(cached + seen, SMALLEST) / max(cached + steady, SMALLEST))
            for cached, seen, steady in zip(self.in_cache, self.added, self.steady, strict=True)
        ]
        return math.sqrt(statistics.fmean(value * value for value in off))

    def share(self, numbers: int) -> float:
        """Return which share of so many numbers no cache holds."""
        held = max(
            (row[:-1] if d in self.large else row)[-1][0] * (d + 1) for d, row in self.rows.items()
        )
        return max(0.0, 1 - held / numbers)
