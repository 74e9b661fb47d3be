"""How far off advice is: fits that were foretold, and then timed."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from npfs.analysis.prediction import Estimate
from npfs.analysis.records import Size
from npfs.analysis.surface import Reach


@dataclass(frozen=True)
class Checked:
    """One size of one backend: seconds of a fit, foretold and measured."""

    backend: str
    size: Size
    epochs: int
    reach: Reach
    foretold: Estimate
    measured_s: float

    @property
    def error(self) -> float:
        """How far off the prediction is, as a share of what was measured."""
        return abs(self.foretold.value / self.measured_s - 1)

    @property
    def has_held(self) -> bool:
        """Whether the interval holds what was measured."""
        return self.foretold.low <= self.measured_s <= self.foretold.high


class Summary(NamedTuple):
    """The errors of one backend, inside the measured range or beyond it."""

    backend: str
    is_inside: bool
    sizes: int
    median_error: float
    largest_error: float
    held: int


def summaries(checked: Sequence[Checked]) -> list[Summary]:
    """Summarize by backend, inside first."""
    groups: dict[tuple[str, bool], list[Checked]] = {}
    for one in checked:
        groups.setdefault((one.backend, one.reach.is_inside), []).append(one)
    return [
        Summary(
            backend,
            is_inside,
            len(ones),
            statistics.median(one.error for one in ones),
            max(one.error for one in ones),
            sum(one.has_held for one in ones),
        )
        for (backend, is_inside), ones in sorted(
            groups.items(), key=lambda item: (not item[0][1], item[0][0])
        )
    ]
