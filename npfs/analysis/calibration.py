"""Test of the intervals: stored runs are split, and one half's interval is tried on the other.

A half is as many runs as a command makes. Of two disjoint halves, drawn at random many times over,
the interval of one must hold the value of the other, allowing for the other's own error (Welch's
interval of their difference holds 0), in 95 of 100 cases; and a comparison of all cases of the two,
which are the same code, must call none significant.

A harder question is asked as well: does the interval of one half alone hold the other half's value,
its error taken to be as large? That is exact for normal spread, and shows where spread has heavy
tails or two modes: five runs that happen to lie close together cannot know it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from npfs.analysis.evidence import REFERENCES, Evidence
from npfs.analysis.statistics import (
    CONFIDENCE,
    Logs,
    benjamini_hochberg,
    log_ratio,
    margin_of_mean,
)
from npfs.schema import Size

RUNS_IN_A_HALF = 5
SPLITS = 100  # the share is then known to within what the stored runs themselves allow
SEED = 0
FALSE_ALARM_RATE = 1 - CONFIDENCE


class TooFewRuns(ValueError):
    """There are too few runs for two halves; the message says how many, and how to add some."""


@dataclass(frozen=True)
class Coverage:
    """The coverage of the intervals of one quantity, over all splits.

    Attributes
    ----------
    backend : str
    reference : str or None
        What a speedup is over; None for a time.
    size : Size
    coverage : float
        Share of splits in which one half held the value of the other, allowing for the other's
        error.
    coverage_alone : float
        Share of splits in which the interval of one half alone predicted the value of the other.
    false_alarms : float
        Share of splits in which ``npfs compare`` would call the two halves different.
    width : float
        Median width of the intervals, high / low - 1.
    """

    backend: str
    reference: str | None
    size: Size
    coverage: float
    coverage_alone: float
    false_alarms: float
    width: float


@dataclass(frozen=True)
class Calibration:
    """The coverage of all intervals.

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
    coverages: tuple[Coverage, ...]
    any_alarm: float

    @property
    def times(self) -> list[Coverage]:
        """Return those of the times of a fit."""
        return [of for of in self.coverages if of.reference is None]

    @property
    def speedups(self) -> list[Coverage]:
        """Return those of the speedups over lists and over NumPy."""
        return [of for of in self.coverages if of.reference is not None]


def calibrate(
    evidence: Evidence, *, half: int = RUNS_IN_A_HALF, splits: int = SPLITS
) -> Calibration:
    """Split the runs of ``evidence`` in random halves, and try the intervals of one on the other.

    Raises
    ------
    TooFewRuns
        If no case was timed in two halves of runs.
    """
    runs = len(evidence.runs)
    quantities = _quantities(evidence)
    known = {key: int((~np.isnan(logs)).sum()) for key, logs in quantities.items()}
    keys = [key for key in quantities if known[key] >= 2 * half]
    if not keys:
        most = max(known.values(), default=0)
        raise TooFewRuns(
            f"calibration needs {2 * half} runs of the same conditions, two halves of {half}; there"
            f" are {most} that timed one case: add {2 * half - most} with the command that made "
            f"them, or, for the standard preset, with: npfs calibrate --measure {2 * half - most}"
        )
    generator = np.random.default_rng(SEED)
    orders = [generator.permutation(runs) for _ in range(splits)]
    outcomes = [[_compare_halves(quantities[key][order], half) for key in keys] for order in orders]
    covered_alone, widths, p_values = np.moveaxis(np.array(outcomes), -1, 0)
    # A comparison is of times: a speedup has its own lists and NumPy in each half.
    times = [index for index, (_, reference, _) in enumerate(keys) if reference is None]
    # Nothing is called at the threshold 0: a p-value of 0 then is none.
    thresholds = [benjamini_hochberg(p[times].tolist(), FALSE_ALARM_RATE) or -1 for p in p_values]
    alarms = p_values <= np.array(thresholds)[:, None]
    coverages = tuple(
        Coverage(
            *key,
            coverage=float((p_values[:, index] >= FALSE_ALARM_RATE).mean()),
            coverage_alone=float(covered_alone[:, index].mean()),
            false_alarms=float(alarms[:, index].mean()),
            width=float(np.median(widths[:, index])),
        )
        for index, key in enumerate(keys)
    )
    return Calibration(runs, half, coverages, float(alarms[:, times].any(axis=1).mean()))


def _compare_halves(logs: Logs, half: int) -> tuple[float, float, float]:
    """Try the interval of the first ``half`` of known values on the second.

    Returns 1 if it holds the other's value alone and 0 if not, its width, and the p-value of their
    difference.
    """
    known = logs[~np.isnan(logs)]
    first, second = known[:half], known[half : 2 * half]
    difference, margin = log_ratio(first, second), margin_of_mean(first)
    holds = abs(difference.value) <= margin * math.sqrt(2)
    return float(holds), math.expm1(2 * margin), difference.p_value


def _quantities(evidence: Evidence) -> Mapping[tuple[str, str | None, Size], Logs]:
    """Return the logs over all runs of each time and each speedup; NaN where a run has none."""
    runs = range(len(evidence.runs))
    times = {
        key: np.array([math.log(by_run.get(run, math.nan)) for run in runs])
        for key, by_run in sorted(evidence.seconds.items())
    }
    quantities: dict[tuple[str, str | None, Size], Logs] = {
        (backend, None, size): logs for (backend, size), logs in times.items()
    }
    for (backend, size), logs in times.items():
        for reference in REFERENCES:
            if backend != reference and (reference, size) in times:
                quantities[backend, reference, size] = times[reference, size] - logs
    return quantities
