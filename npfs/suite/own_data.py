"""The source of the data: the synthetic problem, a published comparison, or an own table.

What reads a table is loaded with the table: other commands, and their runs, do without.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from npfs.regression.problem import Array, Problem, make_problem
from npfs.regression.published import load_published, published
from npfs.regression.scaling import Standardizer
from npfs.schema import Data

COLUMNS_OPTION = "--columns"


@dataclass(frozen=True)
class Synthetic:
    """The seeded problem of ``npfs.regression.problem``."""

    seed: int
    learning_rate = None  # one that is stable on the data

    def problem(self, n_samples: int, n_features: int) -> Problem:
        """Make it anew."""
        return make_problem(n_samples, n_features, seed=self.seed)


@dataclass(frozen=True)
class FromPublished:
    """The problem of a published comparison (``npfs.regression.published``)."""

    name: str
    seed: int

    @property
    def learning_rate(self) -> float | None:
        """As it was published, if it was."""
        return published(self.name).learning_rate

    def problem(self, n_samples: int, n_features: int) -> Problem:
        """Make it anew, or the first samples of it."""
        whole = load_published(self.name, n_features, seed=self.seed)
        return Problem(whole.X[:n_samples], whole.y[:n_samples])


@dataclass(frozen=True, eq=False)
class OwnData:
    """A table that was read, ready for gradient descent.

    Attributes
    ----------
    X : array of float64, shape (n_samples, n_features)
        Standardised: one learning rate suits all features.
    y : array of float64, shape (n_samples,)
        Standardised as well, so that no square of it is beyond float32.
    record : Data
        What a run keeps of the table; equal digests mean equal numbers as they were read.
    """

    options: "DataOptions"
    X: Array = field(repr=False)
    y: Array = field(repr=False)
    record: Data
    learning_rate = None

    def __str__(self) -> str:
        from npfs.data.sentences import counted  # noqa: PLC0415

        return (
            f"on {self.record.file}, {counted(self.record.n_samples, 'sample')} of "
            f"{counted(self.record.n_features, 'feature')}, standardised; "
            f"target {self.record.target}"
        )

    def problem(self, n_samples: int, n_features: int) -> Problem:
        """Return the first samples, of the first features."""
        return Problem(self.X[:n_samples, :n_features], self.y[:n_samples])


# Where the problem of a size comes from.
Source = Synthetic | FromPublished | OwnData


@dataclass(frozen=True)
class DataOptions:
    """Which table, and how it is read: values by the names of the options."""

    path: Path
    given: Mapping[str, Any]

    def read(self) -> OwnData:
        """Read the table.

        Raises
        ------
        BadTable
            Says what is wrong with it.
        """
        from npfs.data import read_table  # noqa: PLC0415

        renamed = {"columns": "features", "missing-values": "missing_values"}
        values = {renamed.get(name, name): value for name, value in self.given.items()}
        table = read_table(self.path, **values, features_option=COLUMNS_OPTION)
        digest = hashlib.sha256(table.X.data)
        digest.update(table.y.data)
        y = table.y.reshape(-1, 1)
        n_samples, n_features = table.X.shape
        return OwnData(
            options=self,
            X=Standardizer.of(table.X).transform(table.X),
            y=Standardizer.of(y).transform(y)[:, 0],
            record=Data(
                file=_printable(self.path.name),  # without folders: a run file can be shared
                digest=digest.hexdigest()[:16],
                n_samples=n_samples,
                n_features=n_features,
                target=_printable(table.target_name),
                features=tuple(map(_printable, table.feature_names)),
                notes=table.notes,
            ),
        )


def _printable(name: str) -> str:
    """Return a name without what would act on a terminal."""
    return name if name.isprintable() else repr(name)[1:-1]
