"""What reading may come to: an error in a sentence, pyarrow or how to install it, cells as they may be printed."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

INSTALL = "python -m pip install 'npfs[data]' (in a clone: -e '.[data]')"
SHOWN_CHARACTERS = 40
Read = TypeVar("Read")


class BadTable(ValueError):
    """A file that holds no table to learn from: one sentence, what is wrong and what to do."""


def with_reason(read: Callable[[], Read]) -> Read:
    """Call what reads a file.

    Raises
    ------
    BadTable
        For whatever a library raises on a file that is damaged: they raise nearly everything.
    """
    try:
        return read()
    except BadTable:
        raise
    except MemoryError:
        raise BadTable(
            "it does not fit into memory; choose fewer columns, or give a part of it"
        ) from None
    except Exception as error:
        raise BadTable(
            f"it cannot be read ({one_line(error)}); is the file whole, and in the format that it seems to have?"
        ) from None


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
    """Return the first line of what a library says, without a final point; of a system's error its reason."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(said).splitlines()[0].rstrip(".")


def shown(cell: object) -> str:
    """Return a cell as it may be printed: escaped, and shortened."""
    text = str(cell)
    return repr(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}...")


def count(number: int, what: str) -> str:
    """Return a number of things: "1 row", "2 rows"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
