"""The libraries that do the work, and the kernels and threads that they have in effect."""

import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any

import numpy as np
import threadpoolctl

from npfs.schema import Blas, Numba, PythonBuild

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


def blas_in_effect() -> tuple[Blas, ...] | None:
    """Return the loaded BLAS libraries, NumPy's first; none where it is Apple's Accelerate."""
    try:
        loaded = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    except (OSError, RuntimeError, KeyError, AttributeError):
        return None
    # NumPy's wheel carries its own; another one comes with SciPy or PyTorch. No paths: files are
    # shared.
    loaded.sort(key=lambda pool: not any("numpy" in part for part in _folders(pool)))
    return tuple(
        Blas(
            library=pool.get("internal_api"),
            version=pool.get("version"),
            architecture=pool.get("architecture"),
            threads=pool.get("num_threads"),
        )
        for pool in loaded
    )


def numba_in_effect() -> Numba | None:
    """Return Numba's settings; None if it is not loaded, and it is not loaded for this."""
    if "numba" not in sys.modules:
        return None
    import numba  # noqa: PLC0415 - only where it is loaded already
    from numba.core import config  # noqa: PLC0415
    from numba.np.ufunc.parallel import threading_layer  # noqa: PLC0415

    try:
        layer = threading_layer()  # type: ignore[no-untyped-call]
    except ValueError:
        layer = None
    return Numba(
        threads=int(numba.get_num_threads()),
        threading_layer=layer,
        cpu=getattr(config, "CPU_NAME", None) or _host_cpu(),
        svml=bool(getattr(config, "USING_SVML", False)),
    )


def python_build() -> PythonBuild:
    """Return the properties of this build of Python that change its speed."""
    return PythonBuild(
        debug=hasattr(sys, "gettotalrefcount"),
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    )


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
