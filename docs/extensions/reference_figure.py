"""A figure of the reference report, with the text that it has there: ``{reference-figure} time``."""

import two_schemes
from docutils import nodes
from reference_evidence import depends_on, evidence
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.report.figures import FIGURES

FOLDER = "../reports/reference"


class ReferenceFigure(SphinxDirective):
    """Show a figure, its title, and how to read it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        name = self.arguments[0]
        spec = next((spec for spec in FIGURES if spec.name == name), None)
        if spec is None:
            raise self.error(f"the report has no figure {name!r}")
        self.env.note_dependency(depends_on())
        caption = nodes.caption("", "", nodes.strong("", f"{spec.title}."))
        caption += nodes.Text(f" {spec.how_to_read}")
        return [
            two_schemes.figure(
                f"{FOLDER}/{name}.svg",
                f"{FOLDER}/{name}-dark.svg",
                alt=spec.alt(evidence()),
                name=spec.title,
                caption=caption,
            )
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("reference-figure", ReferenceFigure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
