"""Spread between runs that has two values: a machine or a library that is in one of two states.

An average of 10 and 22 µs is the time of no fit. What is clearly two-valued is reported as two values.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

FEWEST = 4  # two runs of each value: one apart from the others is an outlier
SMALLEST_RATIO = 1.2  # closer values are no news beside the interval
# How many times the spread within them two groups must lie apart, so that of values with one centre (normal, or as
# heavy in the tails as Student's t with 3 degrees) one set in a thousand is called two-valued. The largest gap of few
# values is wide by chance. Found by simulation for 4 to 30 values, and checked again in the tests.
SEPARATION, SEPARATION_OF_FEW, DECAY = 9.0, 40.0, 1.3


class Value(NamedTuple):
    """One of two values, and the number of runs that have it."""

    value: float
    runs: int


def two_values(values: Sequence[float]) -> tuple[Value, Value] | None:
    """Return the two values around which positive ``values`` lie, the lower one first; None if there is one.

    The logs are split at their widest gap that leaves at least two on each side.
    """
    if len(values) < FEWEST:
        return None
    logs = np.sort(np.log(values))
    gaps = np.diff(logs)[1:-1]
    split = 2 + int(gaps.argmax())
    low, high = logs[:split], logs[split:]
    apart = float(high.mean() - low.mean())
    if apart < math.log(SMALLEST_RATIO):
        return None
    squares = ((low - low.mean()) ** 2).sum() + ((high - high.mean()) ** 2).sum()
    within = math.sqrt(float(squares) / (len(logs) - 2))
    needed = SEPARATION + SEPARATION_OF_FEW / (len(logs) - 3) ** DECAY
    if apart < needed * within:
        return None
    return Value(math.exp(low.mean()), len(low)), Value(math.exp(high.mean()), len(high))
