"""What every kind of file comes to: columns with names, and parts whose rows come in batches."""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from numpy.typing import NDArray

INSTALL = "python -m pip install 'npfs[data]' (in a clone: -e '.[data]')"
BATCH_NUMBERS = 1 << 18  # of a batch: 2 MB, little beside what the libraries take
AHEAD = 8  # batches that wait for a thread
SHOWN_CHARACTERS, NAMED = 40, 10
Item = TypeVar("Item")
Result = TypeVar("Result")
Columns = Sequence[NDArray[Any]]  # of one length, of any dtype of real numbers


class BadTable(ValueError):
    """Data that cannot be learned from: one sentence, what is wrong and what to do."""


@contextlib.contextmanager
def in_a_sentence(
    name: str = "", file: "OpenedFile | None" = None, kind: type[Exception] = Exception
) -> Iterator[None]:
    """Turn what is raised while data are read into one sentence that begins with a name.

    Libraries raise nearly everything on a damaged file; where ours is called, ``kind`` leaves its
    faults as they are.

    Raises
    ------
    BadTable
        Also if the file is no longer the one that was opened, before or after.
    """
    try:
        try:
            if file is not None:
                file.require_unchanged()
            yield
        finally:
            if file is not None:
                file.require_unchanged()  # which says more
    except kind as error:
        said = str(error)
        if isinstance(error, MemoryError):
            said = "it does not fit into memory; choose fewer columns, or give a part of it"
        elif not isinstance(error, BadTable):
            said = (
                f"it cannot be read ({one_line(error)}); is the file whole, and in the format that "
                "it seems to have?"
            )
        is_named = not name or said.startswith(f"{name}: ")
        raise BadTable(said if is_named else f"{name}: {said}") from None


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


def one_line(error: object) -> str:
    """Return the first line of an error without a final point; of a system's error its reason."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(said).splitlines()[0].rstrip(".")


def shown(cell: object) -> str:
    """Return a cell as it may be printed: escaped, and shortened."""
    text = str(cell)
    return repr(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}...")


def count(number: int, what: str) -> str:
    """Return a number of things: "1 row", "2 rows"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def named(names: Sequence[str]) -> str:
    """Name at most ten, and say how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(map(repr, names[:NAMED])) + more


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

    def require_unchanged(self) -> None:
        """Refuse a file that is gone, or another.

        Raises
        ------
        BadTable
        """
        try:
            found = self.path.stat()
        except OSError as error:
            raise BadTable(
                f"it cannot be read any more ({one_line(error)}); put it back, or where this "
                "process can see it"
            ) from None
        if (found.st_size, found.st_mtime_ns) != (self.size, self.modified_ns):
            raise BadTable("it was changed after it was opened; open it again")


class Part(Protocol):
    """Some rows of a file, or of memory. It can be pickled, and read in another process."""

    @property
    def file(self) -> OpenedFile | None:
        """The file, if there is one."""

    @property
    def first_row(self) -> int:
        """Rows of the file before it."""

    def batches(self, positions: Sequence[int]) -> Iterator[Columns]:
        """Yield these columns, row after row; a missing number is NaN."""


def no_problems(positions: Sequence[int]) -> list[str]:
    """Return that columns hold numbers."""
    return [""] * len(positions)


@dataclass(frozen=True)
class Source:
    """Data whose columns are known by name, and read when they are asked for.

    Attributes
    ----------
    names : tuple of str
        Of the columns, in their order; a name may occur twice.
    parts : sequence of (Part, order)
        In the order of the rows; where the columns stand in such a part, or None, if as here.
    n_rows : int or None
        None if only reading can tell.
    room : int
        Rows to make room for, where ``n_rows`` is not known.
    problems : callable
        From positions to what each column holds in place of numbers, as far as that is known; ""
        for numbers.
    integers : frozenset of int
        Positions of the columns of whole numbers.
    left_out : frozenset of int
        Positions of what is no feature unless it is chosen: an index, an empty column.
    nameless : frozenset of int
        Positions of the columns that a header leaves without a name.
    types : tuple of str
        Of the columns, where a file tells: the files of a folder must agree.
    notes : tuple of str
        How it was read, where that is not obvious.
    """

    names: tuple[str, ...]
    parts: Sequence[tuple[Part, tuple[int, ...] | None]]
    n_rows: int | None
    problems: Callable[[Sequence[int]], list[str]] = no_problems
    integers: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()
    nameless: frozenset[int] = frozenset()
    room: int = 0
    types: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """The chosen columns of a source.

    Attributes
    ----------
    parts : sequence of (Part, positions)
        With those of the features and, in the last place, the target.
    integers : tuple of bool
        Whether such a column is one of whole numbers.
    n_rows : int or None
        Of all parts, before any is left out for missing values; None if only reading can tell.
    room : int
        Rows to make room for, where ``n_rows`` is not known.
    drops : bool
        Whether rows with missing values are left out; else they are errors.
    """

    parts: Sequence[tuple[Part, tuple[int, ...]]]
    feature_names: tuple[str, ...]
    target_name: str
    integers: tuple[bool, ...]
    n_rows: int | None
    room: int
    drops: bool
    notes: tuple[str, ...]
    path: str

    @property
    def names(self) -> tuple[str, ...]:
        """Of features and target."""
        return (*self.feature_names, self.target_name)

    def batches(self) -> "Iterator[Batch]":
        """Yield all rows.

        Raises
        ------
        BadTable
            If a part cannot be read.
        """
        for part, positions in self.parts:
            yield from self.batches_of(part, positions)

    def batches_of(self, part: Part, positions: Sequence[int]) -> "Iterator[Batch]":
        """Yield the rows of a part."""
        row, file = part.first_row, ""
        if part.file is not None and repr(str(part.file.path)) != self.path:
            file = part.file.path.name
        name = "" if part.file is None else repr(str(part.file.path))
        with in_a_sentence(name, part.file):
            for columns in part.batches(positions):
                yield Batch(columns, self.names, row, file)
                row += len(columns[0])


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
