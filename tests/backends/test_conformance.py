from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from npfs.backends.base import Backend, Fit
from npfs.backends.conformance import SHAPES, ConformanceError, check_backend, reference_fit
from npfs.backends.registry import load_all, load_backend
from npfs.regression.problem import Problem, make_problem
from npfs.regression.scaling import Standardizer

BACKENDS, UNAVAILABLE = load_all()

# NIST/ITL Statistical Reference Datasets, Norris: y and x, 36 observations, certified to 15 digits.
NORRIS = """
0.1 0.2   338.8 337.4   118.1 118.2   888.0 884.6   9.2 10.1   228.1 226.5   668.5 666.3
998.5 996.3   449.1 448.6   778.9 777.0   559.2 558.2   0.3 0.4   0.1 0.6   778.1 775.5
668.8 666.9   339.3 338.0   448.9 447.5   10.8 11.6   557.7 556.0   228.3 228.1   998.0 995.8
888.8 887.6   119.6 120.2   0.3 0.3   0.6 0.3   557.6 556.8   339.3 339.1   888.0 887.2
998.5 999.0   778.9 779.0   10.2 11.1   117.6 118.3   228.9 229.2   668.4 669.1   449.2 448.9
0.2 0.5
"""
CERTIFIED_SLOPE, CERTIFIED_INTERCEPT = 1.00211681802045, -0.262323073774029


def test_the_built_in_backends_are_found() -> None:
    ladder = [
        "python",
        "numpy",
        "numpy-inplace",
        "numpy-gram",
        "numba",
        "numba-simd",
        "numba-parallel",
    ]
    assert list(BACKENDS)[:7] == ladder
    assert set(UNAVAILABLE) <= {"c", "jax", "torch"}


# A kernel of Numba does the work on a cluster, and conforms on all shapes itself.
ON_A_CLUSTER = [(1, 1), (2, 16), (127, 2), (10_000, 1)]


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_conforms(name: str) -> None:
    check_backend(load_backend(name), shapes=ON_A_CLUSTER if name.startswith("dask") else SHAPES)


@pytest.mark.parametrize("name", BACKENDS)
def test_norris_is_solved_to_ten_certified_digits(name: str) -> None:
    numbers = np.array(NORRIS.split(), dtype=float).reshape(-1, 2)
    y, x = numbers[:, 0], numbers[:, 1:]
    assert len(y) == 36
    # The published table gives y first; the certified model is y = B0 + B1 x.
    scaler = Standardizer.of(x)
    backend = BACKENDS[name]
    data = backend.prepare(scaler.transform(x), y)
    result = backend.fit(data, 200, 0.25)
    weights, intercept = scaler.to_original(np.asarray(result.weights), float(result.bias))
    assert correct_digits(weights[0], CERTIFIED_SLOPE) >= 10
    assert correct_digits(intercept, CERTIFIED_INTERCEPT) >= 10


def correct_digits(value: float, certified: float) -> float:
    """Log relative error, the measure NIST uses with these data sets."""
    return float(-np.log10(max(abs(value - certified) / abs(certified), 1e-15)))


def test_the_reference_finds_the_least_squares_solution() -> None:
    problem = make_problem(200, 3, intercept=2.0)
    result = reference_fit(problem, 2_000, 0.1)
    design = np.column_stack([problem.X, np.ones(200)])
    solution = np.linalg.lstsq(design, problem.y)[0]
    np.testing.assert_allclose([*result.weights, result.bias], solution, rtol=1e-12)


def broken(change: Callable[[Fit], Fit]) -> Backend:
    """A correct backend whose result is changed."""

    def fit(data: Problem, epochs: int, learning_rate: float) -> Fit:
        return change(reference_fit(data, epochs, learning_rate))

    return Backend("broken", "Broken", lambda X, y: Problem(X.copy(), y.copy()), fit)


def wrong_from(epoch: int) -> Callable[[Fit], Fit]:
    def change(result: Fit) -> Fit:
        losses = np.array(result.loss_history)
        losses[epoch:] *= 1 + 1e-8
        return result._replace(loss_history=losses)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (wrong_from(7), r"broken on 5 x 1, 25 epochs: the loss differs first at epoch 7"),
        (
            lambda r: r._replace(loss_history=[*r.loss_history, 1.0]),
            r"loss_history must have shape",
        ),
        (lambda r: r._replace(weights=[r.weights]), r"weights must have shape \(1,\), got shape"),
        (lambda r: r._replace(bias=float("nan")), r"bias differs .* got nan"),
        (lambda r: r._replace(bias=float(r.bias) + 1e-8), r"0 epochs: bias differs"),
        (
            lambda r: r._replace(weights=[w * (1 + 1e-8) for w in r.weights]),
            r"1 epochs: weights\[0\] differs",
        ),
    ],
)
def test_a_wrong_result_is_named(change: Callable[[Fit], Fit], message: str) -> None:
    check_backend(broken(lambda result: result), shapes=[(5, 1)])
    with pytest.raises(ConformanceError, match=message):
        check_backend(broken(change), shapes=[(5, 1)])


@pytest.mark.parametrize("name", ["X", "y"])
def test_a_backend_that_changes_its_inputs_is_named(name: str) -> None:
    def prepare(X: Any, y: Any) -> Any:
        array = X if name == "X" else y
        array *= 2
        copies = Problem(X.copy(), y.copy())
        (copies.X if name == "X" else copies.y)[:] /= 2
        return copies

    backend = replace(broken(lambda result: result), prepare=prepare)
    with pytest.raises(ConformanceError, match="broken on 1 x 1: the inputs X and y were changed"):
        check_backend(backend)


def unable(
    fit: Any, prepare: Any = lambda X, y: X, dtypes: tuple[str, ...] = ("float64",)
) -> Backend:
    return Backend("unable", "Unable", prepare, fit, dtypes=dtypes)


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        (unable(None, lambda X, y: 1 / 0), "unable on 5 x 1: prepare raised ZeroDivisionError"),
        (unable(lambda *arguments: 1 / 0), "0 epochs: fit raised ZeroDivisionError"),
        (unable(lambda *arguments: None), "fit must return a Fit, got None"),
        (unable(lambda *arguments: (["x"], 0.0, [])), "weights must hold numbers"),
        (unable(lambda *arguments: ([0.0], [0.0], [])), "bias must have shape"),
        (unable(None, dtypes=("float32",)), "dtypes must be float64 and"),
        (unable(None, dtypes=("float64", "float16")), "dtypes must be float64 and"),
    ],
)
def test_whatever_a_backend_does_wrong_is_named(backend: Backend, message: str) -> None:
    with pytest.raises(ConformanceError, match=message):
        check_backend(backend, shapes=[(5, 1)])


def test_float32_and_shortcuts_are_checked_as_well() -> None:
    """0.2 % of the loss is not rounding in float32, nor is 1e-10 of the first in a shortcut."""

    def off_in_float32(result: Fit) -> Fit:
        losses = np.array(result.loss_history) * (1.002 if len(seen) % 4 > 1 else 1)
        seen.append(result)
        return result._replace(loss_history=losses)

    seen: list[Fit] = []
    backend = replace(broken(off_in_float32), dtypes=("float64", "float32"))
    with pytest.raises(
        ConformanceError, match="float32, 3 epochs: the loss differs first at epoch 0"
    ):
        check_backend(backend, shapes=[(50, 1)], epochs=[3])
    shortcut = replace(broken(wrong_from(0)), same_work=False)
    with pytest.raises(ConformanceError, match="the loss differs"):
        check_backend(shortcut, shapes=[(50, 1)])


def test_a_backend_that_remembers_its_last_fit_is_named() -> None:
    calls = []

    def change(result: Fit) -> Fit:
        calls.append(result)
        return result._replace(bias=float(result.bias) + 1e-13 * len(calls))

    with pytest.raises(ConformanceError, match="fitted again: bias differs"):
        check_backend(broken(change), shapes=[(5, 1)], epochs=[10])
