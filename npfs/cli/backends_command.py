"""What ``npfs backends`` does."""

import json
from importlib import metadata
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from npfs.backends.registry import backend_names, load_all
from npfs.cli.shared import width, working
from npfs.suite.costs import imported_packages


def show(*, as_json: bool) -> None:
    """Print every registered backend."""
    with working("loading the backends", quiet=as_json):
        found = listing()
    if as_json:
        print(json.dumps(found, indent=1))
        return
    console = Console(width=width(), highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("name", "what it is", "with"):
        table.add_column(heading, overflow="fold")
    for of in found:
        if of["available"]:
            kind = "" if of["same_work"] else " (shortcut: another algorithm)"
            versions = ", ".join(f"{name} {version}" for name, version in of["versions"].items())
            cells = of["name"], of["title"] + kind, versions or "nothing but Python"
            table.add_row(*map(escape, cells))
    console.print(table)
    for of in found:
        if not of["available"]:
            console.print(f"not available: {of['reason']}", soft_wrap=True, markup=False)


def listing() -> list[dict[str, Any]]:
    """Return what is known of every registered backend."""
    loaded, reasons = load_all()
    return [
        {
            "name": name,
            "available": name in loaded,
            "title": loaded[name].title if name in loaded else None,
            "same_work": loaded[name].same_work if name in loaded else None,
            "dtypes": list(loaded[name].dtypes) if name in loaded else None,
            "versions": _versions(name, loaded),
            "note": loaded[name].note if name in loaded else None,
            "reason": reasons.get(name),
        }
        for name in backend_names()
    ]


def _versions(name: str, loaded: dict[str, Any]) -> dict[str, str]:
    if name not in loaded:
        return {}
    return {
        package: metadata.version(package) for package in sorted(imported_packages(loaded[name]))
    }
