"""The backend to choose for a job, by the time to its result: no tool is favoured.

A person has a job and waits for its result. Who is *first*, which backend is *good enough*, and
what NumPy costs over the first are asked of lists, plain NumPy and plain Numba; tuned variants and
other tools stand in a column of their own. Times to a result come from ``Predictor``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from npfs.analysis import startup
from npfs.analysis.evidence import LISTS, NUMBA, NUMPY, Evidence
from npfs.analysis.prediction import QUANTILE, Estimate, NoPrediction, Prediction, Predictor
from npfs.schema import Backend, Size

PLAIN = (LISTS, NUMPY, NUMBA)
# A tenth of a second is felt as at once. Source: Nielsen, *Usability Engineering*, 1993, ch. 5.
UNNOTICED_S = 0.1
OTHER_UNNOTICED_S = (0.05, 0.2)  # it is reported where one of these would change the answer
CLOSE = 1.25  # a quarter more waiting is no reason for another tool
BEYOND_AT_MOST = 10.0  # a job farther from the measured sizes is not predicted
# Memory is counted in pages and arenas: less than this says nothing.
SAME_MEMORY = 1.05
PER_DECADE = 4  # points of the map
SMALLEST_ERROR = 1e-6  # of a logarithm; equal runs have none
MOST_EPOCHS = 6  # decades of epochs on the map


@dataclass(frozen=True)
class Job:
    """A job: fits on one data set in one process. ``name`` is an id; a report words it."""

    name: str
    n_samples: int
    n_features: int
    epochs: int
    fits: int = 1

    @property
    def size(self) -> Size:
        """Return the size of its data."""
        return Size(self.n_samples, self.n_features)


JOBS = (
    Job("formula", 10, 1, 100),
    Job("lesson", 1_000, 1, 1_000),
    Job("data-set", 100_000, 1, 1_000),
    Job("wide", 10_000, 64, 1_000),
    Job("million", 1_000_000, 1, 1_000),
    Job("many-models", 1_000, 1, 100, 1_000),
)


@dataclass(frozen=True)
class Decision:
    """The choice for a job.

    Attributes
    ----------
    job : Job
    predictions : mapping of str to Prediction
        The time to the result with every backend that does the same work, the least first; empty
        where the job is too far from what was measured.
    first : tuple of str
        Of lists, NumPy and Numba the one with the least time to the result, and those without
        significant difference from it.
    good_enough : tuple of str
        The simplest of the three that takes at most ``UNNOTICED_S`` or a quarter more than the
        first. Before it stand simpler ones of which that cannot be told.
    otherwise : mapping of float to tuple of str
        What would be good enough with another limit in place of ``UNNOTICED_S``, if it differs.
    fastest : tuple of str
        Of all backends.
    without : tuple of str
        Parts that were not measured, so that no total has them: "startup", "conversion".
    """

    job: Job
    predictions: Mapping[str, Prediction]
    first: tuple[str, ...] = ()
    good_enough: tuple[str, ...] = ()
    otherwise: Mapping[float, tuple[str, ...]] | None = None
    fastest: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def numpy_over_first(self) -> Estimate | None:
        """Return NumPy's time to the result over the first one's; None if it is first."""
        if not self.first or NUMPY in self.first or NUMPY not in self.predictions:
            return None
        return self.predictions[NUMPY].total.over(self.predictions[self.first[0]].total)

    @property
    def is_extrapolated(self) -> bool:
        """Test whether a plain backend was not measured at such a size."""
        return any(
            not self.predictions[name].beyond.is_inside
            for name in PLAIN
            if name in self.predictions
        )


@dataclass(frozen=True)
class FirstMap:
    """Who is first over samples and epochs, for one fit of one feature.

    Rows go with ``epochs``, columns with ``samples``. ``leads`` holds for each backend how far it
    is ahead of the best other one, in standard errors (of logarithms): it is first where that is
    positive, and significantly so above ``QUANTILE``. ``numpy_over_first`` is what NumPy takes over
    the first.
    """

    samples: tuple[int, ...]
    epochs: tuple[int, ...]
    leads: Mapping[str, tuple[tuple[float, ...], ...]]
    numpy_over_first: tuple[tuple[float | None, ...], ...]

    def first(self, row: int, column: int) -> str:
        """Return the backend that is first at a place."""
        return max(self.leads, key=lambda name: self.leads[name][row][column])


@dataclass(frozen=True)
class MemoryNeeds:
    """The bytes that a program needs at one size: the given arrays, and the most beside them.

    Lists are made without arrays. ``least`` are those with the least bytes, within a few per cent.
    """

    size: Size
    n_bytes: Mapping[str, float]
    least: tuple[str, ...]


class Decisions:
    """Decisions of all kinds from the runs that may be pooled, each computed once."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        try:
            self.predictor: Predictor | None = Predictor(evidence, of_mean=True)
        except NoPrediction:
            self.predictor = None
        self._lines = costs(evidence)
        self._ranked: dict[Job, list[Prediction]] = {}

    @cached_property
    def jobs(self) -> list[Decision]:
        """Return a decision for every job; of a person's own table for jobs on it."""
        return [self.decide(job) for job in self._jobs]

    @cached_property
    def notebook(self) -> list[Decision]:
        """Return the same where everything is imported already, so that startup costs nothing."""
        return [self.decide(job, with_startup=False) for job in self._jobs]

    @property
    def _jobs(self) -> Sequence[Job]:
        data = self.evidence.newest.data
        if data is None:
            return JOBS
        table = data.n_samples, data.n_features
        return (Job("table", *table, 1_000), Job("table-models", *table, 100, 1_000))

    def decide(self, job: Job, *, with_startup: bool = True) -> Decision:
        """Return the decision for a job."""
        predictions, without = self._comparable(job, with_startup=with_startup)
        plain = {name: predictions[name] for name in PLAIN if name in predictions}
        if len(plain) < 2:
            return Decision(job, {}, without=without)
        good_enough = self._good_enough(plain, UNNOTICED_S)
        others = {limit: self._good_enough(plain, limit) for limit in OTHER_UNNOTICED_S}
        return Decision(
            job,
            predictions,
            _least(plain),
            good_enough,
            {limit: names for limit, names in others.items() if names != good_enough},
            _least(predictions),
            without,
        )

    def _comparable(
        self, job: Job, *, with_startup: bool
    ) -> tuple[dict[str, Prediction], tuple[str, ...]]:
        """Predict each backend that does the same work, and name the parts that are in no total.

        A part that one of the plain backends lacks is left out of all. Another backend that lacks
        one of the others is left out itself.
        """
        if self.predictor is None:
            return {}, ()
        if job not in self._ranked:  # asked with startup and without
            self._ranked[job] = self.predictor.rank(
                job.n_samples, job.n_features, job.epochs, job.fits
            )
        ranked = self._ranked[job]
        found = {p.backend: p for p in ranked if not p.is_shortcut and _is_near(p)}
        plain = [found[name] for name in PLAIN if name in found]
        without = []
        for part in ("startup", "conversion"):
            is_asked = with_startup or part != "startup"
            if is_asked and all(getattr(p, part) is not None for p in plain):
                found = {name: p for name, p in found.items() if getattr(p, part) is not None}
            else:
                found = {name: p.without(part) for name, p in found.items()}
                without += [part] if is_asked else []
        ordered = sorted(found.values(), key=lambda p: p.total.value)
        return {p.backend: p for p in ordered}, tuple(without)

    def _good_enough(self, plain: Mapping[str, Prediction], unnoticed_s: float) -> tuple[str, ...]:
        """Return the simplest that is good enough, after simpler ones that may be."""
        totals = {name: prediction.total for name, prediction in plain.items()}
        first = min(totals, key=lambda name: totals[name].value)
        best = totals[first]
        limit = max(best.value + unnoticed_s, CLOSE * best.value)
        # The share of the first's error that the limit has.
        of_limit = best.error * (1 if limit > best.value + unnoticed_s else best.value / limit)
        names = []
        for name in sorted(totals, key=self._simplicity):
            distance = math.log(totals[name].value / limit)
            margin = 0.0 if name == first else QUANTILE * math.hypot(totals[name].error, of_limit)
            if distance <= margin:
                names.append(name)
            if distance < -margin:
                break
        return tuple(names)

    def _simplicity(self, name: str) -> tuple[bool, float, int, int]:
        """Sort by the lines of the fit, then by the bytes to install; older runs know no lines.

        The plain ones come first.
        """
        of = self._lines.get(name)
        lines = math.inf if of is None or of.fit_lines is None else of.fit_lines
        place = PLAIN.index(name) if name in PLAIN else len(PLAIN)
        return name not in PLAIN, lines, 0 if of is None else of.installed_bytes, place

    @cached_property
    def first_map(self) -> FirstMap | None:
        """Return who is first over the sizes of one feature that all of the plain backends have.

        None where fewer than two of them were timed at two sizes.
        """
        if self.predictor is None:
            return None
        sizes = {
            name: [s.n_samples for s in self.predictor.sizes(name) if s.n_features == 1]
            for name in PLAIN
            if name in self.predictor.backends
        }
        names = [name for name, samples in sizes.items() if len(samples) > 1]
        if len(names) < 2:
            return None
        low, high = max(min(sizes[n]) for n in names), min(max(sizes[n]) for n in names)
        return self._map(names, low, high) if low < high else None

    def _map(self, names: Sequence[str], low: int, high: int) -> FirstMap:
        assert self.predictor is not None
        decades = math.log10(high / low)
        steps = max(2, round(decades * PER_DECADE) + 1)
        samples = tuple(round(low * (high / low) ** (k / (steps - 1))) for k in range(steps))
        epochs = tuple(round(10 ** (k / PER_DECADE)) for k in range(MOST_EPOCHS * PER_DECADE + 1))
        samples, epochs = tuple(dict.fromkeys(samples)), tuple(dict.fromkeys(epochs))
        with_startup = all(self.predictor.startup(name) for name in names)
        leads: dict[str, list[tuple[float, ...]]] = {name: [] for name in names}
        over = []
        for number in epochs:
            cells = []
            for n_samples in samples:
                size = Size(n_samples, 1)
                cells.append(
                    {
                        name: self.predictor.time_to_result(
                            name, size, number, with_startup=with_startup
                        )
                        for name in names
                    }
                )
            for name in names:
                leads[name].append(tuple(_lead(totals, name) for totals in cells))
            over.append(tuple(_numpy_over_first(totals) for totals in cells))
        return FirstMap(
            samples, epochs, {name: tuple(rows) for name, rows in leads.items()}, tuple(over)
        )

    @cached_property
    def numba_overtakes_s(self) -> float | None:
        """Return the seconds from which on a job with NumPy would be done sooner with Numba.

        Of one feature, whatever the number of samples: the most over the measured sizes. None if
        Numba does not overtake at one of them, or if a startup was not measured.
        """
        predictor = self.predictor
        if predictor is None or not all(predictor.startup(name) for name in (NUMPY, NUMBA)):
            return None
        sizes = [
            size
            for size in predictor.sizes(NUMPY)
            if size.n_features == 1 and size in predictor.sizes(NUMBA)
        ]
        found = [self._overtakes_s(predictor, size) for size in sizes]
        return max(found, default=None, key=lambda s: math.inf if s is None else s)

    def _overtakes_s(self, predictor: Predictor, size: Size) -> float | None:
        """Bisect the number of epochs at which the times to the result are equal."""

        def difference(epochs: int) -> float:
            numpy, numba = (
                predictor.time_to_result(name, size, epochs).value for name in (NUMPY, NUMBA)
            )
            return numpy - numba

        low, high = 1, 10**12
        if difference(low) > 0:
            return 0.0  # from the first epoch on
        if difference(high) <= 0:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if difference(middle) > 0 else (middle, high)
        return predictor.time_to_result(NUMPY, size, high).value

    @cached_property
    def memory(self) -> MemoryNeeds | None:
        """Return the bytes that a program needs with each backend; None of fewer than two."""
        size = startup.memory_size(self.evidence)
        if size is None:
            return None
        needs = {
            name: peak + (0 if name == LISTS else size.data_bytes)
            for name in self.evidence.backends
            if (peak := startup.memory(self.evidence, name, size)[1]) is not None
        }
        if len(needs) < 2:
            return None
        most = SAME_MEMORY * min(needs.values())
        least = [name for name in needs if needs[name] <= most]
        return MemoryNeeds(size, needs, tuple(sorted(least, key=self._simplicity)))


def _is_near(prediction: Prediction) -> bool:
    beyond = prediction.beyond
    return beyond.samples <= BEYOND_AT_MOST and beyond.features == 1


def _least(predictions: Mapping[str, Prediction]) -> tuple[str, ...]:
    """Return the one with the least time, and those without significant difference from it.

    That one does not differ from the least, whose time may be noisy, does not say that none of the
    others is faster: then it is left out.
    """
    ordered = sorted(predictions, key=lambda name: predictions[name].total.value)
    names = [
        name for name in ordered if not predictions[name].differs_from(predictions[ordered[0]])
    ]
    return tuple(
        name
        for k, name in enumerate(names)
        if not any(predictions[name].differs_from(predictions[other]) for other in names[:k])
    )


def _lead(totals: Mapping[str, Estimate], name: str) -> float:
    """Return how far a backend is ahead of the best other one, in standard errors."""
    best = min((total for other, total in totals.items() if other != name), key=lambda t: t.value)
    ratio = best.over(totals[name])
    return math.log(ratio.value) / max(ratio.error, SMALLEST_ERROR)


def _numpy_over_first(totals: Mapping[str, Estimate]) -> float | None:
    if NUMPY not in totals:
        return None
    return totals[NUMPY].value / min(total.value for total in totals.values())


def costs(evidence: Evidence) -> dict[str, Backend]:
    """Return the newest record of each backend that has its costs; older files have none."""
    return {
        name: backend
        for run in evidence.runs
        for name, backend in run.backends.items()
        if backend.installed is not None
    }
