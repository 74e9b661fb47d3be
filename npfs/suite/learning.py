"""The lesson of a run: how each backend learns the slope of y = 3x + noise."""

import contextlib
from collections.abc import Iterable

import numpy as np

from npfs.backends.base import Backend
from npfs.regression.learning_rate import SHARES_OF_STABLE, largest_stable_rate
from npfs.regression.problem import Array, make_problem
from npfs.regression.scaling import Standardizer
from npfs.schema import History, Learning, LearningRates, Lesson, Scaling

SLOPE = 3.0
N_SAMPLES = 100
LEARNING_RATE = 0.1
EPOCHS = 40
LINES_AT = (
    0,
    1,
    2,
    4,
    8,
    EPOCHS,
)  # epochs whose line is drawn: close together while it still moves
SCALES = (1.0, 30.0)  # of two features, such as metres and centimetres would make of alike lengths
SHARE_FOR_SCALES = 0.5
TEACHER = "numpy"  # whose losses show the rates and the scales, where it was measured


def record(backends: Iterable[Backend]) -> Learning:
    """Fit the seed problem with every backend and keep what a figure needs.

    ``lines`` holds ``[epoch, weight, bias]`` rows: each is a fit of its own that stops there, since
    a fit returns only its last parameters. ``rates`` and ``scaling`` are of one backend. A backend
    that fails is left out.
    """
    problem = make_problem(N_SAMPLES, slope=SLOPE)
    lessons, learned = {}, {}
    for backend in backends:
        try:
            lessons[backend.name] = _learn(backend, problem.X, problem.y)
        except Exception:  # a backend's own error, which its cases have already shown
            continue
        learned[backend.name] = backend
    rates = scaling = None
    if learned:
        teacher = learned.get(TEACHER) or next(iter(learned.values()))
        with contextlib.suppress(Exception):  # it may take one feature alone, or refuse to diverge
            rates = _rates(teacher, problem.X, problem.y)
            scaling = _scaling(teacher)
    return Learning(
        x=tuple(problem.X[:, 0].tolist()),
        y=tuple(problem.y.tolist()),
        slope=SLOPE,
        learning_rate=LEARNING_RATE,
        backends=lessons,
        rates=rates,
        scaling=scaling,
    )


def _learn(backend: Backend, X: Array, y: Array) -> Lesson:
    data = backend.prepare(X, y)
    lines = []
    for epochs in LINES_AT:
        result = backend.fit(data, epochs, LEARNING_RATE)
        lines.append((epochs, float(result.weights[0]), float(result.bias)))
    loss = tuple(float(loss) for loss in result.loss_history)
    if not np.isfinite([*loss, *np.ravel(lines)]).all():
        raise FloatingPointError(f"{backend.name} learned numbers that are not finite")
    return Lesson(tuple(lines), loss)


def _rates(backend: Backend, X: Array, y: Array) -> LearningRates:
    """Return the loss of every epoch for rates from far too slow to diverging."""
    stable = largest_stable_rate(X)
    rates = [share * stable for share in SHARES_OF_STABLE]
    return LearningRates(stable, tuple((rate, _losses(backend, X, y, rate)) for rate in rates))


def _scaling(backend: Backend) -> Scaling:
    """Return the losses on two features of unequal scale: as they came, and standardised.

    Both with the same share of their own largest stable rate.
    """
    problem = make_problem(N_SAMPLES, len(SCALES), slope=SLOPE)
    raw = problem.X * SCALES
    scaled = Standardizer.of(raw).transform(raw)
    histories = []
    for X in (raw, scaled):
        rate = SHARE_FOR_SCALES * largest_stable_rate(X)
        histories.append(History(rate, _losses(backend, X, problem.y, rate)))
    return Scaling(SCALES, *histories)


def _losses(backend: Backend, X: Array, y: Array, learning_rate: float) -> tuple[float, ...]:
    history = backend.fit(backend.prepare(X, y), EPOCHS, learning_rate).loss_history
    losses = tuple(float(loss) for loss in history)
    if not np.isfinite(losses).all():
        raise FloatingPointError(f"{backend.name} has a loss that is not finite")
    return losses
