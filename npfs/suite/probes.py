"""The startup, the memory and more of a backend, measured in fresh processes.

A startup is the start of the interpreter, the import of the backend with its library, and the first
fit, which compiles or loads what was compiled before. Making and preparing data lies outside of it,
as it lies outside of every timed fit.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from npfs.schema import Instructions, Layout, Memory, Size, Startup
from npfs.suite.plan import EPOCHS
from npfs.suite.probe_process import ANSWER_MARK

STARTUP_SIZE = Size(1_000, 1)  # so small that what is paid once is most of it
LIMIT_SECONDS = 120.0
NUMPY = "npfs.backends.numpy_vectorized:BACKEND"
# Where BLAS counts: with OPENBLAS_CORETYPE=Haswell on a processor with AVX-512 a fit of 64 features
# takes 1.13 times as long, one of 16 features 0.96 times.
BLAS_SIZE = Size(10_000, 64)
PAIRS = 5
COUNTED = (10, 100, 1_000)  # samples: what grows with them shows
LOOKED_AT = 10_000  # numbers of a list and of an array
# Less than this is lost in what a process takes by itself, page by page and in batches.
SEEN_FROM_BYTES = 1_000_000
# glibc raises the size from which it asks the system for an array's memory, and gives none back
# below: it would then seem that an array took nothing. A fixed size keeps that from happening;
# others ignore it.
_GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536"}


class ProbeFailed(RuntimeError):
    """The fresh process gave no answer; the message says why."""


def measure_startup(
    target: str,
    epochs: int,
    *,
    variables: Mapping[str, str] | None = None,
    limit_s: float = LIMIT_SECONDS,
) -> Startup:
    """Start a fresh process that imports ``target``, ``"package.module:NAME"``, and fits twice.

    Compiled code is kept where the user's is, unless ``variables`` of the environment say otherwise
    (see ``empty_cache``).

    Raises
    ------
    ProbeFailed
        If the process raises, crashes or takes longer than ``limit_s`` seconds.
    """
    environment = os.environ | (variables or {})
    arguments = (target, time.perf_counter(), STARTUP_SIZE.n_samples, epochs)
    return Startup(**_ask("startup", *arguments, environment=environment, limit_s=limit_s))


@contextlib.contextmanager
def empty_cache(cache_variable: str) -> Iterator[dict[str, str]]:
    """Give the variable with which a backend finds no compiled code, while the block lasts.

    Without a name there is nothing to set: the user's own cache is used.
    """
    if not cache_variable:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="npfs-cold-", ignore_cleanup_errors=True) as folder:
        yield {cache_variable: folder}


def instructions(
    target: str, samples: Sequence[int] = COUNTED, *, limit_s: float = LIMIT_SECONDS
) -> Instructions:
    """Count the interpreter's instructions for an epoch in a fresh process.

    Raises
    ------
    ProbeFailed
        If the process raises, crashes or takes longer than ``limit_s`` seconds.
    """
    answer = _ask("instructions", target, *samples, limit_s=limit_s)
    return msgspec.convert(answer, Instructions)


def layout(n_samples: int = LOOKED_AT, *, limit_s: float = LIMIT_SECONDS) -> Layout:
    """Return the layout of numbers in a fresh process.

    Raises
    ------
    ProbeFailed
        If the process raises, crashes or takes longer than ``limit_s`` seconds.
    """
    return msgspec.convert(_ask("layout", n_samples, limit_s=limit_s), Layout)


def memory_use(target: str, size: Size, *, seed: int = 0, limit_s: float = LIMIT_SECONDS) -> Memory:
    """Look at the memory of a fresh process that prepares ``size`` and fits one epoch.

    What cannot be seen, or the process that failed, is None with the reason.
    """
    if size.data_bytes < SEEN_FROM_BYTES:
        size_mb = f"{size.data_bytes / 1e6:.2g} MB"
        reason = f"its data are {size_mb}: less than 1 MB cannot be seen of a process"
        return Memory(size, None, None, reason)
    arguments = (target, *msgspec.structs.astuple(size), seed)
    environment = os.environ | _GIVE_BACK
    try:
        answer = _ask("memory", *arguments, environment=environment, limit_s=limit_s)
    except ProbeFailed as error:
        return Memory(size, None, None, str(error))
    return Memory(size, **answer)


def numpy_seconds(
    variables: Collection[str], pairs: int = PAIRS
) -> tuple[list[float], list[float]]:
    """Return the seconds of NumPy's fit with ``variables`` as set, and without them, in pairs.

    OpenBLAS reads its variables when it is loaded, so each time needs a process. The first of a
    pair is once the one and once the other, so that a drift of the machine favours neither.

    Raises
    ------
    ProbeFailed
        If a process gives no time.
    """
    as_set = dict(os.environ)
    unset = {name: value for name, value in as_set.items() if name not in variables}
    with_them: list[float] = []
    without: list[float] = []
    arguments = (NUMPY, BLAS_SIZE.n_samples, BLAS_SIZE.n_features, EPOCHS)
    for pair in range(pairs):
        both = [(as_set, with_them), (unset, without)]
        for environment, seconds in both if pair % 2 == 0 else reversed(both):
            seconds.append(_ask("fit_seconds", *arguments, environment=environment))
    return with_them, without


def _ask(
    probe: str,
    *arguments: object,
    environment: Mapping[str, str] = os.environ,
    limit_s: float = LIMIT_SECONDS,
) -> Any:
    """Run the probe in a fresh process and return its answer."""
    module = "npfs.suite.probe_process"
    command = [sys.executable, "-m", module, probe, *map(str, arguments)]
    try:
        process = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=limit_s,
        )
    except subprocess.TimeoutExpired:
        raise ProbeFailed(f"the fresh process took longer than {limit_s:g} s") from None
    except OSError as error:
        raise ProbeFailed(f"no fresh process could be started: {error.strerror}") from None
    for line in reversed(process.stdout.splitlines()):
        if line.startswith(ANSWER_MARK):
            return json.loads(line.removeprefix(ANSWER_MARK))
    said = [line.strip() for line in process.stderr.splitlines() if line.strip()]
    last = f", and said last: {said[-1]}" if said else " and said nothing"
    raise ProbeFailed(f"the fresh process ended with exit code {process.returncode}{last}")
