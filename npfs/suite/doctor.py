"""Describe this machine as a benchmark meets it: what makes times differ, and the remedies."""

import contextlib
import importlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from npfs.analysis.findings import Finding, Use, findings, slowing_blas_variables, use_between
from npfs.analysis.statistics import Interval, ratio_interval
from npfs.harness import environment, load
from npfs.schema import Environment, Load
from npfs.suite import probes

WATCHED_S = 1.0  # how long other programs are watched
NOT_KNOWN = "not known"
GIGABYTES = "{:.1f} GB"


@dataclass(frozen=True)
class Diagnosis:
    """What was found on this machine.

    Attributes
    ----------
    environment, load
        As a run records them.
    findings : list of Finding
    variables : dict of str to str
        Those that are set and make OpenBLAS use other kernels than it would.
    kept : Interval or None
        The time of NumPy's fit without ``variables`` over its time with them: below 1 it loses by
        them. None if none is set, or if it was not measured.
    not_measured : str
        Why it was not measured.
    """

    environment: Environment
    load: Load
    findings: list[Finding]
    variables: dict[str, str]
    kept: Interval | None
    not_measured: str = ""

    @property
    def use(self) -> Use | None:
        """What others took while they were watched."""
        return use_between(self.load)

    def as_json(self) -> dict[str, Any]:
        """Return all for programs; ``numpy_time_without_over_with`` has value, low and high."""
        return {
            "environment": msgspec.to_builtins(self.environment),
            "load": msgspec.to_builtins(self.load),
            "use": asdict(self.use) if self.use else None,
            "findings": [asdict(finding) for finding in self.findings],
            "numpy_time_without_over_with": self.kept
            and {name: getattr(self.kept, name) for name in ("value", "low", "high")},
        }


def examine() -> Diagnosis:
    """Look at this machine and watch it for a second; measure what a set variable costs NumPy."""
    # a fifth of a second, for the processor's name
    from pytest_benchmark.plugin import (  # noqa: PLC0415
        pytest_benchmark_generate_machine_info,
    )

    with contextlib.suppress(Exception):  # what is wrong with Numba is a finding
        importlib.import_module("numba")
        load.snapshot()  # compiles what it times
    before = load.snapshot()
    time.sleep(WATCHED_S)
    watched = Load(before, load.snapshot())
    machine_info = pytest_benchmark_generate_machine_info()  # type: ignore[no-untyped-call]
    collected = environment.collect(machine_info)
    variables = {
        name: collected.speed_variables[name] for name in slowing_blas_variables(collected)
    }
    kept, not_measured = None, ""
    if variables:
        try:
            with_them, without = probes.numpy_seconds(variables)
            kept = ratio_interval(without, with_them)
        except probes.ProbeFailed as error:
            not_measured = str(error)
    found = [*findings(collected, [watched]), *_of_numba()]
    return Diagnosis(collected, watched, found, variables, kept, not_measured)


def _of_numba() -> list[Finding]:
    """Return what keeps Numba from working as it could."""
    try:
        compiled = importlib.import_module("npfs.backends.compiled")
    except ModuleNotFoundError:
        return []
    except Exception as error:  # whatever Numba's own settings lead to
        said = f"Numba cannot be loaded ({error})"
        return [Finding("numba", said, "see to its settings, variables that begin with NUMBA_")]
    found = []
    if problem := compiled.thread_problem():
        found.append(Finding("numba-threads", *problem))
    if not compiled.CACHED:
        found.append(
            Finding(
                "numba-cache",
                "Numba can keep no compiled code, so each process compiles it anew, in seconds",
                "set NUMBA_CACHE_DIR to a folder that can be written",
            )
        )
    return found


def loss_sentence(kept: Interval, variables: Mapping[str, str]) -> str:
    """Word the share of NumPy's speed that the variables cost; ``kept`` is as in ``Diagnosis``."""
    setting = " and ".join(f"{name}={value}" for name, value in variables.items())
    size = probes.BLAS_SIZE
    where = f"{setting}, measured on {size.n_samples:,} samples of {size.n_features} features"
    if kept.is_too_wide:
        return f"The times of NumPy vary too much to tell its loss with {where}."
    if not kept.is_significant:
        return f"NumPy loses and gains nothing beyond noise with {where}."
    value, *bounds = (100 * abs(1 - ratio) for ratio in (kept.value, kept.low, kept.high))
    low, high = sorted(bounds)
    verb = "loses" if kept.value < 1 else "gains"
    return f"NumPy {verb} {value:.0f} % ({low:.0f} to {high:.0f}) of its speed with {where}."


def print_diagnosis(found: Diagnosis, console: Console, *, quiet: bool = False) -> None:
    """Print the environment in groups, unless ``quiet``, then the findings with their remedies."""
    for title, rows in {} if quiet else groups(found).items():
        table = Table(
            title=title, title_justify="left", title_style="bold", box=None, show_header=False
        )
        for row in rows.items():
            table.add_row(*row)
        console.print(table, end="\n\n")
    warnings = [finding for finding in found.findings if finding.severity == "warning"]
    lines = [f"{'!' if finding in warnings else 'i'} {finding}" for finding in found.findings]
    if found.kept is not None:
        lines.append(f"! {loss_sentence(found.kept, found.variables)}")
    elif found.not_measured:
        lines.append(f"! What it costs NumPy is not known: {found.not_measured}.")
    if not warnings:
        lines.append("Nothing to mend.")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def groups(found: Diagnosis) -> dict[str, dict[str, str]]:
    """Return the groups that are printed, each with names and values in words."""
    return {
        "Processor": _processor(found.environment),
        "Memory": _memory(found.environment),
        "Software": _software(found.environment),
        "Load": _load(found),
    }


def _processor(of: Environment) -> dict[str, str]:
    caches, clock, ids = of.caches or {}, of.clock, of.usable_core_ids
    return {
        "processor": of.cpu,
        "cores": f"{_known(of.cores)} logical, {_known(of.physical_cores)} physical",
        "usable cores": _known(of.usable_cores) + (f": {_ranges(ids)}" if ids else ""),
        "container's limit": _limit(of.container, "cpu_quota", "{:g} cores"),
        "caches": ", ".join(f"{name} {_binary(size)}" for name, size in caches.items())
        or NOT_KNOWN,
        "AVX-512": _known(of.avx512),
        "hardware threads share cores": _known(of.smt),
        "CPU governor": _known(of.governor),
        "boost": _known(of.boost),
        "virtual machine": _known(of.virtual_machine),
        "clock": f"{clock.name}, steps of {clock.resolution_s * 1e9:g} ns" if clock else NOT_KNOWN,
    }


def _memory(of: Environment) -> dict[str, str]:
    return {
        "memory": _known(of.memory_bytes, GIGABYTES, 1e-9),
        "free": _known(of.available_bytes, GIGABYTES, 1e-9),
        "swapped out": _known(of.swap_used_bytes, GIGABYTES, 1e-9),
        "container's limit": _limit(of.container, "memory_limit_bytes", GIGABYTES, 1e-9),
        "huge pages": _known(of.huge_pages),
    }


def _software(of: Environment) -> dict[str, str]:
    build = of.python_build
    odd = ((build.debug, "debug"), (build.free_threaded, "free-threaded"))
    of_build = ", ".join(name for is_on, name in odd if is_on)
    rows = {"system": of.system, "Python": of.python + (f" ({of_build})" if of_build else "")}
    rows |= {name: version or "not installed" for name, version in of.libraries.items()}
    rows["NumPy's BLAS"] = of.blas
    if of.blas_in_effect:
        blas = of.blas_in_effect[0]  # NumPy's own; the others are in --json
        rows["BLAS in effect"] = (
            f"{blas.library} {_known(blas.version)}, kernels for {_known(blas.architecture)}, "
            f"{_known(blas.threads)} threads"
        )
    if numba := of.numba:
        rows["Numba in effect"] = (
            f"{numba.threads} threads by {_known(numba.threading_layer)}, compiles for "
            f"{_known(numba.cpu)}, SVML: {_known(numba.svml)}"
        )
    variables = of.speed_variables
    rows["variables that change speed"] = (
        ", ".join(f"{name}={value}" for name, value in variables.items()) or "none is set"
    )
    return rows


def _load(found: Diagnosis) -> dict[str, str]:
    snapshots, use = [one for one in (found.load.before, found.load.after) if one], found.use
    sync = [one.thread_sync_s for one in snapshots if one.thread_sync_s is not None]
    share = "{:.1f} % of all cores"
    return {
        "load, over a minute": _known(snapshots[0].load_1min, "{:.2f}"),
        f"taken by others in {WATCHED_S:g} s": _known(use and use.others, share, 100),
        "stolen by the host": _known(use and use.stolen, share, 100),
        "two threads meet in": ", then ".join(f"{seconds * 1e6:,.1f} µs" for seconds in sync)
        or NOT_KNOWN,
        "on battery": _known(snapshots[0].on_battery),
    }


def _known(value: Any, form: str = "{}", times: float = 1) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return NOT_KNOWN
    return form.format(value * times if isinstance(value, float | int) else value)


def _limit(container: Any, name: str, form: str, times: float = 1) -> str:
    limit = getattr(container, name, None)
    return "none" if container and not limit else _known(limit, form, times)


def _binary(number: int) -> str:
    return f"{number / 1024:g} KiB" if number < 1024**2 else f"{number / 1024**2:g} MiB"


def _ranges(ids: Iterable[int]) -> str:
    """Shorten ascending numbers: 0-3, 8."""
    parts: list[list[int]] = []
    for core in ids:
        if parts and core == parts[-1][-1] + 1:
            parts[-1][1:] = [core]
        else:
            parts.append([core])
    return ", ".join("-".join(map(str, part)) for part in parts)
