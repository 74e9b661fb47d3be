"""Comparisons that others have published, as problems to be timed here: so that figures can stand side by side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from npfs.regression.problem import Problem, make_problem


@dataclass(frozen=True)
class Published:
    """A comparison that was published.

    Attributes
    ----------
    name : str
        What ``make_problem`` and ``--problem`` call it.
    title, url : str
        Who published it, and where.
    n_samples : int
    n_features : tuple of int
        Each is a size.
    epochs : int
        Of a fit.
    learning_rate : float or None
        As published; None stands for one that is stable on the data.
    make : callable ``(n_features, seed) -> Problem``
    seconds : mapping of backend to float
        What a fit took there, by the backend of ours that is written alike; empty where only a chart was published.
    """

    name: str
    title: str
    url: str
    n_samples: int
    n_features: tuple[int, ...]
    epochs: int
    learning_rate: float | None
    make: Callable[[int, int], Problem]
    seconds: Mapping[str, float] = field(default_factory=dict)


def _real_python(n_features: int, seed: int) -> Problem:
    """Return x from 0 to 2 in equal steps, and y = 3 + 2x + 0.1 noise."""
    n_samples = REAL_PYTHON_SAMPLES
    x = np.linspace(0, 2, n_samples)
    noise = np.random.default_rng(seed).standard_normal(n_samples)
    return Problem(x[:, None], 3 + 2 * x + 0.1 * noise)


def _many_features(n_features: int, seed: int) -> Problem:
    """Return 10,000 standard normal rows and a linear model with standard normal noise."""
    return make_problem(MANY_FEATURES_SAMPLES, n_features, seed=seed)


REAL_PYTHON_SAMPLES = MANY_FEATURES_SAMPLES = 10_000
PUBLISHED = {
    of.name: of
    for of in (
        Published(
            name="real-python",
            title="Real Python, NumPy and TensorFlow performance",
            url="https://realpython.com/numpy-tensorflow-performance/",
            n_samples=REAL_PYTHON_SAMPLES,
            n_features=(1,),
            epochs=10_000,
            learning_rate=0.001,
            make=_real_python,
            seconds={"python": 18.65, "numpy": 0.32},
        ),
        Published(
            name="many-features",
            title="Gavin Chan, Python compiler comparison (2)",
            url="https://gavincyi.github.io/2022-08-27-python-compiler-comparsion-2/",
            n_samples=MANY_FEATURES_SAMPLES,
            n_features=(2, 5, 10, 20, 50, 100),
            epochs=10,
            learning_rate=None,
            make=_many_features,
        ),
    )
}


def published(name: str) -> Published:
    """Return the comparison of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists those that there are.
    """
    if name not in PUBLISHED:
        raise ValueError(
            f"no published problem is called {name!r}; there are {', '.join(PUBLISHED)}"
        )
    return PUBLISHED[name]
