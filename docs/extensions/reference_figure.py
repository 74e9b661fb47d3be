"""A figure of the reference report, with the text that it has there: ``{reference-figure} time``."""

from html import escape

from docutils import nodes
from reference_evidence import depends_on, evidence
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.report.figures import FIGURES

SHOWN_IN = {"only-light": "", "only-dark": "-dark"}  # furo's classes, and the ends of file names


class ReferenceFigure(SphinxDirective):
    """Show a figure for light and for dark pages, its title, and how to read it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        name = self.arguments[0]
        spec = next((spec for spec in FIGURES if spec.name == name), None)
        if spec is None:
            raise self.error(f"the report has no figure {name!r}")
        self.env.note_dependency(depends_on())
        alt = spec.alt(evidence())
        label = escape(f"Figure: {spec.title}", quote=True)
        opening = f'<div class="figure-scroll" role="region" tabindex="0" aria-label="{label}">'
        images = [
            nodes.image(uri=f"/../reports/reference/{name}{end}.svg", alt=alt, classes=[shown_in])
            for shown_in, end in SHOWN_IN.items()
        ]
        caption = nodes.caption("", "", nodes.strong("", f"{spec.title}."))
        caption += nodes.Text(f" {spec.how_to_read}")
        return [
            nodes.figure(
                "",
                nodes.raw("", opening, format="html"),
                *images,
                nodes.raw("", "</div>", format="html"),
                caption,
                classes=["reference-figure"],
            )
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("reference-figure", ReferenceFigure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
