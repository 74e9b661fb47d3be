"""Gradient descent in C, compiled by the system's compiler at its first use: the usual yardstick.

``-ffast-math`` lets the compiler reorder sums into vector instructions. It is given when compiling,
not when linking: there it would add start-up code that switches the whole process to flush-to-zero,
and with it the arithmetic of every other backend.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from cffi import FFI

from npfs.backends.aligned import prepare
from npfs.backends.base import Backend, BackendUnavailable, fit_by_features
from npfs.regression.problem import Array

FLAGS = ("-O3", "-march=native", "-ffast-math", "-fPIC")
CACHE_VARIABLE = "NPFS_C_CACHE_DIR"
LINK_FLAGS = ("-shared",)  # without -ffast-math, see above
KERNELS = """
void fit_one_feature_REAL(
    const REAL *restrict x, const REAL *restrict y, long n_samples, long epochs,
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

void fit_many_features_REAL(
    const REAL *restrict X, const REAL *restrict y, long n_samples, long n_features, long epochs,
    double learning_rate, REAL *restrict weights, REAL *restrict dw, REAL *bias_out,
    REAL *loss_history)
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
SIGNATURES = re.findall(r"^void [^{]+", SOURCE, flags=re.MULTILINE)


def fit_one_feature(x: Array, y: Array, epochs: int, learning_rate: float) -> tuple[Any, ...]:
    """Fit ``y_pred = weight * x + bias``."""
    real, kernel, _ = _KERNELS[y.dtype.char]
    weight, bias = _FFI.new(f"{real} *"), _FFI.new(f"{real} *")
    loss_history = np.empty(epochs, y.dtype)
    kernel(
        _pointer(real, x), _pointer(real, y), len(y), epochs, learning_rate, weight, bias,
        _pointer(real, loss_history),
    )  # fmt: skip
    return [weight[0]], bias[0], loss_history


def fit_many_features(X: Array, y: Array, epochs: int, learning_rate: float) -> tuple[Any, ...]:
    """Fit ``y_pred = row · weights + bias``."""
    real, _, kernel = _KERNELS[y.dtype.char]
    n_samples, n_features = X.shape
    weights, dw = np.zeros(n_features, y.dtype), np.empty(n_features, y.dtype)
    bias = _FFI.new(f"{real} *")
    loss_history = np.empty(epochs, y.dtype)
    kernel(
        _pointer(real, X), _pointer(real, y), n_samples, n_features, epochs, learning_rate,
        _pointer(real, weights), _pointer(real, dw), bias, _pointer(real, loss_history),
    )  # fmt: skip
    return weights, bias[0], loss_history


def _pointer(real: str, array: Array) -> Any:
    return _FFI.from_buffer(f"{real}[]", array)


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
    """Return a digest of source, flags, compiler, and the macros that -march=native sets here."""
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
_FFI.cdef("".join(f"{signature};" for signature in SIGNATURES))
_PATH = _library(Path(os.environ.get(CACHE_VARIABLE) or Path(__file__).with_name("__pycache__")))
_LIB = _FFI.dlopen(str(_PATH))
_KERNELS = {
    "d": ("double", _LIB.fit_one_feature_double, _LIB.fit_many_features_double),
    "f": ("float", _LIB.fit_one_feature_float, _LIB.fit_many_features_float),
}

fit = fit_by_features(fit_one_feature, fit_many_features)
BACKEND = Backend(
    "c",
    "C, compiled",
    prepare,
    fit,
    dtypes=("float64", "float32"),
    build=_PATH.stem,
    cache_variable=CACHE_VARIABLE,
)
