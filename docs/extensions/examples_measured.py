"""The measured times of the tour's other examples, from ``docs/examples/measured.json``: none is typed.

The role ``{example}`` takes what is asked and puts it with its interval:

- ``time sum lists 1,000``: one call; ``speedup sum numpy over lists 1,000``
- ``machine``: where they were measured; ``runs``: how many

The directive ``{example-table} sum`` has a column for each line of its content, ``heading: what is asked without example
and size``, and a row for each size; its option ``:of:`` names what the sizes count.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from measured import table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from npfs.analysis.statistics import Interval, ratio_interval
from npfs.drawing import numbers
from npfs.report import formatting

FILE = Path(__file__).parents[1] / "examples" / "measured.json"
CLASS = "example-measured"


@cache
def record() -> dict[str, Any]:
    """Return what was measured."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@cache
def seconds() -> dict[tuple[str, str, int], Interval]:
    """Return the seconds of a call, by example, tool and size."""
    return {
        (case["example"], case["tool"], case["n"]): Interval(
            case["seconds"], case["low"], case["high"], record()["runs"], tuple(case["of_runs"])
        )
        for case in record()["cases"]
    }


def sizes(example: str) -> list[int]:
    """Return the sizes of an example."""
    return sorted({n for name, _, n in seconds() if name == example})


def answer(asked: str) -> str:
    """Return what is asked.

    Raises
    ------
    LookupError
        If it was not measured, or there is no such question.
    """
    match asked.split():
        case ["machine"]:
            return str(record()["machine"])
        case ["runs"]:
            return numbers.count(record()["runs"])
        case ["time", example, tool, size]:
            return formatting.duration(_seconds(example, tool, size))
        case ["speedup", example, tool, "over", other, size]:
            slow, fast = (_seconds(example, name, size).values for name in (other, tool))
            return formatting.factor(ratio_interval(slow, fast))
    raise LookupError(f"{asked!r} cannot be asked; see the words in {Path(__file__).name}")


def _seconds(example: str, tool: str, size: str) -> Interval:
    found = seconds().get((example, tool, int(size.replace(",", ""))))
    if found is None:
        raise LookupError(f"{FILE.name} has no {example} with {tool} of {size}")
    return found


def rows(example: str, columns: list[str], of: str) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows; ``columns`` are the lines of a directive."""
    asked = [line.partition(": ")[::2] for line in columns]
    head = [of, *(heading for heading, _ in asked)]
    questions = [question.split(maxsplit=1) for _, question in asked]
    return head, [
        [size, *(answer(f"{what} {example} {rest} {size}") for what, rest in questions)]
        for size in map(numbers.count, sizes(example))
    ]


class Example(SphinxRole):
    """Put a measured number into a sentence."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return its text."""
        self.env.note_dependency(str(FILE))
        try:
            text = answer(self.text)
        except LookupError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.inline(self.rawtext, text, classes=[CLASS])], []


class ExampleTable(SphinxDirective):
    """A table over the sizes of an example."""

    required_arguments = 1
    has_content = True
    option_spec = {"of": directives.unchanged}  # noqa: RUF012 - as docutils declares it

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self.env.note_dependency(str(FILE))
        try:
            found = rows(self.arguments[0], list(self.content), self.options.get("of", "numbers"))
        except LookupError as error:
            raise self.error(str(error)) from None
        return [table(*found, kind=CLASS)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the role and the directive."""
    app.add_role("example", Example())
    app.add_directive("example-table", ExampleTable)
    app.add_css_file("tour.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
