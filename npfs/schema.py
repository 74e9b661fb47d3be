"""Every stored record, once: ``harness`` and ``suite`` write them, ``analysis`` reads them.

A run file is pytest-benchmark's own JSON. ``extra_info`` of each of its benchmarks is a ``Case``,
and the key ``npfs`` of the document is the ``Run``. ``docs/run.schema.json`` is generated from it.

Times are in seconds and sizes in bytes. None means that the system does not report a value. Readers
ignore fields that they do not know; ``SCHEMA`` rises when the meaning of a known field changes.
"""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

KEY = "npfs"
SCHEMA = 3

# Groups of the cases that npfs measures.
FIT, READ, CONVERSION, STARTUP = "fit", "read", "conversion", "startup"
ANY = "benchmark"  # of a suite that is not of npfs
MEMORY, LAYOUT, INSTRUCTIONS, CLUSTER = "memory", "layout", "instructions", "cluster"
# Values of the parameters "cache" of a startup and "direction" of a conversion.
WARM, COLD = "warm", "cold"
TO_ARRAY, TO_LISTS = "to_array", "to_lists"

# No machine has more bytes, samples or instructions than this.
MOST = 10**15
Count = Annotated[int, Meta(ge=1, le=MOST)]
Number = Annotated[int, Meta(ge=0, le=MOST)]
Seconds = Annotated[float, Meta(gt=0)]
SecondsOrZero = Annotated[float, Meta(ge=0)]


class Size(Struct, frozen=True):
    """The size of a regression problem; sizes sort by features, then by samples."""

    n_samples: Count
    n_features: Count
    dtype: str = "float64"

    def __str__(self) -> str:
        features = f"x{self.n_features}" if self.n_features > 1 else ""
        dtype = "" if self.dtype == "float64" else f"-{self.dtype}"
        return f"{self.n_samples}{features}{dtype}"

    def __lt__(self, other: Self) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[int, int, str]:
        return self.n_features, self.n_samples, self.dtype

    def params(self) -> dict[str, str | int | float]:
        """Return the fields as parameters of a case."""
        return msgspec.structs.asdict(self)

    @property
    def numbers(self) -> int:
        """Count the numbers that an epoch reads: those of ``X`` and ``y``."""
        return self.n_samples * (self.n_features + 1)

    @property
    def data_bytes(self) -> int:
        """Count the bytes of ``X`` and ``y`` as arrays."""
        return self.numbers * (4 if self.dtype == "float32" else 8)


class Startup(Struct, frozen=True):
    """The start of a backend in a fresh process, up to a second fit.

    Attributes
    ----------
    interpreter_s : float
        From the start of the process to its first statement.
    import_s : float
        The backend's module and all that it imports.
    first_fit_s, second_fit_s : float
        The first fit compiles, or loads what is kept on disk.
    """

    interpreter_s: Seconds
    import_s: Seconds
    first_fit_s: Seconds
    second_fit_s: Seconds

    @property
    def first_result_s(self) -> float:
        """Add up the seconds from the start of the process to the first result."""
        return self.interpreter_s + self.import_s + self.first_fit_s

    @property
    def cost_s(self) -> float:
        """Add up the startup cost of the backend: every backend needs an interpreter."""
        return self.import_s + max(0.0, self.first_fit_s - self.second_fit_s)


class Memory(Struct, frozen=True):
    """The bytes that a backend takes at one size, beside the ``X`` and ``y`` that it is given.

    Attributes
    ----------
    held_bytes : int or None
        Held by what ``prepare`` returns.
    peak_bytes : int or None
        The most during a fit, held bytes included; exact to some hundred kB.
    reason : str
        Why one of them is None; empty if both are known.
    """

    size: Size
    held_bytes: Number | None
    peak_bytes: Number | None
    reason: str = ""


class ZeroCopy(Struct, frozen=True):
    """The use of an array by a library without a copy; None is not known, for ``reason``."""

    library: str
    shares: bool | None
    version: str = ""
    reason: str = ""


class Layout(Struct, frozen=True):
    """The bytes of a number in a list and in an array, and how far apart numbers lie.

    Attributes
    ----------
    pointer_bytes, object_bytes : float
        Of what the list holds, and of the number that this points to.
    gap_bytes : int or None
        The most frequent distance between the numbers of a list, which ``gap_share`` of them have.
    array_bytes, stride_bytes : int
    """

    pointer_bytes: Annotated[float, Meta(gt=0)]
    object_bytes: Annotated[float, Meta(gt=0)]
    gap_bytes: int | None
    gap_share: float | None
    array_bytes: Count
    stride_bytes: int
    is_contiguous: bool
    zero_copy: tuple[ZeroCopy, ...] = ()

    @property
    def list_bytes(self) -> float:
        """Count the bytes of a number in a list, without the gaps between numbers."""
        return self.pointer_bytes + self.object_bytes


class Instructions(Struct, frozen=True):
    """The interpreter's instructions for an epoch, as rows of samples and instructions.

    Raises
    ------
    ValueError
        If there are fewer than two rows, or the samples do not rise.
    """

    counts: tuple[tuple[Count, Number], ...]

    def __post_init__(self) -> None:
        samples = [n_samples for n_samples, _ in self.counts]
        if len(samples) < 2 or sorted(set(samples)) != samples:
            raise ValueError(f"instructions were not counted at rising samples: {samples}")

    @property
    def is_constant(self) -> bool:
        """Test whether more samples take no more instructions."""
        return len({count for _, count in self.counts}) == 1

    @property
    def per_sample(self) -> float:
        """Count the instructions for each further sample, from the fewest samples to the most."""
        (few, fewer), (many, more) = self.counts[0], self.counts[-1]
        return (more - fewer) / (many - few)


class ClusterEpoch(Struct, frozen=True):
    """The median epoch on a cluster: computing, communication and scheduling add up to it.

    Attributes
    ----------
    workers : int
        That hold blocks.
    fan_out : int
        The most workers that one process calls; each of them calls as many in turn.
    compute_s : float
        In the kernel, by the clock of the slowest worker.
    communication_s : float
        A call to one worker that computes nothing, there and back, with the numbers of an epoch.
    scheduling_s : float
        The rest: calling several workers, waking their threads, waiting for the last, adding up.
    """

    size: Size
    workers: Count
    epoch_s: Seconds
    compute_s: Seconds
    communication_s: Seconds
    scheduling_s: SecondsOrZero
    fan_out: Annotated[int, Meta(ge=2)] = 8

    @property
    def overhead_s(self) -> float:
        """Add up the seconds of an epoch that are not computing."""
        return self.communication_s + self.scheduling_s


class Case(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One benchmark case in one run; its rounds are in ``stats.data`` of the same benchmark.

    Attributes
    ----------
    id : str
        Unique in the run: ``numpy-10000x16``.
    group : str
        The kind of case. Cases that npfs does not know may have any other group.
    params : dict
        What identifies the case within its group, such as ``backend`` and ``n_samples``.
    repetitions : tuple of int
        The rounds of each repetition; ``stats.data`` holds one repetition after the other.
    epochs : int or None
        The epochs of a fit; None for the run's own number. Fewer are timed where an epoch is long,
        and count for a whole fit; where ``params`` has ``epochs``, the case is of that number.
    passes : int
        How often one round does the work that the case is named for.
    timed_s : float
        Seconds inside rounds; in old files their calibration as well.
    wall_s : float or None
        Seconds for all of it, data and checks included.
    prepare_s : tuple of float
        The conversions of arrays into what the backend works on: one for each allocation.
    source : str
        Digest of the code that was timed, and of its build; only equal ones are pooled.
    """

    id: str
    group: str
    params: dict[str, str | int | float] = {}
    repetitions: tuple[Count, ...] = ()
    epochs: Count | None = None
    passes: Count = 1
    timed_s: SecondsOrZero = 0.0
    wall_s: SecondsOrZero | None = None
    prepare_s: tuple[SecondsOrZero, ...] = ()
    source: str = ""
    startup: Startup | None = None
    memory: tuple[Memory, ...] = ()
    layout: Layout | None = None
    instructions: Instructions | None = None
    cluster: tuple[ClusterEpoch, ...] = ()


class Stats(Struct, frozen=True):
    """The part of pytest-benchmark's statistics that npfs reads: the seconds of each round."""

    data: Annotated[tuple[Seconds, ...], Meta(min_length=1)]


class Benchmark(Struct, frozen=True):
    """A benchmark of pytest-benchmark's document."""

    extra_info: Case
    stats: Stats


class Backend(Struct, frozen=True, omit_defaults=True):
    """A backend, and its cost before it runs.

    Attributes
    ----------
    fit_lines : int or None
        Of the fit for one feature and its kernel, without docstrings, comments and annotations, as
        a learner would write them; None if there is no source to read, and in old files.
    installed : dict or None
        Bytes on disk of each package that the backend needs; None in files of old versions.
    """

    title: str
    same_work: bool
    note: str
    fit_lines: Number | None = None
    installed: dict[str, Number] | None = field(name="installed_bytes", default=None)

    @property
    def installed_bytes(self) -> int:
        """Add up the bytes of all packages."""
        return sum((self.installed or {}).values())


class Data(Struct, frozen=True):
    """The table that a run was timed on.

    Attributes
    ----------
    file : str
        Its name, without folders.
    digest : str
        Of its numbers: equal for equal data.
    target, features : str, tuple of str
        Names of columns.
    """

    file: str
    digest: str
    n_samples: Count
    n_features: Count
    target: str
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file} ({self.digest})"


class Container(Struct, frozen=True):
    """The limits of a control group; None is no limit. ``cpu_quota`` is in cores."""

    cpu_quota: float | None = None
    memory_limit_bytes: int | None = None


class Blas(Struct, frozen=True):
    """A loaded BLAS library; ``architecture`` is that of the kernels in use."""

    library: str | None = None
    version: str | None = None
    architecture: str | None = None
    threads: int | None = None


class Numba(Struct, frozen=True):
    """Numba's settings in effect; the threading layer is None until something ran in parallel."""

    threads: int
    threading_layer: str | None = None
    cpu: str | None = None
    svml: bool | None = None


class PythonBuild(Struct, frozen=True):
    """Properties of a build of Python that make it slower or faster than the usual one."""

    debug: bool = False
    free_threaded: bool = False


class Clock(Struct, frozen=True):
    """The clock behind ``time.perf_counter``."""

    name: str
    resolution_s: float
    monotonic: bool


class Environment(Struct, frozen=True, kw_only=True):
    """The machine, the software and the settings of a run.

    Fields that old versions did not record are UNSET in their files, where pooling must know.

    Attributes
    ----------
    machine : str
        System, processor and cores; no host name.
    blas, blas_in_effect : str, tuple of Blas
        The library that NumPy was built with, and those that are loaded, NumPy's first.
    numba : Numba or None
        None if no backend loaded it.
    speed_variables : dict
        Environment variables that change what the same code costs, where they are set.
    """

    machine: str
    cpu: str
    system: str
    python: str
    blas: str
    cores: int | None
    usable_cores: int | None
    libraries: dict[str, str | None]
    speed_variables: dict[str, str]
    avx512: bool | None = None
    usable_core_ids: tuple[int, ...] | None = None
    physical_cores: int | None = None
    caches: dict[str, int] | None = None
    governor: str | UnsetType | None = UNSET
    boost: bool | UnsetType | None = UNSET
    smt: bool | None = None
    virtual_machine: bool | None = None
    huge_pages: str | None = None
    memory_bytes: int | None = None
    available_bytes: int | None = None
    swap_used_bytes: int | None = None
    container: Container | UnsetType | None = UNSET
    python_build: PythonBuild = PythonBuild()
    blas_in_effect: tuple[Blas, ...] | UnsetType | None = UNSET
    numba: Numba | UnsetType | None = UNSET
    clock: Clock | None = None


class CpuSeconds(Struct, frozen=True):
    """Seconds of all cores since the machine started."""

    user: float
    system: float
    idle: float | None
    iowait: float | None = None
    steal: float | None = None


class Snapshot(Struct, frozen=True):
    """The load of a machine at one moment.

    Attributes
    ----------
    load_1min : float or None
        Processes that wanted a core, over the last minute.
    process_s : float
        Seconds of all cores for this process and the children that it waited for.
    thread_sync_s : float or None
        The latency of a synchronisation of two threads (``npfs.harness.thread_sync``).
    """

    at_s: float
    process_s: float
    load_1min: float | None = None
    cpu_s: CpuSeconds | None = None
    on_battery: bool | None = None
    thread_sync_s: float | None = None


class Load(Struct, frozen=True):
    """The load before and after a run."""

    before: Snapshot | None = None
    after: Snapshot | None = None


class Lesson(Struct, frozen=True):
    """Rows of epoch, weight and bias, and the loss of every epoch, of one backend."""

    lines: tuple[tuple[int, float, float], ...]
    loss: tuple[float, ...]


class LearningRates(Struct, frozen=True):
    """Losses by learning rate, from far too slow to diverging."""

    largest_stable: float
    losses: tuple[tuple[float, tuple[float, ...]], ...]


class History(Struct, frozen=True):
    """The loss of every epoch at one learning rate."""

    learning_rate: float
    loss: tuple[float, ...]


class Scaling(Struct, frozen=True):
    """Losses on features of unequal scale, as they came and standardised."""

    scales: tuple[float, ...]
    raw: History
    standardised: History


class Learning(Struct, frozen=True, kw_only=True):
    """The descent of each backend on the seed problem, by learning rate and scale of features."""

    x: Annotated[tuple[float, ...], Meta(min_length=1)]
    y: tuple[float, ...]
    slope: float
    learning_rate: float
    backends: dict[str, Lesson]
    rates: LearningRates | None = None
    scaling: Scaling | None = None

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ValueError("learning has not as many x as y")


class Run(Struct, frozen=True, kw_only=True):
    """One process that measured, under the key ``npfs`` of its document.

    Attributes
    ----------
    job : str
        The command that the run belongs to.
    number : int
        Its number in the folder of its machine; ``run`` in the file.
    started : str
        When it began, in UTC by ISO 8601.
    interrupted : bool
        Whether it was cut short.
    planned : dict
        The options of the plan as they were given; of ``data`` the name of the file alone.
    order : tuple of str
        The ids of the cases as their repetitions followed each other.
    padding_bytes : int
        By which the environment of the process was longer: its size moves what lies on the stack.
    probes : tuple of Case
        What was measured in processes of its own, without rounds.
    data, published : Data or None, str or None
        The table or the published comparison that fits were timed on; synthetic data if None.
    timing : dict
        How rounds were timed: clock, garbage collector, warm-up, and the memory allocator.
    unavailable, skipped, failed : dict
        Reasons by backend and by case id.
    not_installed : tuple of str
        Those of the unavailable backends that only lack a package.
    """

    schema: int
    job: str
    number: int = field(name="run")
    started: str
    wall_s: float
    interrupted: bool
    preset: str | None = None
    planned: dict[str, str | None] = {}
    epochs: Count = 1
    seed: int | None = None
    order: tuple[str, ...] = ()
    padding_bytes: Number = 0
    probes: tuple[Case, ...] = ()
    data: Data | None = None
    published: str | None = None
    environment: Environment
    backends: dict[str, Backend] = {}
    timing: dict[str, str]
    unavailable: dict[str, str] = {}
    not_installed: tuple[str, ...] = ()
    skipped: dict[str, str]
    failed: dict[str, str]
    learning: Learning | None = None
    load: Load = Load()


class Document(Struct, frozen=True):
    """A run file, as far as npfs reads it."""

    benchmarks: tuple[Benchmark, ...]
    npfs: Run


class LogEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the log of a run in progress.

    Attributes
    ----------
    at_s : float
        Seconds since the run began.
    run : dict or None
        The document without benchmarks: once at the beginning, and again at the end.
    probe : Case or None
        A probe that ended.
    begun : str or None
        The id of a case whose measurement begins.
    case : str or None
        The id of a case that ended with one of the following.
    benchmark : dict or None
        pytest-benchmark's record of one repetition; of a later one its rounds and own seconds.
    skipped, failed : str or None
        The reason.
    """

    at_s: float = 0.0
    run: dict[str, Any] | None = None
    begun: str | None = None
    probe: Case | None = None
    case: str | None = None
    benchmark: dict[str, Any] | None = None
    skipped: str | None = None
    failed: str | None = None

    def __post_init__(self) -> None:
        if self.case is None and (self.benchmark or self.skipped or self.failed):
            raise ValueError("an entry of the log names no case")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write ``content`` to ``path`` so that a reader finds all of it or what was there before.

    A temporary file beside it is written and renamed; a link keeps its place.

    Raises
    ------
    OSError
        If the folder cannot be written, or ``path`` is a folder or a device.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise OSError(f"{path} is no plain file")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
