"""The page of the reference report, copied with the files beside it and embedded: ``{reference-page}``."""

import shutil
from pathlib import Path

from docutils import nodes
from reference_evidence import REFERENCE, depends_on
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.report.build import PAGE, TEXTS

FOLDER = "reference"  # of the site
ADDRESS = f"{FOLDER}/{PAGE}"
HTML = f"""<p><a href="{ADDRESS}">Open the report in a window of its own</a></p>
<iframe class="reference-page" src="{ADDRESS}" title="The reference report"></iframe>"""


class ReferencePage(SphinxDirective):
    """Show the page, and a link to it."""

    def run(self) -> list[nodes.Node]:
        """Return them."""
        self.env.note_dependency(depends_on())
        return [nodes.raw("", HTML, format="html")]


def copy_page(app: Sphinx, exception: Exception | None) -> None:
    """Copy the page and the files that it links to into the site."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir) / FOLDER
        folder.mkdir(exist_ok=True)
        for path in map(REFERENCE.joinpath, TEXTS):
            if path.is_file():  # a report has no table of what was not measured
                shutil.copy(path, folder)


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive, and copy the page once the site is built."""
    app.add_directive("reference-page", ReferencePage)
    app.connect("build-finished", copy_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
