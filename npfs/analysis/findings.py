"""Diagnose why the times of a machine vary or are not typical, and name remedies.

The environment and the load of runs give the findings. What is not recorded gives none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from npfs.analysis.disturbance import DISTURBED, Disturbance
from npfs.schema import CpuSeconds, Environment, Load

Severity = Literal["warning", "information"]

LOAD_PER_CORE = 0.5  # above it a benchmark on all cores finds one of two cores taken
OTHERS = 0.05  # the largest spread that a run has by itself on a machine at rest is of this size
# What is stolen is missing in some rounds altogether; a guest at rest has less than 0.1 %.
STOLEN = 0.01
TIME_SLICE_S = 1e-3  # a thread that waits longer than this waits for another program's slice
MOST = 0.5  # of the repetitions: the least of twelve is hardly disturbed even then
SYNC_RATIO = 1.6  # one state of a machine varies by less than 1.5, two of them were 2 to 6 apart
AVAILABLE_BYTES = 2e9  # the largest case of the preset "full" asks for 1.3 GB
SWAP_OF_MEMORY = 0.01  # systems swap out a little of what nobody uses, and lose nothing by it
# Kernels of OpenBLAS that use AVX-512.
AVX512_KERNELS = frozenset({"SkylakeX", "Cooperlake", "SapphireRapids"})
# Each limits the threads of what is named.
THREAD_LIMITS = {
    "OMP_NUM_THREADS": "BLAS and OpenMP",
    "OPENBLAS_NUM_THREADS": "OpenBLAS",
    "MKL_NUM_THREADS": "MKL",
    "VECLIB_MAXIMUM_THREADS": "Accelerate",
    "NUMBA_NUM_THREADS": "Numba",
}
# Values that change nothing, and what any other value does.
SLOWING: dict[str, tuple[tuple[str, ...], str]] = {
    "NUMBA_DISABLE_JIT": (("", "0"), "keeps Numba from compiling"),
    "NUMBA_OPT": (("", "3", "max"), "makes Numba optimise less"),
    "NUMBA_BOUNDSCHECK": (("", "0"), "makes Numba check every index"),
    "NUMBA_CPU_NAME": (("", "host"), "makes Numba compile for another processor than this one"),
    "NUMBA_CPU_FEATURES": (("",), "makes Numba use other instructions than this processor has"),
    "NPY_DISABLE_CPU_FEATURES": (("",), "keeps NumPy from instructions that this processor has"),
    "PYTHONDEVMODE": (("", "0"), "makes Python check its memory"),
    "PYTHONTRACEMALLOC": (("", "0"), "makes Python trace every allocation"),
    "PYTHONMALLOC": (("", "default", "pymalloc"), "replaces Python's allocator"),
}
# Systems count processor time in ticks of 10 ms, for each core: over less it is no fraction.
SHORTEST_S = 0.5


@dataclass(frozen=True)
class Use:
    """Fractions of the time of all cores during a run.

    Attributes
    ----------
    others : float
        Taken by other processes than the one that is measured.
    stolen : float or None
        Withheld by the hypervisor, which only Linux reports.
    """

    others: float
    stolen: float | None


@dataclass(frozen=True)
class Finding:
    """One thing that changes what is measured.

    Attributes
    ----------
    name : str
        An id for programs: ``"openblas-coretype"``.
    sentence : str
        What was found, with its number, without a full stop.
    remedy : str
        What to do about it.
    severity : str
        "warning": times are not what they could be, or vary. "information": good to know.
    """

    name: str
    sentence: str
    remedy: str
    severity: Severity = "warning"

    def __str__(self) -> str:
        return f"{self.sentence}; {self.remedy}."


def findings(environment: Environment, loads: Sequence[Load] = ()) -> list[Finding]:
    """Return the findings, warnings first; ``loads`` has that of each run, the earliest first."""
    rules = (_variables, _thread_limits, _cores, _clock_rate, _memory, _software)
    found = [finding for rule in rules for finding in rule(environment)]
    found += [*_busy_before(environment, loads), *_taken_during(loads), *_between_runs(loads)]
    return sorted(found, key=lambda finding: finding.severity != "warning")


def disturbed(found: Disturbance) -> list[Finding]:
    """Return a warning where most repetitions were disturbed."""
    if found.share <= MOST:
        return []
    return [
        Finding(
            "disturbed",
            f"{found.share:.0%} of the repetitions were disturbed (more than {DISTURBED:.0%} "
            "longer than the least of their case)",
            "measure again on a quieter machine, or with more runs (--runs 10)",
        )
    ]


def slowing_blas_variables(environment: Environment) -> list[str]:
    """Return the variables that are set and make OpenBLAS use other kernels or blocks."""
    variables = environment.speed_variables
    return [name for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if variables.get(name)]


def use_between(load: Load) -> Use | None:
    """Return the time that others used and that was stolen; None if that is not known."""
    before, after = load.before, load.after
    if before is None or after is None or before.cpu_s is None or after.cpu_s is None:
        return None

    spans = {
        name: (getattr(before.cpu_s, name), getattr(after.cpu_s, name))
        for name in CpuSeconds.__struct_fields__
    }
    spent = {name: end - start for name, (start, end) in spans.items() if None not in (start, end)}
    total = sum(spent.values())
    if "idle" not in spent or min(total, after.at_s - before.at_s) < SHORTEST_S:
        return None
    by_us = after.process_s - before.process_s
    others = max(0.0, spent["user"] + spent["system"] - by_us) / total
    stolen = max(0.0, spent["steal"]) / total if "steal" in spent else None
    return Use(others=others, stolen=stolen)


def _variables(environment: Environment) -> Iterator[Finding]:
    variables = environment.speed_variables
    blas, avx512 = environment.blas_in_effect, environment.avx512
    kernels = blas[0].architecture if blas else None
    for variable in slowing_blas_variables(environment):
        because = ""
        if variable == "OPENBLAS_CORETYPE" and kernels is not None and avx512 is not None:
            if kernels in AVX512_KERNELS:
                continue  # it names what the processor has
            if avx512:
                because = f" (its {kernels} kernels do not use this processor's AVX-512)"
        effect = f"can make NumPy slower than its users see{because}"
        yield _of_variable(variable, variables[variable], effect)
    for variable, (harmless, effect) in SLOWING.items():
        value = variables.get(variable)
        if value is not None and value.lower() not in harmless:
            yield _of_variable(variable, value, effect)


def _thread_limits(environment: Environment) -> Iterator[Finding]:
    usable = environment.usable_cores
    for variable, what in THREAD_LIMITS.items():
        value = environment.speed_variables.get(variable, "")
        # OMP_NUM_THREADS may list one number for each level, the outer first.
        first = value.split(",", maxsplit=1)[0].strip()
        is_number = first.isascii() and first.isdigit() and len(first) < 10
        if is_number and usable and 0 < int(first) < usable:
            effect = f"keeps {what} to {int(first):,} of {usable:,.0f} usable cores"
            yield _of_variable(variable, value, effect)


def _of_variable(variable: str, value: str, effect: str) -> Finding:
    return Finding(
        variable.lower().replace("_", "-"),
        f"{variable}={value} was set, which {effect}",
        "unset it and measure again",
    )


def _cores(environment: Environment) -> Iterator[Finding]:
    cores, usable = environment.cores, environment.usable_cores
    quota = environment.container.cpu_quota if environment.container else None
    if quota and usable and quota < usable:
        yield Finding(
            "container-quota",
            f"The container may use {quota:g} of the {usable:,.0f} cores that it sees, so threads "
            "are stopped while they run",
            "start it with a CPU limit that is no lower (docker run --cpus), or pin it to that "
            "many cores (--cpuset-cpus)",
        )
    if cores and usable and usable < cores:
        yield Finding(
            "usable-cores",
            f"Only {usable:,.0f} of {cores:,.0f} cores can be used",
            "start without taskset, or a container's core set, if all are meant",
            "information",
        )


def _clock_rate(environment: Environment) -> Iterator[Finding]:
    governor = environment.governor
    if governor and governor != "performance":
        yield Finding(
            "governor",
            f"The CPU governor is {governor}, so the clock rate varies with the load",
            "set it to performance: sudo cpupower frequency-set -g performance",
        )
    if environment.boost:
        yield Finding(
            "boost",
            "Boost is on, so a core is faster while it is cool and few others work",
            "leave it for times as users see them; switch it off to compare small differences",
            "information",
        )


def _memory(environment: Environment) -> Iterator[Finding]:
    limit = environment.container.memory_limit_bytes if environment.container else None
    known = [n for n in (environment.available_bytes, limit) if n is not None]
    if known and min(known) < AVAILABLE_BYTES:
        yield Finding(
            "memory",
            f"Only {min(known) / 1e9:.1f} GB of memory are free, and the largest cases need 1.3 GB",
            "close other programs, or raise the container's limit",
        )
    swapped, memory = environment.swap_used_bytes, environment.memory_bytes
    if swapped and memory and swapped > SWAP_OF_MEMORY * memory:
        yield Finding(
            "swap",
            f"{swapped / 1e9:.1f} GB are swapped out, so memory was short at some time",
            "close other programs before measuring",
            "information",
        )


def _software(environment: Environment) -> Iterator[Finding]:
    if environment.python_build.debug:
        yield Finding(
            "debug-build",
            "This Python is a debug build, in which lists are several times slower",
            "measure with a release build",
        )
    blas = environment.blas.split()[:1]
    if blas in (["unknown"], ["none"], ["auto"]) and not environment.blas_in_effect:
        yield Finding(
            "blas",
            "NumPy was built with no BLAS that is known, so its matrix products may be slow",
            "install NumPy's wheel: python -m pip install --force-reinstall numpy",
        )
    if environment.virtual_machine:
        yield Finding(
            "virtual-machine",
            "This is a virtual machine, whose host may move its cores or give them to others",
            "measure more runs, at different times, before you trust a small difference",
            "information",
        )


def _busy_before(environment: Environment, loads: Sequence[Load]) -> Iterator[Finding]:
    """Judge the load before the first run alone: before each other one it is our own."""
    usable = environment.usable_cores
    before = loads[0].before if loads else None
    load = before.load_1min if before else None
    if load and usable and load / usable > LOAD_PER_CORE:
        yield Finding(
            "load",
            f"In the minute before measuring {load:.1f} programs at a time wanted the "
            f"{usable:,.0f} cores",
            "close other programs, or wait a minute after an earlier benchmark, and measure again",
        )


def _taken_during(loads: Sequence[Load]) -> Iterator[Finding]:
    uses = [use_between(load) for load in loads]
    others = max((use.others for use in uses if use), default=0.0)
    if others > OTHERS:
        yield Finding(
            "others",
            f"Other programs took up to {100 * others:.0f} % of the cores' time meanwhile",
            "close them and measure again",
        )
    stolen = max((use.stolen for use in uses if use and use.stolen is not None), default=0.0)
    if stolen > STOLEN:
        yield Finding(
            "steal",
            f"The host took up to {100 * stolen:.1f} % of the cores' time from this virtual "
            "machine",
            "measure at another time, or on a machine of your own",
        )


def _between_runs(loads: Sequence[Load]) -> Iterator[Finding]:
    snapshots = [one for load in loads for one in (load.before, load.after) if one is not None]
    if any(snapshot.on_battery for snapshot in snapshots):
        yield Finding(
            "battery",
            "The machine ran on its battery, which lowers the clock rate",
            "plug it in and measure again",
        )
    seconds = [one.thread_sync_s for one in snapshots if one.thread_sync_s]
    if not seconds or max(seconds) / min(seconds) <= SYNC_RATIO:
        return
    fastest, slowest = min(seconds), max(seconds)
    met = f"Two threads met in {fastest * 1e6:,.1f} µs at one time and"
    if slowest > TIME_SLICE_S:
        yield Finding(
            "threads-meet",
            f"{met} at another waited {1e3 * slowest:,.0f} ms for a core that another program held",
            "close other programs and measure again",
        )
    else:
        yield Finding(
            "threads-meet",
            f"{met} in {slowest * 1e6:,.1f} µs at another, so what runs on several cores was "
            "faster at some times than at others, and what runs on one was not",
            "close other programs and add runs; in a virtual machine the host may have moved the "
            "cores",
        )
