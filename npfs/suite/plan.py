"""The plan of a run: where its data come from, its presets, its cases and their repetitions.

What reads a table is loaded with the table: other commands, and their runs, do without.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from npfs.harness.spec import REPETITION_S, REPETITIONS
from npfs.regression.problem import Array, Problem, make_problem
from npfs.regression.published import Published, load_published, published
from npfs.regression.scaling import Standardizer
from npfs.schema import Data, Size

COLUMNS_OPTION = "--columns"


@dataclass(frozen=True)
class Synthetic:
    """The seeded problem of ``npfs.regression.problem``."""

    seed: int
    learning_rate = None  # one that is stable on the data

    def problem(self, n_samples: int, n_features: int) -> Problem:
        """Make it anew."""
        return make_problem(n_samples, n_features, seed=self.seed)


@dataclass(frozen=True)
class FromPublished:
    """The problem of a published comparison (``npfs.regression.published``)."""

    name: str
    seed: int

    @property
    def learning_rate(self) -> float | None:
        """As it was published, if it was."""
        return published(self.name).learning_rate

    def problem(self, n_samples: int, n_features: int) -> Problem:
        """Make it anew, or the first samples of it."""
        whole = load_published(self.name, n_features, seed=self.seed)
        return Problem(whole.X[:n_samples], whole.y[:n_samples])


@dataclass(frozen=True, eq=False)
class OwnData:
    """A table that was read, ready for gradient descent.

    Attributes
    ----------
    X : array of float64, shape (n_samples, n_features)
        Standardised: one learning rate suits all features.
    y : array of float64, shape (n_samples,)
        Standardised as well, so that no square of it is beyond float32.
    record : Data
        What a run keeps of the table; equal digests mean equal numbers as they were read.
    """

    options: "DataOptions"
    X: Array = field(repr=False)
    y: Array = field(repr=False)
    record: Data
    learning_rate = None

    def __str__(self) -> str:
        from npfs.data.sentences import counted  # noqa: PLC0415

        return (
            f"on {self.record.file}, {counted(self.record.n_samples, 'sample')} of "
            f"{counted(self.record.n_features, 'feature')}, standardised; "
            f"target {self.record.target}"
        )

    def problem(self, n_samples: int, n_features: int) -> Problem:
        """Return the first samples, of the first features."""
        return Problem(self.X[:n_samples, :n_features], self.y[:n_samples])


# Where the problem of a size comes from.
Source = Synthetic | FromPublished | OwnData


@dataclass(frozen=True)
class DataOptions:
    """Which table, and how it is read: values by the names of the options."""

    path: Path
    given: Mapping[str, Any]

    def read(self) -> OwnData:
        """Read the table.

        Raises
        ------
        BadTable
            Says what is wrong with it.
        """
        from npfs.data import read_table  # noqa: PLC0415

        renamed = {"columns": "features", "missing-values": "missing_values"}
        values = {renamed.get(name, name): value for name, value in self.given.items()}
        table = read_table(self.path, **values, features_option=COLUMNS_OPTION)
        digest = hashlib.sha256(table.X.data)
        digest.update(table.y.data)
        y = table.y.reshape(-1, 1)
        n_samples, n_features = table.X.shape
        return OwnData(
            options=self,
            X=Standardizer.of(table.X).transform(table.X),
            y=Standardizer.of(y).transform(y)[:, 0],
            record=Data(
                file=_printable(self.path.name),  # without folders: a run file can be shared
                digest=digest.hexdigest()[:16],
                n_samples=n_samples,
                n_features=n_features,
                target=_printable(table.target_name),
                features=tuple(map(_printable, table.feature_names)),
                notes=table.notes,
            ),
        )


def _printable(name: str) -> str:
    """Return a name without what would act on a terminal."""
    return name if name.isprintable() else repr(name)[1:-1]


class Case(NamedTuple):
    """One backend on one size; its id is ``numpy-10000`` or ``numpy-10000x16``."""

    backend: str
    size: Size

    def __str__(self) -> str:
        return f"{self.backend}-{self.size}"


RUNS, UNTIL_S = 5, 60.0  # as many runs as fit into a minute, and at least five
# A fit slower than this would take most of a run for one point that smaller sizes already predict.
FIT_LIMIT_SECONDS = 3.0
# Of the data's bytes: the problem, its copy in the backend's layout and its temporaries, or lists
# of numbers.
COPIES = 8
PROBE_NUMBERS = 5_000  # of these the time of a fit is predicted
# Larger data are timed in fewer repetitions, all backends alike: an epoch with lists takes tens of
# milliseconds from the first of these sizes on, and making the data seconds from the second.
FEWER = ((4_000_000, 6), (20_000_000, 4))


@dataclass(frozen=True)
class Preset:
    """Sizes worth timing together, and how a run times them.

    Attributes
    ----------
    backends : tuple of str
        Those that are timed if none are named; empty for all that are timed by default.
    until_s : float or None
        Runs are added as long as they end within it; None for ``RUNS`` of them.
    fit_limit_s : float
        How long a fit may take to be timed.
    copies : int
        How many times the bytes of the data a case may need at once.
    probe_numbers : int
        From so many numbers the time of a fit is predicted.
    measures_startup : bool
        Whether startup, memory and conversions are measured too.
    in_memory : tuple of Size
        Sizes that no cache holds; each run times one of them in turn, by a fit of few epochs.
    """

    sizes: tuple[Size, ...]
    backends: tuple[str, ...] = ()
    until_s: float | None = UNTIL_S
    repetitions: int = REPETITIONS
    repetition_s: float = REPETITION_S
    fit_limit_s: float = FIT_LIMIT_SECONDS
    copies: int = COPIES
    probe_numbers: int = PROBE_NUMBERS
    measures_startup: bool = True
    in_memory: tuple[Size, ...] = ()


def _one_feature(*exponents: int) -> tuple[Size, ...]:
    return tuple(Size(10**exponent, 1) for exponent in exponents)


def grid(samples: Sequence[int], features: Sequence[int]) -> tuple[Size, ...]:
    """Return the sizes with each number of samples and each number of features."""
    return tuple(Size(n, d) for n in samples for d in features)


PRESETS = {
    "quick": Preset((*_one_feature(1, 3, 5), Size(10_000, 16)), repetitions=6, until_s=None),
    "standard": Preset(
        _one_feature(1, 2, 3, 4, 5, 6) + grid([10_000], [4, 16, 64]),
        in_memory=(Size(4_500_000, 1), Size(500_000, 16)),  # 70 MB: caches hold 32, seldom more
    ),
    "full": Preset(
        _one_feature(1, 2, 3, 4, 5, 6, 7)
        + grid([1_000, 10_000, 100_000], [2, 4, 16, 64])
        + grid([1_000_000], [4, 16]),
    ),
    # Past the memory of one machine, and past the machine: every case in gigabytes, so one
    # repetition of each, and no startup costs.
    "scale": Preset(
        grid([10**6, 3 * 10**6, 10**7, 3 * 10**7, 10**8], [4]),
        backends=("numba-simd", "numba-parallel", "memmap", "dask", "dask-gram"),
        repetitions=1,
        repetition_s=1.0,
        fit_limit_s=30.0,
        copies=4,  # all of these keep numbers in arrays
        probe_numbers=5 * 10**6,
        measures_startup=False,
    ),
}
MANY_FEATURES_SAMPLES = 10_000  # the n of --features without --sizes, as in the standard preset
DTYPES = ("float64", "float32")
EPOCHS = 10
# Of a published comparison, which is there to be seen whole: the slowest took 19 s where it was
# published.
PUBLISHED_FIT_LIMIT_SECONDS = 120.0


@dataclass(frozen=True)
class Plan:
    """Everything that decides what a command times."""

    preset: str
    sizes: tuple[Size, ...]
    backends: tuple[str, ...]
    epochs: int
    runs: int
    seed: int
    until_s: float | None = None
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
    def repetition_s(self) -> float:
        """Seconds of rounds in each repetition of a case."""
        return self.limits.repetition_s

    def repetitions_of(self, size: Size) -> int:
        """Return how many repetitions of the cases of a size a run makes."""
        fewer = [most for from_bytes, most in FEWER if size.data_bytes >= from_bytes]
        return min([self.limits.repetitions, *fewer])

    @property
    def sizes_in_memory(self) -> tuple[Size, ...]:
        """Sizes of the preset that no cache holds; none where its other sizes are not timed."""
        return self.limits.in_memory if set(self.limits.sizes) <= set(self.sizes) else ()

    @property
    def cases(self) -> list[Case]:
        """All cases, in the order of sizes and backends."""
        return [Case(backend, size) for size in self.sizes for backend in self.backends]
