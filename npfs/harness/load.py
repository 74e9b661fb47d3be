"""A snapshot of the machine's load; ``npfs.analysis.findings`` compares two of them."""

import os
import sys
import time

import psutil

from npfs.schema import CpuSeconds, Snapshot


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
