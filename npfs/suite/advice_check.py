"""Check of advice: fits at sizes that were never timed, beside what was foretold for them."""

import math
import statistics
import time
from collections.abc import Iterator

import numpy as np

from npfs.analysis import records
from npfs.analysis.advice_errors import Checked
from npfs.analysis.prediction import Predictor
from npfs.backends.base import Backend
from npfs.suite import survey, timing
from npfs.suite.plan import Size

INSIDE, BEYOND = 20, 8  # sizes for each backend
DECADE = 10.0
FEWEST_SAMPLES, MOST_FEATURES = 10, 64
EPOCHS = (1, 10, 100, 1000)
# The number of epochs is the largest with which a fit is foretold to stay below the first; a size of which one epoch
# would take longer than the second is not timed.
FIT_SECONDS, LONGEST_S = 0.3, 1.5
# How long a size is timed, and how many rounds at least.
LOOK_SECONDS, ROUNDS = 0.02, 3

Task = tuple[Backend, Size, int]  # what is fitted, on how much, in how many epochs


def check(
    predictor: Predictor, backends: dict[str, Backend], seed: int
) -> Iterator[Checked | None]:
    """Time each backend at random sizes, between the measured ones and up to a factor of ten beyond; one at a time.

    Each is visited twice, some time apart, and the less disturbed visit counts, as in the benchmark. None stands for a
    first visit, or for a size that would take too long or too much memory.
    """
    rng = np.random.default_rng(seed)
    tasks = [
        _draw(predictor, backend, rng, is_beyond=number >= INSIDE)
        for backend in _known(predictor, backends)
        for number in range(INSIDE + BEYOND)
    ]
    first: dict[int, float] = {}
    for index in [*rng.permutation(len(tasks)), *rng.permutation(len(tasks))]:
        task = tasks[index]
        seconds = None if task is None else _visit(*task)
        if task is None or seconds is None:
            yield None
        elif index not in first:
            first[index] = seconds
            yield None
        else:
            backend, size, epochs = task
            foretold, reach = predictor.fit(backend.name, size.n_samples, size.n_features, epochs)
            seen = records.Size(size.n_features, size.n_samples)
            least = min(first[index], seconds)
            yield Checked(backend.name, seen, epochs, reach, foretold, least)


def number_of_visits(predictor: Predictor, backends: dict[str, Backend]) -> int:
    """Return how many visits ``check`` makes, two to each size."""
    return 2 * number_of_sizes(predictor, backends)


def number_of_sizes(predictor: Predictor, backends: dict[str, Backend]) -> int:
    """Return how many sizes ``check`` draws, of all backends together."""
    return (INSIDE + BEYOND) * len(_known(predictor, backends))


def _known(predictor: Predictor, backends: dict[str, Backend]) -> list[Backend]:
    return [backends[name] for name in predictor.backends if name in backends]


def _draw(
    predictor: Predictor, backend: Backend, rng: np.random.Generator, *, is_beyond: bool
) -> Task | None:
    """Draw a size, and as many epochs as its fit has time for; None if an epoch takes too long."""
    along, across = rng.random(2).tolist()
    n_features = round(math.exp(across * math.log(MOST_FEATURES)))
    size = Size(
        _samples(predictor, backend.name, n_features, along, is_beyond=is_beyond), n_features
    )
    foretold = {
        epochs: predictor.fit(backend.name, size.n_samples, size.n_features, epochs)[0].value
        for epochs in EPOCHS
    }
    if foretold[EPOCHS[0]] > LONGEST_S:
        return None
    return backend, size, max(e for e in EPOCHS if e == EPOCHS[0] or foretold[e] <= FIT_SECONDS)


def _samples(
    predictor: Predictor, name: str, n_features: int, along: float, *, is_beyond: bool
) -> int:
    """Return a number of samples, log-uniform in the measured range or in the decade beyond it."""
    probe = 10**9  # far beyond: how far tells the largest that was measured
    _, reach = predictor.fit(name, probe, n_features, 1)
    largest = probe / reach.samples
    if is_beyond:
        return math.ceil(largest * math.exp(along * math.log(DECADE)))
    return int(FEWEST_SAMPLES * math.exp(along * math.log(largest / FEWEST_SAMPLES)))


def _visit(backend: Backend, size: Size, epochs: int) -> float | None:
    """Return the median seconds of a fit on data newly made; None if they may not fit into memory."""
    if timing.reason_not_to_allocate(size):
        return None
    numbers = survey.made_up(size.n_samples * (size.n_features + 1))
    X, y, rate = survey.synthetic(size, numbers)
    data = backend.prepare(X, y)
    timing.quiet_collector()
    backend.fit(data, epochs, rate)
    rounds: list[float] = []
    while len(rounds) < ROUNDS or sum(rounds) < LOOK_SECONDS:
        start = time.perf_counter()
        backend.fit(data, epochs, rate)
        rounds.append(time.perf_counter() - start)
    return statistics.median(rounds)
