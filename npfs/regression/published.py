"""Published comparisons as problems to be timed here, so that figures can stand side by side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from npfs.regression.problem import Problem, make_problem, require_count


@dataclass(frozen=True)
class Published:
    """A published comparison.

    Attributes
    ----------
    name : str
        For ``load_published`` and ``--problem``.
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
        The time of a fit there, by our backend that is written alike; empty where only a chart was
        published.
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
    """Make x from 0 to 2 in equal steps, and y = 3 + 2x + 0.1 noise."""
    x = np.linspace(0, 2, REAL_PYTHON_SAMPLES)
    noise = np.random.default_rng(seed).standard_normal(REAL_PYTHON_SAMPLES)
    return Problem(x[:, None], 3 + 2 * x + 0.1 * noise)


def _many_features(n_features: int, seed: int) -> Problem:
    """Make 10,000 standard normal rows and a linear model with standard normal noise."""
    return make_problem(MANY_FEATURES_SAMPLES, n_features, seed=seed)


REAL_PYTHON_SAMPLES = MANY_FEATURES_SAMPLES = 10_000
PUBLISHED = {
    comparison.name: comparison
    for comparison in (
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
        If there is none; the message lists the known ones.
    """
    if name not in PUBLISHED:
        raise ValueError(
            f"no published problem is called {name!r}; there are {', '.join(PUBLISHED)}"
        )
    return PUBLISHED[name]


def load_published(name: str, n_features: int | None = None, *, seed: int = 0) -> Problem:
    """Load the problem of a published comparison, such as ``"real-python"``.

    Parameters
    ----------
    name : str
        A key of ``npfs.regression.published.PUBLISHED``.
    n_features : int, optional
        One of the published sizes; by default the first.
    seed : int, default 0
        Of the noise, and of features and weights where the comparison drew them at random.

    Raises
    ------
    ValueError
        If no published problem has the name or the number of features, or ``seed`` is below 0.
    TypeError
        If ``seed`` is not an integer.
    """
    require_count("seed", seed, at_least=0)
    found = published(name)
    n_features = found.n_features[0] if n_features is None else n_features
    if n_features not in found.n_features:
        known = ", ".join(map(str, found.n_features))
        raise ValueError(f"the published problem {name!r} has {known} features, not {n_features!r}")
    return found.make(n_features, seed)
