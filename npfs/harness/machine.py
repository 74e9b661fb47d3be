"""What the operating system tells of the machine; what it does not tell is None.

Linux is read from its pseudo files below ``root``, a parameter so that a folder can stand in for
them. macOS is asked through ``sysctl``. The rest is psutil's, on every system that it knows.
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

ROOT = Path("/")
CPU = Path("sys/devices/system/cpu")
UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
SYSCTL_CACHES = {
    "hw.l1dcachesize": "L1d",
    "hw.l1icachesize": "L1i",
    "hw.l2cachesize": "L2",
    "hw.l3cachesize": "L3",
}
SYSCTL_GUEST = "kern.hv_vmm_present"
SYSCTL_SECONDS = 1.0


def describe(root: Path = ROOT) -> dict[str, Any]:
    """Describe processor, memory and settings; it never raises."""
    told = _sysctl((*SYSCTL_CACHES, SYSCTL_GUEST)) if sys.platform == "darwin" else {}
    return {
        "physical_cores": physical_cores(),
        "caches": caches(root) or caches_of_sysctl(told),
        "governor": governor(root),
        "boost": boost(root),
        "smt": smt(root),
        "virtual_machine": _flag(told.get(SYSCTL_GUEST)) if told else virtual_machine(root),
        "huge_pages": huge_pages(root),
        **memory(),
    }


def usable_core_ids() -> list[int] | None:
    """Return the cores that this process may run on; None where unknown (macOS)."""
    try:
        return sorted(psutil.Process().cpu_affinity())  # no such method on macOS
    except (AttributeError, OSError, psutil.Error):
        return None


def physical_cores() -> int | None:
    """Count the cores, however many hardware threads each has."""
    try:
        cores: int | None = psutil.cpu_count(logical=False)
    except (OSError, NotImplementedError):
        return None
    return cores


def memory() -> dict[str, int | None]:
    """Return bytes: all memory, what can be taken without swapping, and what is swapped out."""
    told: dict[str, int | None] = {
        "memory_bytes": None,
        "available_bytes": None,
        "swap_used_bytes": None,
    }
    try:
        virtual = psutil.virtual_memory()
        told |= {"memory_bytes": int(virtual.total), "available_bytes": int(virtual.available)}
        told["swap_used_bytes"] = int(psutil.swap_memory().used)
    except (OSError, RuntimeError, RuntimeWarning, psutil.Error):
        pass  # what was told by then counts
    return told


def caches(root: Path = ROOT) -> dict[str, int] | None:
    """Return the bytes of each cache that the first core uses: L1d, L1i, L2, L3."""
    found: dict[str, int] = {}
    for folder in sorted((root / CPU / "cpu0/cache").glob("index*")):
        level, kind, size = (_text(folder / name) for name in ("level", "type", "size"))
        match = re.fullmatch(r"(\d+)([KMG]?)", size or "")
        if level and match:
            suffix = {"Data": "d", "Instruction": "i"}.get(kind or "", "")
            found[f"L{level}{suffix}"] = int(match[1]) * UNITS[match[2]]
    return found or None


def caches_of_sysctl(told: Mapping[str, str]) -> dict[str, int] | None:
    """Return the same from what macOS told."""
    return {
        name: int(told[key])
        for key, name in SYSCTL_CACHES.items()
        if told.get(key, "").isdigit() and int(told[key]) > 0
    } or None


def governor(root: Path = ROOT) -> str | None:
    """Return what sets the cores' clock; several governors are joined by a comma."""
    found = {_text(path) for path in (root / CPU).glob("cpu[0-9]*/cpufreq/scaling_governor")}
    return ", ".join(sorted(name for name in found if name)) or None


def boost(root: Path = ROOT) -> bool | None:
    """Return whether cores may run faster than their base clock while they are cool."""
    off = _flag(_text(root / CPU / "intel_pstate/no_turbo"))
    return _flag(_text(root / CPU / "cpufreq/boost")) if off is None else not off


def smt(root: Path = ROOT) -> bool | None:
    """Return whether two hardware threads share a core."""
    return _flag(_text(root / CPU / "smt/active"))


def virtual_machine(root: Path = ROOT) -> bool | None:
    """Return whether the processor says that a hypervisor runs below; only x86 says it."""
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        if line.startswith("flags"):
            return "hypervisor" in line.split()
    return None


def huge_pages(root: Path = ROOT) -> str | None:
    """Return when memory is given out in pages of 2 MiB: always, madvise (to who asks) or never."""
    text = _text(root / "sys/kernel/mm/transparent_hugepage/enabled") or ""
    chosen = re.search(r"\[(\w+)\]", text)
    return chosen[1] if chosen else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _flag(text: str | None) -> bool | None:
    return {"0": False, "1": True}.get(text or "")


def _sysctl(names: tuple[str, ...]) -> dict[str, str]:
    try:
        result = subprocess.run(
            ["/usr/sbin/sysctl", *names],
            capture_output=True,
            text=True,
            check=False,  # an unknown name is an error, and the others are told
            timeout=SYSCTL_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return sysctl_values(result.stdout)


def sysctl_values(output: str) -> dict[str, str]:
    """Read the lines ``name: value`` of sysctl."""
    pairs = (line.partition(": ") for line in output.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs if value}
