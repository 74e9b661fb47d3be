"""The startup, the memory and more of a backend, measured in fresh processes.

A startup is the start of the interpreter, the import of the backend with its library, and the first
fit, which compiles or loads what was compiled before. Making and preparing data lies outside of it,
as it lies outside of every timed fit.
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from npfs.harness.processes import fresh_process
from npfs.schema import Instructions, Layout, Memory, Size, Startup
from npfs.suite.plan import EPOCHS

STARTUP_SIZE = Size(1_000, 1)  # so small that the startup cost is most of it
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


class ProbeFailed(RuntimeError):
    """The fresh process gave no answer; the message says why."""


@dataclass(frozen=True)
class Costs:
    """The costs of a backend beside its fits; None where its process ended before, for a reason."""

    startup: Startup
    instructions: Instructions | None
    memory: tuple[Memory, ...]
    problem: str = ""


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
        If the process raises, crashes or reports nothing for ``limit_s`` seconds.
    """
    environment = os.environ | (variables or {})
    arguments = (target, time.perf_counter(), STARTUP_SIZE.n_samples, epochs)
    return Startup(**_ask("startup", *arguments, environment=environment, limit_s=limit_s))


def measure_costs(
    target: str,
    epochs: int,
    sizes: Sequence[Size] = (),
    *,
    seed: int = 0,
    limit_s: float = LIMIT_SECONDS,
) -> Costs:
    """Measure the startup in a fresh process, and in the same what hardly varies.

    These are the instructions for an epoch and the memory at each of ``sizes`` that can be seen.
    What a process that fails has measured before is kept.

    Raises
    ------
    ProbeFailed
        If it measured nothing.
    """
    seen = [size for size in sizes if size.data_bytes >= SEEN_FROM_BYTES]
    words = [",".join(map(str, msgspec.structs.astuple(size))) for size in seen]
    counted = ",".join(map(str, COUNTED))
    before = (target, time.perf_counter(), STARTUP_SIZE.n_samples, epochs, seed, counted)
    answers, problem = _hear("costs", *before, *words, limit_s=limit_s)
    if not answers:
        raise ProbeFailed(problem)
    measured = {"held_bytes": None, "peak_bytes": None, "reason": problem}
    return Costs(
        Startup(**answers["startup"]),
        msgspec.convert(answers["instructions"], Instructions)
        if "instructions" in answers
        else None,
        tuple(
            Memory(size, **answers.get(word, measured))
            for size, word in zip(seen, words, strict=True)
        ),
        problem,
    )


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


def layout(n_samples: int = LOOKED_AT, *, limit_s: float = LIMIT_SECONDS) -> Layout:
    """Return the layout of numbers in a fresh process.

    Raises
    ------
    ProbeFailed
        If the process raises, crashes or reports nothing for ``limit_s`` seconds.
    """
    return msgspec.convert(_ask("layout", n_samples, limit_s=limit_s), Layout)


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


def _ask(probe: str, *arguments: object, **how: Any) -> Any:
    """Run the probe in a fresh process and return its only answer."""
    answers, problem = _hear(probe, *arguments, **how)
    if not answers:
        raise ProbeFailed(problem)
    [answer] = answers.values()
    return answer


def _hear(
    probe: str,
    *arguments: object,
    environment: Mapping[str, str] = os.environ,
    limit_s: float = LIMIT_SECONDS,
) -> tuple[dict[str, Any], str]:
    """Run the probe in a fresh process; return its answers by part, and why there are no more."""
    command = [sys.executable, "-m", "npfs.suite.probe_process", probe, *map(str, arguments)]
    answers: dict[str, Any] = {}
    try:
        ended = fresh_process(
            command,
            lambda event: answers.update({event["part"]: event["answer"]}),
            environment=environment,
            silence_s=limit_s,
        )
    except OSError as error:
        return {}, f"no fresh process could be started: {error.strerror}"
    if ended.hung:
        return answers, f"the fresh process took longer than {limit_s:g} s"
    if ended.exit_code == 0:
        return answers, ""
    printed = [line.strip() for line in ended.output.splitlines() if line.strip()]
    last = f", and printed last: {printed[-1]}" if printed else " and printed nothing"
    return answers, f"the fresh process ended with {ended.cause}{last}"
