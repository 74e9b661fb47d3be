"""Plots of a fitted ``LinearRegression``: its line, its loss, and the effect of learning rates.

Each function draws on the axes it is given, or on those of a new pyplot figure, and returns them;
none of them shows anything. On axes of your own, let matplotlib make room for the labels at the
right: ``plt.subplots(1, 2, layout="constrained")``. matplotlib is imported when the first plot is
drawn.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from npfs.backends.registry import load_backend
from npfs.estimator import input as inputs
from npfs.estimator.linear_regression import MOMENTS, LinearRegression
from npfs.regression.descent import LOSS_OVERFLOWS
from npfs.regression.learning_rate import SHARES_OF_STABLE, largest_stable_rate
from npfs.regression.problem import Array, all_finite
from npfs.regression.scaling import Standardizer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 2_000  # more hide each other, and make a drawing of many megabytes
SIZE = (7.2, 4.4)  # inches
# Lines are drawn at the epochs that first come so near to the last line, of the first one's
# distance from it.
DISTANCES = (1.0, 0.6, 0.3, 0.1)


def plot_fit(
    model: LinearRegression, X: Any, y: Any, *, feature: int | str = 0, ax: "Axes | None" = None
) -> "Axes":
    """Draw the samples as points and the fitted line, and lines of earlier epochs of a kept path.

    With several features it is a partial residual plot: what the model's other features account for
    (their distances from the training data's mean, times their weights) is taken from ``y``, so
    that the line's slope is the weight of ``feature`` and the points' distances from it are the
    residuals.

    Parameters
    ----------
    model : LinearRegression
        Fitted. Its path is drawn if it has one feature and was fitted with ``keep_path=True``.
    X, y : array-likes of shape (n_samples, n_features) and (n_samples,)
        The samples to draw, of the training data or others; of more than 2,000 a random choice.
    feature : int or str, default 0
        Which feature, by its place or by its name in a data frame.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Source: Larsen, McCleary, *Technometrics* 14 (1972) 781 (partial residual plots).
    """
    _require_model(model)
    samples = model._samples(X)
    targets = inputs.check_targets(y, len(samples), type(model).__name__)
    column = _column(model, feature)
    x = samples[:, column]
    others = np.delete(samples - model.mean_, column, axis=1) @ np.delete(model.coef_, column)
    points = _some(len(x))
    lines = _lines(model, column, float(x.min()), float(x.max()))
    name = _feature_name(model, column)
    with _drawing(ax) as (axes, curves):
        thinned = (
            "" if len(points) == len(x) else f"\n{len(points):,} of {len(x):,} points are drawn"
        )
        axes.set_xlabel(name + thinned, parse_math=False)  # a name is text, whatever is in it
        axes.set_ylabel("y" if model.n_features_in_ == 1 else "y without the other features' part")
        _settle(axes)
        curves.draw_points(axes, x[points], (targets - others)[points])
        curves.draw_fitted_lines(axes, float(x.min()), float(x.max()), lines)
    return axes


def plot_loss(
    model_or_history: Any, *, ax: "Axes | None" = None, label: str | None = None
) -> "Axes":
    """Draw the loss over the epochs, labelled with its last value.

    Several calls on one ``ax`` compare. The vertical axis is logarithmic if a loss falls to a
    tenth or less, the horizontal one (from epoch 1 on) if it does so in the first few of many
    epochs.

    Parameters
    ----------
    model_or_history : LinearRegression or array-like of shape (epochs,)
        A fitted model, or the losses themselves.
    ax : matplotlib Axes, optional
    label : str, optional
        A name for the line; by default the model's backend.

    Returns
    -------
    matplotlib Axes
    """
    history, label = _history(model_or_history, label)
    name = f"{label}: {_number(history[-1])}" if label else _number(history[-1])
    with _drawing(ax) as (axes, curves):
        axes.set_xlabel("epoch")
        axes.set_ylabel(curves.LOSS)
        _settle(axes)
        curves.add_loss(axes, history, name)
    return axes


def plot_learning_rates(
    X: Any,
    y: Any,
    rates: Sequence[float] | None = None,
    *,
    epochs: int = 50,
    standardize: bool = True,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the loss over the epochs for several learning rates.

    The largest stable rate is a dotted line. A rate that diverges is drawn to where it leaves
    the axes.

    Parameters
    ----------
    X, y : array-likes of shape (n_samples, n_features) and (n_samples,)
    rates : sequence of numbers above 0, optional
        By default from a hundredth of the largest stable rate to a tenth above it.
    epochs : int, default 50
    standardize : bool, default True
        As ``LinearRegression`` does: the rates are those for standardised features.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Source: Boyd, Vandenberghe, *Convex Optimization*, section 9.3 (the largest stable rate is two
    over the largest eigenvalue of the Hessian).
    """
    samples = inputs.check_samples(X, LinearRegression.__name__)
    targets = inputs.check_targets(y, len(samples), LinearRegression.__name__)
    if not inputs.is_count(epochs):
        raise ValueError(f"epochs must be an integer of at least 1, got {epochs!r}")
    if standardize:
        _, samples = Standardizer.fit_transform(samples)
    stable = largest_stable_rate(samples)
    chosen = [share * stable for share in SHARES_OF_STABLE] if rates is None else list(rates)
    if not chosen or not all(map(inputs.is_positive, chosen)):
        raise ValueError(f"rates must be finite numbers above 0, got {rates!r}")
    losses = _losses(samples, targets, int(epochs), [*sorted(chosen), stable])
    with _drawing(ax) as (axes, curves):
        axes.set_ylabel(curves.LOSS)
        axes.set_xlabel("epoch")
        _settle(axes)
        limit = curves.limit_curve(f"largest stable rate, {stable:.2g}", losses.pop())
        curves.draw_curves(
            axes, [*curves.rate_curves(list(zip(sorted(chosen), losses, strict=True))), limit]
        )
    return axes


def _losses(X: Array, y: Array, epochs: int, rates: Sequence[float]) -> list[list[float]]:
    """Return the losses of each rate; infinite where there is no number any more."""
    numpy = load_backend("numpy")
    data = numpy.prepare(np.ascontiguousarray(X), y)
    with np.errstate(over="ignore", invalid="ignore"):
        histories = [np.array(numpy.fit(data, epochs, rate).loss_history, float) for rate in rates]
    if not np.isfinite(histories[0][0]):
        raise ValueError(LOSS_OVERFLOWS)
    return [np.where(np.isnan(history), np.inf, history).tolist() for history in histories]


def _require_model(model: Any) -> None:
    if not isinstance(model, LinearRegression):
        raise TypeError(
            f"model must be an npfs LinearRegression, got {type(model).__name__}; "
            "of a pipeline, pass its last step"
        )


def _column(model: LinearRegression, feature: int | str) -> int:
    """Return the place of a feature that is given by its place or name."""
    count = model.n_features_in_
    names = list(getattr(model, "feature_names_in_", ()))
    if isinstance(feature, str) and feature in names:
        return names.index(feature)
    if isinstance(feature, Integral) and -count <= feature < count:
        return int(feature) % count
    known = f" or one of {names}" if names else ""
    raise ValueError(f"feature must be a place from 0 to {count - 1}{known}, got {feature!r}")


def _feature_name(model: LinearRegression, column: int) -> str:
    if hasattr(model, "feature_names_in_"):
        return str(model.feature_names_in_[column])
    return "x" if model.n_features_in_ == 1 else f"feature {column}"


def _some(n_samples: int) -> Any:
    """Return the places of the points that are drawn, in the order of the samples."""
    if n_samples <= MOST_POINTS:
        return np.arange(n_samples)
    return np.sort(np.random.default_rng(0).choice(n_samples, MOST_POINTS, replace=False))


def _lines(
    model: LinearRegression, column: int, low: float, high: float
) -> list[tuple[str, float, float]]:
    """Return (label, slope, intercept) of the lines to draw between two places, fitted one last."""
    slope = float(model.coef_[column])
    if model.n_features_in_ > 1 or not hasattr(model, "path_"):
        at_zero = model._at_mean - slope * float(model.mean_[column])
        return [(f"slope {_number(slope)}", slope, at_zero)]
    ends = model.path_ @ [[low, high], [1.0, 1.0]]
    left = np.max(np.abs(ends - ends[-1]), axis=1)
    near = [int(np.argmax(left <= share * left[0])) for share in DISTANCES]
    shown = [epoch for epoch in dict.fromkeys(near) if left[epoch] > 0.3 * DISTANCES[-1] * left[0]]
    lines = []
    for epoch in [*shown, model.n_iter_]:
        slope, intercept = map(float, model.path_[epoch])
        lines.append((f"epoch {epoch:,}: slope {_number(slope)}", slope, intercept))
    return lines


def _history(model_or_history: Any, label: str | None) -> tuple[Array, str | None]:
    if isinstance(model_or_history, LinearRegression):
        model_or_history._require_fit()
        backend = model_or_history.backend_
        name = "one pass" if backend == MOMENTS else backend
        return model_or_history.loss_history_, label or name
    try:
        history = np.asarray(model_or_history, dtype=np.float64)
    except (TypeError, ValueError):
        _require_model(model_or_history)
        raise
    if history.ndim != 1 or not len(history):
        raise ValueError(f"losses must have shape (epochs,), got shape {history.shape}")
    if not all_finite(history):
        raise ValueError(
            "losses must be finite; to see how descent diverges, use plot_learning_rates"
        )
    return history, label


def _number(value: float) -> str:
    """Format a number with three digits; a power of ten only where it is very large or small."""
    from npfs.drawing import numbers

    if value == 0:
        return "0"
    return numbers.significant(value) if 1e-4 <= abs(value) < 1e7 else f"{value:.2e}"


@contextmanager
def _drawing(ax: "Axes | None") -> "Iterator[tuple[Axes, Any]]":
    """Yield axes to draw on and the module that draws, in the style of the report."""
    from npfs.drawing import style
    from npfs.estimator import curves

    with style.house_style():
        if ax is not None:
            yield ax, curves
            return
        import matplotlib.pyplot as plt

        figure, ax = plt.subplots(figsize=SIZE, layout="constrained")
        yield ax, curves
        figure.draw_without_rendering()  # its numbers are made now, in this style


def _settle(axes: "Axes") -> None:
    """Let the layout find the height of the axes, by which labels are moved apart."""
    figure = axes.get_figure(root=True)
    if figure is not None and figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
