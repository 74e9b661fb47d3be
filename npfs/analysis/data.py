"""The table that a run was made on, where that was a person's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SYNTHETIC = (
    "synthetic"  # y = 3x + noise; also what runs of before tables could be timed were made on
)


@dataclass(frozen=True)
class DataRecord:
    """A table.

    Attributes
    ----------
    file : str
        Its name, without folders.
    digest : str
        Of its numbers: equal for equal data.
    target : str
        The column that is predicted.
    """

    file: str
    digest: str
    n_samples: int
    n_features: int
    target: str

    def __str__(self) -> str:
        return f"{self.file} ({self.digest})"


def read_data(ours: Mapping[str, Any]) -> DataRecord | None:
    """Read it from a run file's own key; None for synthetic data."""
    data = ours.get("data")
    if data is None:
        return None
    return DataRecord(
        file=str(data["file"]),
        digest=str(data["digest"]),
        n_samples=int(data["n_samples"]),
        n_features=int(data["n_features"]),
        target=str(data["target"]),
    )
