"""A table as text for a terminal or a pipe."""

import textwrap
from collections.abc import Collection, Sequence


def aligned(
    rows: Sequence[Sequence[str]], width: int, *, from_the_right: Collection[int]
) -> list[str]:
    """Return a line for each row, its columns aligned; those of numbers ``from_the_right``.

    A name in the first column that leaves no room for the others in ``width`` gets a line of its own.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[0] = min(widths[0], width - sum(widths[1:]) - 2 * (len(widths) - 1))
    lines = []
    for name, *others in rows:
        fits = len(name) <= widths[0]
        lines += [] if fits else textwrap.wrap(name, width)
        cells = [
            cell.rjust(size) if column in from_the_right else cell.ljust(size)
            for column, (cell, size) in enumerate(
                zip((name if fits else "", *others), widths, strict=True)
            )
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
