"""Advice: what a number of fits would take with each backend, foretold from stored runs.

The time is that of a script that is started: what comes once (the interpreter, the import, compiling), the conversion of
the arrays, and the fits. Each part has a standard error, on logarithms: how much runs differ, and how far off a size
is foretold that was not timed (``npfs.analysis.surface``).
"""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from npfs.analysis import startup as first_call
from npfs.analysis.evidence import Evidence
from npfs.analysis.memory_cost import MemoryCost, Seconds
from npfs.analysis.records import Size
from npfs.analysis.statistics import student_t_quantile
from npfs.analysis.surface import SMALLEST, Reach, Surface, without_outliers
from npfs.analysis.survey import SurveyRecord

# 95 % of a normal distribution; the errors are estimated from dozens of sizes.
QUANTILE = 1.96
# The standard error of a number that was seen once, in one process: as much as most cases differ between runs.
SEEN_ONCE = 0.05
FEWEST_RUNS = 3  # from which a spread is estimated
# The share of a conversion's time that page faults and the allocator change from one call to the next.
CONVERSION_ERROR = 0.25


class NoSurvey(ValueError):
    """No stored run has looked at enough sizes to foretell others."""


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
        """The lower end of the 95 % interval."""
        return self.value * math.exp(-QUANTILE * self.error)

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self.value * math.exp(QUANTILE * self.error)

    def times(self, factor: float) -> "Estimate":
        """Return the estimate of a multiple."""
        return Estimate(self.value * factor, self.error)


@dataclass(frozen=True)
class Prediction:
    """What a backend would take.

    Attributes
    ----------
    start : Estimate or None
        Seconds to start: interpreter, import and what the first fit takes beyond the second; None if not measured.
    prepare, fit : Estimate
        Seconds of the conversion, which comes once, and of one fit.
    fits : int
    memory_bytes : float or None
        At most, ``X`` and ``y`` included; None if not measured.
    reach : Reach
        How far beyond the measured sizes this is.
    is_shortcut : bool
    """

    backend: str
    start: Estimate | None
    prepare: Estimate
    fit: Estimate
    fits: int
    memory_bytes: float | None
    reach: Reach
    is_shortcut: bool

    @cached_property
    def total(self) -> Estimate:
        """Seconds from the start of a process to the last result."""
        return add([part for part in (self.start, self.prepare, self.fit.times(self.fits)) if part])

    def differs_from(self, other: "Prediction") -> bool:
        """Whether the totals can be told apart."""
        off = abs(math.log(self.total.value / other.total.value))
        return off > QUANTILE * math.hypot(self.total.error, other.total.error)


def add(parts: Iterable[Estimate]) -> Estimate:
    """Return the sum of independent estimates, by propagation of errors.

    Source: NIST/SEMATECH e-Handbook, section 2.5.5; to first order, so that for small errors it is exact.
    """
    parts = list(parts)
    value = sum(part.value for part in parts)
    return Estimate(value, math.sqrt(sum((part.value * part.error) ** 2 for part in parts)) / value)


class Predictor:
    """Foretells times from the runs that may be pooled.

    Raises
    ------
    NoSurvey
        If none of them has a survey.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        looked_at = {
            name: _survey(evidence, name) for name in (*evidence.backends, *evidence.shortcuts)
        }
        self.seen = {
            name: records
            for name, records in looked_at.items()
            if Surface(dict.fromkeys(records, 1.0)).rows
        }
        if not self.seen:
            raise NoSurvey(
                "the stored runs have not looked at enough sizes to foretell others (made with --budget, or by an "
                "older version); measure anew: npfs bench"
            )

    @property
    def backends(self) -> list[str]:
        """The backends that can be foretold."""
        return list(self.seen)

    def advise(
        self, n_samples: int, n_features: int, epochs: int, fits: int = 1
    ) -> list[Prediction]:
        """Predict every backend, the fastest first; ``fits`` of ``epochs`` on one prepared data set."""
        predictions = [
            self.predict(name, n_samples, n_features, epochs, fits) for name in self.seen
        ]
        return sorted(predictions, key=lambda prediction: prediction.total.value)

    def predict(
        self, backend: str, n_samples: int, n_features: int, epochs: int, fits: int = 1
    ) -> Prediction:
        """Predict one backend."""
        fit, reach = self.fit(backend, n_samples, n_features, epochs)
        return Prediction(
            backend,
            self._start(backend),
            self._prepare(backend, n_samples, n_features),
            fit,
            fits,
            self._memory_bytes(backend, Size(n_features, n_samples)),
            reach,
            backend in self.evidence.shortcuts,
        )

    def fit(
        self, backend: str, n_samples: int, n_features: int, epochs: int
    ) -> tuple[Estimate, Reach]:
        """Predict the seconds of one fit, and say how far beyond the measured sizes it is."""
        parts = self._parts(backend)
        surface = Surface(
            {size: call_s + epochs * epoch_s for size, (call_s, epoch_s) in parts.items()}
        )
        size = Size(n_features, n_samples)
        of_calls, of_epochs = self._looks(backend)
        memory = MemoryCost.of({at: of_calls[at] + epochs * of_epochs[at] for at in of_epochs})
        error = math.hypot(
            surface.error(n_samples, n_features),
            self._spread(backend, size),
            memory.share(size.numbers) * memory.error,
            0.0 if (backend, size) in self.evidence.seconds else SEEN_ONCE,
        )
        value = surface.at(n_samples, n_features)
        return Estimate(value, error), surface.reach(n_samples, n_features)

    def _parts(self, backend: str) -> dict[tuple[int, int], tuple[float, float]]:
        """Return the seconds of a call and of an epoch at each size: as surveyed, and as exact as it was timed.

        A case is timed many times in every run, a surveyed size a few times in one: at a case's size the survey only
        says which share of the time is the call's.
        """
        of_calls, of_epochs = (MemoryCost.of(of).foretold(of) for of in self._looks(backend))
        calls, epochs = (
            Surface({size: value + SMALLEST for size, value in seconds.items()})
            for seconds in (of_calls, of_epochs)
        )
        parts = {size: (of_calls[size], of_epochs[size]) for size in of_epochs}
        for case in self.evidence.sizes(dtype="float64"):
            if time := self.evidence.time(backend, case):
                size = case.n_samples, case.n_features
                call_s, epoch_s = parts.get(size) or (calls.at(*size), epochs.at(*size))
                factor = time.value / (call_s + self.evidence.newest.epochs * epoch_s)
                parts[size] = call_s * factor, epoch_s * factor
        return parts

    def _looks(self, backend: str) -> tuple[Seconds, Seconds]:
        """Return the seconds of a call and of an epoch, as they were seen."""
        seen = self.seen[backend]
        looks = {size: _undisturbed(records, self._seconds) for size, records in seen.items()}
        of_calls = {size: look.call_s for size, look in looks.items()}
        of_epochs = {size: look.epoch_s + SMALLEST for size, look in looks.items()}
        return of_calls, without_outliers(of_epochs)

    def _seconds(self, look: SurveyRecord) -> float:
        """Return what a fit of the benchmark's epochs took in a look."""
        return look.call_s + self.evidence.newest.epochs * look.epoch_s

    def _spread(self, backend: str, size: Size) -> float:
        """Return how much single runs differ at the case that is nearest in numbers, on logarithms."""
        timed = [
            (abs(math.log(case.numbers / size.numbers)), list(by_run.values()))
            for (name, case), by_run in self.evidence.seconds.items()
            if (name, case.dtype) == (backend, "float64") and len(by_run) >= FEWEST_RUNS
        ]
        if not timed:
            return SEEN_ONCE
        return _of_another_run([math.log(value) for value in min(timed)[1]])

    def _start(self, backend: str) -> Estimate | None:
        calls = first_call.first_calls(self.evidence, backend).values()
        if not calls:
            return None
        logs = [math.log(call.interpreter_s + call.once_s) for call in calls]
        error = _of_another_run(logs) if len(logs) > 1 else SEEN_ONCE
        return Estimate(math.exp(statistics.fmean(logs)), error)

    def _prepare(self, backend: str, n_samples: int, n_features: int) -> Estimate:
        surface = Surface(
            {
                size: _undisturbed(records, lambda look: look.prepare_s).prepare_s
                for size, records in self.seen[backend].items()
            }
        )
        error = math.hypot(surface.error(n_samples, n_features), CONVERSION_ERROR)
        return Estimate(surface.at(n_samples, n_features), error)

    def _memory_bytes(self, backend: str, size: Size) -> float | None:
        """Return the bytes at most: in proportion to the data, as at the nearest size that was looked at."""
        peaks = {
            seen: peak
            for seen in first_call.memory_sizes(self.evidence)
            if (peak := first_call.memory(self.evidence, backend, seen)[1]) is not None
        }
        if not peaks:
            return None
        nearest = min(
            peaks,
            key=lambda seen: (
                abs(math.log((seen.n_features + 1) / (size.n_features + 1))),
                abs(math.log(seen.numbers / size.numbers)),
            ),
        )
        return size.data_bytes * (1 + peaks[nearest] / nearest.data_bytes)


def _of_another_run(logs: Sequence[float]) -> float:
    """Return the standard error of one more value; of few, Student's t in place of the normal distribution."""
    t = student_t_quantile(0.975, len(logs) - 1) / QUANTILE
    return statistics.stdev(logs) * math.sqrt(1 + 1 / len(logs)) * t


def _survey(evidence: Evidence, backend: str) -> Mapping[tuple[int, int], list[SurveyRecord]]:
    """Return what was seen of the newest source at each size."""
    source = evidence.sources.get(backend)
    seen: dict[tuple[int, int], list[SurveyRecord]] = {}
    for run in evidence.runs:
        for record in run.survey:
            if (record.backend, record.source, record.size.dtype) == (backend, source, "float64"):
                seen.setdefault((record.size.n_samples, record.size.n_features), []).append(record)
    return seen


def _undisturbed(
    looks: Sequence[SurveyRecord], seconds: Callable[[SurveyRecord], float]
) -> SurveyRecord:
    """Return the lower median: of two looks the faster, since what else goes on makes a look slower and none faster."""
    return sorted(looks, key=seconds)[(len(looks) - 1) // 2]
