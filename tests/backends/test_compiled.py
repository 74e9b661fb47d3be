"""Numba where its cache, its threads or its settings are not as usual; in processes of their own."""

import json
import os
import subprocess
import sys

import pytest

from npfs.backends import compiled
from npfs.backends.registry import load_all

FIT = """
import numpy as np
from npfs import LinearRegression, make_problem
problem = make_problem(60_000, 4, seed=1)

def fit(_=0, backend="numba-parallel", n=60_000):
    model = LinearRegression(backend, epochs=20)
    return model.fit(problem.X[:n], problem.y[:n]).coef_.tolist()
"""


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, timeout=60,
        env={**environment, **variables},
    )  # fmt: skip


# As where nothing can be written: a place that Numba looks for in zip files alone.
NO_CACHE = {"NUMBA_CACHE_LOCATOR_CLASSES": "_ZipCacheLocator"}


def test_without_a_place_for_compiled_code_it_compiles_anew_and_says_so() -> None:
    found = run(FIT + "print(fit(backend='numba', n=99) == fit(backend='numba', n=99))", **NO_CACHE)
    assert found.stdout == "True\n", found.stderr
    said = run(
        "from npfs import load_backend; print(load_backend('numba').note)\n"
        "from npfs.suite.doctor import _of_numba; print(_of_numba({})[0].name)",
        **NO_CACHE,
    )
    assert "compiled anew in each process, as no folder for compiled code can be" in said.stdout
    assert said.stdout.endswith("\nnumba-cache\n")
    assert compiled.CACHED
    assert compiled.with_note() == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_forked_children_fit_too(layer: str) -> None:
    code = (
        FIT
        + """
import multiprocessing
here = fit()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(max(np.abs(np.array(there) / here - 1).max() for there in pool.map(fit, range(4))))
"""
    )
    found = run(code, NUMBA_THREADING_LAYER=layer)
    assert found.returncode == 0, found.stderr
    assert float(found.stdout) < 1e-9


def test_threads_may_fit_at_once() -> None:
    """Numba's work queue ends a process in which two calls meet."""
    code = (
        FIT
        + """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    found = list(pool.map(fit, range(12)))
print(np.ptp(found, axis=0).max())
"""
    )
    found = run(code, NUMBA_THREADING_LAYER="workqueue")
    assert found.returncode == 0, found.stderr
    assert float(found.stdout) < 1e-9


@pytest.mark.parametrize(
    "variables", [{"NUMBA_THREADING_LAYER": "foo"}, {"NUMBA_NUM_THREADS": "0"}]
)
def test_threads_that_cannot_start_are_a_reason_and_a_finding(variables: dict[str, str]) -> None:
    code = """
import json
from npfs.backends.registry import load_all
from npfs.suite.doctor import examine
loaded, reasons = load_all(["python", "numpy", "numba", "numba-simd", "numba-parallel"])
why = {name: str(reason) for name, reason in reasons.items()}
print(json.dumps([list(loaded), why, [str(finding.values) for finding in examine().findings]]))
"""
    found = run(code, **variables)
    assert found.returncode == 0, found.stderr
    loaded, reasons, findings = json.loads(found.stdout)
    [(name, value)] = variables.items()
    assert loaded[:2] == ["python", "numpy"]
    assert ("numba" in loaded) == (name == "NUMBA_THREADING_LAYER")  # else nothing compiles
    what = f"unset {name}={value}" if "numba" in loaded else "Number of threads specified must be"
    assert what in reasons["numba-parallel"]
    if "numba" not in loaded:
        fit = "from npfs import LinearRegression; LinearRegression('numba').fit([[1], [2]], [1, 2])"
        assert (
            "BackendUnavailable: backend 'numba' cannot be loaded here"
            in run(fit, **variables).stderr
        )
    assert any(what.removeprefix("unset ") in values for values in findings)


def test_here_all_of_them_load() -> None:
    loaded, _ = load_all(["numba", "numba-simd", "numba-parallel"])
    assert [backend.note for backend in loaded.values()][:2] == ["", ""]
