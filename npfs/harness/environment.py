"""What a run was measured on and with: recorded, so that only like is pooled with like."""

import hashlib
import os
import platform
import re
import sys
import sysconfig
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import threadpoolctl

from npfs.harness import machine
from npfs.schema import Blas, Clock, Environment, Numba, PythonBuild

LIBRARIES = ("numpy", "numba", "llvmlite", "npfs", "scipy")  # Numba imports SciPy where it is

# Each changes what the same code costs; a variable that is not set is not recorded.
SPEED_VARIABLES = (
    "GOMP_SPINCOUNT",
    "GOTO_NUM_THREADS",
    "KMP_BLOCKTIME",
    "MALLOC_ARENA_MAX",
    "MALLOC_MMAP_THRESHOLD_",
    "MKL_NUM_THREADS",
    "NPY_DISABLE_CPU_FEATURES",
    "NUMBA_BOUNDSCHECK",
    "NUMBA_CPU_FEATURES",
    "NUMBA_CPU_NAME",
    "NUMBA_DISABLE_JIT",
    "NUMBA_NUM_THREADS",
    "NUMBA_OPT",
    "NUMBA_THREADING_LAYER",
    "NUMPY_MADVISE_HUGEPAGE",
    "OMP_DYNAMIC",
    "OMP_NUM_THREADS",
    "OMP_PROC_BIND",
    "OMP_WAIT_POLICY",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_DEFAULT_NUM_THREADS",
    "OPENBLAS_L2_SIZE",
    "OPENBLAS_NUM_THREADS",
    "PYTHONDEVMODE",
    "PYTHONMALLOC",
    "PYTHONTRACEMALLOC",
    "PYTHON_GIL",
    "PYTHON_JIT",
    "VECLIB_MAXIMUM_THREADS",
)


def collect(machine_info: Mapping[str, Any]) -> Environment:
    """Describe this process; ``machine_info`` is what pytest-benchmark knows of the machine.

    What the system does not tell is None. It takes some milliseconds and never raises.
    """
    cpu = machine_info.get("cpu") or {}
    flags = cpu.get("flags")
    core_ids = machine.usable_core_ids()
    return Environment(
        machine=machine_id(machine_info),
        cpu=cpu.get("brand_raw") or platform.processor() or "unknown processor",
        avx512="avx512f" in flags if flags else None,
        cores=os.cpu_count(),
        usable_cores=usable_cores(),
        usable_core_ids=None if core_ids is None else tuple(core_ids),
        **machine.describe(),
        container=machine.container(),
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        python_build=python_build(),
        libraries=library_versions(),
        blas=blas_built_with(),
        blas_in_effect=blas_in_effect(),
        numba=numba_in_effect(),
        clock=_clock(),
        speed_variables={k: os.environ[k] for k in SPEED_VARIABLES if k in os.environ},
    )


def machine_id(machine_info: Mapping[str, Any]) -> str:
    """Name the machine by system, processor and cores: no host name, since files are shared."""
    cpu = machine_info.get("cpu") or {}
    parts = (platform.system(), platform.machine(), cpu.get("brand_raw") or platform.processor())
    name = "-".join(part for part in parts if part) + f"-{os.cpu_count()}cpu"
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")


def available_bytes() -> int | None:
    """Return the memory that can be taken without swapping; None where the system does not tell.

    It is no more than the container and the process may have.
    """
    container = machine.container()
    limit = None if container is None else container.memory_limit_bytes
    reported = (machine.memory()["available_bytes"], limit, machine.address_space_left())
    known = [n for n in reported if n is not None]
    return int(min(known)) if known else None


def usable_cores() -> int | None:
    """Count the cores that this process may run on, all of them where the system does not tell."""
    ids = machine.usable_core_ids()
    return len(ids) if ids else os.cpu_count()


def file_digest(*paths: str | None) -> str:
    """Return a digest of the files' contents; a path that is None has none."""
    sources = [Path(path).read_bytes() for path in paths if path is not None]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()[:16]


def library_versions() -> dict[str, str | None]:
    """Return the version of each library, None if it is not installed."""
    return {name: _version(name) for name in LIBRARIES}


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
    try:
        import numba  # noqa: PLC0415 - only where it is loaded already
        from numba.core import config  # noqa: PLC0415
        from numba.np.ufunc.parallel import threading_layer  # noqa: PLC0415

        threads = int(numba.get_num_threads())
    except Exception:  # settings that Numba cannot work with: its backends are not available
        return None
    try:
        layer = threading_layer()  # type: ignore[no-untyped-call]
    except ValueError:
        layer = None
    return Numba(
        threads=threads,
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


def _clock() -> Clock:
    clock = time.get_clock_info("perf_counter")
    return Clock(clock.implementation, clock.resolution, clock.monotonic)


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
