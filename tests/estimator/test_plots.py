"""The plots of a fit: what they draw is what was fitted, on the axes that they were given.

To store the images anew after an intended change, look at each: ``pytest tests/test_plots.py
--mpl-generate-path=tests/estimator/baseline``.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.pipeline import make_pipeline

from npfs import LinearRegression, make_problem, plot_fit, plot_learning_rates, plot_loss
from npfs.regression.problem import Array

ONE = make_problem(60, intercept=2.0, seed=1)
MANY = make_problem(60, 3, intercept=2.0, seed=2)
SLOW = LinearRegression(learning_rate=0.1, keep_path=True, epochs=50).fit(ONE.X, ONE.y)


@pytest.fixture(autouse=True)
def plotting_is_clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is shown, and no setting changes."""

    def show(*_: Any, **__: Any) -> None:
        raise AssertionError("a plot was shown")

    monkeypatch.setattr(plt, "show", show)
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert {k: v for k, v in mpl.rcParams.items() if v != before[k]} == {}


def points(axes: Axes) -> Array:
    (found,) = [line for line in axes.lines if line.get_marker() == "o" and line.get_alpha()]
    return np.asarray(found.get_xydata())


def lines(axes: Axes) -> list[Array]:
    """The (x, y) of each line of the data; what ties a label to it is on the axes' own scale."""
    found = [line for line in axes.lines if line.get_transform() == axes.transData]
    return [np.asarray(line.get_xydata()) for line in found if not line.get_alpha()]


def words(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def draw_all(ax: Axes | None = None) -> list[Axes]:
    return [
        plot_fit(SLOW, ONE.X, ONE.y, ax=ax),
        plot_loss(SLOW, ax=ax),
        plot_learning_rates(ONE.X, ONE.y, ax=ax),
    ]


def test_without_axes_each_gets_a_figure_of_its_own() -> None:
    mine = plt.gca()
    drawn = draw_all()
    assert len({id(axes.figure) for axes in [mine, *drawn]}) == 4
    assert not mine.has_data()


def test_the_axes_that_are_given_are_drawn_on_and_returned() -> None:
    figure = Figure()  # not one of pyplot's
    mine = figure.add_subplot()
    mine.set_title("mine")
    assert draw_all(mine) == [mine] * 3
    assert len(mine.lines) > 10
    assert mine.get_title() == "mine"
    assert plt.get_fignums() == []


@pytest.mark.parametrize("arranged", ["apart", "beside each other"])
def test_all_words_lie_inside_and_none_on_another(arranged: str) -> None:
    if arranged == "apart":
        drawn = draw_all()
    else:
        _, places = plt.subplots(1, 3, figsize=(16, 4), layout="constrained")
        drawn = [
            plot_fit(SLOW, ONE.X, ONE.y, ax=places[0]),
            plot_loss(SLOW, ax=places[1]),
            plot_learning_rates(ONE.X, ONE.y, ax=places[2]),
        ]
    for axes in drawn:
        figure = axes.get_figure(root=True)
        assert figure is not None
        figure.draw_without_rendering()
        boxes = {
            text.get_text(): text.get_window_extent()
            for text in [*axes.texts, axes.xaxis.label, axes.yaxis.label]
        }
        for name, box in boxes.items():
            assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, name
            assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, name
        for (name, box), (other, beside) in combinations(boxes.items(), 2):
            assert not box.padded(-1.5).overlaps(beside), (name, other)


def test_the_fitted_line_predicts() -> None:
    model = LinearRegression().fit(ONE.X, ONE.y)
    axes = plot_fit(model, ONE.X, ONE.y)
    np.testing.assert_array_equal(points(axes), np.column_stack([ONE.X[:, 0], ONE.y]))
    (line,) = lines(axes)
    np.testing.assert_allclose(line[:, 0], [ONE.X.min(), ONE.X.max()])
    np.testing.assert_allclose(line[:, 1], model.predict(line[:, :1]))
    assert words(axes) == [f"slope {model.coef_[0]:.2f}"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "y")


def test_the_lines_of_the_path_are_those_of_the_epochs_they_name() -> None:
    axes = plot_fit(SLOW, ONE.X, ONE.y)
    assert len(words(axes)) == len(lines(axes)) == 5
    named = {int(text.split(":")[0].removeprefix("epoch ")): text for text in words(axes)}
    assert {0, 50} < set(named)
    expected = {}
    for epoch, text in named.items():
        slope, intercept = SLOW.path_[epoch]
        assert text.endswith(f"slope {slope:.2f}" if slope else "slope 0")
        expected[epoch] = slope * lines(axes)[0][:, 0] + intercept
    drawn = [line[:, 1] for line in lines(axes)]
    np.testing.assert_allclose(drawn, [expected[epoch] for epoch in sorted(expected)])
    steps = np.abs(np.diff([height[1] for height in drawn]))
    assert steps.min() > 0.02 * np.ptp(drawn)  # no two of them look alike


def test_a_path_that_arrives_at_once_has_two_lines() -> None:
    """With one standardised feature, 1 / curvature leads to the solution in one step."""
    model = LinearRegression(keep_path=True, epochs=1_000).fit(ONE.X, ONE.y)
    assert [text.split(":")[0] for text in words(plot_fit(model, ONE.X, ONE.y))] == [
        "epoch 0",
        "epoch 1,000",
    ]


@pytest.mark.parametrize("standardize", [True, False])
def test_with_several_features_the_distances_from_the_line_are_the_residuals(
    standardize: bool,
) -> None:
    X = pd.DataFrame(MANY.X + 5, columns=["age", "height", "weight"])
    model = LinearRegression(epochs=300, standardize=standardize, keep_path=True).fit(X, MANY.y)
    for feature, column in (("height", 1), (2, 2), (-3, 0)):
        axes = plot_fit(model, X, MANY.y, feature=feature)
        x, y = points(axes).T
        (line,) = lines(axes)
        slope, intercept = np.polyfit(line[:, 0], line[:, 1], 1)
        assert slope == pytest.approx(model.coef_[column])
        np.testing.assert_allclose(y - (slope * x + intercept), MANY.y - model.predict(X))
        np.testing.assert_array_equal(x, X.iloc[:, column])
        assert axes.get_xlabel() == X.columns[column]
        assert axes.get_ylabel() == "y without the other features' part"


def test_many_points_are_thinned_and_it_says_so() -> None:
    problem = make_problem(5_000)
    model = LinearRegression().fit(problem.X, problem.y)
    axes = plot_fit(model, problem.X, problem.y)
    shown = points(axes)
    assert len(np.unique(shown, axis=0)) == 2_000
    at = dict(zip(problem.X[:, 0], problem.y, strict=True))
    assert all(at[x] == y for x, y in shown)
    assert axes.get_xlabel() == "x\n2,000 of 5,000 points are drawn"
    np.testing.assert_allclose(lines(axes)[0][:, 0], [problem.X.min(), problem.X.max()])


def test_the_loss_is_that_of_the_fit_labelled_with_its_last_value() -> None:
    axes = plot_loss(SLOW)
    (line,) = lines(axes)
    np.testing.assert_array_equal(line[:, 1], SLOW.loss_history_)
    np.testing.assert_array_equal(line[:, 0], np.arange(50))
    (text,) = words(axes)
    name, value = text.split(": ")
    assert name == "numpy"
    assert float(value) == pytest.approx(SLOW.loss_history_[-1], rel=5e-3)
    assert axes.get_yscale() == "log"
    assert axes.get_xscale() == "linear"


def test_losses_are_compared_on_one_axes() -> None:
    _, mine = plt.subplots()
    for label, loss in (("a", [9.0, 8.0, 7.5]), ("b", [9.0, 5.0, 0.5, 0.01]), ("c", [3.0, 0.02])):
        plot_loss(loss, ax=mine, label=label)
    assert words(mine) == ["b: 0.0100", "c: 0.0200", "a: 7.50"]  # from below, each once
    assert lines(mine)[0].tolist() == [[0, 9.0], [1, 8.0], [2, 7.5]]
    assert len({line.get_color() for line in mine.lines if line.get_gid() == "npfs-loss"}) == 3
    assert mine.get_yscale() == "log"
    low, high = mine.get_ylim()
    assert low < 0.01
    assert high > 9
    assert mine.get_xlim()[1] > 3
    entries = [text.get_text() for text in mine.legend().get_texts()]
    assert entries == ["a: 7.50", "b: 0.0100", "c: 0.0200"]


def test_a_small_fall_is_drawn_from_zero_and_an_early_one_by_decades_of_epochs() -> None:
    small = plot_loss([9.0, 8.0, 7.5])
    assert (small.get_yscale(), small.get_ylim()[0]) == ("linear", 0.0)
    assert words(small) == ["7.50"]
    early = plot_loss(1 + 99 * 0.5 ** np.arange(1_000))
    assert early.get_xscale() == "symlog"
    assert [text.get_text() for text in early.get_xticklabels()] == ["0", "1", "10", "100"]
    late = plot_loss(1 + 99 * 0.999 ** np.arange(1_000))
    assert late.get_xscale() == "linear"


@pytest.mark.parametrize("loss", [[0.0], [0.0] * 200, [1.0, 0.0], [1.0, -1e-17], [1e-300, 1e-310]])
def test_losses_that_a_logarithm_does_not_like_are_drawn_too(loss: list[float]) -> None:
    axes = plot_loss(loss)
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    (label,) = axes.texts
    assert figure.bbox.y0 <= label.get_window_extent().y0 < figure.bbox.y1
    assert axes.get_xscale() == "linear"


def test_learning_rates_draw_what_descent_does() -> None:
    X, y = MANY.X * [1.0, 5.0, 0.2], MANY.y
    for standardize in (True, False):
        used = (X - X.mean(axis=0)) / X.std(axis=0) if standardize else X
        design = np.column_stack([used, np.ones(60)])
        stable = 2 / np.linalg.eigvalsh(2 * design.T @ design / 60)[-1]
        rates = [1.3 * stable, 0.05 * stable, 0.4 * stable]
        axes = plot_learning_rates(X, y, rates, epochs=20, standardize=standardize)
        drawn = lines(axes)
        assert len(drawn) == 4
        for line, rate in zip(drawn, [*sorted(rates), stable], strict=True):
            p, expected = np.zeros(4), []
            for _ in range(20):
                error = design @ p - y
                expected.append(np.mean(error**2))
                p = p - rate * 2 * design.T @ error / 60
            np.testing.assert_allclose(line[:, 1], expected, rtol=1e-3)
        names = words(axes)
        assert f"rate {rates[0]:.2g}, diverges" in names
        assert f"rate {rates[1]:.2g}" in names
        assert f"largest stable rate, {stable:.2g}" in names
        assert drawn[2][-1, 1] > axes.get_ylim()[1] > drawn[2][0, 1]  # it leaves the axes
        assert all(line[:, 1].max() < axes.get_ylim()[1] for line in drawn[:2])


def test_default_rates_run_from_slow_to_diverging() -> None:
    axes = plot_learning_rates(ONE.X, ONE.y)
    assert len(lines(axes)) == 6
    assert len(lines(axes)[0]) == 50
    assert [name for name in words(axes) if "diverges" in name] == ["rate 1.1, diverges"]


def test_a_rate_that_overflows_at_once_is_a_line_to_the_top() -> None:
    axes = plot_learning_rates(ONE.X, ONE.y, [0.1, 1e200])
    heights = lines(axes)[1][:, 1]
    assert heights[1] > axes.get_ylim()[1]
    assert np.isfinite(heights).all()


BAD_CALLS: dict[str, tuple[type[Exception], str, Any]] = {
    "unfitted": (ValueError, "not fitted yet", lambda: plot_fit(LinearRegression(), ONE.X, ONE.y)),
    "unfitted loss": (ValueError, "not fitted yet", lambda: plot_loss(LinearRegression())),
    "pipeline": (
        TypeError,
        "npfs LinearRegression, got Pipeline; of a pipeline, pass its last step",
        lambda: plot_fit(make_pipeline(SLOW), ONE.X, ONE.y),
    ),
    "pipeline loss": (TypeError, "got Pipeline", lambda: plot_loss(make_pipeline(SLOW))),
    "no such feature": (
        ValueError, "place from 0 to 0, got 1", lambda: plot_fit(SLOW, ONE.X, ONE.y, feature=1)
    ),
    "no such name": (ValueError, "got 'age'", lambda: plot_fit(SLOW, ONE.X, ONE.y, feature="age")),
    "other features": (ValueError, "X has 3 features", lambda: plot_fit(SLOW, MANY.X, MANY.y)),
    "other targets": (ValueError, "inconsistent numbers", lambda: plot_fit(SLOW, ONE.X, ONE.y[1:])),
    "no losses": (ValueError, r"shape \(epochs,\), got shape \(0,\)", lambda: plot_loss([])),
    "no number": (ValueError, "losses must be finite", lambda: plot_loss([1.0, np.nan])),
    "no rates": (ValueError, "rates must be", lambda: plot_learning_rates(ONE.X, ONE.y, [])),
    "a rate of 0": (ValueError, "above 0", lambda: plot_learning_rates(ONE.X, ONE.y, [0.1, 0.0])),
    "no epochs": (
        ValueError, "epochs must be", lambda: plot_learning_rates(ONE.X, ONE.y, epochs=0)
    ),
    "too large": (ValueError, "divide y by", lambda: plot_learning_rates(ONE.X, 1e200 * ONE.y)),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CALLS)
def test_a_bad_call_is_named_and_leaves_no_figure(case: str) -> None:
    error, words, call = BAD_CALLS[case]
    with pytest.raises(error, match=words):
        call()
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", ["fit", "loss", "learning_rates"])
@pytest.mark.mpl_image_compare(tolerance=1, savefig_kwargs={"dpi": 60}, style="default")
def test_image(name: str) -> Any:
    axes = {"fit": 0, "loss": 1, "learning_rates": 2}[name]
    return draw_all()[axes].figure


@pytest.mark.parametrize("name", ["Cost ($$)", "income ($) vs cost ($)", "a_{b}^$c"])
def test_names_are_text(name: str) -> None:
    X = pd.DataFrame({name: ONE.X[:, 0]})
    model = LinearRegression(epochs=20).fit(X, ONE.y)
    figure, own = plt.subplots()
    for axes in (plot_fit(model, X, ONE.y), plot_fit(model, X, ONE.y, ax=own)):
        plot_loss(model, label=name, ax=axes.twinx())
        assert not axes.xaxis.label.get_parse_math()
    figure.draw_without_rendering()
