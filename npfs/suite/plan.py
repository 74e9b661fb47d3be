"""The plan of a run: presets, cases and their repetitions, and the shuffled order."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from npfs.regression.published import Published
from npfs.schema import Size
from npfs.suite.own_data import FromPublished, OwnData, Source, Synthetic


class Case(NamedTuple):
    """One backend on one size; its id is ``numpy-10000`` or ``numpy-10000x16``."""

    backend: str
    size: Size

    def __str__(self) -> str:
        return f"{self.backend}-{self.size}"


# A fit slower than this would take most of a run for one point that smaller sizes already predict.
FIT_LIMIT_SECONDS = 3.0
# A case is timed in three repetitions, one in each third of the run, each on data of its own: what
# slows the machine down for a second meets one of them, and the least disturbed one counts.
REPETITIONS = 3
# Between a case's id and the number of the repetition, which the first one does not have.
REPETITION_MARK = "~"
# Kept of a budget for what is not timed: starting, and at the end reading the runs and drawing the
# figures.
REPORT_SECONDS = 5.0
# Of the data's bytes: the problem, its copy in the backend's layout and its temporaries, or lists
# of numbers.
COPIES = 8
PROBE_SAMPLES = 10_000


@dataclass(frozen=True)
class Preset:
    """Sizes worth timing together, and the seconds of rounds that each case gets in a run.

    Attributes
    ----------
    backends : tuple of str
        Those that are timed if none are named; empty for all that are timed by default.
    fit_limit_s : float
        How long a fit may take to be timed.
    copies : int
        How many times the bytes of the data a case may need at once.
    probe_samples : int
        From so many samples the time of a fit is predicted.
    measures_startup : bool
        Whether startup, memory and conversions are measured too.
    in_memory : tuple of Size
        Sizes that no cache holds; each run times one of them in turn, by a fit of few epochs.
    """

    sizes: tuple[Size, ...]
    seconds_per_case: float
    backends: tuple[str, ...] = ()
    repetitions: int = REPETITIONS
    fit_limit_s: float = FIT_LIMIT_SECONDS
    copies: int = COPIES
    probe_samples: int = PROBE_SAMPLES
    measures_startup: bool = True
    in_memory: tuple[Size, ...] = ()


def _one_feature(*exponents: int) -> tuple[Size, ...]:
    return tuple(Size(10**exponent, 1) for exponent in exponents)


def grid(samples: Sequence[int], features: Sequence[int]) -> tuple[Size, ...]:
    """Return the sizes with each number of samples and each number of features."""
    return tuple(Size(n, d) for n in samples for d in features)


PRESETS = {
    "quick": Preset((*_one_feature(1, 3, 5), Size(10_000, 16)), 0.05),
    "standard": Preset(
        _one_feature(1, 2, 3, 4, 5, 6) + grid([10_000], [4, 16, 64]),
        0.1,
        in_memory=(Size(4_500_000, 1), Size(500_000, 16)),  # 70 MB: caches hold 32, seldom more
    ),
    "full": Preset(
        _one_feature(1, 2, 3, 4, 5, 6, 7)
        + grid([1_000, 10_000, 100_000], [2, 4, 16, 64])
        + grid([1_000_000], [4, 16]),
        0.15,
    ),
    # Past the memory of one machine, and past the machine: every case in gigabytes, so one
    # repetition of each, and no startup costs.
    "scale": Preset(
        grid([10**6, 3 * 10**6, 10**7, 3 * 10**7, 10**8], [4]),
        1.0,
        backends=("numba-simd", "numba-parallel", "memmap", "dask", "dask-gram"),
        repetitions=1,
        fit_limit_s=30.0,
        copies=4,  # all of these keep numbers in arrays
        probe_samples=10**6,
        measures_startup=False,
    ),
}
MANY_FEATURES_SAMPLES = 10_000  # the n of --features without --sizes, as in the standard preset
DTYPES = ("float64", "float32")
EPOCHS = 10
RUNS = 5
# Of a published comparison, which is there to be seen whole: the slowest took 19 s where it was
# published.
PUBLISHED_FIT_LIMIT_SECONDS = 120.0
# A round of a millisecond hides the clock's resolution (tens of ns) and the cost of reading it.
ROUND_SECONDS = 1e-3
# In a repetition: rounds agree within 0.5 %, and more of a slow case would not narrow its interval.
MIN_ROUNDS = 1


@dataclass(frozen=True)
class Plan:
    """Everything that decides what a command times."""

    preset: str
    sizes: tuple[Size, ...]
    backends: tuple[str, ...]
    epochs: int
    runs: int
    seed: int
    budget_s: float | None = None
    precision: float | None = None
    record: Mapping[str, str | None] = field(default_factory=dict)
    data: OwnData | None = None
    published: Published | None = None

    @property
    def source(self) -> Source:
        """Where the problems come from that fits are timed on."""
        if self.published is not None:
            return FromPublished(self.published.name, self.seed)
        return Synthetic(self.seed) if self.data is None else self.data

    @property
    def limits(self) -> Preset:
        """The preset, for what it says beside sizes."""
        return PRESETS[self.preset]

    @property
    def fit_limit_s(self) -> float:
        """How long a fit may take to be timed."""
        return self.limits.fit_limit_s if self.published is None else PUBLISHED_FIT_LIMIT_SECONDS

    @property
    def seconds_per_repetition(self) -> float:
        """Seconds of rounds in each repetition of a case."""
        return self.limits.seconds_per_case / self.limits.repetitions

    @property
    def sizes_in_memory(self) -> tuple[Size, ...]:
        """Sizes of the preset that no cache holds; none where its other sizes are not timed."""
        return self.limits.in_memory if set(self.limits.sizes) <= set(self.sizes) else ()

    @property
    def cases(self) -> list[Case]:
        """All cases, in the order of sizes and backends."""
        return [Case(backend, size) for size in self.sizes for backend in self.backends]


def repetition_id(case: object, number: int) -> str:
    """Return the id of a repetition of a case: ``numpy-10000``, then ``numpy-10000~2``."""
    return str(case) if number == 1 else f"{case}{REPETITION_MARK}{number}"


def case_and_number(repetition: str) -> tuple[str, int]:
    """Return the case of a repetition's id, and which of its repetitions it is: 1, 2, 3."""
    case, _, number = repetition.partition(REPETITION_MARK)
    return case, int(number or 1)


def repetitions_that_fit(first_pass_s: float, runs: int, budget_s: float) -> int:
    """Return the number of repetitions of each case that leaves time for all runs."""
    return max(1, min(REPETITIONS, int(budget_s / (first_pass_s * runs))))


def shuffled(repetitions: Collection[str], seed: int, run_number: int) -> list[str]:
    """Return the order of run ``run_number``; the same for the same seed and number.

    All first repetitions come before all second ones, each in an order of its own.
    """
    random_order = random.Random(f"{seed}/{run_number}")
    in_order, order = sorted(repetitions, key=case_and_number), list[str]()
    for number in range(1, REPETITIONS + 1):
        ids = [one for one in in_order if case_and_number(one)[1] == number]
        random_order.shuffle(ids)
        order += ids
    return order
