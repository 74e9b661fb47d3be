"""Find the causes of slow and varying times in the records of a machine.

The environment and the load of runs give the findings. What is not recorded gives none. A finding
has no words: ``npfs.report.provenance`` gives its sentence and its remedy.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from npfs.analysis.disturbance import DISTURBED, Disturbance
from npfs.schema import CpuSeconds, Environment, Load

Severity = Literal["warning", "information"]

LOAD_PER_CORE = 0.5  # above it a benchmark on all cores finds one of two cores taken
OTHERS_SHARE = 0.05  # about the largest spread of a run on an idle machine
# Time that is stolen is missing in some rounds altogether; an idle guest has less than 0.1 %.
STOLEN_SHARE = 0.01
TIME_SLICE_S = 1e-3  # a thread that waits longer than this waits for another program's slice
DISTURBED_SHARE = 0.5  # of the repetitions: the fastest of twelve is hardly disturbed even then
SYNC_RATIO = 1.6  # one state of a machine varies by less than 1.5, two of them were 2 to 6 apart
AVAILABLE_BYTES = 2e9
LARGEST_CASE_BYTES = 1.3e9  # of the preset "full"
SWAP_OF_MEMORY = 0.01  # systems swap out a few unused pages, and lose nothing by it
# Kernels of OpenBLAS that use AVX-512.
AVX512_KERNELS = frozenset({"SkylakeX", "Cooperlake", "SapphireRapids"})
# The libraries whose threads each variable limits.
THREAD_LIMITS = {
    "OMP_NUM_THREADS": ("BLAS", "OpenMP"),
    "OPENBLAS_NUM_THREADS": ("OpenBLAS",),
    "MKL_NUM_THREADS": ("MKL",),
    "VECLIB_MAXIMUM_THREADS": ("Accelerate",),
    "NUMBA_NUM_THREADS": ("Numba",),
}
# Variables that can make code slower, each with the values that change nothing.
HARMLESS = {
    "NUMBA_DISABLE_JIT": ("", "0"),
    "NUMBA_OPT": ("", "3", "max"),
    "NUMBA_BOUNDSCHECK": ("", "0"),
    "NUMBA_CPU_NAME": ("", "host"),
    "NUMBA_CPU_FEATURES": ("",),
    "NPY_DISABLE_CPU_FEATURES": ("",),
    "PYTHONDEVMODE": ("", "0"),
    "PYTHONTRACEMALLOC": ("", "0"),
    "PYTHONMALLOC": ("", "default", "pymalloc"),
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
        An id: ``"openblas-coretype"``.
    values : mapping
        Numbers, in SI units, and names that its sentence needs.
    severity : str
        "warning": times are longer than they could be, or vary. "information": good to know.
    """

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "warning"


def findings(environment: Environment, loads: Sequence[Load] = ()) -> list[Finding]:
    """Return the findings, warnings first; ``loads`` has that of each run, the earliest first."""
    rules = (_variables, _thread_limits, _cores, _clock_rate, _memory, _software)
    found = [finding for rule in rules for finding in rule(environment)]
    found += [*_busy_before(environment, loads), *_taken_during(loads), *_between_runs(loads)]
    return sorted(found, key=lambda finding: finding.severity != "warning")


def disturbed(found: Disturbance) -> list[Finding]:
    """Return a warning where most repetitions were disturbed."""
    if found.share <= DISTURBED_SHARE:
        return []
    return [Finding("disturbed", {"share": found.share, "threshold": DISTURBED})]


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
        older = None
        if variable == "OPENBLAS_CORETYPE" and kernels is not None and avx512 is not None:
            if kernels in AVX512_KERNELS:
                continue  # it names what the processor has
            older = kernels if avx512 else None
        yield _of_variable(variable, variables[variable], older_kernels=older)
    for variable, harmless in HARMLESS.items():
        value = variables.get(variable)
        if value is not None and value.lower() not in harmless:
            yield _of_variable(variable, value)


def _thread_limits(environment: Environment) -> Iterator[Finding]:
    usable = environment.usable_cores
    for variable, libraries in THREAD_LIMITS.items():
        value = environment.speed_variables.get(variable, "")
        # OMP_NUM_THREADS may list one number for each level, the outer first.
        first = value.split(",", maxsplit=1)[0].strip()
        is_number = first.isascii() and first.isdigit() and len(first) < 10
        if is_number and usable and 0 < int(first) < usable:
            yield _of_variable(
                variable, value, libraries=libraries, threads=int(first), usable=usable
            )


def _of_variable(variable: str, value: str, **values: Any) -> Finding:
    name = variable.lower().replace("_", "-")
    return Finding(name, {"variable": variable, "value": value, **values})


def _cores(environment: Environment) -> Iterator[Finding]:
    cores, usable = environment.cores, environment.usable_cores
    quota = environment.container.cpu_quota if environment.container else None
    if quota and usable and quota < usable:
        yield Finding("container-quota", {"quota": quota, "usable": usable})
    if cores and usable and usable < cores:
        yield Finding("usable-cores", {"usable": usable, "cores": cores}, "information")


def _clock_rate(environment: Environment) -> Iterator[Finding]:
    governor = environment.governor
    if governor and governor != "performance":
        yield Finding("governor", {"governor": governor})
    if environment.boost:
        yield Finding("boost", severity="information")


def _memory(environment: Environment) -> Iterator[Finding]:
    limit = environment.container.memory_limit_bytes if environment.container else None
    known = [n for n in (environment.available_bytes, limit) if n is not None]
    if known and min(known) < AVAILABLE_BYTES:
        yield Finding("memory", {"available": min(known), "needed": LARGEST_CASE_BYTES})
    swapped, memory = environment.swap_used_bytes, environment.memory_bytes
    if swapped and memory and swapped > SWAP_OF_MEMORY * memory:
        yield Finding("swap", {"swapped": swapped}, "information")


def _software(environment: Environment) -> Iterator[Finding]:
    if environment.python_build.debug:
        yield Finding("debug-build")
    blas = environment.blas.split()[:1]
    if blas in (["unknown"], ["none"], ["auto"]) and not environment.blas_in_effect:
        yield Finding("blas")
    if environment.virtual_machine:
        yield Finding("virtual-machine", severity="information")


def _busy_before(environment: Environment, loads: Sequence[Load]) -> Iterator[Finding]:
    """Judge the load before the first run alone: before each other one it is our own."""
    usable = environment.usable_cores
    before = loads[0].before if loads else None
    load = before.load_1min if before else None
    if load and usable and load / usable > LOAD_PER_CORE:
        yield Finding("load", {"load": load, "usable": usable})


def _taken_during(loads: Sequence[Load]) -> Iterator[Finding]:
    uses = [use_between(load) for load in loads]
    others = max((use.others for use in uses if use), default=0.0)
    if others > OTHERS_SHARE:
        yield Finding("others", {"share": others})
    stolen = max((use.stolen for use in uses if use and use.stolen is not None), default=0.0)
    if stolen > STOLEN_SHARE:
        yield Finding("steal", {"share": stolen})


def _between_runs(loads: Sequence[Load]) -> Iterator[Finding]:
    snapshots = [one for load in loads for one in (load.before, load.after) if one is not None]
    if any(snapshot.on_battery for snapshot in snapshots):
        yield Finding("battery")
    seconds = [one.thread_sync_s for one in snapshots if one.thread_sync_s]
    if seconds and max(seconds) / min(seconds) > SYNC_RATIO:
        fastest, slowest = min(seconds), max(seconds)
        preempted = slowest > TIME_SLICE_S
        yield Finding(
            "thread-sync",
            {"fastest_s": fastest, "slowest_s": slowest, "preempted": preempted},
        )
