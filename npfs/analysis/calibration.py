"""Do the intervals hold? Stored runs are split in halves, and one half is asked what the other one says.

A half is as many runs as a command makes. Of two disjoint halves, drawn at random many times over, one must hold
the value of the other, allowing for the other's own error (Welch's interval of their difference holds 0), in 95 of
100 cases; and a comparison of all cases of the two, which are the same code, must call nothing faster or slower.

A harder question is asked as well: is the other half's value foretold from one half alone, its error taken to be as
large? That is exact for normal spread, and shows where spread has heavy tails or two values: five runs that happen to
lie close together cannot know it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from npfs.analysis.evidence import Evidence
from npfs.analysis.multiplicity import benjamini_hochberg
from npfs.analysis.runs import Size
from npfs.analysis.statistics import CONFIDENCE, mean_and_reach
from npfs.analysis.welch import Logs, difference_of_means

RUNS_IN_A_HALF = 5
SPLITS = 100  # the share is then known to within what the stored runs themselves allow
SEED = 0
FALSE_ALARM_RATE = 1 - CONFIDENCE


class TooFewRuns(ValueError):
    """There are not runs enough for two halves; the message says how many there are and how to add some."""


@dataclass(frozen=True)
class Held:
    """How the intervals of one quantity held, over all splits.

    Attributes
    ----------
    backend : str
    reference : str or None
        What a speedup is over; None for a time.
    size : Size
    coverage : float
        Share of splits in which one half held the value of the other, allowing for the other's own error.
    foretold : float
        Share of splits in which one half alone foretold the value of the other.
    false_alarms : float
        Share of splits in which ``npfs compare`` would call the two halves different.
    width : float
        Median width of the intervals, high / low - 1.
    splits : int
    """

    backend: str
    reference: str | None
    size: Size
    coverage: float
    foretold: float
    false_alarms: float
    width: float
    splits: int


@dataclass(frozen=True)
class Calibration:
    """How all intervals held.

    Attributes
    ----------
    runs : int
        Stored runs that were split.
    half : int
        Runs in a half.
    any_alarm : float
        Share of splits in which at least one case was called different.
    """

    runs: int
    half: int
    held: tuple[Held, ...]
    any_alarm: float

    @property
    def times(self) -> list[Held]:
        """Of the times of a fit."""
        return [held for held in self.held if held.reference is None]

    @property
    def speedups(self) -> list[Held]:
        """Of the speedups over lists and over NumPy."""
        return [held for held in self.held if held.reference is not None]


def mean(values: Iterable[float]) -> float:
    """Return the mean; NaN of nothing."""
    array = np.fromiter(values, float)
    return float(array.mean()) if array.size else math.nan


def median(values: Iterable[float]) -> float:
    """Return the median; NaN of nothing."""
    array = np.fromiter(values, float)
    return float(np.median(array)) if array.size else math.nan


def calibrate(
    evidence: Evidence, *, half: int = RUNS_IN_A_HALF, splits: int = SPLITS
) -> Calibration:
    """Split the runs of ``evidence`` in random halves, and see what their intervals held.

    Raises
    ------
    TooFewRuns
        If no case was timed in two halves of runs.
    """
    quantities = _quantities(evidence)
    times = [index for index, (_, reference, _) in enumerate(quantities) if reference is None]
    logs = np.array(list(quantities.values()))
    enough = (~np.isnan(logs)).sum(axis=1) >= 2 * half if len(logs) else np.array([], bool)
    if not enough.any():
        most = int((~np.isnan(logs)).sum(axis=1).max()) if len(logs) else 0
        raise TooFewRuns(
            f"calibration needs {2 * half} runs of the same conditions, two halves of {half}; there are {most} that "
            f"timed one case: add {2 * half - most} with the command that made them, or, for the standard preset, "
            f"with: npfs calibrate --measure {2 * half - most}"
        )
    generator = np.random.default_rng(SEED)
    outcomes = [_split(logs, half, generator) for _ in range(splits)]
    foretold, widths, p_values = (np.array(outcome) for outcome in zip(*outcomes, strict=True))
    covered = p_values >= FALSE_ALARM_RATE
    # A comparison is of times: a speedup has its own lists and NumPy in each half.
    alarms = np.zeros_like(foretold)
    for alarm, p in zip(alarms, p_values, strict=True):
        alarm[:] = p <= _threshold(p[times])
    known = ~np.isnan(widths)
    held = tuple(
        Held(
            *quantity,
            coverage=mean(covered[known[:, index], index]),
            foretold=mean(foretold[known[:, index], index]),
            false_alarms=mean(alarms[known[:, index], index]),
            width=median(widths[known[:, index], index]),
            splits=int(known[:, index].sum()),
        )
        for index, quantity in enumerate(quantities)
        if known[:, index].any()
    )
    return Calibration(
        len(evidence.runs), half, held, float((alarms[:, times] > 0).any(axis=1).mean())
    )


def _quantities(evidence: Evidence) -> Mapping[tuple[str, str | None, Size], Sequence[float]]:
    """Return the logs over all runs of each time and each speedup; NaN where a run has none."""
    runs = range(len(evidence.runs))

    def logs(by_run: Mapping[int, float]) -> list[float]:
        return [math.log(by_run[run]) if run in by_run else math.nan for run in runs]

    times = {key: logs(by_run) for key, by_run in sorted(evidence.seconds.items())}
    quantities: dict[tuple[str, str | None, Size], Sequence[float]] = {
        (backend, None, size): values for (backend, size), values in times.items()
    }
    for speedup in evidence.speedups():
        mine = times[speedup.backend, speedup.size]
        theirs = times[speedup.reference, speedup.size]
        quantities[speedup.backend, speedup.reference, speedup.size] = [
            b - a for a, b in zip(mine, theirs, strict=True)
        ]
    return quantities


def _split(
    logs: Logs, half: int, generator: np.random.Generator
) -> tuple[NDArray[np.bool_], Logs, Logs]:
    """Return for each row whether one half foretold the other, its width, and the p-value of their difference.

    Width and p-value are NaN where a row has not values enough.
    """
    foretold = np.zeros(len(logs), bool)
    widths, p_values = np.full(len(logs), np.nan), np.full(len(logs), np.nan)
    order = generator.permutation(logs.shape[1])
    for index, row in enumerate(logs[:, order]):
        values = row[~np.isnan(row)]
        if len(values) < 2 * half:
            continue
        first, second = values[:half], values[half : 2 * half]
        difference = difference_of_means(first, second)
        reach = mean_and_reach(first)[1]
        foretold[index] = abs(difference.value) <= reach * math.sqrt(2)
        widths[index] = math.expm1(2 * reach)
        p_values[index] = difference.p_value
    return foretold, widths, p_values


def _threshold(p_values: Logs) -> float:
    known = p_values[~np.isnan(p_values)]
    # Nothing is called at the threshold 0: a p-value of 0 then is none.
    return benjamini_hochberg(known.tolist(), FALSE_ALARM_RATE) or -1.0
