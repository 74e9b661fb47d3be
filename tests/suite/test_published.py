"""The benchmark takes published comparisons by name, and keeps their runs apart."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from npfs.analysis.runs import conditions_of
from npfs.backends.registry import load_backend
from npfs.schema import Run, Size
from npfs.suite import timing
from npfs.suite.options import make_plan
from tests import run_files


def plan(**options: str | None):  # type: ignore[no-untyped-def]
    return make_plan(backends="python,numpy", **options)


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
    from npfs.report.context import Context
    from npfs.report.provenance import measured_on

    document = run_files.document({("numpy", 10_000, 1): 1.0}, published="real-python")
    run_files.write(tmp_path, [document])
    said = measured_on(Context(Evidence(read_runs(tmp_path / "runs"))))
    assert "on the published problem real-python" in said
