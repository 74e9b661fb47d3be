"""A case of a run as this benchmark understands it: a backend, and samples by features."""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from npfs.schema import Benchmark, Case, Size


@dataclass(frozen=True)
class CaseRecord:
    """A case that was timed in one run.

    Attributes
    ----------
    seconds : float
        The median of the rounds of the least disturbed repetition, for one fit, read or conversion.
    rounds : int
    """

    case: Case
    size: Size
    seconds: float
    rounds: int

    def __str__(self) -> str:
        return self.case.id

    @property
    def backend(self) -> str:
        """The backend; of a read pass "one" or "all", the cores that read."""
        return backend_of(self.case)

    @property
    def source(self) -> str:
        """The digest of the code that was timed."""
        return self.case.source

    @property
    def wall_s(self) -> float:
        """Seconds that the case took in all, its data and checks included."""
        return self.case.timed_s if self.case.wall_s is None else self.case.wall_s

    @property
    def repetitions(self) -> int:
        """Count the repetitions; a run that was cut short has fewer than others."""
        return len(self.case.repetitions) or 1


def backend_of(case: Case) -> str:
    """Return the backend of a case, or what stands in its place in the group."""
    params = case.params
    return str(params.get("backend", params.get("cores", params.get("direction", ""))))


def size_of(case: Case) -> Size:
    """Return the size of a case.

    Raises
    ------
    msgspec.ValidationError
        If it has none, or one below 1.
    """
    return msgspec.convert(case.params, Size)


def timed(benchmark: Benchmark) -> CaseRecord:
    """Summarize the rounds of a benchmark.

    Raises
    ------
    ValueError
        If its repetitions and rounds do not agree, or it has no size.
    """
    case, rounds = benchmark.extra_info, benchmark.stats.data
    seconds = least_disturbed(rounds, case.repetitions or (len(rounds),))
    return CaseRecord(case, size_of(case), seconds / case.passes, len(rounds))


def least_disturbed(rounds: Sequence[float], repetitions: Sequence[int]) -> float:
    """Return the median of the rounds of the least disturbed repetition.

    Other programs make all rounds of a repetition slower, and none faster. By calibration on stored
    runs this holds as other summaries do and is narrower than most; docs/measuring.md has the eight
    that were compared.
    """
    if sum(repetitions) != len(rounds):
        raise ValueError(f"repetitions {repetitions} do not add up to {len(rounds)} rounds")
    ends = itertools.accumulate(repetitions)
    return min(
        statistics.median(rounds[end - count : end])
        for end, count in zip(ends, repetitions, strict=True)
    )
