"""The time of a fit at any size, between and beyond the sizes that were seen, and how far off that may be.

Sizes form a grid of numbers of samples and of features. A fit takes ``call + epochs * epoch`` seconds, and each part is
read off in straight lines between the nearest seen sizes: along samples first, then between the two nearest numbers of
features. A straight line in samples is what the work is: something for each call, something for each sample. Only where
data leave a cache does it bend.

How far off this is, is asked of the grid itself: each size is foretold from its neighbours as if it had not been seen.
The gap is then twice as wide as in use. The error of a straight line across a smooth bend grows with the square of the
gap, and an irregular kernel's does not grow at all; half of it is taken, and ``npfs advise --check`` says how that holds.

Source: leave-one-out cross-validation, Hastie, Tibshirani, Friedman, *The Elements of Statistical Learning*, 2nd ed.,
section 7.10; the error of linear interpolation, Atkinson, *An Introduction to Numerical Analysis*, section 3.2.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

GAP_IN_USE = 0.5  # the error in use over that of a leave-one-out, see above
# An error is taken from grid sizes that are alike: no further off than this factor in numbers.
ALIKE = 8.0
FEWEST_ERRORS = 4
FEWEST_SAMPLES_SEEN = 4  # of a row that may be used
# The error of a continuation of which nothing is known.
UNKNOWN_SLOPE = 0.3
BEYOND_REASON = 4.0
SMALLEST = 1e-15  # seconds; a slope that noise makes negative is no slope

Row = Sequence[tuple[int, float]]  # (n_samples, seconds), ascending


class Reach(NamedTuple):
    """How far a size lies beyond those that were seen: factors, 1 inside."""

    samples: float
    features: float

    @property
    def is_inside(self) -> bool:
        """Whether the size lies between seen ones."""
        return self.samples <= 1 and self.features <= 1


@dataclass(frozen=True)
class Surface:
    """Seconds over the grid of sizes.

    Attributes
    ----------
    seconds : mapping of (n_samples, n_features) to seconds
        What was seen, all positive.
    """

    seconds: Mapping[tuple[int, int], float]

    @cached_property
    def rows(self) -> dict[int, Row]:
        """The sizes of each number of features of which enough were seen."""
        rows: dict[int, list[tuple[int, float]]] = {}
        for (n_samples, n_features), seconds in sorted(self.seconds.items()):
            rows.setdefault(n_features, []).append((n_samples, seconds))
        return {d: rows[d] for d in sorted(rows) if len(rows[d]) >= FEWEST_SAMPLES_SEEN}

    def at(self, n_samples: int, n_features: int) -> float:
        """Return the seconds at a size.

        Raises
        ------
        ValueError
            If too few sizes were seen to say anything.
        """
        return _across(self.rows, n_samples, n_features)

    def reach(self, n_samples: int, n_features: int) -> Reach:
        """Return how far beyond the seen sizes a size lies: in samples or in numbers, the nearer."""
        nearest = _around(list(self.rows), n_features)
        most_samples = min(self.rows[d][-1][0] for d in nearest)
        most_numbers = min(self.rows[d][-1][0] * (d + 1) for d in nearest)
        samples = min(n_samples / most_samples, n_samples * (n_features + 1) / most_numbers)
        features = max(n_features / max(self.rows), min(self.rows) / n_features)
        return Reach(max(1.0, samples), max(1.0, features))

    def error(self, n_samples: int, n_features: int) -> float:
        """Return the standard error of ``at``, on logarithms."""
        if (n_samples, n_features) in self.seconds:
            return 0.0
        numbers = n_samples * (n_features + 1)
        off = _alike([*self._errors_of_samples, *self._errors_of_features], numbers)
        inside = GAP_IN_USE * _root_mean_square(off) if off else UNKNOWN_SLOPE / 2
        beyond = self.reach(n_samples, n_features)
        share_beyond = 1 - 1 / (beyond.samples * beyond.features)
        return math.hypot(inside, share_beyond * self._slope_error)

    @cached_property
    def _errors_of_samples(self) -> list[tuple[int, float]]:
        """Numbers of each size, and the error if it is foretold from its neighbours in samples."""
        return [
            (
                row[i][0] * (d + 1),
                math.log(_along([*row[:i], *row[i + 1 :]], row[i][0]) / row[i][1]),
            )
            for d, row in self.rows.items()
            for i in range(1, len(row) - 1)
        ]

    @cached_property
    def _errors_of_features(self) -> list[tuple[int, float]]:
        """Numbers of each size, and the error if it is foretold from its neighbours in features."""
        inner = list(self.rows)[1:-1]
        return [
            (n * (d + 1), math.log(_across(others, n, d) / seconds))
            for d in inner
            for others in [{e: row for e, row in self.rows.items() if e != d}]
            for n, seconds in self.rows[d]
        ]

    @cached_property
    def _slope_error(self) -> float:
        """How far off a row's last slope is, if it is foretold from the rows beside it."""
        slopes = [max(slope, SMALLEST) for slope in last_slopes(self.rows)]
        off = [
            math.log(math.sqrt(before * after) / slope)
            for before, slope, after in zip(slopes, slopes[1:], slopes[2:], strict=False)
        ]
        return _root_mean_square(off) if off else UNKNOWN_SLOPE


def without_outliers(seconds: Mapping[tuple[int, int], float]) -> dict[tuple[int, int], float]:
    """Return the seconds, those that are beyond all reason replaced by what the sizes around foretell.

    Where other programs hold a core, threads that wait for each other take a thousand times as long. No kernel is
    ``BEYOND_REASON`` times slower at a size than at the sizes around it in samples and in features.
    """
    rows = Surface(seconds).rows
    found = dict(seconds)
    for d, row in rows.items():
        others = {e: of for e, of in rows.items() if e != d}
        for i, (n, value) in enumerate(row[1:-1], start=1):
            around = _along([*row[:i], *row[i + 1 :]], n)
            if others:
                around = max(around, _across(others, n, d))
            if value > BEYOND_REASON * around:
                found[n, d] = around
    return found


def last_slopes(rows: Mapping[int, Row]) -> list[float]:
    """Return the seconds for each further number beyond the last size but one, for each row."""
    return [
        (of_last - of_previous) / ((last - previous) * (d + 1))
        for d, row in rows.items()
        for (previous, of_previous), (last, of_last) in [row[-2:]]
    ]


def _around(seen: Sequence[int], n_features: int) -> list[int]:
    """Return the row of that many features, or the two that are nearest: around it, or the last two."""
    if not seen:
        raise ValueError("too few sizes were seen to foretell any other")
    if n_features in seen or len(seen) == 1:
        return [n_features if n_features in seen else seen[0]]
    above = min(max(int(np.searchsorted(seen, n_features)), 1), len(seen) - 1)
    return [seen[above - 1], seen[above]]


def _across(rows: Mapping[int, Row], n_samples: int, n_features: int) -> float:
    nearest = _around(list(rows), n_features)
    seconds = [_along(rows[d], n_samples) for d in nearest]
    if len(nearest) == 1 or n_features < nearest[0]:  # the work is in proportion to the numbers
        return seconds[0] * (n_features + 1) / (nearest[0] + 1)
    (low, high), (of_low, of_high) = nearest, seconds
    line = of_low + (of_high - of_low) * (n_features - low) / (high - low)
    return max(line, of_high) if n_features > high else line


def _along(row: Row, n_samples: int) -> float:
    """Return the seconds on the straight line between neighbours; beyond the last, on its continuation."""
    samples = [n for n, _ in row]
    if n_samples <= samples[0]:
        return row[0][1]  # a handful of samples costs what a call costs
    above = min(int(np.searchsorted(samples, n_samples)), len(row) - 1)
    (low, of_low), (high, of_high) = row[above - 1], row[above]
    line = of_low + (of_high - of_low) * (n_samples - low) / (high - low)
    return max(line, of_high) if n_samples > high else line


def _alike(errors: Sequence[tuple[int, float]], numbers: int) -> list[float]:
    """Return the errors of sizes of about as many numbers, or the nearest few."""
    by_distance = sorted((abs(math.log(n / numbers)), error) for n, error in errors)
    near = [error for distance, error in by_distance if distance <= math.log(ALIKE)]
    return near if len(near) >= FEWEST_ERRORS else [e for _, e in by_distance[:FEWEST_ERRORS]]


def _root_mean_square(values: Sequence[float]) -> float:
    return math.sqrt(sum(value * value for value in values) / len(values))
