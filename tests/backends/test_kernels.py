"""Promises of single backends beyond the contract."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs.backends import numba_parallel, numba_simd, numpy_gram, numpy_inplace
from npfs.backends.base import BackendUnavailable
from npfs.backends.conformance import ConformanceError, check_backend, check_fit, reference_fit
from npfs.backends.registry import backend_names, load_all
from npfs.regression.problem import Problem, make_problem

BACKENDS, _ = load_all()


@given(n=st.integers(10_001, 10_000_000))
def test_rows_take_nearly_all_samples_and_start_no_threads(n: int) -> None:
    rows, columns = numpy_inplace.equal_rows(n)
    assert columns <= numpy_inplace.ROW_SAMPLES
    assert 0 <= n - rows * columns < rows


@pytest.mark.parametrize("n", [10_000, 10_001, 65_536, 100_000, 104_729, 300_000])
def test_blocks_hold_every_sample_once(n: int) -> None:
    """104,729 is prime: some samples stay beside the rows."""
    check_backend(numpy_inplace.BACKEND, shapes=[(n, 1)], epochs=[3])


@pytest.mark.parametrize("name", ["numba-simd", "numba-parallel"])
@pytest.mark.parametrize(
    "shape", [(40_000, 1), (1_037, 3), (30_000, 5), (9_999, 64), (150_000, 16)]
)
def test_tiles_and_threads_take_every_sample_once(name: str, shape: tuple[int, int]) -> None:
    """Above and below the size for all cores and the size of the cache; no multiple of a tile."""
    check_backend(BACKENDS[name], shapes=[shape], epochs=[3])


def test_small_data_stay_on_one_core() -> None:
    for shape in ((100, 1), (100, 3)):
        problem = make_problem(*shape)
        kernel, *_ = numba_parallel.prepare(problem.X, problem.y)
        assert kernel is numba_simd.prepare(problem.X, problem.y)[0]
    if numba_parallel.THREADS > 1:
        problem = make_problem(numba_parallel.SERIAL_BELOW // 2)
        kernel, *_ = numba_parallel.prepare(problem.X, problem.y)
        assert kernel is numba_parallel.one_feature_on_all_cores


SAME_WORK = [name for name, backend in BACKENDS.items() if backend.same_work and name != "c"]


@pytest.mark.parametrize("name", SAME_WORK)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("n_features", [1, 5])
def test_nan_and_infinity_show_in_the_loss(name: str, bad: float, n_features: int) -> None:
    """A fastmath that assumes finite numbers may hide them; ``c`` is compiled so, and left out."""
    n_samples = 1_000 if name == "python" else 100_000  # enough for all cores
    X, y = np.ones((n_samples, n_features)), np.ones(n_samples)
    y[777] = bad
    with np.errstate(invalid="ignore"):
        losses = np.asarray(BACKENDS[name].fit(BACKENDS[name].prepare(X, y), 2, 0.1).loss_history)
    assert np.isnan(losses[0]) if np.isnan(bad) else np.isinf(losses[0])
    assert np.isnan(losses[1])


def test_the_fast_math_in_use_assumes_no_finite_numbers() -> None:
    assert {"reassoc", "contract", "nsz"} == numba_simd.FASTMATH


@pytest.mark.parametrize("name", ["numpy", "numpy-inplace", "numba-simd", "numba-parallel"])
@pytest.mark.parametrize("n_features", [1, 5])
def test_float32_stays_float32(name: str, n_features: int) -> None:
    problem = make_problem(1_000, n_features)
    data = BACKENDS[name].prepare(problem.X.astype(np.float32), problem.y.astype(np.float32))
    result = BACKENDS[name].fit(data, 3, 0.1)
    assert {np.asarray(result.loss_history).dtype, np.asarray(result.weights).dtype} <= {
        np.dtype(np.float32)
    } or n_features == 1  # one weight is a Python list of one number


def test_blocks_and_tiles_have_the_sizes_that_the_measurements_chose() -> None:
    [blocks] = numpy_inplace.prepare(np.ones((1_000_000, 1)), np.ones(1_000_000))
    assert max(error.nbytes for _, _, error in blocks) <= 8 * 65_536
    in_cache, _ = numba_simd.in_tiles(np.ones((1_000, 4)), np.ones(1_000))
    in_memory, _ = numba_simd.in_tiles(np.ones((600_000, 4)), np.ones(600_000))
    assert in_cache.shape[2] > in_memory.shape[2]
    if numba_parallel.THREADS > 1:
        kernel, *_ = numba_parallel.prepare(np.ones((100_000, 1)), np.ones(100_000))
        assert kernel is numba_parallel.one_feature_on_all_cores


def test_one_core_is_said_and_still_works() -> None:
    code = (
        "from npfs import check_backend, load_backend\n"
        "backend = load_backend('numba-parallel')\n"
        "check_backend(backend, shapes=[(100_000, 1), (20_000, 5)], epochs=[2])\n"
        "print(backend.note)"
    )
    environment = os.environ | {"NUMBA_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "only one core can be used, so it does what numba-simd does"


def test_python_has_no_float32() -> None:
    assert BACKENDS["python"].dtypes == ("float64",)
    assert all(
        "float32" in BACKENDS[name].dtypes
        for name in backend_names(also_if_named=False)
        if name != "python" and name in BACKENDS
    )


@pytest.mark.parametrize("noise", [1e-3, 1e-6, 1e-9])
def test_the_shortcut_loses_digits_of_the_loss_as_it_says(noise: float) -> None:
    """Relative error of the loss about eps * mean(y**2) / loss: by cancellation alone."""
    problem = make_problem(1_000, noise=noise)
    data = numpy_gram.prepare(problem.X, problem.y)
    found = numpy_gram.fit(data, 400, 0.25)
    expected = reference_fit(problem, 400, 0.25)
    loss, true_loss = float(found.loss_history[-1]), float(expected.loss_history[-1])
    limit = np.finfo(float).eps * np.mean(problem.y**2) / true_loss
    assert abs(loss / true_loss - 1) < 20 * limit
    assert true_loss == pytest.approx(noise**2, rel=0.2)
    # the parameters keep their digits where the loss has none left
    np.testing.assert_allclose(
        np.asarray(found.weights, dtype=float),
        np.asarray(expected.weights, dtype=float),
        rtol=1e-12,
    )
    if noise == 1e-9:
        assert abs(loss / true_loss - 1) > 1e-6
        with pytest.raises(ConformanceError, match="the loss differs"):
            check_fit(found, expected, "gram", tolerance=1e-9, floor=0.0)


def test_a_product_for_each_pair_is_the_matrix_product() -> None:
    columns = np.random.default_rng(0).standard_normal((6, 50))
    np.testing.assert_allclose(numpy_gram.gram_matrix(columns), columns @ columns.T, rtol=1e-12)


needs_c = pytest.mark.skipif("c" not in BACKENDS, reason="the backend c is not available here")
ON_X86 = platform.machine().lower() in ("x86_64", "amd64") and shutil.which("gcc") is not None


@needs_c
@pytest.mark.skipif(not ON_X86, reason="MXCSR is a register of x86, read here with gcc")
def test_c_leaves_the_arithmetic_of_the_process_alone(tmp_path: Path) -> None:
    """A library *linked* with -ffast-math sets flush-to-zero when it is loaded (gcc before 13)."""
    reader = tmp_path / "reader.c"
    reader.write_text("#include <xmmintrin.h>\nunsigned read(void) { return _mm_getcsr(); }\n")
    library = tmp_path / "reader.so"
    subprocess.run(["gcc", "-shared", "-fPIC", reader, "-o", library], check=True)
    code = f"""
import ctypes, numpy as np
from npfs import load_backend, make_problem
read = ctypes.CDLL({str(library)!r}).read
control = lambda: read() & ~0x3F  # without the sticky flags of past exceptions
tiny = np.full(64, 5e-324)
before = control()
backend = load_backend("c")
from pathlib import Path
from npfs.backends import c_compiled
ctypes.CDLL(str(c_compiled._library(Path({str(tmp_path)!r}))))  # compiled anew, whatever is cached
problem = make_problem(1000, 3)
backend.fit(backend.prepare(problem.X, problem.y), 5, 0.1)
assert control() == before, (hex(before), hex(control()))
assert before & 0x8040 == 0
assert (tiny * 1.0 == tiny).all() and 5e-324 * 1.0 > 0
print("alone")
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "alone"


@needs_c
def test_no_compiler_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from npfs.backends import c_compiled

    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BackendUnavailable, match="needs a C compiler and found none"):
        c_compiled._library(tmp_path)


@needs_c
def test_a_compiler_that_fails_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from npfs.backends import c_compiled

    monkeypatch.setattr(c_compiled, "SOURCE", "not C")
    with pytest.raises(BackendUnavailable, match=r"could not be compiled by .*error"):
        c_compiled._compile(str(shutil.which("cc")), tmp_path / "library.so")


def test_float32_is_checked_against_what_it_was_given() -> None:
    problem = make_problem(50, 2)
    rounded = Problem(problem.X.astype(np.float32), problem.y.astype(np.float32))
    backend = BACKENDS["numpy"]
    data = backend.prepare(rounded.X.astype(np.float32), rounded.y.astype(np.float32))
    result = backend.fit(data, 10, 0.1)
    assert np.asarray(result.loss_history).dtype == np.float32
    check_fit(result, reference_fit(rounded, 10, 0.1), "numpy", tolerance=1e-5)
