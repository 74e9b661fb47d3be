"""What is wrong with data, in one sentence; and names and cells in it."""

import contextlib
from collections.abc import Iterator, Sequence

SHOWN_CHARACTERS, NAMED = 40, 10


class BadTable(ValueError):
    """Data that cannot be learned from: one sentence, what is wrong and what to do."""


@contextlib.contextmanager
def in_a_sentence(name: str, kind: type[Exception] = Exception) -> Iterator[None]:
    """Turn what is raised while data are read into one sentence that begins with a name.

    Libraries raise nearly everything on a damaged file; where ours is called, ``kind`` leaves its
    faults as they are.

    Raises
    ------
    BadTable
    """
    try:
        yield
    except kind as error:
        said = str(error)
        if isinstance(error, MemoryError):
            said = "it does not fit into memory; choose fewer columns, or give a part of it"
        elif not isinstance(error, BadTable):
            said = (
                f"it cannot be read ({one_line(error)}); is the file whole, and in the format that "
                "it seems to have?"
            )
        raise BadTable(said if said.startswith(f"{name}: ") else f"{name}: {said}") from None


def one_line(error: object) -> str:
    """Return the first line of an error without a final point; of a system's error its reason."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(said).splitlines()[0].rstrip(".")


def shown(cell: object) -> str:
    """Return a cell as it may be printed: escaped, and shortened."""
    text = str(cell)
    return repr(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}...")


def counted(number: int, noun: str) -> str:
    """Return a number of things: "1 row", "2 rows"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def named(names: Sequence[str]) -> str:
    """Name at most ten, and say how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(map(repr, names[:NAMED])) + more
