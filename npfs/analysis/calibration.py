"""Test of the intervals: stored runs are split, and one half's interval is tried on the other.

A half is as many runs as a command makes. Of two disjoint halves, drawn at random many times over,
the interval of one must cover the value of the other, allowing for the other's own error (Welch's
interval of their difference covers 0), in 95 of 100 cases; and a comparison of all cases of the
two, which are the same code, must call none significant.

A harder question is asked as well: does the interval of one half alone cover the other half's
value, its error taken to be as large? That is exact for normal spread, and shows where spread has
heavy tails or is bimodal: five runs that happen to lie close together cannot know it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from npfs.analysis import suites
from npfs.analysis.evidence import REFERENCES, Evidence
from npfs.analysis.runs import NO_SIZE
from npfs.analysis.statistics import (
    CONFIDENCE,
    Logs,
    benjamini_hochberg,
    log_ratio,
    student_t_quantile,
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
        Of a benchmark that is not of a regression its id, and ``size`` is ``NO_SIZE``.
    reference : str or None
        What a speedup is over; None for a time.
    size : Size
    coverage : float
        Share of splits in which the interval of one half covered the value of the other, allowing
        for the other's error.
    coverage_alone : float
        Share of splits in which it did so by the spread of one half alone.
    false_alarms : float or None
        Share of splits in which ``npfs compare`` would call the two halves different; None for a
        speedup, which it does not compare.
    width : float
        Median width of the intervals, high / low - 1.
    """

    backend: str
    reference: str | None
    size: Size
    coverage: float
    coverage_alone: float
    false_alarms: float | None
    width: float


@dataclass(frozen=True)
class Summary:
    """Means of shares and medians of widths over several quantities; None over nothing."""

    times: float | None
    speedups: float | None
    alone: float | None
    false_alarms: float | None
    width_of_times: float | None
    width_of_speedups: float | None


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

    def summary(self, *, backend: str | None = None, size: Size | None = None) -> Summary:
        """Summarize all intervals, or those of a backend or a size."""
        of_backend = [of for of in self.coverages if backend in {None, of.backend}]
        found = [of for of in of_backend if size in {None, of.size}]
        times = [of for of in found if of.reference is None]
        speedups = [of for of in found if of.reference is not None]
        return Summary(
            _over(fmean, [of.coverage for of in times]),
            _over(fmean, [of.coverage for of in speedups]),
            _over(fmean, [of.coverage_alone for of in found]),
            _over(fmean, [of.false_alarms for of in times if of.false_alarms is not None]),
            _over(median, [of.width for of in times]),
            _over(median, [of.width for of in speedups]),
        )


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
    orders = np.array([generator.permutation(runs) for _ in range(splits)])
    outcomes = np.array([_compare_halves(quantities[key], orders, half) for key in keys])
    covered_alone, widths, p_values = np.moveaxis(outcomes, 1, 0)
    # A comparison is of times: a speedup has its own lists and NumPy in each half.
    is_time = np.array([reference is None for _, reference, _ in keys])
    # Nothing is called at the threshold 0: a p-value of 0 then is none.
    tested = p_values[is_time].T.tolist()
    thresholds = [benjamini_hochberg(of_split, FALSE_ALARM_RATE) or -1 for of_split in tested]
    alarms = p_values <= np.array(thresholds)
    coverages = tuple(
        Coverage(
            *key,
            coverage=float((p_values[index] >= FALSE_ALARM_RATE).mean()),
            coverage_alone=float(covered_alone[index].mean()),
            false_alarms=float(alarms[index].mean()) if is_time[index] else None,
            width=float(np.median(widths[index])),
        )
        for index, key in enumerate(keys)
    )
    return Calibration(runs, half, coverages, float(alarms[is_time].any(axis=0).mean()))


def _compare_halves(
    logs: Logs, orders: NDArray[np.int64], half: int
) -> tuple[NDArray[np.bool_], Logs, Logs]:
    """Try the interval of the first ``half`` of known values on the second, in each of ``orders``.

    Returns for each order whether the interval alone covers the other's value, its width, and the
    p-value of their difference; 1 stands for each that is above ``FALSE_ALARM_RATE``.
    """
    known = orders[~np.isnan(logs[orders])].reshape(len(orders), -1)
    first, second = logs[known[:, :half]], logs[known[:, half : 2 * half]]
    difference = np.abs(first.mean(axis=1) - second.mean(axis=1))
    variance = first.var(axis=1, ddof=1) / half
    margin = student_t_quantile((1 + CONFIDENCE) / 2, half - 1) * np.sqrt(variance)
    error = np.sqrt(variance + second.var(axis=1, ddof=1) / half)
    # Welch's degrees of freedom are at most 2 * half - 2, and with fewer a p-value is larger. So
    # most p-values, which are slow to compute, need not be known.
    least = student_t_quantile((1 + CONFIDENCE) / 2, 2 * half - 2)
    p_values = np.ones(len(orders))
    for index in np.flatnonzero(difference > least * error):
        p_values[index] = log_ratio(first[index], second[index]).p_value
    return difference <= margin * math.sqrt(2), np.expm1(2 * margin), p_values


def _quantities(evidence: Evidence) -> Mapping[tuple[str, str | None, Size], Logs]:
    """Return the logs over all runs of each time and each speedup; NaN where a run has none."""
    runs = range(len(evidence.runs))
    others = {(name, NO_SIZE): of for name, of in suites.seconds(evidence.runs).items()}
    times = {
        key: np.array([math.log(by_run.get(run, math.nan)) for run in runs])
        for key, by_run in sorted({**evidence.seconds, **others}.items())
    }
    quantities: dict[tuple[str, str | None, Size], Logs] = {
        (backend, None, size): logs for (backend, size), logs in times.items()
    }
    return quantities | {
        (backend, reference, size): times[reference, size] - logs
        for (backend, size), logs in times.items()
        for reference in REFERENCES
        if backend != reference and (reference, size) in times
    }


def _over(statistic: Callable[[list[float]], float], values: list[float]) -> float | None:
    return statistic(values) if values else None
