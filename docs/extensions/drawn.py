"""The figures that the code of a page draws: ``{drawn} axes`` shows that of the variable ``axes``.

The page's Python blocks above it are run for that, when the site is built, as the tests run them.
"""

import contextlib
import doctest
import io
import os
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import two_schemes
from docutils import nodes
from docutils.parsers.rst import directives
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.drawing import style

_variables_after: dict[str, dict[str, Any]] = {}  # by the beginning of a page that was run
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COLOR = re.compile(r"#[0-9a-f]{6}(?![\w-])")
DARK = dict(zip(style.LIGHT.values(), style.DARK.values(), strict=True))


class Drawn(SphinxDirective):
    """Show a figure that was drawn on this page; the content is its caption, ``:alt:`` describes it."""

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required}  # noqa: RUF012 - as docutils declares it

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        page = Path(self.env.doc2path(self.env.docname))
        above = page.read_text(encoding="utf-8").splitlines(keepends=True)[: self.lineno - 1]
        alt = self.options["alt"]
        folder = Path(self.env.doctreedir) / "drawn"
        folder.mkdir(parents=True, exist_ok=True)
        svg = svg_of(run_blocks("".join(above), folder)[self.arguments[0]].get_figure())
        files = []
        for end, text in (("", svg), ("-dark", dark_of(svg))):
            file = folder / f"{page.stem}-{self.lineno}{end}.svg"
            file.write_text(text, encoding="utf-8")
            files.append(Path(os.path.relpath(file, self.env.srcdir)).as_posix())
        caption = nodes.caption("", "\n".join(self.content))
        name = f"drawn by the code above ({self.arguments[0]})"
        return [two_schemes.figure(*files, alt=alt, name=name, caption=caption, width="narrow")]


def svg_of(figure: Figure) -> str:
    """Return a figure as SVG, the same for the same figure."""
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "npfs"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def dark_of(svg: str) -> str:
    """Return an SVG in colours that can be read on a dark page."""
    return COLOR.sub(lambda found: dark_color(found[0]), svg)


def dark_color(light: str) -> str:
    """Return the counterpart of a colour; one without a name keeps its hue."""
    return DARK.get(light) or style.readable(light, style.DARK["page"])


def run_blocks(text: str, folder: Path) -> dict[str, Any]:
    """Run the Python blocks of a page, in a folder where they may write, and return its variables.

    What was run for the figure before is not run again.
    """
    done = next((seen for seen in _variables_after if text.startswith(seen)), "")
    variables = _variables_after.pop(done, {"__name__": "page"})
    _run(text.removeprefix(done), variables, folder)
    _variables_after[text] = variables
    return variables


def _run(text: str, variables: dict[str, Any], folder: Path) -> None:
    mpl.use("agg")
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for block in BLOCK.findall(text):
            examples = doctest.DocTestParser().get_examples(block)
            for source in [example.source for example in examples] or [block]:
                fails_on_purpose = any(e.exc_msg for e in examples if e.source == source)
                with contextlib.suppress(*([Exception] if fails_on_purpose else [])):
                    exec(compile(source, "<page>", "exec"), variables)


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("drawn", Drawn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
