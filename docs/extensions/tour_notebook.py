"""The tour as a notebook: the site offers ``tour.ipynb``, made of the tour's numbered pages when it is built.

``python docs/extensions/tour_notebook.py FILE`` writes it without the site; the role ``{tour-notebook}`` links to it. A Python
block becomes cells, one for each output that it shows; the outputs are left for the reader to make. Measured numbers, tables
and figures are put in as they are on the site. The answer to an exercise stays folded, and the code in it becomes a cell
before it.
"""

import ast
import base64
import doctest
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import examples_measured
import measured
import memory_drawings
import reference_evidence
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from npfs.drawing import numbers

DOCS = Path(__file__).parents[1]
NAME = "tour.ipynb"
PAGES = sorted((DOCS / "tour").glob("[0-9]-*.md"))
FAILS = "raises-exception"  # the tag by which a notebook goes on after an error
FENCE = re.compile(r"^```(?P<head>.*)\n(?P<body>(?:.*\n)*?)```$", re.MULTILINE)
ANSWER = re.compile(r"^<details.*\n(?:.*\n)*?</details>$", re.MULTILINE)
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]+\)")
WELCOME = """*A notebook of the tour of npfs.* It needs Python with npfs (in a clone of it: `python -m pip install -e .`). Run the cells \
from top to bottom. Outputs are left out, so that you can predict them."""

Cell = dict[str, Any]


def notebook() -> dict[str, Any]:
    """Return the notebook."""
    cells = [markdown(WELCOME)]
    for page in PAGES:
        cells += cells_of(page.read_text(encoding="utf-8"))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def cells_of(page: str) -> Iterator[Cell]:
    """Return the cells of a page."""
    for text, found in _split(page, ANSWER):
        yield from _cells_of_part(text)
        if found is not None:
            blocks = [one for one in FENCE.finditer(found[0]) if one["head"] == "python"]
            for block in blocks:
                yield from code(block["body"])
            yield from _texts(found[0])


def _cells_of_part(part: str) -> Iterator[Cell]:
    """Return the cells of a part without answers."""
    text = ""
    for before, block in _split(part, FENCE):
        text += before
        if block is None or block["head"] != "python":
            text += "" if block is None else _shown(block)
            continue
        yield from _texts(text)
        yield from code(block["body"])
        text = ""
    yield from _texts(text)


def _split(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Return what stands before each match, with the match; at last the rest."""
    end = 0
    for found in pattern.finditer(text):
        yield text[end : found.start()], found
        end = found.end()
    yield text[end:], None


def _texts(text: str) -> Iterator[Cell]:
    """Return a cell of text, if there is any."""
    if text.strip():
        yield markdown(LINK.sub(r"\1", ROLE.sub(_in_sentence, text)).strip())


def markdown(text: str) -> Cell:
    """Return a cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(block: str) -> Iterator[Cell]:
    """Return a cell for each output of a block; one cell of a block without outputs."""
    examples = doctest.DocTestParser().get_examples(block)
    lines = "" if examples else block
    for example in examples:
        lines += example.source
        if example.want:
            yield _code(lines, fails=example.exc_msg is not None)
            lines = ""
    if lines:
        yield _code(lines)


def _code(source: str, *, fails: bool = False) -> Cell:
    metadata = {"tags": [FAILS]} if fails else {}
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source.rstrip("\n"),
    }


def _in_sentence(role: re.Match[str]) -> str:
    """Return what the site shows in place of a role.

    Raises
    ------
    ValueError
        If there is no such role.
    """
    name, text = role.groups()
    known: dict[str, Callable[[str], str]] = {
        "measured": measured.measured,
        "example": examples_measured.answer,
        "tour-notebook": str,
        "py:mod": "`{}`".format,
    }
    if name not in known:
        raise ValueError(f"the notebook does not know the role {name!r}")
    return known[name](text)


def _shown(block: re.Match[str]) -> str:
    """Return a block that is not run as Markdown.

    Raises
    ------
    ValueError
        If there is no such directive.
    """
    name, _, argument = block["head"].partition(" ")
    lines = block["body"].splitlines()
    content = [line for line in lines if line and not line.startswith(":")]
    options = dict(line[1:].split(": ", 1) for line in lines if line.startswith(":"))
    match name:
        case "{literalinclude}":
            return _fenced(_source(argument, options["pyobject"]))
        case "{measured-table}":
            return _table(*_measured_rows(content))
        case "{example-table}":
            of = options.get("of", "numbers")
            return _table(*examples_measured.rows(argument, content, of))
        case "{reference-figure}":
            figure = reference_evidence.figure(argument)
            if figure is None:
                raise ValueError(f"the report has no figure {argument!r}")
            file = reference_evidence.REFERENCE / f"{argument}.svg"
            return _image(file, figure.alt, f"**{figure.chart.title}.** {figure.caption}")
        case "{drawing}":
            alt = memory_drawings.DRAWINGS[argument][1](memory_drawings.measured_layout())
            return _image(memory_drawings.STATIC / f"{argument}.svg", alt, " ".join(content))
    if name.startswith("{"):
        raise ValueError(f"the notebook does not know the directive {name!r}")
    return block[0]


def _fenced(source: str) -> str:
    return f"```python\n{source}\n```"


def _source(path: str, name: str) -> str:
    """Return the code of a function, given as ``literalinclude`` takes it."""
    text = (DOCS / path.removeprefix("/")).read_text(encoding="utf-8")
    [found] = [one for one in ast.parse(text).body if getattr(one, "name", "") == name]
    assert isinstance(found, ast.FunctionDef)
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : found.end_lineno])


def _measured_rows(columns: list[str]) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows of ``measured-table``; what was not measured stays empty."""
    asked = [line.partition(": ")[::2] for line in columns]
    sizes = [
        numbers.count(size.n_samples) for size in reference_evidence.evidence().sizes(n_features=1)
    ]
    rows = [[size, *(_cell(f"{question} {size}") for _, question in asked)] for size in sizes]
    return ["samples", *(heading for heading, _ in asked)], rows


def _cell(asked: str) -> str:
    try:
        return measured.measured(asked)
    except measured.NotMeasured:
        return ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---:"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _image(file: Path, alt: str, caption: str) -> str:
    encoded = base64.b64encode(file.read_bytes()).decode()
    safe = alt.replace("[", "(").replace("]", ")")
    return f"![{safe}](data:image/svg+xml;base64,{encoded})\n\n{caption}"


def text() -> str:
    """Return the notebook as a file holds it."""
    return json.dumps(notebook(), indent=1, ensure_ascii=False) + "\n"


class NotebookLink(SphinxRole):
    """Link to the notebook beside the site's first page."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link."""
        up = "../" * self.env.docname.count("/")
        link = nodes.reference(self.rawtext, self.text, refuri=f"{up}{NAME}", internal=False)
        return [link], []


def write_notebook(app: Sphinx, exception: Exception | None) -> None:
    """Write the notebook into the site."""
    if exception is None and app.builder.format == "html":
        (Path(app.outdir) / NAME).write_text(text(), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the role, and write the notebook once the site is built."""
    app.add_role("tour-notebook", NotebookLink())
    app.connect("build-finished", write_notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else NAME).write_text(text(), encoding="utf-8")
