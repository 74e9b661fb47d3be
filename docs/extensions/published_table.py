"""The figures that others have published, beside those that were measured here: none is typed.

The directive ``{published-table} NAME`` takes a comparison of ``npfs.regression.published`` and the runs below
``reports/reference/published/NAME``.
"""

from docutils import nodes
from measured import measured_on, table
from reference_evidence import REFERENCE, evidence
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.analysis.evidence import Evidence
from npfs.drawing import numbers
from npfs.regression.published import Published, published
from npfs.report import formatting
from npfs.schema import Size

FOLDER = "published"
COMPARED = ("python", "numpy", "numba", "numba-parallel")  # as many columns as a page has room for


def rows(of: Published) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows: of one size a row for each backend, of several a row for each size."""
    found = evidence(f"{FOLDER}/{of.name}")
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
        """Return the table, and where its figures were measured."""
        of = published(self.arguments[0])
        below = f"{FOLDER}/{of.name}"
        for path in sorted((REFERENCE / below).rglob("*.json")):
            self.env.note_dependency(str(path))
        return [table(*rows(of), kind="published-table"), measured_on(below)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("published-table", PublishedTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
