"""How much memory this process occupies, and the most that it did."""

from pathlib import Path

import psutil

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_CLEAR_PEAK = "5"  # Linux, proc_pid_clear_refs(5): sets the peak to what is resident now
NO_PEAK = "only Linux tells the peak of a part of a process"


def own_bytes() -> int:
    """Return the resident memory that no other process shares, or all that is resident.

    The former is counted page by page; ``resident_bytes`` is counted in batches and may be off by
    some hundred kB.
    """
    try:
        return int(psutil.Process().memory_full_info().uss)
    except (psutil.Error, AttributeError):
        return resident_bytes()


def resident_bytes() -> int:
    """Return the resident memory, shared libraries included."""
    return int(psutil.Process().memory_info().rss)


def forget_peak() -> bool:
    """Set the peak to what is resident now; return whether the system can."""
    try:
        _CLEAR.write_text(_CLEAR_PEAK)
    except OSError:
        return False
    return peak_bytes() is not None


def peak_bytes() -> int | None:
    """Return the most that was resident since ``forget_peak``; None where the system does not tell."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)
