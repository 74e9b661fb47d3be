"""What the operating system tells of the machine and its load; what it does not tell is None.

Linux is read from its pseudo files below ``root``, a parameter so that a folder can stand in for
them. macOS is asked through ``sysctl``. The rest is psutil's, on every system that it knows.

The limits of a container are those of Linux control groups, versions 1 and 2. A limit holds for all
groups below it, so the least on the way from this process's group up to the top counts. Inside a
container the group's own path is often not visible; then the top is what the container sees of
itself. Source: the kernel's documents ``admin-guide/cgroup-v2.rst`` and
``scheduler/sched-bwc.rst``.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from npfs.schema import Container, CpuSeconds, Snapshot

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

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
# Version 1 writes "no limit" as the largest whole number of pages; no machine has this much memory.
NO_LIMIT_BYTES = 1 << 60


def describe(root: Path = ROOT) -> dict[str, Any]:
    """Describe processor, memory and settings; it never raises."""
    reported = _sysctl((*SYSCTL_CACHES, SYSCTL_GUEST)) if sys.platform == "darwin" else {}
    return {
        "physical_cores": physical_cores(),
        "caches": caches(root) or caches_of_sysctl(reported),
        "governor": governor(root),
        "boost": boost(root),
        "smt": smt(root),
        "virtual_machine": _flag(reported.get(SYSCTL_GUEST)) if reported else virtual_machine(root),
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
    reported: dict[str, int | None] = {
        "memory_bytes": None,
        "available_bytes": None,
        "swap_used_bytes": None,
    }
    try:
        virtual = psutil.virtual_memory()
        reported |= {"memory_bytes": int(virtual.total), "available_bytes": int(virtual.available)}
        reported["swap_used_bytes"] = int(psutil.swap_memory().used)
    except (OSError, RuntimeError, RuntimeWarning, psutil.Error):
        pass  # what was reported by then counts
    return reported


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


def caches_of_sysctl(reported: Mapping[str, str]) -> dict[str, int] | None:
    """Return the same from what macOS reported."""
    return {
        name: int(reported[key])
        for key, name in SYSCTL_CACHES.items()
        if reported.get(key, "").isdigit() and int(reported[key]) > 0
    } or None


def governor(root: Path = ROOT) -> str | None:
    """Return the governor of the cores' clock; several are joined by a comma."""
    found = {_text(path) for path in (root / CPU).glob("cpu[0-9]*/cpufreq/scaling_governor")}
    return ", ".join(sorted(name for name in found if name)) or None


def boost(root: Path = ROOT) -> bool | None:
    """Test whether cores may run faster than their base clock while they are cool."""
    off = _flag(_text(root / CPU / "intel_pstate/no_turbo"))
    return _flag(_text(root / CPU / "cpufreq/boost")) if off is None else not off


def smt(root: Path = ROOT) -> bool | None:
    """Test whether two hardware threads share a core."""
    return _flag(_text(root / CPU / "smt/active"))


def virtual_machine(root: Path = ROOT) -> bool | None:
    """Test whether the processor says that a hypervisor runs below; only x86 says it."""
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        if line.startswith("flags"):
            return "hypervisor" in line.split()
    return None


def huge_pages(root: Path = ROOT) -> str | None:
    """Return the policy for pages of 2 MiB: always, madvise (to those who ask) or never."""
    text = _text(root / "sys/kernel/mm/transparent_hugepage/enabled") or ""
    chosen = re.search(r"\[(\w+)\]", text)
    return chosen[1] if chosen else None


def container(root: Path = ROOT) -> Container | None:
    """Return the limits of this process's control groups; None without control groups."""
    groups = _groups(root)
    if groups is None:
        return None
    quotas = [quota for folder in _folders(root, groups, "cpu") if (quota := _quota(folder))]
    limits = [limit for folder in _folders(root, groups, "memory") if (limit := _limit(folder))]
    return Container(min(quotas, default=None), min(limits, default=None))


def address_space_left(root: Path = ROOT) -> int | None:
    """Return the bytes of addresses left to this process (``ulimit -v``); None without a limit."""
    if resource is None:
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    pages = _words(root / "proc/self/statm")[:1]
    taken = int(pages[0]) * resource.getpagesize() if pages else 0
    return max(0, limit - taken)


def _groups(root: Path) -> dict[str, str] | None:
    """Return the group's path for each controller; version 2 is the controller with no name."""
    text = _text(root / "proc/self/cgroup")
    if text is None:
        return None
    lines = text.splitlines()
    parts = (line.split(":", 2) for line in lines if line.count(":") >= 2)
    return {controllers: path for _, controllers, path in parts}


def _folders(root: Path, groups: dict[str, str], controller: str) -> Iterator[Path]:
    """Go up from this process's group to the top, in each hierarchy that has the controller."""
    home = root / "sys/fs/cgroup"
    for names, path in groups.items():
        if names == "":
            mounts = [home, home / "unified"]
        elif controller in names.split(","):
            mounts = [home / names, home / controller]
        else:
            continue
        steps = [step for step in path.split("/") if step not in ("", "..")]
        for mount in mounts:
            for depth in range(len(steps), -1, -1):
                yield mount.joinpath(*steps[:depth])


def _quota(folder: Path) -> float | None:
    both = _words(folder / "cpu.max") or [
        *_words(folder / "cpu.cfs_quota_us"),
        *_words(folder / "cpu.cfs_period_us"),
    ]
    try:
        quota, period = (int(word) for word in both)
    except ValueError:  # "max", or no such files
        return None
    return quota / period if quota > 0 and period > 0 else None


def _limit(folder: Path) -> int | None:
    words = _words(folder / "memory.max") or _words(folder / "memory.limit_in_bytes")
    if len(words) != 1 or not words[0].isdigit() or int(words[0]) >= NO_LIMIT_BYTES:
        return None
    return int(words[0])


def _words(path: Path) -> list[str]:
    return (_text(path) or "").split()


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
            check=False,  # an unknown name is an error, and the others are reported
            timeout=SYSCTL_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return sysctl_values(result.stdout)


def sysctl_values(output: str) -> dict[str, str]:
    """Read the lines ``name: value`` of sysctl."""
    pairs = (line.partition(": ") for line in output.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def snapshot() -> Snapshot:
    """Return the load of this moment."""
    return Snapshot(
        at_s=time.perf_counter(),
        load_1min=_load_average(),
        cpu_s=_cpu_seconds(),
        process_s=_process_seconds(),
        on_battery=_on_battery(),
        thread_sync_s=_thread_sync(),
    )


def _load_average() -> float | None:
    try:
        return os.getloadavg()[0]  # not on Windows, where psutil would begin to count only now
    except (AttributeError, OSError):
        return None


def _cpu_seconds() -> CpuSeconds | None:
    try:
        reported = psutil.cpu_times()
    except (OSError, psutil.Error):
        return None
    linux = ("irq", "softirq")  # beside "system" there; Windows counts its interrupts in it
    return CpuSeconds(
        user=reported.user + getattr(reported, "nice", 0.0),
        system=reported.system + sum(getattr(reported, name, 0.0) for name in linux),
        idle=reported.idle,
        iowait=getattr(reported, "iowait", None),
        steal=getattr(reported, "steal", None),
    )


def _process_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _on_battery() -> bool | None:
    try:
        battery = psutil.sensors_battery()  # no such function on some systems
    except (AttributeError, OSError, RuntimeError, psutil.Error):
        return None
    if battery is None or battery.power_plugged is None:
        return None
    return not battery.power_plugged


def _thread_sync() -> float | None:
    """Ask only where Numba is loaded already: a run of other backends is not made to load it."""
    if "numba" not in sys.modules:
        return None
    try:
        from npfs.harness.thread_sync import thread_sync_latency  # noqa: PLC0415

        return thread_sync_latency()
    except Exception:  # whatever a compiler raises where it cannot be used: a probe ends no run
        return None
