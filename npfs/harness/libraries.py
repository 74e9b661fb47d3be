"""The libraries that do the work, and the kernels and threads that they have in effect."""

import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any

import numpy as np
import threadpoolctl

NAMES = (
    "numpy",
    "numba",
    "llvmlite",
    "npfs",
    "scipy",
)  # Numba imports SciPy where it is installed: its first call is then longer


def versions() -> dict[str, str | None]:
    """Return the version of each library, None if it is not installed."""
    return {name: _version(name) for name in NAMES}


def blas_built_with() -> str:
    """Name the BLAS that NumPy was built with."""
    config: Any = np.show_config(mode="dicts")
    blas = config.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()


def blas_in_effect() -> list[dict[str, Any]] | None:
    """Return the loaded BLAS libraries, NumPy's first: library, version, architecture, threads.

    The architecture is that of the kernels in use (``SkylakeX``). Apple's Accelerate is not seen:
    the list is then empty.
    """
    try:
        loaded = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    except (OSError, RuntimeError, KeyError, AttributeError):
        return None
    # NumPy's wheel carries its own; another one comes with SciPy or PyTorch. No paths: files are
    # shared.
    loaded.sort(key=lambda pool: not any("numpy" in part for part in _folders(pool)))
    return [
        {
            "library": pool.get("internal_api"),
            "version": pool.get("version"),
            "architecture": pool.get("architecture"),
            "threads": pool.get("num_threads"),
        }
        for pool in loaded
    ]


def numba_in_effect() -> dict[str, Any] | None:
    """Return Numba's threads, threading layer, processor and use of SVML; None if not loaded.

    It is not loaded for this. The layer is None until something ran in parallel.
    """
    if "numba" not in sys.modules:
        return None
    import numba  # noqa: PLC0415 - only where it is loaded already
    from numba.core import config  # noqa: PLC0415
    from numba.np.ufunc.parallel import threading_layer  # noqa: PLC0415

    try:
        layer = threading_layer()  # type: ignore[no-untyped-call]
    except ValueError:
        layer = None
    return {
        "threads": int(numba.get_num_threads()),
        "threading_layer": layer,
        "cpu": getattr(config, "CPU_NAME", None) or _host_cpu(),
        "svml": bool(getattr(config, "USING_SVML", False)),
    }


def python_build() -> dict[str, bool]:
    """Return what makes a build of Python slower or faster than the usual one."""
    return {
        "debug": hasattr(sys, "gettotalrefcount"),
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    }


def _host_cpu() -> str | None:
    from llvmlite import binding  # noqa: PLC0415 - loaded with Numba

    try:
        return str(binding.get_host_cpu_name())
    except RuntimeError:
        return None


def _folders(pool: dict[str, Any]) -> tuple[str, ...]:
    """Return the two folders above the library: ``numpy.libs``, or ``numpy/.dylibs``."""
    return PurePath(str(pool.get("filepath"))).parts[-3:-1]


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
