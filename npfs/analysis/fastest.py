"""Which backend is the fastest at a size, and which cannot be told from it."""

from collections.abc import Callable, Mapping

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import Size
from npfs.analysis.statistics import Interval

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
    return best_of(measured, lambda a, b: evidence.speedup(a, b, size))


def best_of(
    values: Mapping[str, float], speedup: Callable[[str, str], Interval | None]
) -> list[str]:
    """Return the name with the least value, and all that cannot be told from it, or hardly.

    ``speedup`` gives the ratio of two of them. That one cannot be told from the best, which may be noisy, does not
    say that none of the others beats it: then it is no choice.
    """
    best = min(values, key=lambda name: values[name])
    ratios = {name: speedup(best, name) for name in values if name != best}
    names = [best, *(name for name, ratio in ratios.items() if _is_close(ratio))]
    return [
        name
        for name in names
        if not any(_is_beyond_noise(speedup(other, name)) for other in names if other != name)
    ]


def _is_close(ratio: Interval | None) -> bool:
    return ratio is not None and ratio.is_known and not _is_beyond_noise(ratio)


def _is_beyond_noise(ratio: Interval | None) -> bool:
    """Whether a ratio is above 1, beyond noise and by more than where code lies makes."""
    return ratio is not None and ratio.is_above_one and ratio.value >= SMALLEST_ADVANTAGE
