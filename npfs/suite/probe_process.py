"""Measure a backend in this fresh process; ``npfs.suite.probes`` starts it and hears the answer.

Until the backend is imported nothing but the standard library is: NumPy's import belongs to those
that use NumPy, and lists do without. Data are made and prepared afterwards, outside all that is
measured.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from types import CodeType, FrameType
from typing import Any

STARTED = perf_counter()  # the clock is the same for all processes of the machine (Python 3.10 on)
LEARNING_RATE = 0.1  # stable for the standard normal feature of ``make_problem``
TIMED_S = 0.1  # of fits, of which the fastest counts
STATUS, CLEAR = "/proc/self/status", "/proc/self/clear_refs"
CLEAR_PEAK = "5"  # Linux, proc_pid_clear_refs(5): sets the peak to what is resident now
NO_PEAK = "only Linux tells the peak of a part of a process"
M_MMAP_THRESHOLD = -3  # of glibc's mallopt
TOOL_ID = 4  # of sys.monitoring: not one that debuggers, coverage or profilers take


def main(arguments: list[str]) -> None:
    """Run the probe that the arguments name, and report each of its answers."""
    probe, *rest = arguments
    reporter = None
    for part, answer in PROBES[probe](*rest):
        if reporter is None:
            # Not before the first answer: its imports are none of the backend's.
            from npfs.harness.reporter import Reporter

            reporter = Reporter()
        reporter.report(part=part, answer=answer)


def load(target: str) -> Any:
    """Import ``"package.module:NAME"``; reading entry points would take its own time."""
    module, _, attributes = target.partition(":")
    __import__(module)
    found: Any = sys.modules[module]
    for attribute in attributes.split("."):
        found = getattr(found, attribute)
    return found


def startup(
    target: str, spawned: str, n_samples: str, epochs: str
) -> Iterator[tuple[str, dict[str, float]]]:
    """Fit twice; yield the seconds of every part."""
    import_began = perf_counter()
    backend = load(target)
    import_s = perf_counter() - import_began
    from npfs.regression.problem import make_problem

    problem = make_problem(int(n_samples))
    data = backend.prepare(problem.X, problem.y)
    seconds = []
    for _ in range(2):
        began = perf_counter()
        backend.fit(data, int(epochs), LEARNING_RATE)
        seconds.append(perf_counter() - began)
    yield (
        "startup",
        {
            "interpreter_s": STARTED - float(spawned),
            "import_s": import_s,
            "first_fit_s": seconds[0],
            "second_fit_s": seconds[1],
        },
    )


def costs(
    target: str, spawned: str, n_samples: str, epochs: str, seed: str, counted: str, *sizes: str
) -> Iterator[tuple[str, Any]]:
    """Yield the startup, the instructions and the memory at each of ``sizes``, in this order."""
    yield from startup(target, spawned, n_samples, epochs)
    yield "instructions", {"counts": instructions(target, map(int, counted.split(",")))}
    give_back_memory()
    for size in sizes:
        samples, features, dtype = size.split(",")
        yield size, memory(target, int(samples), int(features), dtype, int(seed))


def give_back_memory() -> None:
    """Let glibc give back what arrays of 64 kB and more took, as soon as they are let go.

    It raises the size from which it asks the system for an array's memory, and gives none back
    below: it would then seem that an array took nothing. A fixed size keeps that from happening;
    other systems have no such function.
    """
    import contextlib
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 64 * 1024)


def fit_seconds(
    target: str, n_samples: str, n_features: str, epochs: str
) -> Iterator[tuple[str, float]]:
    """Yield the seconds of a fit, the one least disturbed by other programs."""
    from npfs.regression.learning_rate import safe_learning_rate
    from npfs.regression.problem import make_problem

    backend = load(target)
    problem = make_problem(int(n_samples), int(n_features))
    data, rate = backend.prepare(problem.X, problem.y), safe_learning_rate(problem.X)
    backend.fit(data, int(epochs), rate)
    seconds: list[float] = []
    while sum(seconds) < TIMED_S:
        began = perf_counter()
        backend.fit(data, int(epochs), rate)
        seconds.append(perf_counter() - began)
    yield "seconds", min(seconds)


def memory(target: str, n_samples: int, n_features: int, dtype: str, seed: int) -> dict[str, Any]:
    """Prepare and fit once what was compiled before; return the bytes that it took.

    The problem is there before and is not counted. All is done once at full size first, and let go:
    some choose or compile their code for each shape. (CPython keeps one arena of 1 MiB of what
    lists let go, so that lists may seem to hold as much less.)
    """
    import gc

    from npfs.regression.problem import make_problem

    backend = load(target)
    problem = make_problem(n_samples, n_features, seed=seed)
    X, y = problem.X.astype(dtype, copy=False), problem.y.astype(dtype, copy=False)
    backend.fit(backend.prepare(X, y), 1, 0.0)
    gc.collect()

    before = own_bytes()
    data = backend.prepare(X, y)
    gc.collect()
    held = max(0, own_bytes() - before)
    at_rest, is_watched = resident_bytes(), reset_peak_rss()
    backend.fit(data, 1, 0.0)
    highest = peak_bytes()
    if highest is None or not is_watched:
        return {"held_bytes": held, "peak_bytes": None, "reason": NO_PEAK}
    return {"held_bytes": held, "peak_bytes": held + max(0, highest - at_rest), "reason": ""}


def own_bytes() -> int:
    """Return the resident memory that no other process shares, or all that is resident.

    The former is counted page by page; ``resident_bytes`` is counted in batches and may be off by
    some hundred kB.
    """
    import psutil

    try:
        return int(psutil.Process().memory_full_info().uss)
    except (psutil.Error, AttributeError):
        return resident_bytes()


def resident_bytes() -> int:
    """Return the resident memory, shared libraries included."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def reset_peak_rss() -> bool:
    """Set the peak to what is resident now; return whether the system can."""
    try:
        with open(CLEAR, "w") as file:
            file.write(CLEAR_PEAK)
    except OSError:
        return False
    return peak_bytes() is not None


def peak_bytes() -> int | None:
    """Return the most that was resident since the reset; None where the system does not tell."""
    try:
        with open(STATUS) as file:
            lines = file.readlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def instructions(target: str, samples: Iterable[int]) -> list[list[int]]:
    """Count the instructions for an epoch of one feature, at each number of samples."""
    from npfs.regression.problem import make_problem

    backend = load(target)
    counts = []
    for n_samples in samples:
        problem = make_problem(n_samples)
        data = backend.prepare(problem.X, problem.y)
        counts.append([n_samples, instructions_per_epoch(backend.fit, data, LEARNING_RATE)])
    return counts


def instructions_per_epoch(
    fit: Callable[[Any, int, float], Any], data: Any, learning_rate: float
) -> int:
    """Return the bytecode instructions that the interpreter executes for one more epoch.

    They are counted, not timed, so that no machine is faster at it: the difference between fits of
    two epochs and of one, in this thread. What compiled code does counts as the one instruction
    that calls it. Each fit is made once before, since some compile or choose then.
    """
    import gc

    counts = []
    collects = gc.isenabled()
    gc.disable()  # a collection may call Python code, which is none of the epoch's
    try:
        for epochs in (1, 2):
            fit(data, epochs, learning_rate)
            counts.append(_count(fit, data, epochs, learning_rate))
    finally:
        if collects:
            gc.enable()
    return counts[1] - counts[0]


if sys.version_info >= (3, 12):

    def _count(fit: Callable[[Any, int, float], Any], *arguments: Any) -> int:
        """Count by ``sys.monitoring``: tracing of opcodes begins late in 3.12, or never in 3.13."""
        instructions = 0

        def executed(code: CodeType, offset: int) -> None:
            nonlocal instructions
            instructions += 1

        monitoring, event = sys.monitoring, sys.monitoring.events.INSTRUCTION
        monitoring.use_tool_id(TOOL_ID, "npfs")
        monitoring.register_callback(TOOL_ID, event, executed)
        monitoring.set_events(TOOL_ID, event)
        try:
            fit(*arguments)
        finally:
            monitoring.set_events(TOOL_ID, 0)
            monitoring.register_callback(TOOL_ID, event, None)
            monitoring.free_tool_id(TOOL_ID)
        return instructions

else:

    def _count(fit: Callable[[Any, int, float], Any], *arguments: Any) -> int:
        instructions = 0

        def trace(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal instructions
            frame.f_trace_lines, frame.f_trace_opcodes = False, True
            instructions += event == "opcode"
            return trace

        earlier = sys.gettrace()
        sys.settrace(trace)
        try:
            fit(*arguments)
        finally:
            sys.settrace(earlier)
        return instructions


def layout(n_samples: str) -> Iterator[tuple[str, Any]]:
    """Describe where a list and an array keep their numbers, and who takes the array as it is."""
    yield "layout", {**of_numbers(int(n_samples)), "zero_copy": zero_copy()}


def of_numbers(n_samples: int) -> dict[str, Any]:
    """Measure one feature as a list and as an array, for ``npfs.schema.Layout``.

    The gaps are None where the interpreter does not tell addresses.
    """
    import platform
    from collections import Counter
    from itertools import pairwise

    from npfs.regression.problem import make_problem

    array = make_problem(n_samples).X[:, 0]
    numbers = array.tolist()
    gap = share = None
    if platform.python_implementation() == "CPython":  # there an id is an address
        gaps = Counter(b - a for a, b in pairwise(map(id, numbers)))
        [(gap, times)] = gaps.most_common(1)
        share = times / gaps.total()
    return {
        "pointer_bytes": (sys.getsizeof(numbers) - sys.getsizeof([])) / n_samples,
        "object_bytes": sys.getsizeof(numbers[0]),
        "gap_bytes": gap,
        "gap_share": share,
        "array_bytes": array.itemsize,
        "stride_bytes": array.strides[0],
        "is_contiguous": bool(array.flags.c_contiguous),
    }


def zero_copy() -> list[dict[str, Any]]:
    """Pass one array to PyTorch and to JAX; tell for each whether it is used without a copy.

    ``shares`` is None if the library is not installed, or failed; ``reason`` tells which.
    """
    import numpy as np

    from npfs.backends.aligned import aligned_copy

    array = aligned_copy(np.arange(1000.0))
    return [
        {"library": name, **_passed(name, address, array)} for name, address in _ADDRESSES.items()
    ]


def _passed(name: str, address: Callable[[Any], int], array: Any) -> dict[str, Any]:
    import importlib.util

    if importlib.util.find_spec(name) is None:
        return {"shares": None, "reason": "not installed"}
    try:
        shares = address(array) == array.ctypes.data
        version = str(importlib.import_module(name).__version__)
    except Exception as error:  # a library that does not load here is no failure of ours
        return {"shares": None, "reason": f"{type(error).__name__}: {error}"[:200]}
    return {"shares": shares, "version": version}


def _torch_address(array: Any) -> int:
    import importlib

    torch: Any = importlib.import_module("torch")
    return int(torch.from_numpy(array).data_ptr())


def _jax_address(array: Any) -> int:
    import importlib

    jax: Any = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)  # it would make float32 of the numbers, in a copy
    return int(jax.dlpack.from_dlpack(array).unsafe_buffer_pointer())


_ADDRESSES = {"torch": _torch_address, "jax": _jax_address}


PROBES: dict[str, Callable[..., Iterator[tuple[str, Any]]]] = {
    "startup": startup,
    "costs": costs,
    "fit_seconds": fit_seconds,
    "layout": layout,
}

if __name__ == "__main__":
    main(sys.argv[1:])
