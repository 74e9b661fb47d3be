"""Costs beside the fits: startup, memory and conversions, and after how many fits they pay."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from npfs.analysis.evidence import Evidence, paired_ratio
from npfs.analysis.runs import backend_of, size_of
from npfs.analysis.statistics import Interval, geometric_interval, ratio_interval
from npfs.schema import WARM, Size, Startup

PARTS = ("first_result_s", "interpreter_s", "import_s", "first_fit_s", "second_fit_s")


class Outcome(Enum):
    """The break-even of a backend: at once, after some fits, never, or without a difference."""

    AT_ONCE = "at once"
    AFTER = "after"
    NEVER = "never"
    FITS_ALIKE = "fits alike"
    STARTS_ALIKE = "starts alike"


@dataclass(frozen=True)
class BreakEven:
    """The fits after which ``backend``, its startup cost included, is ahead of ``reference``.

    Attributes
    ----------
    fits : Interval or None
        Given for ``Outcome.AFTER`` alone, and only if every run says so.
    fewest, most : float or None
        The range over the runs, for ``Outcome.AFTER``.
    """

    backend: str
    reference: str
    size: Size
    outcome: Outcome
    fits: Interval | None = None
    fewest: float | None = None
    most: float | None = None


def startups(evidence: Evidence, backend: str, cache: str = WARM) -> dict[int, Startup]:
    """Return the startup of each run that has one, by the newest source alone."""
    found = {
        run: (case.source, case.startup)
        for run, record in enumerate(evidence.runs)
        for case in record.all_cases
        if case.startup and (backend_of(case), case.params.get("cache")) == (backend, cache)
    }
    newest = [source for source, _ in found.values()][-1:]
    return {run: startup for run, (source, startup) in found.items() if source in newest}


def backends(evidence: Evidence) -> list[str]:
    """Return the backends whose startup or memory is known, slowest at fits first."""
    known = {backend_of(case) for case in evidence.all_cases if case.startup or case.memory}
    timed = [*evidence.backends, *evidence.shortcuts]
    return [*(name for name in timed if name in known), *sorted(known - set(timed))]


def seconds(
    evidence: Evidence, backend: str, part: str = PARTS[0], cache: str = WARM
) -> Interval | None:
    """Return the seconds of a part of the startup (see ``PARTS``); None if it was not measured."""
    values = [getattr(startup, part) for startup in startups(evidence, backend, cache).values()]
    return geometric_interval(values) if values else None


def memory(evidence: Evidence, backend: str, size: Size) -> tuple[float | None, float | None]:
    """Return the bytes held by the prepared data and at most in a fit, medians over runs."""
    found = [
        (case.source, record)
        for case in evidence.all_cases
        for record in case.memory
        if (backend_of(case), record.size) == (backend, size)
    ]
    newest = [record for source, record in found if source == found[-1][0]]
    held = _median(record.held_bytes for record in newest)
    return held, _median(record.peak_bytes for record in newest)


def memory_sizes(evidence: Evidence) -> list[Size]:
    """Return the sizes whose memory was measured, by the bytes of their data."""
    sizes = {record.size for case in evidence.all_cases for record in case.memory}
    return sorted(sizes, key=lambda size: (size.data_bytes, size))


def memory_size(evidence: Evidence) -> Size | None:
    """Return the size at which the memory of the most backends is known.

    Of several one with one feature, and of those the largest. Lists are not measured where they
    would take too long: rather all backends than the most samples.
    """

    def rank(size: Size) -> tuple[int, bool, int]:
        known = sum(memory(evidence, name, size) != (None, None) for name in backends(evidence))
        return known, size.n_features == 1, size.data_bytes

    return max(memory_sizes(evidence), key=rank, default=None)


def memory_reasons(evidence: Evidence) -> list[str]:
    """Return the reasons for which some memory is not known, without repeats."""
    reasons = (record.reason for case in evidence.all_cases for record in case.memory)
    return list(dict.fromkeys(filter(None, reasons)))


def startup_samples(evidence: Evidence) -> int:
    """Return the number of samples that the newest startups fitted; 0 if there are none."""
    starts = [case for case in evidence.all_cases if case.startup]
    return size_of(starts[-1]).n_samples if starts else 0


def conversion(evidence: Evidence, direction: str, size: Size) -> Interval | None:
    """Return the seconds of a conversion; None if it was not timed."""
    by_run = _conversion_seconds(evidence, direction, size)
    return geometric_interval(list(by_run.values())) if by_run else None


def conversion_sizes(evidence: Evidence) -> list[Size]:
    """Return the sizes of the conversions that were timed, ascending."""
    return sorted({record.size for run in evidence.runs for record in run.conversions})


def conversion_in_fits(
    evidence: Evidence, direction: str, backend: str, size: Size
) -> Interval | None:
    """Count the fits with ``backend`` that take as long as the conversion, paired within runs."""
    fits = evidence.seconds.get((backend, size), {})
    return paired_ratio(_conversion_seconds(evidence, direction, size), fits)


def break_even(evidence: Evidence, backend: str, reference: str, size: Size) -> BreakEven | None:
    """Compare two backends with their startup costs; None if no run has them and both fits.

    ``backend`` is ahead after ``(cost_b - cost_r) / (t_r - t_b)`` fits, where ``cost`` is the
    import and what the first fit takes beyond the second, and ``t`` a fit. It is computed run by
    run, and only where both differences are significant.
    """
    starts_b, starts_r = startups(evidence, backend), startups(evidence, reference)
    fits_b = evidence.seconds.get((backend, size), {})
    fits_r = evidence.seconds.get((reference, size), {})
    runs = sorted(set(starts_b) & set(starts_r) & set(fits_b) & set(fits_r))
    if not runs:
        return None
    costs_b, costs_r = ([of[run].cost_s for run in runs] for of in (starts_b, starts_r))
    speedup = ratio_interval([fits_r[run] for run in runs], [fits_b[run] for run in runs])
    outcome = _outcome(speedup, ratio_interval(costs_b, costs_r))
    if outcome is not Outcome.AFTER:
        return BreakEven(backend, reference, size, outcome)
    fits = [
        (cost_b - cost_r) / (fits_r[run] - fits_b[run])
        for run, cost_b, cost_r in zip(runs, costs_b, costs_r, strict=True)
        if fits_r[run] != fits_b[run]
    ]
    is_clear = len(fits) == len(runs) and min(fits) > 0
    interval = geometric_interval(fits) if is_clear else None
    return BreakEven(backend, reference, size, outcome, interval, min(fits), max(fits))


class ManyFits(NamedTuple):
    """A program that makes many fits, in each run: the seconds of its startup, and of a fit."""

    startup_s: Mapping[int, float]
    fit_s: Mapping[int, float]

    def total(self, fits: float) -> Interval:
        """Return the seconds of a program that makes that many fits."""
        runs = sorted(set(self.startup_s) & set(self.fit_s))
        return geometric_interval([self.startup_s[run] + fits * self.fit_s[run] for run in runs])


def many_fits(evidence: Evidence, names: Iterable[str], size: Size) -> dict[str, ManyFits]:
    """Return the programs with these backends, with one startup of the interpreter for all."""
    interpreter = [
        first.interpreter_s
        for backend in evidence.backends
        for first in startups(evidence, backend).values()
    ]
    if not interpreter:
        return {}
    common = geometric_interval(interpreter).value
    found = {}
    for name in dict.fromkeys(names):
        first, fits = startups(evidence, name), evidence.seconds.get((name, size), {})
        if set(first) & set(fits):
            found[name] = ManyFits({run: common + f.cost_s for run, f in first.items()}, fits)
    return found


def _outcome(speedup: Interval, later: Interval) -> Outcome:
    if _sign(speedup) < 1:
        return Outcome.NEVER if _sign(speedup) < 0 else Outcome.FITS_ALIKE
    return {1: Outcome.AFTER, 0: Outcome.STARTS_ALIKE, -1: Outcome.AT_ONCE}[_sign(later)]


def _sign(ratio: Interval) -> int:
    """Return 1 if significantly above 1, -1 if below, or 0; of a single run the value counts."""
    if ratio.is_known:
        return ratio.is_above_one - ratio.is_below_one
    return (ratio.value > 1) - (ratio.value < 1)


def _conversion_seconds(evidence: Evidence, direction: str, size: Size) -> Mapping[int, float]:
    return {
        run: timed.seconds
        for run, record in enumerate(evidence.runs)
        for timed in record.conversions
        if (timed.backend, timed.size) == (direction, size)
    }


def _median(values: Iterable[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
