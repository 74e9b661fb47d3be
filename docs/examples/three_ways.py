"""Examples of the tour's pages 1 and 6, word for word: with lists, NumPy and Numba."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
from numba import njit


def sum_lists(numbers):
    """Return the sum of the squares."""
    return sum(number * number for number in numbers)


def sum_numpy(array):
    """Return the sum of the squares."""
    return np.sum(array * array)


def nearest_lists(x, y):
    """Return, for each point of a plane, the index of the nearest other point."""
    nearest = []
    for i in range(len(x)):
        least = float("inf")
        for j in range(len(x)):
            across, up = x[i] - x[j], y[i] - y[j]
            distance = across * across + up * up
            if distance < least and i != j:
                least, index = distance, j
        nearest.append(index)
    return nearest


def nearest_numpy(x, y):
    """Return, for each point of a plane, the index of the nearest other point."""
    distance = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    np.fill_diagonal(distance, np.inf)
    return distance.argmin(axis=1)


@njit
def nearest_numba(x, y):
    """Return, for each point of a plane, the index of the nearest other point."""
    nearest = np.empty(len(x), np.int64)
    for i in range(len(x)):
        least = np.inf
        for j in range(len(x)):
            across, up = x[i] - x[j], y[i] - y[j]
            distance = across * across + up * up
            if distance < least and i != j:
                least, nearest[i] = distance, j
    return nearest


def smooth_lists(values, share):
    """Return a level that moves by a share of the way to each value."""
    level, smoothed = values[0], []
    for value in values:
        level += share * (value - level)
        smoothed.append(level)
    return smoothed


def smooth_numpy(values, share):
    """Return a level that moves by a share of the way to each value."""
    level, smoothed = values[0], np.empty(len(values))
    for i in range(len(values)):
        level += share * (values[i] - level)
        smoothed[i] = level
    return smoothed


smooth_numba = njit(smooth_numpy)
