"""What others have published, beside what was measured here: both read, none typed.

The directive ``{published-table} NAME`` takes a comparison of ``npfs.regression.published`` and the runs below
``reports/reference/published/NAME``.
"""

from functools import cache

from docutils import nodes
from measured import table
from reference_evidence import REFERENCE
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.analysis.evidence import Evidence
from npfs.drawing import numbers
from npfs.regression.published import Published, published
from npfs.report import provenance, formatting
from npfs.report.build import read_evidence
from npfs.schema import Size

COMPARED = ("python", "numpy", "numba", "numba-parallel")  # as many columns as a page has room for


@cache
def measured_here(name: str) -> Evidence:
    """Return what the committed runs of a comparison say."""
    return read_evidence(REFERENCE / "published" / name)


def rows(of: Published) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows: of one size a row for each backend, of several a row for each size."""
    found = measured_here(of.name)
    sizes = [Size(of.n_samples, n_features) for n_features in of.n_features]
    names = [*found.backends, *found.shortcuts]
    if len(sizes) == 1:
        head = ["backend", "a fit here", "a fit there", "there over here"]
        return head, [_beside(of, found, name, sizes[0]) for name in names]
    shown = [name for name in COMPARED if name in names]
    return ["features", *(found.title(name) for name in shown)], [
        [str(size.n_features), *(_time(found, name, size) for name in shown)] for size in sizes
    ]


def _beside(of: Published, found: Evidence, name: str, size: Size) -> list[str]:
    here, there = found.time(name, size), of.seconds.get(name)
    cells = [found.title(name), _time(found, name, size)]
    if there is None or here is None:
        return [*cells, "", ""]
    return [*cells, f"{there:g} s", f"{numbers.significant(there / here.value)}×"]


def _time(found: Evidence, name: str, size: Size) -> str:
    time = found.time(name, size)
    return "" if time is None else formatting.duration(time)


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
            nodes.paragraph(
                "", provenance.provenance(measured_here(of.name)), classes=["measured-basis"]
            ),
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("published-table", PublishedTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
