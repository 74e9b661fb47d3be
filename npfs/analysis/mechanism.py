"""Records of how speed comes about: instructions of the interpreter, and where numbers lie in memory."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class InstructionsRecord:
    """Instructions that the interpreter executes in an epoch of one feature, by number of samples."""

    backend: str
    counts: tuple[tuple[int, int], ...]
    source: str

    @property
    def is_constant(self) -> bool:
        """Whether more samples take no more instructions."""
        return len({count for _, count in self.counts}) == 1

    @property
    def per_sample(self) -> float:
        """Instructions for each further sample, from the fewest samples to the most."""
        (few, fewer), (many, more) = self.counts[0], self.counts[-1]
        return (more - fewer) / (many - few)


@dataclass(frozen=True)
class HandOver:
    """Whether a library took an array without a copy; None is not known, for ``reason``."""

    library: str
    shares: bool | None
    version: str
    reason: str


@dataclass(frozen=True)
class LayoutRecord:
    """Bytes of a number as an item of a list and of an array, and how far apart numbers lie.

    Attributes
    ----------
    pointer_bytes, object_bytes : float
        Of what the list holds, and of the number that this points to.
    gap_bytes : int or None
        The most frequent distance between the numbers of a list, which ``gap_share`` of them have.
    array_bytes, stride_bytes : int
    """

    pointer_bytes: float
    object_bytes: float
    gap_bytes: int | None
    gap_share: float | None
    array_bytes: int
    stride_bytes: int
    is_contiguous: bool
    hand_over: tuple[HandOver, ...]

    @property
    def list_bytes(self) -> float:
        """Bytes of a number in a list, what lies between them not counted."""
        return self.pointer_bytes + self.object_bytes


def instructions(
    benchmarks: Iterable[dict[str, Any]], sources: Mapping[str, str]
) -> tuple[InstructionsRecord, ...]:
    """Read the counts; ``sources`` holds the source digest of each backend."""
    infos = [b["extra_info"] for b in benchmarks if "instructions" in b["extra_info"]]
    return tuple(
        InstructionsRecord(
            backend=str(info["instructions"]),
            counts=_counts(info["counts"]),
            source=sources[info["instructions"]],
        )
        for info in infos
    )


def layout(benchmarks: Iterable[dict[str, Any]]) -> LayoutRecord | None:
    """Read the layout; None if this run did not look."""
    infos = [b["extra_info"] for b in benchmarks if "layout" in b["extra_info"]]
    if not infos:
        return None
    of_list, of_array = infos[0]["layout"]["list"], infos[0]["layout"]["array"]
    gap, share = of_list["gap_bytes"], of_list["gap_share"]
    return LayoutRecord(
        pointer_bytes=_positive(of_list["bytes_in_list"]),
        object_bytes=_positive(of_list["bytes_of_number"]),
        gap_bytes=None if gap is None else int(gap),
        gap_share=None if share is None else float(share),
        array_bytes=int(_positive(of_array["bytes_of_number"])),
        stride_bytes=int(of_array["stride_bytes"]),
        is_contiguous=bool(of_array["contiguous"]),
        hand_over=tuple(
            HandOver(
                str(name),
                None if told["shares"] is None else bool(told["shares"]),
                str(told["version"] or ""),
                str(told["reason"]),
            )
            for name, told in infos[0]["hand_over"].items()
        ),
    )


def _counts(rows: Any) -> tuple[tuple[int, int], ...]:
    counts = tuple((int(n_samples), int(count)) for n_samples, count in rows)
    samples = [n_samples for n_samples, _ in counts]
    if len(counts) < 2 or sorted(set(samples)) != samples or min(samples) < 1:
        raise ValueError(f"instructions were not counted at rising numbers of samples: {samples}")
    return counts


def _positive(number: Any) -> float:
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"a number of bytes is not positive: {number}")
    return float(number)
