"""Records of the survey: the quick look at many sizes, of which each run of a set makes a part."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from npfs.analysis import records
from npfs.analysis.records import Size


@dataclass(frozen=True)
class SurveyRecord:
    """What was seen of a backend at one size, in seconds.

    Attributes
    ----------
    prepare_s : float
        The conversion of arrays into what the backend works on.
    call_s, epoch_s : float
        A fit takes ``call_s + epochs * epoch_s``.
    """

    backend: str
    size: Size
    prepare_s: float
    call_s: float
    epoch_s: float
    source: str


def survey(
    benchmarks: Iterable[dict[str, Any]], sources: Mapping[str, str]
) -> tuple[SurveyRecord, ...]:
    """Read what was seen of every backend; ``sources`` holds the source digest of each."""
    return tuple(
        SurveyRecord(
            backend=str(info["survey"]),
            size=records.size(look),
            prepare_s=records.positive(look["prepare_s"]),
            call_s=records.not_negative(look["call_s"]),
            epoch_s=records.not_negative(look["epoch_s"]),
            source=sources[info["survey"]],
        )
        for info in records.infos(benchmarks, "survey")
        for look in info["sizes"]
        if look["call_s"] + look["epoch_s"] > 0
    )
