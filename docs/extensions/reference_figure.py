"""A figure of the reference report, with the words that it has there: ``{reference-figure} hero``."""

import reference_evidence
import two_schemes
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FOLDER = "../reports/reference"


class ReferenceFigure(SphinxDirective):
    """Show a figure, its title, and how to read it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        name = self.arguments[0]
        found = reference_evidence.figure(name)
        if found is None:
            raise self.error(f"the report has no figure {name!r}")
        self.env.note_dependency(reference_evidence.depends_on())
        return [two_schemes.of_report(found, FOLDER)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("reference-figure", ReferenceFigure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
