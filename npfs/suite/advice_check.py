"""Check of predictions: fits of sizes that no run has timed, beside the predicted seconds."""

import gc
import math
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from npfs.analysis.prediction import Beyond, Estimate, Predictor
from npfs.backends.base import Backend
from npfs.schema import Size
from npfs.suite import timing

INSIDE, BEYOND = 12, 6  # sizes for each backend
DECADE = 10.0
FEWEST_SAMPLES, MOST_FEATURES = 10, 64
EPOCHS = (1, 10, 1_000)
LONGEST_S = 0.5  # a fit that would take longer is not timed
# A repetition has at least so many rounds, or fewer where they take longer than LONGEST_S.
REPETITIONS, ROUNDS, SECONDS = 2, 3, 0.02
NUMBERS = 65_537  # made at random; they repeat, since making more takes longer than fitting them

Task = tuple[Backend, Size]


@dataclass(frozen=True)
class Checked:
    """A fit of one size with one backend: predicted, and then timed."""

    backend: str
    size: Size
    epochs: int
    beyond: Beyond
    predicted: Estimate
    measured_s: float

    @property
    def error(self) -> float:
        """Return the error of the prediction, as a share of the measured seconds."""
        return abs(self.predicted.value / self.measured_s - 1)

    @property
    def is_covered(self) -> bool:
        """Test that the interval holds the measured seconds."""
        return self.predicted.low <= self.measured_s <= self.predicted.high


class Summary(NamedTuple):
    """The errors of one backend, or of all (""), inside the measured range or beyond it."""

    backend: str
    is_inside: bool
    fits: int
    median_error: float
    median_errors: dict[int, float]  # by the number of epochs
    largest_error: float
    covered: int


def summaries(checked: Sequence[Checked]) -> list[Summary]:
    """Summarize the errors by backend and over all, inside first."""
    groups: dict[tuple[bool, bool, str], list[Checked]] = {}
    for one in checked:
        for backend in (one.backend, ""):
            key = not one.beyond.is_inside, backend == "", backend
            groups.setdefault(key, []).append(one)
    return [
        Summary(
            backend,
            not is_beyond,
            len(of),
            statistics.median(one.error for one in of),
            {
                epochs: statistics.median(one.error for one in of if one.epochs == epochs)
                for epochs in sorted({one.epochs for one in of})
            },
            max(one.error for one in of),
            sum(one.is_covered for one in of),
        )
        for (is_beyond, _, backend), of in sorted(groups.items())
    ]


def draw(predictor: Predictor, backends: dict[str, Backend], seed: int) -> list[Task]:
    """Draw the sizes of each backend: in the measured range, and up to ten times the data."""
    rng = np.random.default_rng(seed)
    return [
        (backends[name], _size(predictor, name, rng, is_beyond=number >= INSIDE))
        for name in predictor.backends
        if name in backends
        for number in range(INSIDE + BEYOND)
    ]


def check(predictor: Predictor, tasks: Sequence[Task], seed: int) -> Iterator[list[Checked]]:
    """Time each task in repetitions some time apart; yield what each repetition completes.

    The less disturbed repetition counts, as in the benchmark. Nothing is yielded for fits that
    would take too long, or too much memory.
    """
    rng = np.random.default_rng(seed)
    timed: dict[int, list[dict[int, float]]] = {}
    for index in [k for _ in range(REPETITIONS) for k in rng.permutation(len(tasks)).tolist()]:
        backend, size = tasks[index]
        predictions = {
            epochs: predictor.predict(backend.name, size.n_samples, size.n_features, epochs)
            for epochs in EPOCHS
        }
        epochs = [e for e, of in predictions.items() if of.fit.value <= LONGEST_S]
        repetitions = timed.setdefault(index, [])
        repetitions.append(_time(backend, size, epochs))
        done = len(repetitions) == REPETITIONS
        yield [
            Checked(
                backend.name,
                size,
                e,
                predictions[e].beyond,
                predictions[e].fit,
                min(seconds[e] for seconds in repetitions),
            )
            for e in repetitions[0]
            if done
        ]


def _size(predictor: Predictor, name: str, rng: np.random.Generator, *, is_beyond: bool) -> Size:
    """Draw a size, log-uniform in the measured range or in the decade beyond it."""
    along, across = rng.random(2).tolist()
    n_features = round(math.exp(across * math.log(MOST_FEATURES)))
    probe = 10**12  # far beyond: how far tells the largest that was measured
    largest = probe / predictor.predict(name, probe, n_features, 1).beyond.samples
    if is_beyond:
        return Size(math.ceil(largest * math.exp(along * math.log(DECADE))), n_features)
    n_samples = int(FEWEST_SAMPLES * math.exp(along * math.log(largest / FEWEST_SAMPLES)))
    return Size(n_samples, n_features)


def _time(backend: Backend, size: Size, epochs: Sequence[int]) -> dict[int, float]:
    """Return the median seconds of a fit of each number of epochs, on data newly made."""
    if not epochs or timing.reason_not_to_allocate(size):
        return {}
    n_samples, n_features = size.n_samples, size.n_features
    numbers = np.random.default_rng(0).standard_normal(NUMBERS)
    numbers = np.resize(numbers, size.numbers)
    X = numbers[: n_samples * n_features].reshape(n_samples, n_features)
    data, rate = backend.prepare(X, numbers[-n_samples:]), 0.5 / (1 + 4 * n_features)
    gc.collect()
    gc.freeze()
    found = {}
    for count in epochs:
        backend.fit(data, count, rate)
        rounds: list[float] = []
        while sum(rounds) < (SECONDS if len(rounds) >= ROUNDS else LONGEST_S):
            start = time.perf_counter()
            backend.fit(data, count, rate)
            rounds.append(time.perf_counter() - start)
        found[count] = statistics.median(rounds)
    return found
