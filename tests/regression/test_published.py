"""Published comparisons: the data are as published, and the benchmark takes them by name."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from npfs.analysis.runs import conditions_of
from npfs.backends.registry import load_backend
from npfs.regression.published import PUBLISHED, load_published
from npfs.schema import Run, Size
from npfs.suite import timing
from npfs.suite.plan import make_plan
from tests import run_files


def plan(**options: str | None):  # type: ignore[no-untyped-def]
    given = {"preset": "standard", "dtypes": "float64", "runs": "5", "seed": "0"}
    empty = {"sizes": None, "features": None, "epochs": None, "backends": "python,numpy"}
    return make_plan(**{**given, **empty, **options})  # type: ignore[arg-type]


def test_real_python_is_a_line_from_0_to_2() -> None:
    problem = load_published("real-python")
    assert problem.X.shape == (10_000, 1)
    assert (problem.X[0, 0], problem.X[-1, 0]) == (0, 2)
    assert np.allclose(np.diff(problem.X[:, 0]), 2 / 9_999)
    slope, intercept = np.polyfit(problem.X[:, 0], problem.y, 1)
    assert (slope, intercept) == pytest.approx((2, 3), abs=0.01)
    assert np.std(problem.y - intercept - slope * problem.X[:, 0]) == pytest.approx(0.1, rel=0.03)


def test_its_fit_ends_where_the_published_one_does() -> None:
    """10,000 epochs at 0.001 end near the solution, by the closed form of the iterates."""
    X, y, rate = timing.fresh_data(Size(10_000, 1), plan(problem="real-python").source)
    assert rate == 0.001
    backend = load_backend("numpy-gram")
    fit = backend.fit(backend.prepare(X, y), 10_000, rate)
    design = np.column_stack([X, np.ones(len(X))])
    hessian = 2 * design.T @ design / len(X)
    solution = np.linalg.lstsq(design, y, rcond=None)[0]
    values, vectors = np.linalg.eigh(hessian)
    left = vectors @ ((1 - rate * values) ** 10_000 * (vectors.T @ -solution))
    assert [*fit.weights, fit.bias] == pytest.approx(solution + left, abs=1e-8)


@pytest.mark.parametrize("n_features", [2, 5, 10, 20, 50, 100])
def test_many_features_has_its_sizes(n_features: int) -> None:
    assert load_published("many-features", n_features).X.shape == (10_000, n_features)


def test_data_are_the_same_for_the_same_seed() -> None:
    for name in PUBLISHED:
        assert np.array_equal(load_published(name, seed=3).y, load_published(name, seed=3).y)
        assert not np.array_equal(load_published(name, seed=3).y, load_published(name, seed=4).y)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("real-pyton",), "there are real-python, many-features"),
        (("real-python", 2), "has 1 features, not 2"),
        (("many-features", 3), "has 2, 5, 10, 20, 50, 100 features, not 3"),
    ],
)
def test_what_was_not_published_is_said(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        load_published(*arguments)  # type: ignore[arg-type]


def test_the_plan_takes_sizes_and_epochs_of_the_comparison() -> None:
    made = plan(problem="real-python")
    assert (list(made.sizes), made.epochs) == ([Size(10_000, 1)], 10_000)
    assert plan(problem="real-python", epochs="7").epochs == 7
    assert [size.n_features for size in plan(problem="many-features").sizes] == [
        2,
        5,
        10,
        20,
        50,
        100,
    ]
    assert made.fit_limit_s > 18.65, "it is there to be seen whole"
    assert plan().epochs == 10


@pytest.mark.parametrize("option", ["sizes", "features", "data"])
def test_what_the_comparison_brings_cannot_be_chosen(option: str) -> None:
    with pytest.raises(ValueError, match=f"--{option} cannot be chosen for --problem"):
        plan(problem="real-python", **{option: "1"})


def test_runs_on_it_are_not_pooled_with_others() -> None:
    run = msgspec.convert(run_files.document({("numpy", 10, 1): 1.0})["npfs"], Run)
    assert conditions_of(run)["data"] == "synthetic"
    on_it = msgspec.structs.replace(run, published="real-python")
    assert conditions_of(on_it)["data"] == "real-python"


def test_the_report_says_on_what_it_was_timed(tmp_path: Path) -> None:
    from npfs.analysis.evidence import Evidence
    from npfs.analysis.runs import read_runs
    from npfs.report.provenance import provenance

    document = run_files.document({("numpy", 10_000, 1): 1.0}, published="real-python")
    run_files.write(tmp_path, [document])
    said = provenance(Evidence(read_runs(tmp_path / "runs")))
    assert "on the published problem real-python" in said
