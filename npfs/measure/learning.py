"""The lesson that a run records: how each backend learns the slope of y = 3x + noise."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from npfs.backends.base import Backend
from npfs.problem import make_problem

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


def record(backends: Iterable[Backend]) -> dict[str, Any]:
    """Fit the seed problem with every backend and keep what a figure needs.

    ``lines`` holds ``[epoch, weight, bias]`` rows: each is a fit of its own that stops there, since a fit
    returns only its last parameters. A backend that fails is left out.
    """
    problem = make_problem(N_SAMPLES, slope=SLOPE)
    lessons = {}
    for backend in backends:
        try:
            lessons[backend.name] = _learn(backend, problem.X, problem.y)
        except Exception:  # a backend's own error, which its cases have already shown
            continue
    return {
        "x": problem.X[:, 0].tolist(),
        "y": problem.y.tolist(),
        "slope": SLOPE,
        "learning_rate": LEARNING_RATE,
        "backends": lessons,
    }


def _learn(backend: Backend, X: Any, y: Any) -> dict[str, Any]:
    data = backend.prepare(X, y)
    lines = []
    for epochs in LINES_AT:
        result = backend.fit(data, epochs, LEARNING_RATE)
        lines.append([epochs, float(result.weights[0]), float(result.bias)])
    loss = [float(loss) for loss in result.loss_history]
    if not np.isfinite([*loss, *np.ravel(lines)]).all():
        raise FloatingPointError(f"{backend.name} learned numbers that are not finite")
    return {"lines": lines, "loss": loss}
