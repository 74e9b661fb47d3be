"""A quick look at many sizes, so that the time of any other can be foretold.

The cases of a run are few and exact; which of them a person's own data resemble is chance. The survey is wide: each
size is looked at for milliseconds, with one epoch and with several, so that what a call costs is told from what an
epoch costs. Each run of a set looks at its part of the sizes, at most of them twice in all: what slows the machine down
for a second then meets few of them, and another look is there beside it.
"""

import time
import timeit
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from npfs.backends.base import Backend
from npfs.regression.problem import Array
from npfs.suite import timing
from npfs.suite.plan import Size

# Not round: kernels work in steps of 4 or 8, and people's data seldom do.
FEATURES = (1, 2, 3, 5, 8, 13, 21, 34, 64)
SAMPLES = (10, 101, 1_003, 3_001, 10_007, 30_011, 100_003, 300_007, 1_000_003)
# Numbers of a size: most caches hold the first (16 MB) at least in part, none the second (72 MB; of one feature also a
# temporary array is then larger than what the allocator keeps, 32 MB). From there on time is in proportion to samples.
IN_CACHE, IN_MEMORY = 2_100_000, 9_000_000
# What memory adds to a number hardly depends on how many make a row: that is looked at for some.
FEATURES_IN_MEMORY = (1, 3, 13, 64)
# Runs of a set that share the sizes among them; further ones begin anew.
PARTS = 5
# What the survey of one backend may take in a run; one that compiles for each size looks at as many as that allows.
SECONDS = 3.0
# An epoch that would take longer is not looked at, in the caches and beyond: lists take time in proportion to samples.
LONGEST_EPOCH_S, LONGEST_IN_MEMORY_S = 0.01, 0.06
# Of an epoch that takes longer few are timed; a fit that takes longer is timed twice: it is long beside what interrupts it.
LONG_S = 1e-3
MANY_EPOCHS, FEW_EPOCHS, MOST_EPOCHS = 10, 3, 1_000
# Enough that most of an epoch is in proportion to them, so that it tells how long others take.
FIRST_SAMPLES = 10_000
LOOK_SECONDS, REPEATS = 0.2e-3, 5


@dataclass(frozen=True)
class Look:
    """What was seen at one size, all in seconds.

    Attributes
    ----------
    prepare_s : float
        The conversion of arrays into what the backend works on.
    call_s : float
        A fit without its epochs.
    epoch_s : float
        Each epoch of a fit.
    """

    size: Size
    prepare_s: float
    call_s: float
    epoch_s: float


def sizes(part: int = 0, parts: int = 1) -> list[Size]:
    """Return the sizes of one of so many parts, in an order of which each beginning covers the whole range.

    Sizes in the caches are in two parts, the costly ones beyond in one.
    """
    in_cache = [Size(n, d) for d in FEATURES for n in SAMPLES if n * (d + 1) <= IN_CACHE]
    beyond = [Size(IN_MEMORY // (d + 1), d) for d in FEATURES_IN_MEMORY]
    rng = np.random.default_rng(0)
    of_part = [
        size
        for sizes_, offsets in ((in_cache, {0, parts // 2}), (beyond, {0}))
        for index, size in enumerate(rng.permutation(np.array(sizes_, object)))
        if any((index + offset) % parts == part for offset in offsets)
    ]
    return [Size(int(n), int(d)) for n, d, _ in rng.permutation(np.array(of_part, object))]


def survey(
    backend: Backend, part: int = 0, parts: int = 1, seconds: float = SECONDS
) -> Iterator[Look]:
    """Look at one size of a part after the other until the time is spent."""
    numbers_of_all = made_up(IN_MEMORY)
    for n_features in (2, 1):  # compiled before anything is timed
        first = look(backend, Size(FIRST_SAMPLES, n_features), numbers_of_all, 0.0)
    largest, per_number_s = 2 * FIRST_SAMPLES, first.epoch_s / (2 * FIRST_SAMPLES)
    began = time.perf_counter()
    for size in sizes(part, parts):
        if time.perf_counter() - began > seconds:
            return
        numbers = size.n_samples * (size.n_features + 1)
        about_s = per_number_s * numbers
        longest = LONGEST_EPOCH_S if numbers <= IN_CACHE else LONGEST_IN_MEMORY_S
        if about_s > longest or timing.reason_not_to_allocate(size):
            continue
        seen = look(backend, size, numbers_of_all, about_s)
        if numbers > largest:  # of few numbers, most of the time is what a call costs
            largest, per_number_s = numbers, seen.epoch_s / numbers
        yield seen


def look(backend: Backend, size: Size, numbers: Array, about_s: float) -> Look:
    """Time the conversion, and fits of one epoch and of several; an epoch takes ``about_s``."""
    X, y, rate = synthetic(size, numbers)
    start = time.perf_counter()
    data = backend.prepare(X, y)
    prepare_s = time.perf_counter() - start
    many = FEW_EPOCHS if about_s > LONG_S else MANY_EPOCHS
    one_s = _seconds(backend, data, 1, rate)
    many_s = _seconds(backend, data, many, rate)
    if many_s < 2 * one_s:  # a call that takes much longer than its epochs
        many = MOST_EPOCHS
        many_s = _seconds(backend, data, many, rate)
    epoch_s = max(0.0, (many_s - one_s) / (many - 1))
    return Look(size, prepare_s, max(0.0, one_s - epoch_s), epoch_s)


def _seconds(backend: Backend, data: Any, epochs: int, learning_rate: float) -> float:
    """Return the least seconds of a fit: what else the machine does makes it longer, and nothing shorter."""
    timer = timeit.Timer(lambda: backend.fit(data, epochs, learning_rate), timer=time.perf_counter)
    least = min(timer.repeat(2, 1))  # some compile for each number of epochs, in the first of them
    if least > LONG_S:
        return least
    number = max(1, round(LOOK_SECONDS / least))
    return min(timer.repeat(REPEATS, number)) / number


def made_up(count: int) -> Array:
    """Return that many numbers; they repeat, since to make them takes longer than to look."""
    return np.resize(np.random.default_rng(0).standard_normal(65_537), count)


def synthetic(size: Size, numbers: Array) -> tuple[Array, Array, float]:
    """Return ``X`` and ``y``, views of the first and the last of ``numbers``, and a stable rate."""
    n_samples, n_features, _ = size
    X = numbers[: n_samples * n_features].reshape(n_samples, n_features)
    return X, numbers[len(numbers) - n_samples :], 0.5 / (1 + 4 * n_features)
