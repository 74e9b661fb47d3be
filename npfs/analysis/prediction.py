"""Time to a result, from stored runs: also for sizes and epochs that were not timed.

A job of some fits on one data set takes startup + conversion + fits * (call + epochs * epoch). Runs
measure the startup of a backend as such. Cases that are timed with two numbers of epochs tell a
call from an epoch. ``CostModel`` gives the seconds of a part at any size, and their standard error.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from npfs.analysis import startup
from npfs.analysis.cost_models import CostModel, FixedCost
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import CaseRecord
from npfs.analysis.statistics import exponential, student_t_quantile
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
        return self.value * exponential(QUANTILE * self.error)

    @property
    def is_significant(self) -> bool:
        """Test whether a ratio differs significantly from 1."""
        return self.low > 1 or self.high < 1

    def times(self, factor: float) -> "Estimate":
        """Return the estimate of a multiple."""
        return Estimate(self.value * factor, self.error)

    def over(self, other: "Estimate") -> "Estimate":
        """Return the ratio to an independent estimate."""
        return Estimate(self.value / other.value, math.hypot(self.error, other.error))

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
    """Factors by which a job lies beyond the sizes that were measured; 1 in the measured range.

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

    def without(self, part: str) -> "Prediction":
        """Return the prediction without "startup" or "conversion"."""
        values: dict[str, Any] = {part: None}
        return replace(self, **values)

    def differs_from(self, other: "Prediction") -> bool:
        """Test the difference between the totals for significance."""
        return self.total.over(other.total).is_significant


class Parts(NamedTuple):
    """The parts of a job that do not depend on its epochs; None was not measured.

    ``overhead`` are the seconds that an epoch takes without data, ``spread`` the standard error of
    a fit between runs.
    """

    startup: Estimate | None
    conversion: Estimate | None
    call: Estimate | None
    epoch: Estimate
    overhead: float
    spread: float


class CostModels(NamedTuple):
    """The models of a backend; None for a call that runs do not tell from an epoch."""

    call: CostModel | FixedCost | None
    epoch: CostModel
    conversion: CostModel | None


class Predictor:
    """Predicts jobs from the runs that may be pooled.

    Parameters
    ----------
    evidence
    of_mean : bool
        Whether intervals are for the mean of many runs; else for one run more, as a user makes it.

    Attributes
    ----------
    tells_calls : bool
        Whether a run has timed a case with a second number of epochs.

    Raises
    ------
    NoPrediction
        If no run has timed a fit in float64.
    """

    def __init__(self, evidence: Evidence, *, of_mean: bool = False) -> None:
        self.evidence = evidence
        self.of_mean = of_mean
        self.epochs = evidence.newest.epochs
        self._fits: dict[str, dict[Size, Mapping[int, float]]] = {}
        for (backend, size), by_run in evidence.seconds.items():
            if size.dtype == "float64":
                self._fits.setdefault(backend, {})[size] = by_run
        if not self._fits:
            raise NoPrediction("no stored run has timed a fit in float64; measure one: npfs bench")
        self.tells_calls = any(run.other_epochs for run in evidence.runs)
        self._known_parts: dict[tuple[str, Size], Parts] = {}

    @property
    def backends(self) -> list[str]:
        """List the backends that can be predicted."""
        timed = [*self.evidence.backends, *self.evidence.shortcuts]
        return [name for name in timed if name in self._fits]

    def sizes(self, backend: str) -> list[Size]:
        """Return the sizes that a backend was timed at, ascending."""
        return sorted(self._fits[backend]) if backend in self._fits else []

    def startup(self, backend: str) -> Estimate | None:
        """Return the seconds of a startup; None if it was not measured."""
        return self._startups.get(backend)

    def rank(self, n_samples: int, n_features: int, epochs: int, fits: int = 1) -> list[Prediction]:
        """Predict ``fits`` of ``epochs`` on one data set with every backend, the fastest first."""
        found = [self.predict(name, n_samples, n_features, epochs, fits) for name in self.backends]
        return sorted(found, key=lambda prediction: prediction.total.value)

    def predict(
        self, backend: str, n_samples: int, n_features: int, epochs: int, fits: int = 1
    ) -> Prediction:
        """Predict one backend."""
        size = Size(n_samples, n_features)
        parts = self._parts(backend, size)
        return Prediction(
            backend=backend,
            startup=parts.startup,
            conversion=parts.conversion,
            call=parts.call,
            epoch=parts.epoch if parts.call else self._fit(parts, epochs).times(1 / epochs),
            fit=self._fit(parts, epochs),
            fits=fits,
            memory_bytes=self._memory_bytes(backend, size),
            beyond=self._beyond(backend, size),
            is_shortcut=backend in self.evidence.shortcuts,
        )

    def time_to_result(
        self, backend: str, size: Size, epochs: int, *, with_startup: bool = True
    ) -> Estimate:
        """Return the seconds to the result of one fit: ``predict(...).total``, and nothing else."""
        parts = self._parts(backend, size)
        startup = parts.startup if with_startup else None
        return add([startup, parts.conversion, self._fit(parts, epochs)])

    @cached_property
    def _models(self) -> dict[str, CostModels]:
        models = {}
        for backend in self.backends:
            seconds = self._conversion_seconds(backend)
            conversion = CostModel(seconds) if seconds else None
            models[backend] = CostModels(*self._call_and_epoch(backend), conversion)
        return models

    def _parts(self, backend: str, size: Size) -> Parts:
        """Predict what does not depend on the number of epochs."""
        key = backend, size
        if key not in self._known_parts:
            models = self._models[backend]
            self._known_parts[key] = Parts(
                self._startups[backend],
                self._conversion(backend, size),
                None if models.call is None else _estimate(models.call, size),
                _estimate(models.epoch, size),
                models.epoch.overhead,
                self._spread(backend, size),
            )
        return self._known_parts[key]

    def _fit(self, parts: Parts, epochs: int) -> Estimate:
        """Predict a fit."""
        call, epoch = parts.call, parts.epoch
        if call is not None:
            return add([call, epoch.times(epochs)]).widened(parts.spread)
        # The overhead is all the epochs', or all the call's, or anything between.
        work = epoch.value - parts.overhead
        bounds = epoch.value * epochs, parts.overhead * self.epochs + work * epochs
        unknown = math.log(max(bounds) / min(bounds)) / (2 * QUANTILE)
        fit = Estimate(math.sqrt(bounds[0] * bounds[1]), epoch.error)
        return fit.widened(parts.spread, unknown)

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
        return self._error(known[nearest])

    @cached_property
    def _startups(self) -> dict[str, Estimate | None]:
        found: dict[str, Estimate | None] = {}
        for backend in self.backends:
            starts = startup.startups(self.evidence, backend).values()
            seconds = [start.interpreter_s + start.cost_s for start in starts]
            mean = statistics.geometric_mean(seconds) if seconds else 0.0
            found[backend] = Estimate(mean, self._error(seconds)) if seconds else None
        return found

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

    def _error(self, seconds: Sequence[float]) -> float:
        """Return the standard error on logarithms: of the mean, or of one run more.

        Of few runs by Student's t.
        """
        n_runs = len(seconds)
        if n_runs == 1:
            return ONE_RUN_ERROR
        t = student_t_quantile(0.975, n_runs - 1) / QUANTILE
        one_more = 0 if self.of_mean else 1
        return statistics.stdev(map(math.log, seconds)) * math.sqrt(one_more + 1 / n_runs) * t

    @cached_property
    def _peaks(self) -> dict[str, dict[Size, float]]:
        sizes = startup.memory_sizes(self.evidence)
        peaks: dict[str, dict[Size, float]] = {}
        for backend in self.backends:
            known = {size: startup.memory(self.evidence, backend, size)[1] for size in sizes}
            peaks[backend] = {size: peak for size, peak in known.items() if peak is not None}
        return peaks

    def _memory_bytes(self, backend: str, size: Size) -> float | None:
        """Return the bytes at most: in proportion to the data, as at the nearest measured size."""
        peaks = self._peaks[backend]
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
        numbers = [known.numbers for known in sizes]
        return Beyond(
            max(1.0, size.numbers / max(numbers), min(numbers) / size.numbers),
            max(1.0, size.n_features / max(features), min(features) / size.n_features),
        )


def _estimate(model: CostModel | FixedCost, size: Size) -> Estimate:
    return Estimate(model.at(size), model.error(size))
