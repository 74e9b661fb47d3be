"""The cost of a backend before it runs: code to write and maintain, packages to install."""

import ast
import contextlib
import functools
import inspect
import io
import sys
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from npfs.backends.base import Backend
from npfs.harness.environment import file_digest

OURS = "npfs"
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def source_digest(backend: Backend) -> str:
    """Return a digest of the files that hold ``prepare`` and ``fit``, and of the build."""
    files = file_digest(*(sys.modules[name].__file__ for name in _modules(backend)))
    return f"{files} {backend.build}".strip()


def lines_of_code(backend: Backend) -> int | None:
    """Count the lines of the backend's files without blank lines, comments and docstrings.

    None where there is no source to read.
    """
    sources = [_source(name) for name in _modules(backend)]
    return sum(len(_code_lines(source)) for source in sources if source) if all(sources) else None


def installed_bytes(backend: Backend) -> dict[str, int]:
    """Return the bytes on disk of each installed package that the backend needs.

    The packages are those that the backend's files import, and what these require in turn. Python,
    and what it brings, is not counted. A package that keeps no list of its files is not either.
    """
    needed: set[str] = set()
    for distribution in imported_packages(backend):
        _add_with_requirements(distribution, needed)
    sizes = {name: _bytes(name) for name in sorted(needed)}
    return {name: size for name, size in sizes.items() if size}


def imported_packages(backend: Backend) -> set[str]:
    """Return the installed packages that the backend's files import themselves."""
    return {
        canonicalize_name(distribution)
        for name in _modules(backend)
        for imported in _imports(name)
        for distribution in _offering(imported)
        if distribution  # some have no name
    }


def _modules(backend: Backend) -> list[str]:
    return sorted({backend.prepare.__module__, backend.fit.__module__})


def _offering(name: str) -> Sequence[str]:
    """Return the packages that offer a top-level name.

    Most have the name themselves; to look through all that are installed takes far longer.
    """
    if name in sys.stdlib_module_names:
        return ()
    with contextlib.suppress(metadata.PackageNotFoundError):
        namesake = metadata.distribution(name)
        if any(Path(str(namesake.locate_file(file))).exists() for file in (name, f"{name}.py")):
            return (name,)
    return _offered().get(name, ())


@functools.cache
def _offered() -> Mapping[str, Sequence[str]]:
    """Return the packages that offer each top-level name; looking takes a tenth of a second."""
    return metadata.packages_distributions()


def _source(module: str) -> str | None:
    """Return the source of an imported module; None where there is none, as of compiled ones."""
    try:
        return inspect.getsource(sys.modules[module])
    except (OSError, TypeError):
        return None


def _code_lines(source: str) -> set[int]:
    """Return the numbers of the lines on which some code stands."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            lines.difference_update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return lines


def _imports(module: str) -> Iterator[str]:
    """Yield the top-level names of the libraries that a module's file imports, anywhere in it."""
    for node in ast.walk(ast.parse(_source(module) or "")):
        names: list[str | None] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        yield from {name.partition(".")[0] for name in names if name} - {OURS}


def _add_with_requirements(distribution: str, needed: set[str]) -> None:
    distribution = canonicalize_name(distribution)
    if distribution in needed:
        return
    try:
        required = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return
    needed.add(distribution)
    for line in required:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            _add_with_requirements(requirement.name, needed)


def _bytes(distribution: str) -> int:
    return sum(path.size or 0 for path in metadata.files(distribution) or ())
