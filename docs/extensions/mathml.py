"""Formulas as MathML, by docutils: every browser draws it, with no script and no network."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

# An accent stays above its letter where an index follows: docutils would put the index in between.
INDEXED_ACCENT = re.compile(r"(\\(?:hat|bar) \w)(?=[_^])")

logger = logging.getLogger(__name__)


def visit_inline(translator: Any, node: nodes.math) -> None:
    """Write a formula within a sentence."""
    _write(translator, node, as_block=False)


def visit_block(translator: Any, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    translator.body.append('<div class="math-block" tabindex="0">')
    _write(translator, node, as_block=True)


def _write(translator: Any, node: nodes.Element, *, as_block: bool) -> None:
    formula = INDEXED_ACCENT.sub(r"{\1{}}", node.astext())
    try:
        translator.body.append(latex2mathml.tex2mathml(formula, as_block=as_block))
    except MathError as error:
        logger.warning("the formula %r is not understood: %s", formula, error, location=node)
    translator.body.append("</div>\n" if as_block else "")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer."""
    app.add_html_math_renderer(
        "mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
