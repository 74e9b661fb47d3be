"""What others have published, beside what was measured here: both read, none typed.

The directive ``{published-table} NAME`` takes a comparison of ``npfs.published`` and the runs below
``reports/reference/published/NAME``.
"""

from functools import cache

from docutils import nodes
from measured import table
from reference_evidence import REFERENCE
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.evidence.analysis import Evidence
from npfs.evidence.runs import Size
from npfs.published import Published, published
from npfs.report import basis, wording
from npfs.report.build import read_evidence


@cache
def measured_here(name: str) -> Evidence:
    """Return what the committed runs of a comparison say."""
    return read_evidence(REFERENCE / "published" / name)


def rows(of: Published) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows: a column for each size, and what was published where it was."""
    found = measured_here(of.name)
    sizes = [Size(n_features, of.n_samples) for n_features in of.n_features]
    head = ["backend"]
    if len(sizes) == 1:
        head += ["a fit here", "a fit there", "there over here"]
    else:
        head += [f"{size.n_features} features" for size in sizes]
    names = [*found.backends, *found.shortcuts]
    return head, [[found.title(name), *_cells(of, found, name, sizes)] for name in names]


def _cells(of: Published, found: Evidence, name: str, sizes: list[Size]) -> list[str]:
    times = [found.time(name, size) for size in sizes]
    cells = ["" if time is None else wording.duration(time) for time in times]
    if len(sizes) > 1:
        return cells
    there, (here,) = of.seconds.get(name), times
    if there is None or here is None:
        return [*cells, "", ""]
    return [*cells, wording.time(there), f"{wording.significant(there / here.value)}×"]


class PublishedTable(SphinxDirective):
    """A published comparison, its figures and ours."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table, and a sentence on what it rests on."""
        of = published(self.arguments[0])
        folder = REFERENCE / "published" / of.name
        for path in sorted(folder.rglob("*.json")):
            self.env.note_dependency(str(path))
        return [
            table(*rows(of), kind="published-table"),
            nodes.paragraph("", basis.basis(measured_here(of.name)), classes=["measured-basis"]),
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("published-table", PublishedTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
