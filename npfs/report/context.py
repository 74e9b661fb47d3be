"""What a report is made of, computed once: page, Markdown, terminal, JSON and figures share it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from npfs.analysis import calibration, findings, startup
from npfs.analysis.calibration import Calibration, TooFewRuns
from npfs.analysis.decisions import Decisions, costs
from npfs.analysis.evidence import LISTS, NUMBA, NUMPY, Evidence
from npfs.analysis.findings import Finding
from npfs.analysis.runs import backend_of
from npfs.analysis.scale import is_all_there_is
from npfs.analysis.statistics import Interval
from npfs.schema import Backend, Instructions, Layout, Size

SHORT = {LISTS: "lists", NUMPY: "NumPy", NUMBA: "Numba"}


@dataclass(frozen=True)
class Context:
    """The evidence, and all that is concluded from it."""

    evidence: Evidence

    @cached_property
    def decisions(self) -> Decisions:
        """Return the decisions for each job, and the map of who is first."""
        return Decisions(self.evidence)

    @cached_property
    def calibration(self) -> Calibration | None:
        """Return the coverage of the intervals; None of too few runs."""
        try:
            return calibration.calibrate(self.evidence)
        except TooFewRuns:
            return None

    @cached_property
    def findings(self) -> list[Finding]:
        """Return what was found of the machine, warnings first."""
        newest = self.evidence.newest
        loads = [run.load for run in self.evidence.runs if run.job == newest.job]
        found = findings.findings(newest.environment, loads)
        if newest.others:  # it counts the memory that fits need
            found = [one for one in found if one.name != "memory"]
        return [*findings.disturbed(self.evidence.disturbance), *found]

    @cached_property
    def is_large_data(self) -> bool:
        """Test whether the runs are of large data alone."""
        return is_all_there_is(self.evidence)

    @cached_property
    def costs(self) -> dict[str, Backend]:
        """Return the newest record of each backend that knows its lines and packages."""
        return costs(self.evidence)

    @cached_property
    def memory_size(self) -> Size | None:
        """Return the size at which memory is compared."""
        return startup.memory_size(self.evidence)

    @cached_property
    def cases(self) -> list[tuple[str, Size, Interval]]:
        """Return backend, size and seconds of a fit of every case."""
        return list(self._cases())

    def _cases(self) -> Iterator[tuple[str, Size, Interval]]:
        evidence = self.evidence
        for dtype in evidence.dtypes:
            for size in evidence.sizes(dtype=dtype):
                for backend in [*evidence.backends, *evidence.shortcuts]:
                    seconds = evidence.time(backend, size)
                    if seconds is not None:
                        yield backend, size, seconds

    @cached_property
    def layout(self) -> Layout | None:
        """Return how numbers lie in memory, by the newest run that recorded it."""
        layouts = (case.layout for case in reversed(self.evidence.all_cases))
        return next((layout for layout in layouts if layout is not None), None)

    def instructions(self, backend: str) -> Instructions | None:
        """Return the newest count of a backend as it is now; None if there is none."""
        source = self.evidence.sources.get(backend)
        counts = (
            case.instructions
            for case in reversed(self.evidence.all_cases)
            if case.instructions and backend_of(case) == backend and source in (None, case.source)
        )
        return next(counts, None)

    def name(self, backend: str) -> str:
        """Return the name of a backend for a sentence: lists, NumPy, Numba, or its title."""
        return SHORT.get(backend) or self.evidence.title(backend)
