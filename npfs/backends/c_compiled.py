"""Gradient descent in C, compiled by the system's compiler when it is first used: the usual yardstick.

``-ffast-math`` lets the compiler reorder sums into vector instructions. It is given when compiling, not
when linking: there it would add start-up code that switches the whole process to flush-to-zero, and with
it the arithmetic of every other backend.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from cffi import FFI

from npfs.backends.aligned import aligned_copy
from npfs.backends.base import Backend, BackendUnavailable, Fit
from npfs.regression.problem import Array

FLAGS = ("-O3", "-march=native", "-ffast-math", "-fPIC")
CACHE_VARIABLE = "NPFS_C_CACHE_DIR"
LINK_FLAGS = ("-shared",)  # without -ffast-math, see above
DECLARATIONS = "".join(
    f"""
    void fit_one_feature_{real}(const {real} *x, const {real} *y, long n_samples, long epochs,
                                double learning_rate, {real} *weight, {real} *bias, {real} *loss_history);
    void fit_many_features_{real}(const {real} *X, const {real} *y, long n_samples, long n_features,
                                  long epochs, double learning_rate, {real} *weights, {real} *dw,
                                  {real} *bias, {real} *loss_history);
    """
    for real in ("double", "float")
)
KERNELS = """
void fit_one_feature_REAL(const REAL *restrict x, const REAL *restrict y, long n_samples, long epochs,
                          double learning_rate, REAL *weight_out, REAL *bias_out, REAL *loss_history)
{
    REAL weight = 0, bias = 0, rate = learning_rate;
    for (long epoch = 0; epoch < epochs; epoch++) {
        REAL loss = 0, dw = 0, db = 0;
        for (long i = 0; i < n_samples; i++) {
            REAL error = weight * x[i] + bias - y[i];
            loss += error * error;
            dw += error * x[i];
            db += error;
        }
        loss_history[epoch] = loss / n_samples;
        weight -= rate * 2 * dw / n_samples;
        bias -= rate * 2 * db / n_samples;
    }
    *weight_out = weight;
    *bias_out = bias;
}

void fit_many_features_REAL(const REAL *restrict X, const REAL *restrict y, long n_samples, long n_features,
                            long epochs, double learning_rate, REAL *restrict weights, REAL *restrict dw,
                            REAL *bias_out, REAL *loss_history)
{
    REAL bias = 0, rate = learning_rate;
    for (long epoch = 0; epoch < epochs; epoch++) {
        REAL loss = 0, db = 0;
        for (long j = 0; j < n_features; j++) dw[j] = 0;
        for (long i = 0; i < n_samples; i++) {
            const REAL *row = X + i * n_features;
            REAL error = bias - y[i];
            for (long j = 0; j < n_features; j++) error += weights[j] * row[j];
            for (long j = 0; j < n_features; j++) dw[j] += error * row[j];
            loss += error * error;
            db += error;
        }
        loss_history[epoch] = loss / n_samples;
        for (long j = 0; j < n_features; j++) weights[j] -= rate * 2 * dw[j] / n_samples;
        bias -= rate * 2 * db / n_samples;
    }
    *bias_out = bias;
}
"""
SOURCE = "".join(KERNELS.replace("REAL", real) for real in ("double", "float"))


def prepare(X: Any, y: Any) -> tuple[Array, Array]:
    """Return ``x`` of shape (n_samples,), or ``X`` as it is for many features, and ``y``."""
    if X.shape[1] == 1:
        return aligned_copy(X[:, 0]), aligned_copy(y, place=1)
    return aligned_copy(X), aligned_copy(y, place=1)


def fit(data: tuple[Array, Array], epochs: int, learning_rate: float) -> Fit:
    """Run ``epochs`` steps of gradient descent from zero."""
    X, y = data
    if X.ndim == 1:
        return fit_one_feature(X, y, epochs, learning_rate)
    return fit_many_features(X, y, epochs, learning_rate)


def fit_one_feature(x: Array, y: Array, epochs: int, learning_rate: float) -> Fit:
    """Fit ``y_pred = weight * x + bias``."""
    real, kernel = _ONE[y.dtype.char]
    weight, bias = _FFI.new(real), _FFI.new(real)
    loss_history = np.empty(epochs, y.dtype)
    kernel(
        _pointer(real, x), _pointer(real, y), len(y), epochs, learning_rate, weight, bias,
        _pointer(real, loss_history),
    )  # fmt: skip
    return Fit([weight[0]], bias[0], loss_history)


def fit_many_features(X: Array, y: Array, epochs: int, learning_rate: float) -> Fit:
    """Fit ``y_pred = row · weights + bias``."""
    real, kernel = _MANY[y.dtype.char]
    n_samples, n_features = X.shape
    weights, dw = np.zeros(n_features, y.dtype), np.empty(n_features, y.dtype)
    bias = _FFI.new(real)
    loss_history = np.empty(epochs, y.dtype)
    kernel(
        _pointer(real, X), _pointer(real, y), n_samples, n_features, epochs, learning_rate,
        _pointer(real, weights), _pointer(real, dw), bias, _pointer(real, loss_history),
    )  # fmt: skip
    return Fit(weights, bias[0], loss_history)


def _pointer(real: str, array: Array) -> Any:
    return _FFI.from_buffer(f"{real[:-1].strip()}[]", array)


def _compiler() -> str:
    """Return the system's C compiler."""
    compiler = (
        shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
    )
    if compiler is None:
        raise BackendUnavailable(
            "backend 'c' needs a C compiler and found none (looked for $CC, cc, gcc and clang); "
            "install one, such as Debian's package gcc"
        )
    return compiler


def _identity(compiler: str) -> str:
    """Return what the compiled code depends on: the compiler, and what -march=native stands for here."""
    asked = (["--version"], [*FLAGS, "-E", "-dM", "-x", "c", os.devnull])
    answers = [
        subprocess.run([compiler, *question], capture_output=True, check=False).stdout
        for question in asked
    ]
    return hashlib.sha256(repr((SOURCE, FLAGS, LINK_FLAGS, answers)).encode()).hexdigest()[:16]


def _library(folder: Path) -> Path:
    """Compile the kernels into ``folder``, or find them there, and return the library."""
    compiler = _compiler()
    suffix = "dll" if sys.platform == "win32" else "so"
    cached = folder / f"npfs_c_{_identity(compiler)}.{suffix}"
    return cached if cached.is_file() else _compile(compiler, cached)


def _compile(compiler: str, cached: Path) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="npfs-c-"))
    source, compiled, library = folder / "kernels.c", folder / "kernels.o", folder / cached.name
    source.write_text(SOURCE)
    for command in (
        [compiler, *FLAGS, "-c", str(source), "-o", str(compiled)],
        [compiler, *LINK_FLAGS, str(compiled), "-o", str(library)],
    ):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise BackendUnavailable(
                f"backend 'c' could not be compiled by {compiler}: {result.stderr.strip()}"
            )
    try:
        cached.parent.mkdir(exist_ok=True)
        partial = cached.with_suffix(f".{os.getpid()}.tmp")
        shutil.copy(library, partial)
        partial.replace(cached)
    except OSError:  # the package is installed where this user cannot write
        return library
    shutil.rmtree(folder)
    return cached


_FFI = FFI()
_FFI.cdef(DECLARATIONS)
_PATH = _library(Path(os.environ.get(CACHE_VARIABLE) or Path(__file__).with_name("__pycache__")))
_LIB = _FFI.dlopen(str(_PATH))
_ONE = {
    "d": ("double *", _LIB.fit_one_feature_double),
    "f": ("float *", _LIB.fit_one_feature_float),
}
_MANY = {
    "d": ("double *", _LIB.fit_many_features_double),
    "f": ("float *", _LIB.fit_many_features_float),
}

BACKEND = Backend(
    "c",
    "C, compiled",
    prepare,
    fit,
    dtypes=("float64", "float32"),
    build=_PATH.stem,
    cache_variable=CACHE_VARIABLE,
)
