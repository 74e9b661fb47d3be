"""Check of advice: fits at sizes that were never timed, beside what was foretold for them."""

import math
import statistics
import time
from collections.abc import Iterator

import numpy as np

from npfs.backends.base import Backend
from npfs.evidence import records
from npfs.evidence.advice_errors import Checked
from npfs.evidence.prediction import Estimate, Predictor
from npfs.evidence.surface import Reach
from npfs.measure import survey, timing
from npfs.measure.plan import Size

INSIDE, BEYOND = 16, 6  # sizes for each backend
DECADE = 10.0
FEWEST_SAMPLES, MOST_FEATURES = 10, 64
EPOCHS = (1, 10, 100, 1000)
# The number of epochs is the largest with which a fit is foretold to stay below the first; a size of which one epoch
# would take longer than the second is not timed.
FIT_SECONDS, LONGEST_S = 0.3, 1.5
# How long a size is timed, and how many rounds at least.
LOOK_SECONDS, ROUNDS = 0.02, 3


def check(
    predictor: Predictor, backends: dict[str, Backend], seed: int
) -> Iterator[Checked | None]:
    """Time each backend at random sizes, between the measured ones and up to a factor of ten beyond; one at a time.

    None stands for a size that would take too long or too much memory.
    """
    names = [name for name in predictor.backends if name in backends]
    rng = np.random.default_rng(seed)
    draws = [(*rng.random(2), number >= INSIDE) for number in range(INSIDE + BEYOND)]
    order = [(name, draw) for name in names for draw in draws]
    for index in rng.permutation(len(order)):
        name, (along, across, is_beyond) = order[index]
        n_features = round(MOST_FEATURES ** float(across))
        n_samples = _samples(predictor, name, n_features, float(along), is_beyond=is_beyond)
        yield _check_one(predictor, backends[name], Size(n_samples, n_features))


def number_of_checks(predictor: Predictor, backends: dict[str, Backend]) -> int:
    """Return how many sizes ``check`` goes through."""
    return (INSIDE + BEYOND) * sum(name in backends for name in predictor.backends)


def _samples(
    predictor: Predictor, name: str, n_features: int, along: float, *, is_beyond: bool
) -> int:
    """Return a number of samples, log-uniform in the measured range or in the decade beyond it."""
    probe = 10**9  # far beyond: how far tells the largest that was measured
    _, reach = predictor.fit(name, probe, n_features, 1)
    largest = probe / reach.samples
    if is_beyond:
        return math.ceil(largest * math.exp(along * math.log(DECADE)))
    return round(FEWEST_SAMPLES * math.exp(along * math.log(largest / FEWEST_SAMPLES)))


def _check_one(predictor: Predictor, backend: Backend, size: Size) -> Checked | None:
    def foretell(epochs: int) -> tuple[Estimate, Reach]:
        return predictor.fit(backend.name, size.n_samples, size.n_features, epochs)

    if foretell(1)[0].value > LONGEST_S or timing.reason_not_to_allocate(size):
        return None
    epochs = max(e for e in EPOCHS if e == 1 or foretell(e)[0].value <= FIT_SECONDS)
    foretold, reach = foretell(epochs)
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
    seen = records.Size(size.n_features, size.n_samples)
    return Checked(backend.name, seen, epochs, reach, foretold, statistics.median(rounds))
