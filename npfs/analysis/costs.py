"""What a backend costs beside the time of its fits: lines of code, and the packages to install."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 10**15  # no disk has more


@dataclass(frozen=True)
class CostRecord:
    """Lines of code of a backend (None if there was no source to read), and bytes to install by package."""

    lines_of_code: int | None
    installed: Mapping[str, int]

    @property
    def installed_bytes(self) -> int:
        """Bytes of all packages together."""
        return sum(self.installed.values())


def read_costs(backends: Mapping[str, Mapping[str, Any]]) -> dict[str, CostRecord]:
    """Read the costs of the backends that have them recorded; older files do not."""
    return {
        name: CostRecord(
            None if backend["lines_of_code"] is None else _count(backend["lines_of_code"]),
            {str(k): _count(size) for k, size in backend["installed_bytes"].items()},
        )
        for name, backend in backends.items()
        if "lines_of_code" in backend
    }


def _count(number: Any) -> int:
    if not 0 <= int(number) <= MOST_BYTES:
        raise ValueError(f"a number of lines or bytes is out of range: {number}")
    return int(number)
