"""``npfs doctor``: this machine, what makes its times differ, and what to do about it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from npfs.cli import shared
from npfs.drawing.numbers import n_bytes, percent, time

if TYPE_CHECKING:
    from npfs.analysis.statistics import Interval
    from npfs.schema import Environment
    from npfs.suite.doctor import Diagnosis

NOT_KNOWN = "not known"


def doctor(as_json: shared.AsJson = False, quiet: shared.Quiet = False) -> None:
    """Show what this machine is, what makes its times differ, and what to do about it."""
    from npfs.suite.doctor import examine

    with shared.working("looking at this machine", quiet=quiet or as_json):
        found = examine()
    if as_json:
        shared.print_json(document(found))
    else:
        print_diagnosis(found, quiet=quiet)


def document(of: "Diagnosis") -> dict[str, Any]:
    """Return all for programs; ``numpy_time_without_over_with`` has value, low and high."""
    import msgspec

    from npfs.report.provenance import message, remedy

    return {
        "environment": msgspec.to_builtins(of.environment),
        "load": msgspec.to_builtins(of.load),
        "use": asdict(of.use) if of.use else None,
        "findings": [
            {
                "name": one.name,
                "message": message(one),
                "remedy": remedy(one),
                "severity": one.severity,
            }
            for one in of.findings
        ],
        "numpy_time_without_over_with": of.kept
        and {name: getattr(of.kept, name) for name in ("value", "low", "high")},
    }


def print_diagnosis(of: "Diagnosis", *, quiet: bool = False) -> None:
    """Print the environment in groups, unless ``quiet``, then the findings with their remedies."""
    from rich.markup import escape
    from rich.table import Table

    from npfs.report.provenance import sentence_on

    console = shared.console()
    for title, rows in {} if quiet else groups(of).items():
        table = Table(
            title=title, title_justify="left", title_style="bold", box=None, show_header=False
        )
        for row in rows.items():
            table.add_row(*map(escape, row))
        console.print(table, "")
    marks = {"warning": "!", "information": "i"}
    lines = [f"{marks[finding.severity]} {sentence_on(finding)}" for finding in of.findings]
    if of.kept is not None:
        lines.append(f"! {loss_sentence(of.kept, of.variables)}")
    elif of.not_measured:
        lines.append(f"! The effect on NumPy's speed is not known: {of.not_measured}.")
    if all(finding.severity != "warning" for finding in of.findings):
        lines.append("No problem found.")
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def loss_sentence(kept: "Interval", variables: Mapping[str, str]) -> str:
    """Return how much of NumPy's speed the variables cost; ``kept`` is as in ``Diagnosis``."""
    from npfs.report.provenance import MACHINE
    from npfs.suite.probes import BLAS_SIZE

    settings = [f"{name}={value}" for name, value in variables.items()]
    changes = sorted(abs(1 - ratio) for ratio in (kept.low, kept.value, kept.high))
    return MACHINE("numpy_loss", settings=settings, size=BLAS_SIZE, ratio=kept, changes=changes)


def groups(of: "Diagnosis") -> dict[str, dict[str, str]]:
    """Return the groups that are printed, each with names and values in words."""
    return {
        "Processor": _processor(of.environment),
        "Memory": _memory(of.environment),
        "Software": _software(of.environment),
        "Load": _load(of),
    }


def _processor(of: "Environment") -> dict[str, str]:
    caches, clock, ids = of.caches or {}, of.clock, of.usable_core_ids
    return {
        "processor": of.cpu,
        "cores": f"{_known(of.cores)} logical, {_known(of.physical_cores)} physical",
        "usable cores": _known(of.usable_cores) + (f": {_ranges(ids)}" if ids else ""),
        "container's limit": _limit(of, "cpu_quota", "{:g} cores".format),
        "caches": ", ".join(f"{name} {_binary(size)}" for name, size in caches.items())
        or NOT_KNOWN,
        "AVX-512": _known(of.avx512),
        "hardware threads share cores": _known(of.smt),
        "CPU governor": _known(of.governor),
        "boost": _known(of.boost),
        "virtual machine": _known(of.virtual_machine),
        "clock": f"{clock.name}, steps of {clock.resolution_s * 1e9:g} ns" if clock else NOT_KNOWN,
    }


def _memory(of: "Environment") -> dict[str, str]:
    return {
        "memory": _known(of.memory_bytes, n_bytes),
        "free": _known(of.available_bytes, n_bytes),
        "swapped out": _known(of.swap_used_bytes, n_bytes),
        "container's limit": _limit(of, "memory_limit_bytes", n_bytes),
        "huge pages": _known(of.huge_pages),
    }


def _software(of: "Environment") -> dict[str, str]:
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


def _load(of: "Diagnosis") -> dict[str, str]:
    from npfs.suite.doctor import WATCHED_S

    snapshots, use = [one for one in (of.load.before, of.load.after) if one], of.use
    latencies = [one.thread_sync_s for one in snapshots if one.thread_sync_s is not None]
    return {
        "load average over a minute": _known(snapshots[0].load_1min, "{:.2f}".format),
        f"used by other programs in {WATCHED_S:g} s": _known(use and use.others, _share),
        "withheld by the hypervisor": _known(use and use.stolen, _share),
        "thread synchronisation latency": ", then ".join(map(time, latencies)) or NOT_KNOWN,
        "on battery": _known(snapshots[0].on_battery),
    }


def _share(of_cores: float) -> str:
    return f"{percent(of_cores)} % of all cores"


def _known(value: Any, form: Callable[[Any], str] = str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOT_KNOWN if value is None else form(value)


def _limit(of: "Environment", name: str, form: Callable[[Any], str]) -> str:
    limit = getattr(of.container, name, None)
    return "none" if of.container and not limit else _known(limit, form)


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
