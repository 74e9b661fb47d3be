"""Records of what comes once beside a fit: the first call, memory, conversions; read from benchmarks."""

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from npfs.schema import size_id

WARM, COLD = "warm", "cold"
TO_ARRAY, TO_LISTS = "to_array", "to_lists"

LARGEST_COUNT = 10**15


class NotARun(ValueError):
    """The file is not a run that this version can read."""


@dataclass(frozen=True, order=True)
class Size:
    """The size of a problem."""

    n_features: int
    n_samples: int
    dtype: str = "float64"

    def __str__(self) -> str:
        return size_id(self.n_samples, self.n_features, self.dtype)

    @property
    def numbers(self) -> int:
        """How many numbers an epoch reads: ``X`` and ``y``."""
        return self.n_samples * (self.n_features + 1)

    @property
    def data_bytes(self) -> int:
        """Bytes of ``X`` and ``y`` as arrays."""
        return self.numbers * (4 if self.dtype == "float32" else 8)


@dataclass(frozen=True)
class FirstCallRecord:
    """The first call of a backend in a fresh process, in one run; all in seconds.

    Attributes
    ----------
    size : Size
        What was fitted: small, so that what is paid once is most of it.
    cache : str
        "warm" if its compiled code was on disk, "cold" if everything was compiled anew. A backend that
        keeps none on disk is "warm".
    interpreter_s, import_s, first_fit_s : float
        The parts of the first call.
    second_fit_s : float
        A fit of the same process and size without what comes once.
    """

    backend: str
    size: Size
    cache: str
    interpreter_s: float
    import_s: float
    first_fit_s: float
    second_fit_s: float
    source: str

    @property
    def first_result_s(self) -> float:
        """From the start of the process to the first result; data are not waited for."""
        return self.interpreter_s + self.import_s + self.first_fit_s

    @property
    def once_s(self) -> float:
        """What this backend costs once on top of its fits; an interpreter is needed by all."""
        return self.import_s + max(0.0, self.first_fit_s - self.second_fit_s)


@dataclass(frozen=True)
class MemoryRecord:
    """Bytes beside the ``X`` and ``y`` that a backend is given; None is not known, for ``reason``."""

    backend: str
    size: Size
    held_bytes: int | None
    peak_bytes: int | None
    reason: str
    source: str


@dataclass(frozen=True)
class ConversionRecord:
    """Seconds to turn lists into arrays ("to_array"), or arrays into lists ("to_lists"), in one run."""

    direction: str
    size: Size
    seconds: float


def first_calls(
    benchmarks: Iterable[dict[str, Any]], sources: Mapping[str, str]
) -> tuple[FirstCallRecord, ...]:
    """Read the first calls; ``sources`` holds the source digest of each backend."""
    return tuple(
        FirstCallRecord(
            backend=str(info["first_call"]),
            size=size(info),
            cache=_one_of((WARM, COLD), info["cache"]),
            source=sources[info["first_call"]],
            **{
                name: positive(info[name])
                for name in ("interpreter_s", "import_s", "first_fit_s", "second_fit_s")
            },
        )
        for info in infos(benchmarks, "first_call")
    )


def memory(
    benchmarks: Iterable[dict[str, Any]], sources: Mapping[str, str]
) -> tuple[MemoryRecord, ...]:
    """Read the memory of every backend and size."""
    return tuple(
        MemoryRecord(
            backend=str(info["memory"]),
            size=size(entry),
            held_bytes=_bytes(entry["held_bytes"]),
            peak_bytes=_bytes(entry["peak_bytes"]),
            reason=str(entry["reason"]),
            source=sources[info["memory"]],
        )
        for info in infos(benchmarks, "memory")
        for entry in info["sizes"]
    )


def conversions(benchmarks: Iterable[dict[str, Any]]) -> tuple[ConversionRecord, ...]:
    """Read the conversions; the number of a run is the median of its rounds."""
    return tuple(
        ConversionRecord(
            direction=_one_of((TO_ARRAY, TO_LISTS), benchmark["extra_info"]["conversion"]),
            size=size(benchmark["extra_info"]),
            seconds=statistics.median(map(positive, benchmark["stats"]["data"])),
        )
        for benchmark in benchmarks
        if "conversion" in benchmark["extra_info"]
    )


def size(info: Mapping[str, Any]) -> Size:
    """Read a size.

    Raises
    ------
    NotARun
        If it holds nothing.
    """
    read = Size(int(info["n_features"]), int(info["n_samples"]), str(info["dtype"]))
    if max(read.n_features, read.n_samples) > LARGEST_COUNT:
        raise NotARun("holds a size that no memory has")
    if min(read.n_features, read.n_samples) < 1:
        raise NotARun(f"holds a size below 1: {read.n_samples} x {read.n_features}")
    return read


def infos(benchmarks: Iterable[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return what was recorded by the benchmarks of a kind."""
    return [b["extra_info"] for b in benchmarks if kind in b["extra_info"]]


def positive(seconds: Any) -> float:
    """Check a time that cannot be zero."""
    if not (math.isfinite(seconds) and seconds > 0):
        raise NotARun(f"holds a time that is not a positive number: {seconds}")
    return float(seconds)


def not_negative(seconds: Any) -> float:
    """Check a time that may be too short to be seen."""
    return 0.0 if seconds == 0 else positive(seconds)


def _bytes(number: Any) -> int | None:
    if number is not None and not (math.isfinite(number) and number >= 0):
        raise NotARun(f"holds a number of bytes that is below zero or not finite: {number}")
    return None if number is None else int(number)


def _one_of(known: tuple[str, ...], value: Any) -> str:
    if value not in known:
        raise NotARun(f"holds {value!r} where {' or '.join(known)} should be")
    return str(value)
