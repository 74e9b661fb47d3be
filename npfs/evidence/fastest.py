"""Which backend is the fastest at a size, and which cannot be told from it."""

from npfs.evidence.analysis import Evidence
from npfs.evidence.runs import Size
from npfs.evidence.statistics import Interval

# Many runs tell smaller differences apart, but the same code at another place of the memory makes them as well.
SMALLEST_ADVANTAGE = 1.02


def fastest(evidence: Evidence, size: Size) -> list[str]:
    """Return the backend with the least time and all that cannot be told from it, or hardly.

    Nothing if fewer than two that do the same work were measured. A single run has no intervals, and its
    least time counts.
    """
    times = {name: evidence.time(name, size) for name in evidence.backends}
    measured = {name: time.value for name, time in times.items() if time is not None}
    if len(measured) < 2:
        return []
    best = min(measured, key=lambda name: measured[name])
    speedups = {name: evidence.speedup(best, name, size) for name in measured if name != best}
    close = [
        name
        for name, speedup in speedups.items()
        if speedup is not None and speedup.is_known and not is_beyond_noise(speedup)
    ]
    names = [best, *close]
    # That none of them can be told from the best does not say that none can be told from another.
    return [
        name for name in names if not any(_beats(evidence, other, name, size) for other in names)
    ]


def _beats(evidence: Evidence, backend: str, other: str, size: Size) -> bool:
    speedup = evidence.speedup(backend, other, size)
    return is_beyond_noise(speedup)


def is_beyond_noise(speedup: Interval | None) -> bool:
    """Return whether a ratio is above 1, beyond noise and by more than where code lies makes."""
    return speedup is not None and speedup.is_above_one and speedup.value >= SMALLEST_ADVANTAGE
