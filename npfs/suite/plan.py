"""What a run times: presets, cases, and the shuffled order. Options in, a checked plan out."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from npfs.harness.option_values import numbers, seconds, share, split_names, whole_number
from npfs.regression.published import Published, published
from npfs.schema import Size
from npfs.suite.own_data import (
    COLUMNS_OPTION,
    DataOptions,
    FromPublished,
    OwnData,
    Source,
    Synthetic,
)


class Case(NamedTuple):
    """One backend on one size; its id is ``numpy-10000`` or ``numpy-10000x16``."""

    backend: str
    size: Size

    def __str__(self) -> str:
        return f"{self.backend}-{self.size}"


# A fit slower than this would take most of a run for one point that smaller sizes already predict.
FIT_LIMIT_SECONDS = 3.0
# A case is timed in three visits, one in each third of the run, each on data of its own: what slows
# the machine down for a second meets one of them, and the median of the three is another's.
VISITS = 3
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
    visits: int = VISITS
    fit_limit_s: float = FIT_LIMIT_SECONDS
    copies: int = COPIES
    probe_samples: int = PROBE_SAMPLES
    measures_startup: bool = True
    in_memory: tuple[Size, ...] = ()


def _one_feature(*exponents: int) -> tuple[Size, ...]:
    return tuple(Size(10**exponent, 1) for exponent in exponents)


def _grid(samples: Sequence[int], features: Sequence[int]) -> tuple[Size, ...]:
    return tuple(Size(n, d) for n in samples for d in features)


PRESETS = {
    "quick": Preset((*_one_feature(1, 3, 5), Size(10_000, 16)), 0.05),
    "standard": Preset(
        _one_feature(1, 2, 3, 4, 5, 6) + _grid([10_000], [4, 16, 64]),
        0.1,
        in_memory=(Size(4_500_000, 1), Size(500_000, 16)),  # 70 MB: caches hold 32, seldom more
    ),
    "full": Preset(
        _one_feature(1, 2, 3, 4, 5, 6, 7)
        + _grid([1_000, 10_000, 100_000], [2, 4, 16, 64])
        + _grid([1_000_000], [4, 16]),
        0.15,
    ),
    # Past the memory of one machine, and past the machine: every case in gigabytes, so one visit to
    # each, and no look at what comes once.
    "scale": Preset(
        _grid([10**6, 3 * 10**6, 10**7, 3 * 10**7, 10**8], [4]),
        1.0,
        backends=("numba-simd", "numba-parallel", "memmap", "dask", "dask-gram"),
        visits=1,
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
# In a visit: rounds agree within 0.5 %, and more of a slow case would not narrow its interval.
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
    seconds_per_case: float
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
    def seconds_per_visit(self) -> float:
        """Seconds of rounds in each visit to a case."""
        return self.seconds_per_case / self.limits.visits

    @property
    def sizes_in_memory(self) -> tuple[Size, ...]:
        """Sizes of the preset that no cache holds; none where its other sizes are not timed."""
        return self.limits.in_memory if set(self.limits.sizes) <= set(self.sizes) else ()

    @property
    def cases(self) -> list[Case]:
        """All cases, in the order of sizes and backends."""
        return [Case(backend, size) for size in self.sizes for backend in self.backends]


def make_plan(
    *,
    preset: str,
    sizes: str | None,
    features: str | None,
    backends: str | None,
    dtypes: str,
    epochs: str | None,
    runs: str,
    seed: str,
    budget: str | None = None,
    precision: str | None = None,
    data: str | None = None,
    target: str | None = None,
    columns: str | None = None,
    missing: str | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    problem: str | None = None,
) -> Plan:
    """Check the option values of a command and make its plan; ``record`` keeps them as given.

    Without ``backends`` the plan names none yet: all that can be loaded are meant. A table is read,
    and its samples and features take the place of the preset's sizes; ``record`` keeps the name of
    its file without the folders.

    Raises
    ------
    ValueError
        Names the option, what was given and what it takes; or says what is wrong with the table.
    """
    record = dict(locals())
    record["runs"] = str(whole_number("--runs", runs, at_least=1))
    if preset not in PRESETS:
        raise ValueError(f"--preset must be one of {', '.join(PRESETS)}; got {preset!r}")
    given = {"sizes": sizes, "features": features}
    named = None if problem is None else published(problem)
    if named is not None:
        _require_none(
            {"data": data, **given},
            "cannot be chosen for --problem, which brings its own data; leave {option} out",
        )
    table = None
    if data is not None:
        _require_none(
            given,
            "cannot be chosen for --data, which brings its own; leave {option} out "
            f"({COLUMNS_OPTION} a,b chooses columns)",
        )
        record["data"] = Path(data).name
        table = _read(data, target, columns, missing, separator, decimal)
    else:
        of_table = {"target": target, "columns": columns, "missing": missing}
        of_table |= {"separator": separator, "decimal": decimal}
        _require_none(of_table, "belongs to --data FILE; add it, or leave {option} out")
    if named is not None:
        chosen = _grid([named.n_samples], named.n_features)
    elif table is not None:
        chosen = (Size(*table.X.shape),)
    else:
        chosen = _sizes(PRESETS[preset], sizes, features)
    if epochs is None:
        epochs = str(EPOCHS if named is None else named.epochs)
    return Plan(
        preset=preset,
        sizes=tuple(
            msgspec.structs.replace(size, dtype=dtype)
            for dtype in _dtypes(dtypes)
            for size in chosen
        ),
        backends=() if backends is None else tuple(split_names("--backends", backends)),
        epochs=whole_number("--epochs", epochs, at_least=1),
        runs=whole_number("--runs", runs, at_least=1),
        seed=whole_number("--seed", seed, at_least=0),
        seconds_per_case=PRESETS[preset].seconds_per_case,
        budget_s=None if budget is None else seconds("--budget", budget),
        precision=None if precision is None else share("--precision", precision),
        record=record,
        data=table,
        published=named,
    )


def shuffled(visits: Mapping[str, Sequence[str]], seed: int, run_number: int) -> list[str]:
    """Return the order of run ``run_number``; the same for the same seed and number.

    ``visits`` maps a case to the ids of its visits. All first visits come before all second ones,
    each in an order of its own.
    """
    random_order = random.Random(f"{seed}/{run_number}")
    order: list[str] = []
    for visit in range(max(map(len, visits.values()), default=0)):
        ids = [visits[case][visit] for case in sorted(visits) if visit < len(visits[case])]
        random_order.shuffle(ids)
        order += ids
    return order


def _require_none(given: Mapping[str, str | None], problem: str) -> None:
    """Refuse options that do not go with the others; ``problem`` follows their name."""
    for name, value in given.items():
        if value is not None:
            raise ValueError(f"--{name} {problem.format(option=f'--{name}')}")


def _read(
    data: str,
    target: str | None,
    columns: str | None,
    missing: str | None,
    separator: str | None,
    decimal: str | None,
) -> OwnData:
    if target is None:
        raise ValueError("--data needs the column that is to be predicted; add --target COL")
    chosen = None if columns is None else tuple(split_names(COLUMNS_OPTION, columns))
    options = DataOptions(Path(data), target, chosen, missing or "error", separator, decimal)
    return options.read()


def _dtypes(text: str) -> list[str]:
    names = split_names("--dtypes", text)
    for name in names:
        if name not in DTYPES:
            raise ValueError(f"--dtypes takes {' and '.join(DTYPES)}; got {name!r}")
    return names


def _sizes(preset: Preset, sizes: str | None, features: str | None) -> tuple[Size, ...]:
    if sizes is None and features is None:
        return preset.sizes
    n_samples = [MANY_FEATURES_SAMPLES] if sizes is None else numbers("--sizes", sizes)
    n_features = [1] if features is None else numbers("--features", features)
    return _grid(n_samples, n_features)
