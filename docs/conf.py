"""How the site is built: ``python -m sphinx -W -b html docs docs/_build``."""

import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import npfs

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "npfs"
author = "The npfs developers"
release = version = npfs.__version__
html_title = "npfs: NumPy From Scratch"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "numpydoc",
    "drawn",
    "examples_measured",
    "mathml",
    "measured",
    "memory_drawings",
    "published_table",
    "reference_figure",
    "reference_page",
    "scale_report",
    "tour_notebook",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath", "smartquotes"]
myst_heading_anchors = 3
myst_update_mathjax = False

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings give types, with shapes and units
autodoc_default_options = {"members": True}
numpydoc_show_class_members = False
numpydoc_use_plots = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "furo"
pygments_dark_style = "a11y-high-contrast-dark"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["npfs.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_show_search_summary = False  # it would fetch pages, which no browser does from disk
html_theme_options = {
    # The colours of the report, so that its figures lie on their own background.
    "light_css_variables": {
        "color-brand-primary": "#0a5a9c",
        "color-brand-content": "#0a5a9c",
        "color-brand-visited": "#0a5a9c",
        "color-sidebar-caption-text": "#59626d",
    },
    "dark_css_variables": {
        "color-background-primary": "#15181d",
        "color-background-secondary": "#1c2026",
        "color-brand-primary": "#7cbcf5",
        "color-brand-content": "#7cbcf5",
        "color-brand-visited": "#7cbcf5",
        "color-sidebar-caption-text": "#a4adb8",
    },
}


def skip_fields_of_tuples(app: Sphinx, what: str, name: str, obj: Any, *_: object) -> bool | None:
    """Leave out Python's own docstrings of a named tuple's fields; its docstring has more."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app: Sphinx) -> None:
    """Connect what this file adds."""
    app.connect("autodoc-skip-member", skip_fields_of_tuples)
