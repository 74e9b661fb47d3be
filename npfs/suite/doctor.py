"""Examine this machine: what makes times slow, or makes them vary."""

import contextlib
import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass

from npfs.analysis.findings import Finding, Use, findings, slowing_blas_variables, use_between
from npfs.analysis.statistics import Interval, ratio_interval
from npfs.harness import environment, machine
from npfs.schema import Environment, Load
from npfs.suite import probes

WATCHED_S = 1.0  # how long other programs are watched


@dataclass(frozen=True)
class Diagnosis:
    """What was found on this machine.

    Attributes
    ----------
    environment, load
        As a run records them.
    findings : list of Finding
    variables : dict of str to str
        The settings that make OpenBLAS use other kernels or blocks.
    kept : Interval or None
        The time of NumPy's fit without ``variables`` over its time with them: below 1 they make it
        slower. None if none is set, or if it was not measured.
    not_measured : str
        Why it was not measured; empty if it was, or if none is set.
    """

    environment: Environment
    load: Load
    findings: list[Finding]
    variables: dict[str, str]
    kept: Interval | None
    not_measured: str = ""

    @property
    def use(self) -> Use | None:
        """Return what other programs used meanwhile."""
        return use_between(self.load)


def examine() -> Diagnosis:
    """Look at this machine and watch it for a second; measure what a set variable costs NumPy."""
    # a fifth of a second, for the processor's name
    from pytest_benchmark.plugin import (  # noqa: PLC0415
        pytest_benchmark_generate_machine_info,
    )

    with contextlib.suppress(Exception):  # what is wrong with Numba is a finding
        importlib.import_module("numba")
        machine.snapshot()  # compiles what it times
    before = machine.snapshot()
    time.sleep(WATCHED_S)
    watched = Load(before, machine.snapshot())
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
    found = [*findings(collected, [watched]), *_of_numba(collected.speed_variables)]
    return Diagnosis(collected, watched, found, variables, kept, not_measured)


def _of_numba(variables: Mapping[str, str]) -> list[Finding]:
    """Return what keeps Numba from working as it could; ``variables`` are those that are set."""
    try:
        compiled = importlib.import_module("npfs.backends.compiled")
    except ModuleNotFoundError:
        return []
    except Exception as error:  # whatever Numba's own settings lead to
        return [Finding("numba", {"error": str(error)})]
    found = []
    if problem := compiled.thread_problem():
        settings = [f"{k}={variables[k]}" for k in compiled.VARIABLES if k in variables]
        found.append(Finding("numba-threads", {"error": problem[0], "settings": settings}))
    if not compiled.CACHED:
        found.append(Finding("numba-cache"))
    return found
