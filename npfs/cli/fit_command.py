"""What ``npfs fit`` does: read a table, fit, draw, print."""

import json
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as TextTable

from npfs.backends.base import BackendUnavailable
from npfs.cli.shared import width
from npfs.data import Table
from npfs.estimator.auto import choose_backend
from npfs.estimator.linear_regression import LinearRegression
from npfs.estimator.parameters import AUTO
from npfs.regression.errors import ConvergenceWarning, DivergenceError
from npfs.regression.problem import Array
from npfs.report import wording

SCHEMA = 1
SHOWN_COEFFICIENTS = 40
DRAWN = (".png", ".svg", ".pdf")
# A loss that falls by less than this share in the last tenth of the epochs is called settled.
SETTLED = 1e-6
MORE_EPOCHS = 100  # times as many are suggested: they end as soon as --tol is reached


class CannotFit(ValueError):
    """The fit cannot be done as asked; the message says why and what to give instead."""


@dataclass(frozen=True)
class FitOptions:
    """How to fit."""

    backend: str
    epochs: int
    learning_rate: str
    tol: float | None
    standardize: bool
    reports: Path

    def check(self, plot: Path | None) -> None:
        """Refuse what cannot be, before a large file is read."""
        if self.rate != AUTO and not 0 < float(self.rate) < math.inf:
            raise CannotFit(f"--learning-rate must be a number above 0; got {self.learning_rate}")
        if self.tol is not None and not 0 <= self.tol < math.inf:
            raise CannotFit(f"--tol must be a number of at least 0; got {self.tol:g}")
        if self.epochs < 1:
            raise CannotFit(f"--epochs must be at least 1; got {self.epochs}")
        if plot is not None and plot.suffix.lower() not in DRAWN:
            raise CannotFit(f"--plot writes {', '.join(DRAWN)}; got {str(plot)!r}")

    @property
    def rate(self) -> float | str:
        """The learning rate as the estimator takes it."""
        if self.learning_rate == AUTO:
            return AUTO
        try:
            return float(self.learning_rate)
        except ValueError:
            raise CannotFit(
                f"--learning-rate takes auto or a number such as 0.01; got {self.learning_rate!r}"
            ) from None


@dataclass(frozen=True)
class Fitted:
    """A fit, and what there is to say about it.

    Attributes
    ----------
    r2 : float
        NaN for a single sample.
    shown : (X, y)
        The samples that a drawing shows: all of them, or some of many.
    """

    model: LinearRegression
    feature_names: tuple[str, ...]
    target_name: str
    n_samples: int
    r2: float
    shown: tuple[Array, Array]
    seconds: float
    notes: tuple[str, ...]


def fit(table: Table, asked: FitOptions) -> Fitted:
    """Fit the table.

    Raises
    ------
    CannotFit
        If an option does not suit the data: one sentence.
    """
    backend, notes = asked.backend, list(table.notes)
    if backend == AUTO:
        choice = choose_backend(len(table.X), table.X.shape[1], asked.epochs, reports=asked.reports)
        backend = choice.backend
        notes.append(f"Backend {backend}: {choice.reason}.")
    model = LinearRegression(
        backend,
        learning_rate=asked.rate,
        epochs=asked.epochs,
        tol=asked.tol,
        standardize=asked.standardize,
        keep_path=table.X.shape[1] == 1,  # whose lines can be drawn
    )
    _, seconds, found = watched(model, lambda: model.fit(table.X, table.y))
    return Fitted(
        model=model,
        feature_names=table.feature_names,
        target_name=table.target_name,
        n_samples=len(table.y),
        r2=model.score(table.X, table.y) if len(table.y) > 1 else math.nan,
        shown=(table.X, table.y),
        seconds=seconds,
        notes=(*notes, *found),
    )


Result = TypeVar("Result")


def watched(model: LinearRegression, run: Callable[[], Result]) -> tuple[Result, float, list[str]]:
    """Run a fit of ``model``; return its result, its seconds, and sentences on how it went.

    Raises
    ------
    CannotFit
        If an option does not suit the data, or what is needed is not there: one sentence.
    """
    start = time.perf_counter()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            result = run()
    except DivergenceError as error:
        raise CannotFit(
            f"{error}".replace("learning_rate='auto'", "--learning-rate auto")
        ) from None
    except (ValueError, BackendUnavailable) as error:
        raise CannotFit(str(error)) from None
    seconds = time.perf_counter() - start
    notes = [f"{str(w.message)[:1].upper()}{str(w.message)[1:]}." for w in caught]
    return result, seconds, notes if model.tol is not None else notes + _unsettled(model)


def _unsettled(model: LinearRegression) -> list[str]:
    """Say so if the loss was still falling."""
    losses = model.loss_history_
    before = losses[-1 - max(1, len(losses) // 10)] if len(losses) > 1 else losses[0]
    fell = 1 - losses[-1] / before if before > 0 else 0.0
    if fell <= SETTLED:
        return []
    return [
        f"The loss was still falling: by {wording.significant(100 * fell, 2)} % over the last tenth of the epochs. More "
        "epochs bring the coefficients, which may be further off than the loss, nearer to the solution: "
        f"--epochs {MORE_EPOCHS * len(losses)} --tol 1e-6 stops when they are there."
    ]


def draw(fitted: Fitted, path: Path) -> None:
    """Draw the fit, along the feature that tells most of the target, and its loss into a file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from npfs.estimator.plots import plot_fit, plot_loss

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    model, (X, y) = fitted.model, fitted.shown
    strongest = int(np.argmax(np.abs(model.coef_ * X.std(axis=0))))
    plot_fit(model, X, y, feature=strongest, ax=left)
    left.set_xlabel(fitted.feature_names[strongest])
    rest = "" if len(fitted.feature_names) == 1 else " without the other features' part"
    left.set_ylabel(fitted.target_name + rest)
    plot_loss(model, ax=right)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise CannotFit(
            f"{path} cannot be written: {error.strerror or error}; name another place with --plot"
        ) from None


def show(fitted: Fitted, plot: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Print the fit."""
    if as_json:
        print(json.dumps(document(fitted), indent=1))
        return
    console = Console(width=width(), highlight=False)
    model = fitted.model
    text = TextTable(box=box.SIMPLE_HEAD, pad_edge=False)
    text.add_column("feature", overflow="fold")
    text.add_column("coefficient", justify="right")
    for name, value in list(zip(fitted.feature_names, model.coef_, strict=True))[
        :SHOWN_COEFFICIENTS
    ]:
        text.add_row(escape(name), f"{value:.6g}")
    text.add_row("intercept", f"{model.intercept_:.6g}", style="dim")
    if not quiet:
        console.print(f"{fitted.target_name} from {_size(fitted)}", markup=False)
    console.print(text)
    hidden = len(fitted.feature_names) - SHOWN_COEFFICIENTS
    if hidden > 0:
        console.print(f"and {hidden:,} more features; --json prints all of them")
    if quiet:
        return
    console.print(
        f"R² {fitted.r2:.4g}, mean squared error {model.loss_history_[-1]:.6g} after {model.n_iter_:,} epochs; "
        f"{model.backend_}, learning rate {model.learning_rate_:.4g}, {wording.time(fitted.seconds)}",
        markup=False,
    )
    if plot is not None:
        console.print(f"wrote {plot}", markup=False, soft_wrap=True)
    for note in fitted.notes:
        console.print(note, markup=False)


def document(fitted: Fitted) -> dict[str, Any]:
    """Return the fit for programs."""
    model = fitted.model
    return {
        "schema": SCHEMA,
        "target": fitted.target_name,
        "n_samples": fitted.n_samples,
        "n_features": len(fitted.feature_names),
        "coefficients": [
            {"feature": name, "value": float(value)}
            for name, value in zip(fitted.feature_names, model.coef_, strict=True)
        ],
        "intercept": model.intercept_,
        "r2": None if math.isnan(fitted.r2) else fitted.r2,
        "mean_squared_error": float(model.loss_history_[-1]),
        "epochs": model.n_iter_,
        "learning_rate": model.learning_rate_,
        "backend": model.backend_,
        "seconds": fitted.seconds,
        "loss_history": [float(loss) for loss in model.loss_history_],
        "notes": list(fitted.notes),
    }


def _size(fitted: Fitted) -> str:
    from npfs.analysis.records import Size

    return wording.size(Size(len(fitted.feature_names), fitted.n_samples))
