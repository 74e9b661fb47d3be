"""What a run was measured on and with: recorded, so that only like is pooled with like."""

import hashlib
import os
import platform
import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from npfs.backends.base import Backend

# Each changes what the same code costs; a variable that is not set is not recorded.
SPEED_VARIABLES = (
    "GOTO_NUM_THREADS",
    "MALLOC_ARENA_MAX",
    "MALLOC_MMAP_THRESHOLD_",
    "MKL_NUM_THREADS",
    "NUMBA_CPU_NAME",
    "NUMBA_DISABLE_JIT",
    "NUMBA_NUM_THREADS",
    "NUMBA_OPT",
    "NUMBA_THREADING_LAYER",
    "NUMPY_MADVISE_HUGEPAGE",
    "OMP_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OPENBLAS_NUM_THREADS",
    "PYTHONMALLOC",
    "VECLIB_MAXIMUM_THREADS",
)
LIBRARIES = ("numpy", "numba", "llvmlite", "npfs")


def collect(machine_info: Mapping[str, Any]) -> dict[str, Any]:
    """Describe this process; ``machine_info`` is what pytest-benchmark knows of the machine."""
    cpu = machine_info.get("cpu") or {}
    return {
        "machine": machine_id(machine_info),
        "cpu": cpu.get("brand_raw") or platform.processor() or "unknown processor",
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "libraries": {name: _version(name) for name in LIBRARIES},
        "blas": _blas(),
        "speed_variables": {k: os.environ[k] for k in SPEED_VARIABLES if k in os.environ},
    }


def machine_id(machine_info: Mapping[str, Any]) -> str:
    """Name the machine by system, processor and cores: no host name, so that files can be shared."""
    cpu = machine_info.get("cpu") or {}
    parts = (platform.system(), platform.machine(), cpu.get("brand_raw") or platform.processor())
    name = "-".join(part for part in parts if part) + f"-{os.cpu_count()}cpu"
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")


def available_bytes() -> int | None:
    """Return the memory that can be taken without swapping; None where the system does not tell."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError, AttributeError):
        return None


def usable_cores() -> int | None:
    """Count the cores that this process may run on; None where the system does not tell."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def source_digest(backend: Backend) -> str:
    """Return a digest of the files that hold ``prepare`` and ``fit``, and of the build: other numbers."""
    names = sorted({backend.prepare.__module__, backend.fit.__module__})
    files = file_digest(*(sys.modules[name].__file__ for name in names))
    return f"{files} {backend.build}".strip()


def file_digest(*paths: str | None) -> str:
    """Return a digest of the files' contents; a path that is None has none."""
    sources = [Path(path).read_bytes() for path in paths if path is not None]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()[:16]


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _blas() -> str:
    config: Any = np.show_config(mode="dicts")
    blas = config.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()
