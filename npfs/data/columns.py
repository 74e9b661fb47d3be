"""What every kind of file comes to: columns with names, and parts whose rows come in batches."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from npfs.data.sentences import BadTable, in_a_sentence, one_line

INSTALL = "python -m pip install 'npfs[data]' (in a clone: -e '.[data]')"
BATCH_NUMBERS = 1 << 18  # of a batch: 2 MB, little beside what the libraries take
AHEAD = 8  # batches that wait for a thread
Item = TypeVar("Item")
Result = TypeVar("Result")
Columns = Sequence[NDArray[Any]]  # of one length, of any dtype of real numbers


def pyarrow(module: str = "") -> Any:
    """Return pyarrow, or a module of it.

    Raises
    ------
    BadTable
        If it is not installed, with the command that does it.
    """
    try:
        return import_module(f"pyarrow.{module}" if module else "pyarrow")
    except ImportError:
        raise BadTable(
            f"pyarrow, which reads all but .npy and .npz files, is not installed: {INSTALL}"
        ) from None


def in_order(
    items: Iterable[Item], function: Callable[[Item], Result], threads: int
) -> Iterator[Result]:
    """Yield what a function returns for each item; a few are taken ahead, by threads."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass(frozen=True)
class OpenedFile:
    """A file, and what tells whether it is still the one that was opened.

    Attributes
    ----------
    path : Path
        Absolute, for processes with another working folder.
    """

    path: Path
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the file as it is now."""
        found = path.stat()
        return cls(Path(os.path.abspath(path)), found.st_size, found.st_mtime_ns)  # noqa: PTH100 - keeps links


@dataclass(frozen=True)
class Part:
    """Some rows of a file, or of memory. It can be pickled, and read in another process.

    Attributes
    ----------
    read : callable
        From positions to batches of these columns, row after row; a missing number is NaN.
    first_row : int
        Rows of the file before it.
    file : OpenedFile or None
        The file, if there is one.
    """

    read: Callable[[Sequence[int]], Iterator[Columns]]
    first_row: int = 0
    file: OpenedFile | None = None

    def require_unchanged(self) -> None:
        """Refuse a file that is gone, or another.

        Raises
        ------
        BadTable
        """
        try:
            is_same = self.file is None or self.file == OpenedFile.of(self.file.path)
        except OSError as error:
            raise BadTable(
                f"it cannot be read any more ({one_line(error)}); put it back, or where this "
                "process can see it"
            ) from None
        if not is_same:
            raise BadTable("it was changed after it was opened; open it again")


@dataclass(frozen=True)
class Column:
    """What is known of a column before it is read.

    Attributes
    ----------
    type : str
        Where a file tells: the files of a folder must agree.
    is_nameless : bool
        Whether a header leaves it without a name.
    is_left_out : bool
        Whether it is no feature unless it is chosen: an index, an empty column.
    problem : str or callable
        A clause that says what it holds in place of numbers, or what tells that from the names that
        are chosen; "" for numbers.
    file : str
        The one of several files that has the problem.
    """

    name: str
    type: str = ""
    is_integer: bool = False
    is_nameless: bool = False
    is_left_out: bool = False
    problem: str | Callable[[Sequence[str]], str] = ""
    file: str = ""

    def says(self, names: Sequence[str]) -> str:
        """Return its problem, where columns of these names are chosen."""
        said = self.problem if isinstance(self.problem, str) else self.problem(names)
        return f"{said} of {self.file!r}" if self.file else said


@dataclass(frozen=True)
class Reader:
    """Columns that are known by name, and read when they are asked for.

    Attributes
    ----------
    columns : sequence of Column
        All of a file; once they are chosen the features and, in the last place, the target.
    parts : sequence of (Part, positions)
        In the order of the rows, with where the columns stand.
    n_rows : int or None
        Of all parts, before any is left out for missing values; None if only reading can tell.
    room : int
        Rows to make room for.
    guess : str
        How it was read, where that is a guess.
    missing_numbers : tuple of float
        Numbers that stand for a missing value.
    is_folder : bool
        Whether there may be several files.
    notes : tuple of str
        What a person should know.
    path : str
        Begins each sentence.
    drops : bool
        Whether rows with missing values are left out; else they are errors.
    """

    columns: Sequence[Column]
    parts: Sequence[tuple[Part, Sequence[int]]]
    n_rows: int | None = None
    room: int = 0
    guess: str = ""
    missing_numbers: tuple[float, ...] = ()
    is_folder: bool = False
    notes: tuple[str, ...] = ()
    path: str = ""
    drops: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Of the features."""
        return self.names[:-1]

    @property
    def target_name(self) -> str:
        """Of the target."""
        return self.columns[-1].name

    def choose(self, positions: Sequence[int]) -> Self:
        """Return the columns at some positions, in this order."""
        columns = [self.columns[k] for k in positions]
        parts = [(part, [order[k] for k in positions]) for part, order in self.parts]
        return replace(self, columns=columns, parts=parts)

    def batches(self) -> "Iterator[Batch]":
        """Yield all rows.

        Raises
        ------
        BadTable
            If a part cannot be read.
        """
        names = self.names
        for part, positions in self.parts:
            row, file = part.first_row, part.file
            name = file.path.name if file and self.is_folder else ""
            with in_a_sentence(f"its file {name!r}" if name else self.path):
                try:
                    part.require_unchanged()
                    for columns in part.read(positions):
                        yield Batch(self._with_missing(columns), names, row, name)
                        row += len(columns[0])
                finally:
                    part.require_unchanged()  # says more than what else it comes to

    def _with_missing(self, columns: Columns) -> Columns:
        """Return columns with NaN for the numbers that stand for a missing value."""
        for number in self.missing_numbers:
            columns = [np.where(column == number, np.nan, column) for column in columns]
        return columns


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows.

    Attributes
    ----------
    names : tuple of str
        Of the columns.
    row : int
        Rows before it in its file.
    file : str
        The name of that file, where there are several.
    """

    columns: Columns
    names: tuple[str, ...]
    row: int
    file: str
