"""What the committed runs of the preset scale say, and their figure: ``{scale-report}``."""

import two_schemes
from docutils import nodes
from reference_evidence import REFERENCE
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.report import provenance
from npfs.report.build import read_evidence
from npfs.report.figures import FIGURES
from npfs.report.scale import scale_sentences

SPEC = next(spec for spec in FIGURES if spec.name == "scale")
FOLDER = "../reports/reference/scale"


class ScaleReport(SphinxDirective):
    """The figure, each finding, and what they rest on."""

    def run(self) -> list[nodes.Node]:
        """Return them."""
        folder = REFERENCE / "scale"
        for path in sorted(folder.rglob("*.json")):
            self.env.note_dependency(str(path))
        found = read_evidence(folder)
        said = nodes.bullet_list()
        said += [nodes.list_item("", nodes.paragraph("", text)) for text in scale_sentences(found)]
        caption = nodes.caption("", "", nodes.strong("", f"{SPEC.title}."))
        caption += nodes.Text(f" {SPEC.how_to_read}")
        figure = two_schemes.figure(
            f"{FOLDER}/scale.svg",
            f"{FOLDER}/scale-dark.svg",
            alt=SPEC.alt(found),
            name=SPEC.title,
            caption=caption,
        )
        rests_on = nodes.paragraph("", provenance.provenance(found), classes=["measured-basis"])
        return [figure, said, rests_on]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("scale-report", ScaleReport)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
