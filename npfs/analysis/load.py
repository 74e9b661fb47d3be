"""What happened on a machine between two snapshots of ``npfs.harness.load``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from npfs.analysis import recorded

# Systems count processor time in ticks of 10 ms, for each core: over a shorter time they are no fraction.
SHORTEST_S = 0.5


@dataclass(frozen=True)
class Use:
    """Fractions of the time of all cores, between two snapshots.

    Attributes
    ----------
    others : float
        Taken by other processes than the one that is measured.
    stolen : float or None
        Withheld by the hypervisor, which only Linux tells.
    """

    others: float
    stolen: float | None


def use_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Use | None:
    """Return what others used and what was stolen; None if that is not known."""
    spent = {
        name: _difference(recorded.group(before, "cpu_s"), recorded.group(after, "cpu_s"), name)
        for name in ("user", "system", "idle", "iowait", "steal")
    }
    user, system, idle, steal = spent["user"], spent["system"], spent["idle"], spent["steal"]
    own, wall_s = _difference(before, after, "process_s"), _difference(before, after, "at_s")
    if user is None or system is None or idle is None or own is None:
        return None
    total = user + system + idle + (spent["iowait"] or 0.0) + (steal or 0.0)
    if wall_s is None or wall_s < SHORTEST_S or total < SHORTEST_S:
        return None
    others = max(0.0, user + system - own) / total
    return Use(others=others, stolen=None if steal is None else max(0.0, steal) / total)


def _difference(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> float | None:
    first, second = recorded.number(before, name), recorded.number(after, name)
    return None if first is None or second is None else second - first
