"""Write the measured parts of README from the reference report: ``python docs/extensions/readme.py``.

A part stands between two comments, ``<!--measured:NAME-->`` and ``<!--/measured-->``; ``PARTS`` has the names.
"""

import re
from collections.abc import Callable, Iterable
from html import escape

from reference_evidence import REFERENCE, context

from npfs.report import provenance
from npfs.report.answer import answer, question
from npfs.report.figures import hero
from npfs.report.formatting import markdown, table_row
from npfs.report.tables import job_table, other_lines

ROOT = REFERENCE.parents[1]
README = ROOT / "README.md"
PART = re.compile(r"(<!--measured:(\w+)-->\n).*?(<!--/measured-->)", re.DOTALL)
HERO = f"{REFERENCE.relative_to(ROOT).as_posix()}/hero"
COLUMNS = slice(5)  # of the table of jobs; the page has all


def findings() -> str:
    """Return the question, the first figure, the answer, and the table of jobs with how to read it."""
    chart, table = hero(context()), job_table(context())
    assert chart is not None, "the reference has lists and NumPy at several sizes"
    assert table is not None, "the reference has the startup of all three"
    head = [table.columns, table.rules, *([cell.marked for cell in row] for row in table.rows)]
    picture = (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{HERO}-dark.svg">'
        f'<img alt="{escape(chart.title)}" src="{HERO}.svg"></picture>'
    )
    blocks = (
        f"**{markdown(question(context()))}**",
        picture,
        _items(answer(context())),
        "\n".join(table_row(cells[COLUMNS]) for cells in head),
        other_lines(context())[0],
    )
    return "\n\n".join(blocks)


def trust() -> str:
    """Return warnings, how far the numbers can be trusted, and where they were measured."""
    warnings = [*provenance.missing(context()), *provenance.decisive_warnings(context())]
    trust = [*warnings, *provenance.trust(context()), provenance.measured_on(context())]
    return _items(trust)


PARTS: dict[str, Callable[[], str]] = {"findings": findings, "trust": trust}


def _items(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {markdown(sentence)}" for sentence in sentences)


def with_measured(text: str) -> str:
    """Return a README with its measured parts made anew."""
    return PART.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}\n{part[3]}", text)


if __name__ == "__main__":
    README.write_text(with_measured(README.read_text(encoding="utf-8")), encoding="utf-8")
