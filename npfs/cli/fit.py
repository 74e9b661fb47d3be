"""``npfs fit``: fit a table in one pass, or by the passes of a backend; print and draw the fit."""

import math
import os
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from typer import Argument, CallbackParam, Option

from npfs.cli import shared
from npfs.drawing.numbers import counted, n_bytes, significant, time

if TYPE_CHECKING:
    from npfs.data import Reader, Table
    from npfs.data.columns import Batch
    from npfs.estimator.linear_regression import LinearRegression
    from npfs.regression.problem import Array

AUTO = "auto"
BENCHMARKED = ("dask", "dask-gram", "memmap")  # whose passes are what the benchmark measures
DRAWN_ROWS = 20_000  # at most
FEW_FEATURES = 64  # of more, moments take longer than passes: O(n_features²) a sample
SCHEMA = 1
SHOWN_COEFFICIENTS = 40
DRAWN = (".png", ".svg", ".pdf")
# A loss that falls by less than this share in the last tenth of the epochs is called settled.
SETTLED = 1e-6
MORE_EPOCHS = 100  # times as many are suggested: they end as soon as --tol is reached
Result = TypeVar("Result")


def _refuse_gone(option: CallbackParam, value: str | bool | None) -> None:
    if value not in (None, False):
        raise shared.Mistake(
            f"{option.opts[0]} is gone: a fit reads the data once, in bounded memory, and needs no "
            "state on disk; leave it out, and give --moments FILE to add data later"
        )


Gone = Annotated[str | None, Option(hidden=True, callback=_refuse_gone)]


def _writable(option: CallbackParam, path: Path | None) -> Path | None:
    """Refuse a place for a file before there is something to lose."""
    name = option.opts[0]
    if path is None:
        return None
    if name == "--plot" and path.suffix.lower() not in DRAWN:
        raise shared.Mistake(f"--plot writes {', '.join(DRAWN)}; got {str(path)!r}")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise shared.Mistake(
            f"there is no folder {path.parent} for {name}; make it, or name another"
        )
    if path.is_dir():
        raise shared.Mistake(f"{name} {path} is a folder; name a file in it")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise shared.Mistake(f"{name} {path} cannot be written; name another place")
    return path


def fit(
    file: Annotated[
        Path, Argument(help="CSV (or .gz, .bz2, .zst), Parquet, Arrow, .npy, .npz; or a folder.")
    ],
    target: Annotated[
        str, Option(metavar="COLUMN", help="The column to predict: its name, or position from 0.")
    ],
    features: Annotated[
        str | None, Option(metavar="A,B", help="Columns to predict from. (default: all others)")
    ] = None,
    backend: Annotated[
        str | None,
        Option(
            metavar="NAME",
            help="Run a pass in each epoch, by one of npfs backends or auto. (default: one pass)",
        ),
    ] = None,
    epochs: Annotated[
        str, Option(metavar="N", help="Steps of gradient descent; with --tol at most so many.")
    ] = "1000",
    learning_rate: Annotated[str, Option(metavar="RATE", help="auto, or a number above 0.")] = AUTO,
    tol: Annotated[
        str | None, Option(metavar="NORM", help="Stop when the gradient's norm is at most this.")
    ] = None,
    standardize: Annotated[bool, Option(help="Bring all features to one scale first.")] = True,
    missing: shared.Missing = "error",
    missing_values: shared.MissingValues = None,
    separator: shared.Separator = None,
    decimal: shared.Decimal = None,
    header: shared.Header = None,
    plot: Annotated[
        Path | None,
        Option(metavar="OUT", callback=_writable, help="Draw fit and loss: .png, .svg or .pdf."),
    ] = None,
    moments: Annotated[
        Path | None,
        Option(
            metavar="FILE", callback=_writable, help="Add the data to this .npz file; or make it."
        ),
    ] = None,
    scheduler: Annotated[
        str | None, Option(metavar="ADDRESS", help="Read in this Dask cluster: tcp://host:8786.")
    ] = None,
    reports: shared.Reports = shared.REPORTS,
    as_json: shared.AsJson = False,
    quiet: shared.Quiet = False,
    checkpoint: Gone = None,
    checkpoint_every: Gone = None,
    resume: Annotated[bool, Option("--resume", hidden=True, callback=_refuse_gone)] = False,
    scratch: Gone = None,
) -> None:
    """Fit a linear regression to a table in a file, by gradient descent."""
    from npfs.data import BadTable, open_table
    from npfs.largedata.moments import BadMoments

    _require_one_way(backend, moments, scheduler)
    no_progress = quiet or as_json
    model = _model(backend or "numpy", epochs, learning_rate, tol, standardize)
    reading = {"missing": missing, "separator": separator, "decimal": decimal, "header": header}
    options = shared.table_options("--features", features, missing_values, target=target, **reading)
    with shared.mistakes(BadTable, BadMoments, OSError, MemoryError):
        with shared.working("reading the file", quiet=no_progress):
            reader = open_table(file, options)
            tables = [] if backend is None else [_in_memory(reader, file, backend)]
        with shared.working("fitting", quiet=no_progress):
            if tables:
                fitted = _fit_table(tables.pop(), model, reports)
            else:
                sample = Sample(0 if plot is None else DRAWN_ROWS)
                fitted = _fit_moments(reader, model, moments, scheduler, sample)
    if as_json:
        shared.print_json(_document(fitted))
    else:
        _show(fitted, quiet=quiet)
    if plot is not None:
        sys.stdout.flush()  # a drawing may end the process
        with shared.working("drawing", quiet=no_progress):
            _draw(fitted, plot)
        if not no_progress:
            print(f"wrote {plot}")


def _require_one_way(backend: str | None, moments: Path | None, scheduler: str | None) -> None:
    """Refuse a backend together with what belongs to one pass."""
    for option, value in (("--moments", moments), ("--scheduler", scheduler)):
        if backend is not None and value is not None:
            said = f"{option} belongs to a fit in one pass, and --backend {backend} makes many"
            raise shared.Mistake(f"{said}; leave one of both out")
    if backend in BENCHMARKED:
        raise shared.Mistake(
            f"--backend {backend} is for the benchmark; leave it out: data of any size are fitted "
            "in one pass, on a Dask cluster with --scheduler ADDRESS"
        )


def _in_memory(reader: "Reader", path: Path, backend: str) -> "Table":
    """Read what the passes of a backend run over, if memory holds it."""
    from npfs.analysis.scale import COPIES_IN_MEMORY
    from npfs.data.table import read_opened
    from npfs.harness.environment import available_bytes

    free = available_bytes() or math.inf
    size = path.stat().st_size if reader.n_rows is None else reader.n_rows * len(reader.names) * 8
    if path.is_dir() or size * COPIES_IN_MEMORY > free:
        what = "a folder" if path.is_dir() else f"{n_bytes(size)} of numbers"
        raise shared.Mistake(
            f"--backend {backend} runs its passes over one table in memory, and {path} holds "
            f"{what}; leave --backend out to fit it in one pass"
        )
    return read_opened(reader)


def _model(
    backend: str, epochs: str, learning_rate: str, tol: str | None, standardize: bool
) -> "LinearRegression":
    """Return the estimator that the options ask for, not fitted yet."""
    from npfs.estimator.linear_regression import LinearRegression
    from npfs.harness.option_values import number, whole_number

    rate: float | str = AUTO
    with shared.mistakes(ValueError):
        if learning_rate != AUTO:
            takes = "auto or a number above 0, such as 0.01"
            rate = number("--learning-rate", learning_rate, takes)
        return LinearRegression(
            backend,
            learning_rate=rate,
            epochs=whole_number("--epochs", epochs, at_least=1),
            tol=None if tol is None else number("--tol", tol, "a number of at least 0", zero=True),
            standardize=standardize,
        )


@dataclass(frozen=True)
class Fitted:
    """A fit, and what there is to say about it.

    Attributes
    ----------
    n_samples : int
        Those without the rows that were left out.
    r2 : float
        NaN for a single sample.
    rows : tuple of X and y
        What can be drawn of the data.
    """

    model: "LinearRegression"
    data: "Table | Reader"
    n_samples: int
    r2: float
    seconds: float
    notes: list[str]
    rows: "tuple[Array, Array]"

    @property
    def coefficients(self) -> list[tuple[str, float]]:
        """Return names and values of the features, in the order of the data."""
        return list(zip(self.data.feature_names, self.model.coef_.tolist(), strict=True))


class Sample:
    """Some rows, spread over all that is read, for a drawing."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.every, self.seen = 1, 0
        self.rows: list[Array] = []

    def look(self, batch: "Batch") -> None:
        """Keep some rows of a batch."""
        import numpy as np

        if not self.most:
            return
        first = -self.seen % self.every
        self.seen += len(batch.columns[0])
        found = [column[first :: self.every] for column in batch.columns]
        self.rows.append(np.array(found, dtype=np.float64).T)
        if sum(map(len, self.rows)) > self.most:
            self.rows, self.every = [np.concatenate(self.rows)[::2]], 2 * self.every

    def arrays(self) -> "tuple[Array, Array]":
        """Return features and target of the rows that lack no number."""
        import numpy as np

        rows = np.concatenate(self.rows) if self.rows else np.empty((0, 2))
        rows = rows[np.isfinite(rows).all(axis=1)]
        return rows[:, :-1], rows[:, -1]


def _fit_moments(
    reader: "Reader",
    model: "LinearRegression",
    stored: Path | None,
    scheduler: str | None,
    sample: Sample,
) -> Fitted:
    """Fit in one pass over the data, together with the moments in a file if there is one."""
    from npfs.data.values import notes_on
    from npfs.largedata.moments import StoredMoments
    from npfs.largedata.one_pass import read_moments

    notes: list[str] = []
    before = None if stored is None or not stored.exists() else StoredMoments.load(stored)

    def run() -> StoredMoments:
        if scheduler is None:
            taken, rows = read_moments(reader, sample.look)
        else:
            from npfs.largedata.cluster_moments import of_parts
            from npfs.largedata.connection import connect

            taken, rows = of_parts(reader, connect(scheduler))
            if sample.most:
                deque(map(sample.look, reader.batches()), maxlen=0)
        notes.extend(rows.notes(reader))
        found = StoredMoments(taken, reader.feature_names, reader.target_name)
        if before is not None:
            found = before.join(found)
            notes.append(
                f"{stored} held {before.moments.n:,} samples, and holds {found.moments.n:,} now."
            )
        model.keep_path = len(found.feature_names) == 1  # whose lines can be drawn
        model.fit_moments(found.moments)
        return found

    found, seconds, convergence = run_fit(model, run)
    moments = found.moments
    if stored is not None:
        with shared.mistakes(OSError, remedy="name another place with --moments"):
            found.save(stored)
    notes += notes_on(reader, moments.n, moments.low, moments.high, *moments.same_columns())
    r2 = model.score_moments(moments) if moments.n > 1 else math.nan
    notes += convergence
    return Fitted(model, reader, moments.n, r2, seconds, notes, sample.arrays())


def _fit_table(table: "Table", model: "LinearRegression", reports: Path) -> Fitted:
    """Fit by the passes of a backend.

    Of few features the numbers that were read are let go once they are standardised: memory holds
    them twice, as they are descended on and as the backend has them, and not three times. R² then
    comes from their moments.
    """
    import numpy as np

    from npfs.backends.base import BackendUnavailable
    from npfs.backends.registry import UnknownBackend, load_backend
    from npfs.estimator.auto import choose_backend
    from npfs.largedata.moments import Moments

    notes = []
    n_samples, n_features = table.X.shape
    if model.backend == AUTO:
        choice = choose_backend(n_samples, n_features, model.epochs, reports=reports)
        model.backend = choice.backend
        notes.append(f"Backend {choice.backend}: {choice.reason}.")
    with shared.mistakes(UnknownBackend, BackendUnavailable):
        if note := load_backend(str(model.backend)).note:
            notes.append(f"Backend {model.backend}: {note}.")
    model.keep_path = n_features == 1  # whose lines can be drawn
    moments = Moments.of(table.X, table.y) if n_features <= FEW_FEATURES else None
    every = max(1, n_samples // DRAWN_ROWS)
    rows = table.X[::every].copy(), table.y[::every].copy()
    arrays = [table.y, table.X]
    if moments is not None:
        table = replace(table, X=np.empty((0, n_features)))
    # Ctrl-C ends the process at once, by the signal itself. Python's own handler would wait until a
    # compiled function returns, which may be after minutes, and there is nothing to save meanwhile.
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        _, seconds, convergence = run_fit(model, lambda: model.fit(arrays.pop(), arrays.pop()))
    finally:
        signal.signal(signal.SIGINT, handler)
    r2 = math.nan
    if n_samples > 1:
        r2 = model.score(table.X, table.y) if moments is None else model.score_moments(moments)
    return Fitted(model, table, n_samples, r2, seconds, [*notes, *convergence], rows)


def run_fit(
    model: "LinearRegression", run: Callable[[], Result]
) -> tuple[Result, float, list[str]]:
    """Run a fit of ``model``; return its result, its seconds, and sentences on its convergence.

    Raises
    ------
    Mistake
        If an option does not suit the data, or a library is not installed.
    """
    from npfs.backends.base import BackendUnavailable
    from npfs.regression.errors import ConvergenceWarning, DivergenceError

    start = perf_counter()
    try:
        with (
            warnings.catch_warnings(record=True) as caught,
            shared.mistakes(ValueError, BackendUnavailable),
        ):
            warnings.simplefilter("always", ConvergenceWarning)
            result = run()
    except DivergenceError as error:
        raise shared.Mistake(
            f"gradient descent diverged: the loss grows from epoch {error.epoch} on, since "
            f"--learning-rate {error.learning_rate:.6g} is above {error.largest_stable_rate:.6g}, "
            "the largest stable one for these data; give auto or a number below that"
        ) from None
    seconds = perf_counter() - start
    notes = [f"{str(w.message)[:1].upper()}{str(w.message)[1:]}." for w in caught]
    return result, seconds, notes if model.tol is not None else notes + _unsettled(model)


def _unsettled(model: "LinearRegression") -> list[str]:
    """Return a note if the loss was still falling."""
    losses = model.loss_history_
    before = losses[-1 - max(1, len(losses) // 10) :][0]
    fell = 1 - losses[-1] / before if before > 0 else 0.0
    if fell <= SETTLED:
        return []
    return [
        f"The loss was still falling: by {significant(100 * fell, 2)} % over the last tenth of the "
        "epochs. More epochs bring the coefficients, which may be further off than the loss, "
        f"nearer to the solution: --epochs {MORE_EPOCHS * len(losses)} --tol 1e-6 stops when they "
        "are there."
    ]


def _draw(fitted: Fitted, path: Path) -> None:
    """Draw the fit, along the feature that tells most of the target, and its loss into a file.

    Raises
    ------
    Mistake
        Whatever goes wrong: the fit is printed already.
    """
    try:
        import matplotlib as mpl

        with mpl.rc_context({"text.usetex": False}), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of labels that leave little room
            _draw_into(fitted, path)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise shared.Mistake(
            f"the fit is printed above, and could not be drawn to {path} ({reason}); name another "
            "place with --plot, or see to matplotlib's settings"
        ) from None


def _draw_into(fitted: Fitted, path: Path) -> None:
    import numpy as np
    from matplotlib.figure import Figure

    from npfs.estimator.plots import plot_fit, plot_loss

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    model, data = fitted.model, fitted.data
    X, y = fitted.rows
    strongest = int(np.argmax(np.abs(model.coef_ * X.std(axis=0))))
    plot_fit(model, X, y, feature=strongest, ax=left)
    left.set_xlabel(data.feature_names[strongest])
    rest = "" if X.shape[1] == 1 else " without the other features' part"
    # A name is text: what is between dollar signs is no formula.
    left.set_ylabel(data.target_name + rest, parse_math=False)
    plot_loss(model, ax=right)
    figure.savefig(path, dpi=150)


def _show(fitted: Fitted, *, quiet: bool) -> None:
    model, coefficients = fitted.model, fitted.coefficients
    if not quiet:
        of = f" of {len(coefficients)} features" if len(coefficients) > 1 else ""
        shared.print_lines(
            f"{fitted.data.target_name} from {counted(fitted.n_samples, 'sample')}{of}"
        )
    rows = [*coefficients[:SHOWN_COEFFICIENTS], ("intercept", model.intercept_)]
    shared.print_table([{"feature": name, "coefficient": f"{value:.6g}"} for name, value in rows])
    if hidden := len(coefficients[SHOWN_COEFFICIENTS:]):
        shared.print_lines(f"and {hidden:,} more features; --json prints all of them")
    if quiet:
        return
    how = "one pass over the data" if model.backend_ == "moments" else model.backend_
    shared.print_lines(
        f"R² {fitted.r2:.4g}, mean squared error {model.loss_history_[-1]:.6g} after "
        f"{counted(model.n_iter_, 'epoch')}; {how}, learning rate {model.learning_rate_:.4g}, "
        f"{time(fitted.seconds)}"
    )
    shared.print_lines(*fitted.data.notes, *fitted.notes)


def _document(fitted: Fitted) -> dict[str, Any]:
    """Return the fit for programs."""
    model = fitted.model
    return {
        "schema": SCHEMA,
        "target": fitted.data.target_name,
        "n_samples": fitted.n_samples,
        "n_features": len(fitted.coefficients),
        "coefficients": [{"feature": name, "value": value} for name, value in fitted.coefficients],
        "intercept": model.intercept_,
        "r2": None if math.isnan(fitted.r2) else fitted.r2,
        "mean_squared_error": float(model.loss_history_[-1]),
        "epochs": model.n_iter_,
        "learning_rate": model.learning_rate_,
        "backend": model.backend_,
        "seconds": fitted.seconds,
        "loss_history": model.loss_history_.tolist(),
        "notes": [*fitted.data.notes, *fitted.notes],
    }
