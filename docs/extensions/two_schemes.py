"""A figure in two files, for light pages and for dark ones; the theme shows the one that suits."""

from html import escape

from docutils import nodes

from npfs.report.figures import Figure


def of_report(found: Figure, folder: str) -> nodes.figure:
    """Return a figure of the report whose files are in a folder, with its title and caption."""
    title = found.chart.title
    caption = nodes.caption("", "", nodes.strong("", f"{title}."))
    caption += nodes.Text(f" {found.caption}")
    files = (f"{folder}/{found.name}.svg", f"{folder}/{found.name}-dark.svg")
    return figure(*files, alt=found.alt, name=title, caption=caption)


def figure(
    light: str, dark: str, *, alt: str, name: str, caption: nodes.caption, width: str = "wide"
) -> nodes.figure:
    """Return a figure that a narrow screen scrolls; the files are given from the folder of the sources.

    ``width`` is "wide", or "narrow" for one panel.
    """
    label = escape(f"Figure: {name}", quote=True)
    opening = f'<div class="figure-scroll" role="region" tabindex="0" aria-label="{label}">'
    return nodes.figure(
        "",
        nodes.raw("", opening, format="html"),
        nodes.image(uri=f"/{light}", alt=alt, classes=["only-light"]),
        nodes.image(uri=f"/{dark}", alt=alt, classes=["only-dark"]),
        nodes.raw("", "</div>", format="html"),
        caption,
        classes=["two-schemes", f"two-schemes-{width}"],
    )
