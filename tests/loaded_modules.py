"""Record which modules the processes of a command load, and which of them imports which."""

import os
import subprocess
import sys
from pathlib import Path

# Python imports this module at its start, in every process that inherits PYTHONPATH.
RECORDER = """
import atexit, builtins, os, sys

edges = set()
original = builtins.__import__

def recording(name, globals=None, locals=None, fromlist=(), level=0):
    module = original(name, globals, locals, fromlist, level)
    importer = (globals or {}).get("__spec__")
    importer = importer.name if importer else ""
    if importer.startswith("npfs.") and name.split(".")[0] == "npfs":
        edges.update({(importer, name), *((importer, f"{name}.{item}") for item in fromlist or ())})
    return module

def save():
    main = getattr(sys.modules.get("__main__"), "__spec__", None)
    names = {*sys.modules, main.name if main else ""}
    with open(os.path.join(os.environ["LOADED_MODULES"], f"{os.getpid()}.txt"), "w") as file:
        file.write("\\n".join(sorted(names)) + "\\n")
        file.write("".join(f"{a} -> {b}\\n" for a, b in sorted(edges) if b in names))

builtins.__import__ = recording
atexit.register(save)
"""


def recording_environment(folder: Path) -> dict[str, str]:
    """Return the environment in which every Python process writes its modules into ``folder``."""
    (folder / "sitecustomize.py").write_text(RECORDER)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "LOADED_MODULES": str(folder)}


def loaded(folder: Path) -> list[set[str]]:
    """Return the modules of each process that has ended."""
    files = sorted(folder.glob("*.txt"))
    return [{line for line in f.read_text().split("\n") if " -> " not in line} for f in files]


def imports(folder: Path) -> set[tuple[str, str]]:
    """Return (importer, imported) of all processes that have ended, both below ``npfs``."""
    lines = {line for f in folder.glob("*.txt") for line in f.read_text().split("\n")}
    edges = {(a, b) for a, _, b in (line.partition(" -> ") for line in lines)}
    return {(a, b) for a, b in edges if b.startswith("npfs.")}


def loaded_by(folder: Path, *arguments: str) -> set[str]:
    """Run a fresh interpreter with ``arguments``; return the modules that it had loaded."""
    environment = recording_environment(folder)
    command = [sys.executable, *arguments]
    subprocess.run(command, env=environment, check=True, timeout=120, capture_output=True)
    return set().union(*loaded(folder))
