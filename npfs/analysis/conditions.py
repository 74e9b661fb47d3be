"""The conditions of a run: only runs of the same conditions are pooled."""

from collections.abc import Mapping
from typing import Any

from npfs.analysis import recorded
from npfs.analysis.data import SYNTHETIC, read_data

NOT_RECORDED = "not recorded"  # by the version of npfs that wrote the file


def conditions_of(ours: Mapping[str, Any]) -> dict[str, str]:
    """Return what must be equal for two runs to be pooled, from a run file's own key; in words for a person."""
    environment = ours["environment"]
    conditions = {
        "machine": environment["machine"],
        "usable cores": environment["usable_cores"],
        "container's cores": _quota(environment),
        "governor": environment.get("governor", NOT_RECORDED),
        "boost": environment.get("boost", NOT_RECORDED),
        "Python": environment["python"],
        "BLAS": environment["blas"],
        "BLAS kernels": _of_blas(environment, "architecture"),
        "BLAS threads": _of_blas(environment, "threads"),
        "epochs": ours["epochs"],
        "data": read_data(ours) or ours.get("published") or SYNTHETIC,
        "speed variables": environment["speed_variables"] or "none",
    }
    conditions |= {f"timing, {name}": value for name, value in ours["timing"].items()}
    if environment.get("numba", NOT_RECORDED) is not None:  # it is, where no backend loaded Numba
        threads = recorded.group(environment, "numba").get("threads", NOT_RECORDED)
        conditions["Numba threads"] = threads
    for library in ("numpy", "numba", "llvmlite"):
        conditions[library] = environment["libraries"][library] or "not installed"
    return {name: str(value) for name, value in conditions.items()}


def _quota(environment: dict[str, Any]) -> Any:
    if "container" not in environment:
        return NOT_RECORDED
    return recorded.group(environment, "container").get("cpu_quota") or "no limit"


def _of_blas(environment: dict[str, Any], name: str) -> Any:
    if "blas_in_effect" not in environment:
        return NOT_RECORDED
    return recorded.first_group(environment, "blas_in_effect").get(name) or "unknown"
