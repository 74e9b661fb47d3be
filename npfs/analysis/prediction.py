"""Time to a result, predicted from stored runs for sizes and epochs that were not timed.

A job of some fits on one data set takes startup + conversion + fits * (call + epochs * epoch). Runs
measure the startup of a backend as such. Cases that are timed with two numbers of epochs tell a
call from an epoch. ``CostModel`` gives the seconds of a part at any size, and their standard error.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from npfs.analysis import startup
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import CaseRecord
from npfs.analysis.statistics import student_t_quantile
from npfs.schema import Size

QUANTILE = 1.96  # 95 % of a normal distribution
# The standard error of a number that one process gave: as much as most cases differ between runs.
ONE_RUN_ERROR = 0.05
FEWEST_RUNS = 3  # from which a spread is estimated
# The share of a conversion's time that page faults and the allocator change from one to the next.
CONVERSION_ERROR = 0.25
# Runs time a second number of epochs where a call takes more than this share of a fit of ten, and
# so many that the share is less.
CALL_SHARE, CALL_EPOCHS = 0.05, 10
# A call too short to be timed lies between nothing and that share: half of it, to a factor of 4.
SHORT_CALL_ERROR = 0.7
LEAST_SHARE = 1e-3  # of a fit that is a call's, and its epochs', whatever noise says
# The share of an overhead that may be noise. Of a cost that does not depend on the size nothing but
# noise would lie beyond the overhead, and that would be carried to other numbers of features.
NOISE = 0.05
SMALLEST = 1e-12  # seconds
# The squared error for each factor e in size, where too few sizes show it: 30 % for a decade.
UNKNOWN_VARIANCE = 0.04


class NoPrediction(ValueError):
    """No stored run has timed a fit in float64; the message says what to do."""


@dataclass(frozen=True)
class Estimate:
    """A number of seconds and its standard error, on logarithms.

    Attributes
    ----------
    value : float
    error : float
    """

    value: float
    error: float

    @property
    def low(self) -> float:
        """Return the lower end of the 95 % interval."""
        return self.value * math.exp(-QUANTILE * self.error)

    @property
    def high(self) -> float:
        """Return the upper end of the 95 % interval."""
        return self.value * math.exp(QUANTILE * self.error)

    def times(self, factor: float) -> "Estimate":
        """Return the estimate of a multiple."""
        return Estimate(self.value * factor, self.error)

    def widened(self, *errors: float) -> "Estimate":
        """Return the estimate with further independent errors."""
        return Estimate(self.value, math.hypot(self.error, *errors))


def add(parts: Iterable[Estimate | None]) -> Estimate:
    """Return the sum of independent estimates, by propagation of errors; None adds nothing.

    Source: NIST/SEMATECH e-Handbook, section 2.5.5; to first order, exact for small errors.
    """
    known = [part for part in parts if part is not None]
    value = sum(part.value for part in known)
    return Estimate(value, math.hypot(*(part.value * part.error for part in known)) / value)


class Beyond(NamedTuple):
    """Factors by which a job exceeds the largest that was measured; 1 in the measured range.

    ``samples`` compares the numbers of ``X`` and ``y``: that is samples, of as many features.
    """

    samples: float
    features: float

    @property
    def is_inside(self) -> bool:
        """Test that the job lies in the measured range."""
        return self.samples <= 1 and self.features <= 1


@dataclass(frozen=True)
class Prediction:
    """Time and memory that a job would take with a backend.

    Attributes
    ----------
    startup : Estimate or None
        Seconds of the interpreter, the import and loading compiled code; None if not measured.
    conversion : Estimate or None
        Seconds of ``prepare``, once for all fits; None if not measured.
    call : Estimate or None
        Seconds of a fit without its epochs; None if the runs do not tell it from an epoch.
    epoch, fit : Estimate
        Seconds of one epoch, and of one fit.
    fits : int
    memory_bytes : float or None
        At most, ``X`` and ``y`` included; None if not measured.
    beyond : Beyond
    is_shortcut : bool
    """

    backend: str
    startup: Estimate | None
    conversion: Estimate | None
    call: Estimate | None
    epoch: Estimate
    fit: Estimate
    fits: int
    memory_bytes: float | None
    beyond: Beyond
    is_shortcut: bool

    @cached_property
    def total(self) -> Estimate:
        """Add up the seconds from the start of a process to the last result."""
        return add([self.startup, self.conversion, self.fit.times(self.fits)])

    def differs_from(self, other: "Prediction") -> bool:
        """Test the difference between the totals for significance."""
        difference = abs(math.log(self.total.value / other.total.value))
        return difference > QUANTILE * math.hypot(self.total.error, other.total.error)


@dataclass(frozen=True)
class CostModel:
    """Seconds of one part of the work at any size, interpolated between measured sizes.

    The part takes an overhead. Beyond it, the numbers that it reads, ``n_samples * (n_features +
    1)``, decide which cache holds them: the curve of each number of features goes in straight lines
    through its measured sizes, on logarithms. Where few sizes were measured it runs in parallel to
    the curve of the features with the most. Between two curves, the seconds for each sample, at
    equal numbers, grow in a straight line with the features.

    Attributes
    ----------
    seconds : mapping of Size to float
        Measured seconds, all positive.
    """

    seconds: Mapping[Size, float]

    @cached_property
    def overhead(self) -> float:
        """Extrapolate the line through the two smallest sizes to no data at all."""
        curve = self._measured[self._widest]
        if len(curve) == 1:
            return 0.0
        (low, of_low), (high, of_high) = curve[:2]
        slope = max(0.0, (of_high - of_low) / (high - low))
        at_zero = min(of_low - slope * low, *self.seconds.values())
        return (1 - NOISE) * max(0.0, at_zero)

    def at(self, size: Size) -> float:
        """Return the seconds at a size."""
        log_numbers = math.log(size.numbers)
        per_sample = {
            d: math.exp(self._log_excess(d, log_numbers) - log_numbers) * (d + 1)
            for d in self._measured
        }
        return self.overhead + size.n_samples * _across(per_sample, size.n_features)

    def error(self, size: Size) -> float:
        """Return the standard error of ``at``, on logarithms.

        Its square grows with the distance to the nearest measured size, as that of a random walk.
        """
        return math.sqrt(self._variance * self._distance(size))

    @cached_property
    def _measured(self) -> dict[int, list[tuple[int, float]]]:
        """Sort numbers and seconds by the number of features."""
        curves: dict[int, list[tuple[int, float]]] = {}
        for size in sorted(self.seconds):
            curves.setdefault(size.n_features, []).append((size.numbers, self.seconds[size]))
        return curves

    @cached_property
    def _widest(self) -> int:
        """Find the number of features with the most sizes."""
        return max(self._measured, key=lambda d: (len(self._measured[d]), -d))

    @cached_property
    def _parallel_to(self) -> dict[int, int]:
        """Choose the features to whose curve that of others is parallel, rather several as well."""
        others = [d for d in self._measured if d != self._widest]
        second = max(others, key=lambda d: (len(self._measured[d]), -d), default=0)
        if second == 0 or len(self._measured[second]) == 1:
            return dict.fromkeys(others, self._widest)
        return {d: self._widest if d == second else second for d in others}

    def _log_excess(self, n_features: int, log_numbers: float) -> float:
        """Return the logarithm of the seconds beyond the overhead, on one of the curves."""
        curve = self._measured[n_features]
        logs = [math.log(numbers) for numbers, _ in curve]
        excess = [math.log(max(of - self.overhead, SMALLEST)) for _, of in curve]
        parallel = self._parallel_to.get(n_features)
        if parallel is None:
            inside = min(max(log_numbers, logs[0]), logs[-1])
            found = float(np.interp(inside, logs, excess))
            # Beyond the measured sizes in proportion to the numbers, except what may be noise.
            noise = min(self.overhead * NOISE / (1 - NOISE), math.exp(found))
            grown = (math.exp(found) - noise) * math.exp(log_numbers - inside)
            return math.log(max(noise + grown, SMALLEST))
        apart = [of - self._log_excess(parallel, log) for log, of in zip(logs, excess, strict=True)]
        return self._log_excess(parallel, log_numbers) + float(np.interp(log_numbers, logs, apart))

    @cached_property
    def _variance(self) -> float:
        """Estimate the squared error for each factor e in size, each predicted from the others.

        Source: leave-one-out cross-validation, Hastie, Tibshirani, Friedman, *The Elements of
        Statistical Learning*, 2nd ed., section 7.10.
        """
        found = []
        for size, value in self.seconds.items():
            others = CostModel({one: of for one, of in self.seconds.items() if one != size})
            if len(others.seconds) > 1:
                off = math.log(others.at(size) / value)
                found.append(off * off / others._distance(size))
        return statistics.fmean(found) if found else UNKNOWN_VARIANCE

    def _distance(self, size: Size) -> float:
        """Return the distance of the nearest measured size: factors in samples and in features."""
        return min(
            abs(math.log(one.n_samples / size.n_samples))
            + abs(math.log((one.n_features + 1) / (size.n_features + 1)))
            for one in self.seconds
        )


def _across(per_sample: Mapping[int, float], n_features: int) -> float:
    """Return seconds for each sample of any number of features from those of some.

    One feature has kernels of its own and says little of two: rather the line of many goes on.
    """
    if n_features in per_sample or len(per_sample) == 1:
        d = n_features if n_features in per_sample else next(iter(per_sample))
        return per_sample[d] * (n_features + 1) / (d + 1)
    many = sorted(d for d in per_sample if d > 1 or len(per_sample) == 2)
    nearest = min(max(n_features, many[0]), many[-1])
    found = float(np.interp(nearest, many, [per_sample[d] for d in many]))
    in_proportion = found * (n_features + 1) / (nearest + 1)
    if n_features > nearest or len(many) == 1:
        return in_proportion
    slope = (per_sample[many[1]] - per_sample[many[0]]) / (many[1] - many[0])
    return min(max(found - slope * (nearest - n_features), in_proportion), found)


@dataclass(frozen=True)
class FixedCost:
    """Seconds of a part that does not depend on the size.

    Attributes
    ----------
    seconds : mapping of Size to float
        Measured seconds, which count where they were measured.
    value : float
        The seconds elsewhere.
    spread : float
        The standard error of ``value``, on logarithms.
    """

    seconds: Mapping[Size, float]
    value: float
    spread: float

    def at(self, size: Size) -> float:
        """Return the seconds at a size."""
        return self.seconds.get(size, self.value)

    def error(self, size: Size) -> float:
        """Return the standard error of ``at``, on logarithms."""
        return 0.0 if size in self.seconds else self.spread


class CostModels(NamedTuple):
    """The models of a backend; None for a call that runs do not tell from an epoch."""

    call: CostModel | FixedCost | None
    epoch: CostModel
    conversion: CostModel | None


class Predictor:
    """Predicts jobs from the runs that may be pooled.

    Attributes
    ----------
    tells_calls : bool
        Whether a run has timed a case with a second number of epochs.

    Raises
    ------
    NoPrediction
        If no run has timed a fit in float64.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.epochs = evidence.newest.epochs
        self._fits: dict[str, dict[Size, Mapping[int, float]]] = {}
        for (backend, size), by_run in evidence.seconds.items():
            if size.dtype == "float64":
                self._fits.setdefault(backend, {})[size] = by_run
        if not self._fits:
            raise NoPrediction("no stored run has timed a fit in float64; measure one: npfs bench")
        self.tells_calls = any(run.other_epochs for run in evidence.runs)

    @property
    def backends(self) -> list[str]:
        """List the backends that can be predicted."""
        timed = [*self.evidence.backends, *self.evidence.shortcuts]
        return [name for name in timed if name in self._fits]

    def rank(self, n_samples: int, n_features: int, epochs: int, fits: int = 1) -> list[Prediction]:
        """Predict ``fits`` of ``epochs`` on one data set with every backend, the fastest first."""
        found = [self.predict(name, n_samples, n_features, epochs, fits) for name in self.backends]
        return sorted(found, key=lambda prediction: prediction.total.value)

    def predict(
        self, backend: str, n_samples: int, n_features: int, epochs: int, fits: int = 1
    ) -> Prediction:
        """Predict one backend."""
        size = Size(n_samples, n_features)
        call, epoch, fit = self._fit(backend, size, epochs)
        return Prediction(
            backend=backend,
            startup=self._startup(backend),
            conversion=self._conversion(backend, size),
            call=call,
            epoch=epoch,
            fit=fit,
            fits=fits,
            memory_bytes=self._memory_bytes(backend, size),
            beyond=self._beyond(backend, size),
            is_shortcut=backend in self.evidence.shortcuts,
        )

    @cached_property
    def _models(self) -> dict[str, CostModels]:
        models = {}
        for backend in self.backends:
            seconds = self._conversion_seconds(backend)
            conversion = CostModel(seconds) if seconds else None
            models[backend] = CostModels(*self._call_and_epoch(backend), conversion)
        return models

    def _fit(
        self, backend: str, size: Size, epochs: int
    ) -> tuple[Estimate | None, Estimate, Estimate]:
        """Predict a call, an epoch and a fit."""
        models, spread = self._models[backend], self._spread(backend, size)
        epoch = _estimate(models.epoch, size)
        if models.call is not None:
            call = _estimate(models.call, size)
            return call, epoch, add([call, epoch.times(epochs)]).widened(spread)
        # The overhead is all the epochs', or all the call's, or anything between.
        overhead = models.epoch.overhead
        bounds = epoch.value * epochs, overhead * self.epochs + (epoch.value - overhead) * epochs
        unknown = math.log(max(bounds) / min(bounds)) / (2 * QUANTILE)
        fit = Estimate(math.sqrt(bounds[0] * bounds[1]), epoch.error).widened(spread, unknown)
        return None, fit.times(1 / epochs), fit

    def _call_and_epoch(self, backend: str) -> tuple[CostModel | FixedCost | None, CostModel]:
        """Return the models of a call and of an epoch.

        Only the call of a shortcut depends on the size: the others compute nothing before an epoch.
        """
        fits = {
            size: statistics.geometric_mean(by_run.values())
            for size, by_run in self._fits[backend].items()
        }
        if not self.tells_calls:
            return None, CostModel({size: fit_s / self.epochs for size, fit_s in fits.items()})
        timed = self._timed_calls(backend)
        longest = {size: CALL_SHARE * CALL_EPOCHS / self.epochs * of for size, of in fits.items()}
        call: CostModel | FixedCost
        if not timed:
            call = FixedCost({}, min(longest.values()) / 2, SHORT_CALL_ERROR)
        elif backend in self.evidence.shortcuts:
            call = CostModel(timed)
        else:
            logs = [math.log(call_s) for call_s in timed.values()]
            spread = statistics.stdev(logs) if len(logs) > 1 else ONE_RUN_ERROR
            call = FixedCost(timed, statistics.median(timed.values()), spread)
        calls = {size: timed.get(size) or min(call.at(size), longest[size]) for size in fits}
        epochs = {size: (fit_s - calls[size]) / self.epochs for size, fit_s in fits.items()}
        self._add_large(backend, call, calls, epochs)
        return CostModel(calls) if isinstance(call, CostModel) else call, CostModel(epochs)

    def _timed_calls(self, backend: str) -> dict[Size, float]:
        """Return the seconds of a call where fits of two numbers of epochs tell it."""
        slopes: dict[Size, list[float]] = {}
        for index, case, epochs in self._other_epochs(backend):
            first = self._fits[backend].get(case.size, {}).get(index)
            if first is not None:
                slope = (case.seconds - first) / (epochs - self.epochs)
                slopes.setdefault(case.size, []).append(slope)
        calls = {}
        for size, of_runs in slopes.items():
            fit_s = statistics.geometric_mean(self._fits[backend][size].values())
            call_s = fit_s - self.epochs * statistics.median(of_runs)
            calls[size] = min(max(call_s, LEAST_SHARE * fit_s), (1 - LEAST_SHARE) * fit_s)
        return calls

    def _add_large(
        self,
        backend: str,
        call: CostModel | FixedCost,
        calls: dict[Size, float],
        epochs: dict[Size, float],
    ) -> None:
        """Add the sizes timed at other epochs alone; the larger part takes the difference."""
        epoch = CostModel(epochs)
        seconds: dict[tuple[Size, int], list[float]] = {}
        for _, case, of_case in self._other_epochs(backend):
            if case.size not in self._fits[backend]:
                seconds.setdefault((case.size, of_case), []).append(case.seconds)
        for (size, of_case), of_runs in seconds.items():
            fit_s = statistics.median_low(of_runs)  # one fit in a run: disturbed ones are slower
            call_s, epochs_s = call.at(size), of_case * epoch.at(size)
            if call_s > epochs_s:
                call_s = max(fit_s - epochs_s, LEAST_SHARE * fit_s)
            else:
                epochs_s = max(fit_s - call_s, LEAST_SHARE * fit_s)
            calls[size], epochs[size] = call_s, epochs_s / of_case

    def _other_epochs(self, backend: str) -> list[tuple[int, CaseRecord, int]]:
        """Return the cases of other epochs, by the newest source, with the run and the epochs."""
        source = self.evidence.sources[backend]
        return [
            (index, case, case.case.epochs or self.epochs)
            for index, run in enumerate(self.evidence.runs)
            for case in run.other_epochs
            if (case.backend, case.source, case.size.dtype) == (backend, source, "float64")
        ]

    def _spread(self, backend: str, size: Size) -> float:
        """Return the standard error of one more run at the case nearest in numbers."""
        known = {
            other: list(by_run.values())
            for other, by_run in self._fits[backend].items()
            if len(by_run) >= FEWEST_RUNS
        }
        if not known:
            return ONE_RUN_ERROR
        nearest = min(known, key=lambda other: abs(math.log(other.numbers / size.numbers)))
        return _error_of_a_run(known[nearest])

    def _startup(self, backend: str) -> Estimate | None:
        starts = startup.startups(self.evidence, backend).values()
        seconds = [start.interpreter_s + start.cost_s for start in starts]
        if not seconds:
            return None
        return Estimate(statistics.geometric_mean(seconds), _error_of_a_run(seconds))

    def _conversion(self, backend: str, size: Size) -> Estimate | None:
        model = self._models[backend].conversion
        return None if model is None else _estimate(model, size).widened(CONVERSION_ERROR)

    def _conversion_seconds(self, backend: str) -> dict[Size, float]:
        """Return the median of ``prepare`` at each size, over repetitions and then over runs."""
        found: dict[Size, list[float]] = {}
        for run in self.evidence.runs:
            for case in (*run.cases, *run.other_epochs):
                if (case.backend, case.size.dtype) == (backend, "float64") and case.case.prepare_s:
                    found.setdefault(case.size, []).append(statistics.median(case.case.prepare_s))
        return {size: statistics.median(seconds) for size, seconds in found.items()}

    def _memory_bytes(self, backend: str, size: Size) -> float | None:
        """Return the bytes at most: in proportion to the data, as at the nearest measured size."""
        peaks = {
            known: peak
            for known in startup.memory_sizes(self.evidence)
            if (peak := startup.memory(self.evidence, backend, known)[1]) is not None
        }
        if not peaks:
            return None
        nearest = min(
            peaks,
            key=lambda known: (
                abs(math.log((known.n_features + 1) / (size.n_features + 1))),
                abs(math.log(known.numbers / size.numbers)),
            ),
        )
        return size.data_bytes * (1 + peaks[nearest] / nearest.data_bytes)

    def _beyond(self, backend: str, size: Size) -> Beyond:
        sizes = self._models[backend].epoch.seconds
        features = [known.n_features for known in sizes]
        return Beyond(
            max(1.0, size.numbers / max(known.numbers for known in sizes)),
            max(1.0, size.n_features / max(features), min(features) / size.n_features),
        )


def _estimate(model: CostModel | FixedCost, size: Size) -> Estimate:
    return Estimate(model.at(size), model.error(size))


def _error_of_a_run(seconds: Sequence[float]) -> float:
    """Return the standard error of one more run, on logarithms; of few by Student's t."""
    if len(seconds) == 1:
        return ONE_RUN_ERROR
    t = student_t_quantile(0.975, len(seconds) - 1) / QUANTILE
    return statistics.stdev(map(math.log, seconds)) * math.sqrt(1 + 1 / len(seconds)) * t
