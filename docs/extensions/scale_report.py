"""The findings of the committed runs of the preset scale, and their figure: ``{scale-report}``."""

import two_schemes
from docutils import nodes
from measured import measured_on
from reference_evidence import REFERENCE, evidence, figure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.report.answer import scale_sentences

BELOW = "scale"
FOLDER = "../reports/reference/scale"


class ScaleReport(SphinxDirective):
    """The figure, each finding, and the machine."""

    def run(self) -> list[nodes.Node]:
        """Return them."""
        for path in sorted((REFERENCE / BELOW).rglob("*.json")):
            self.env.note_dependency(str(path))
        found = figure("scale", BELOW)
        if found is None:
            raise self.error("the runs of the preset scale have no figure")
        findings = nodes.bullet_list()
        sentences = scale_sentences(evidence(BELOW))
        findings += [nodes.list_item("", nodes.paragraph("", text)) for text in sentences]
        return [two_schemes.of_report(found, FOLDER), findings, measured_on(BELOW)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("scale-report", ScaleReport)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
