"""``npfs backends``: every registered backend, available or not."""

from typing import Any

from npfs.cli.shared import AsJson, print_json, print_table, working


def backends(as_json: AsJson = False) -> None:
    """List the backends: which are available, of which version, and why the others are not."""
    with working("loading the backends", quiet=as_json):
        found = _listing()
    if as_json:
        print_json(found)
        return
    print_table([_row(of) for of in found if of["available"]], numbers=False)
    for of in found:
        if not of["available"]:
            print(f"not available: {of['reason']}")


def _row(of: dict[str, Any]) -> dict[str, str]:
    kind = "" if of["same_work"] else " (shortcut: another algorithm)"
    versions = ", ".join(f"{name} {version}" for name, version in of["versions"].items())
    what = of["title"] + kind
    return {"name": of["name"], "what it is": what, "with": versions or "nothing but Python"}


def _listing() -> list[dict[str, Any]]:
    """Return the facts of every registered backend, for programs."""
    from importlib import metadata

    from npfs.backends.registry import backend_names, load_all
    from npfs.suite.costs import imported_packages

    loaded, reasons = load_all()
    found = []
    for name in backend_names():
        backend = loaded.get(name)
        packages = sorted(imported_packages(backend)) if backend else []
        found.append(
            {
                "name": name,
                "available": backend is not None,
                "title": backend and backend.title,
                "same_work": backend and backend.same_work,
                "dtypes": backend and list(backend.dtypes),
                "versions": {package: metadata.version(package) for package in packages},
                "note": backend and backend.note,
                "reason": str(reasons[name]) if name in reasons else None,
            }
        )
    return found
