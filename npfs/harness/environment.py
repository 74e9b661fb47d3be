"""What a run was measured on and with: recorded, so that only like is pooled with like."""

import hashlib
import os
import platform
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from npfs.harness import libraries, limits, machine
from npfs.schema import Clock, Environment

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
        container=limits.container(),
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        python_build=libraries.python_build(),
        libraries=libraries.versions(),
        blas=libraries.blas_built_with(),
        blas_in_effect=libraries.blas_in_effect(),
        numba=libraries.numba_in_effect(),
        clock=_clock(),
        speed_variables={k: os.environ[k] for k in SPEED_VARIABLES if k in os.environ},
    )


def machine_id(machine_info: Mapping[str, Any]) -> str:
    """Name the machine by system, processor and cores: no host name, so that files can be shared."""
    cpu = machine_info.get("cpu") or {}
    parts = (platform.system(), platform.machine(), cpu.get("brand_raw") or platform.processor())
    name = "-".join(part for part in parts if part) + f"-{os.cpu_count()}cpu"
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")


def available_bytes() -> int | None:
    """Return the memory that can be taken without swapping, no more than the container and the process may have.

    None where the system does not tell.
    """
    container = limits.container()
    limit = None if container is None else container.memory_limit_bytes
    told = (machine.memory()["available_bytes"], limit, limits.address_space_left())
    known = [n for n in told if n is not None]
    return int(min(known)) if known else None


def usable_cores() -> int | None:
    """Count the cores that this process may run on, all of them where the system does not tell."""
    ids = machine.usable_core_ids()
    return len(ids) if ids else os.cpu_count()


def file_digest(*paths: str | None) -> str:
    """Return a digest of the files' contents; a path that is None has none."""
    sources = [Path(path).read_bytes() for path in paths if path is not None]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()[:16]


def _clock() -> Clock:
    clock = time.get_clock_info("perf_counter")
    return Clock(clock.implementation, clock.resolution, clock.monotonic)
