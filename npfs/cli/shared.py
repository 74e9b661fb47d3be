"""Exit codes, mistakes, options, progress and tables: the same in every command."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import BadParameter, Option

if TYPE_CHECKING:
    from rich.console import Console

    from npfs.data import TableOptions

MISTAKE = 2  # a person asked for what cannot be done
FAULT = 70  # EX_SOFTWARE of sysexits.h: npfs is wrong

Quiet = Annotated[
    bool, Option("--quiet", "-q", help="Print the result alone: no progress, no notes.")
]
AsJson = Annotated[bool, Option("--json", help="Print everything as JSON, for programs.")]


def _folder(name: str) -> Path:
    if not str(name).strip():
        raise BadParameter("it takes a folder, such as reports")
    return Path(name)


Reports = Annotated[
    Path, Option(parser=_folder, metavar="DIR", help="Folder of the stored runs and the report.")
]
REPORTS = Path("reports")
# How a file is read.
Missing = Annotated[
    str, Option(metavar="error|drop", help="What to do about rows with missing values.")
]
MissingValues = Annotated[
    str | None, Option(metavar="?,.", help="What else is missing in a text file. (default: NA)")
]
Separator = Annotated[
    str | None, Option(metavar="C", help="Between cells of a text file. (default: found)")
]
Decimal = Annotated[
    str | None, Option(metavar="SIGN", help="Decimal sign, . or , (default: found)")
]
Header = Annotated[
    bool | None, Option(help="Whether the first row names the columns. (default: found)")
]
LOGS = "*.jsonl"  # of runs that were not saved; npfs.harness reads them


TOO_LARGE = (
    "the data do not fit into the memory that may be taken; choose fewer columns, or leave "
    "--backend out of npfs fit, which then reads data of any size"
)


def table_options(
    option: str, columns: str | None, missing_values: str | None, **given: Any
) -> "TableOptions":
    """Return how a file is read; ``option`` is what chooses ``columns``."""
    from npfs.data import TableOptions
    from npfs.harness.option_values import split_names

    with mistakes(ValueError):
        nulls = () if missing_values is None else split_names("--missing-values", missing_values)
        features = None if columns is None else split_names(option, columns)
        given |= {"missing_values": tuple(nulls), "features_option": option}
        return TableOptions(features=features, **given)


class Mistake(Exception):
    """A person asked for what cannot be done: one sentence that says what to give instead."""


@contextlib.contextmanager
def mistakes(*kinds: type[Exception], remedy: str = "") -> Iterator[None]:
    """Turn exceptions of these kinds into a ``Mistake``.

    ``remedy`` is said where the system refuses a file.
    """
    try:
        yield
    except kinds as error:
        said = TOO_LARGE if isinstance(error, MemoryError) else str(error)
        if isinstance(error, OSError):
            if error.filename and error.strerror:
                said = f"{error.filename}: {error.strerror}"
            said = f"{said}; {remedy}" if remedy else said
        raise Mistake(said) from None


def recover_runs(reports: Path, *, to_stderr: bool = True) -> None:
    """Save the runs of processes that ended early, and print what was saved."""
    if next((reports / "runs").rglob(LOGS), None) is None:
        return
    from npfs.harness.recorder import recover

    for found in recover(reports / "runs"):
        print(found, file=sys.stderr if to_stderr else sys.stdout)


@contextlib.contextmanager
def working(on: str, *, quiet: bool = False) -> Iterator[Any]:
    """Show progress on a terminal's standard error; yield the function that changes its words."""
    if quiet or not sys.stderr.isatty():
        yield lambda words: None
        return
    from rich.console import Console

    with Console(stderr=True).status(on) as status:
        yield status.update


def console() -> "Console":
    """Return the standard output; without a terminal 120 columns wide, as a wide table is."""
    from rich.console import Console

    has_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if has_width else 120, highlight=False)


def print_table(rows: Sequence[Mapping[str, str]], *, numbers: bool = True) -> None:
    """Print rows, cells by headings; with ``numbers`` all columns but the first hold numbers."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for k, heading in enumerate(rows[0]):
        if numbers and k > 0:
            table.add_column(heading, justify="right", no_wrap=True)
        else:
            table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row.values()))
    console().print(table)


def print_lines(*lines: str) -> None:
    """Print sentences, wrapped between words."""
    for line in lines:
        console().print(line, markup=False)


def print_json(document: Any) -> None:
    """Print a document for programs."""
    import json

    print(json.dumps(document, indent=1))
