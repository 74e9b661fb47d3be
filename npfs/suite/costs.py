"""The cost of a backend before it runs: code to write and maintain, packages to install."""

import ast
import contextlib
import functools
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from npfs.backends.base import Backend
from npfs.harness.environment import file_digest

OURS = "npfs"
ONE_FEATURE = "fit_one_feature"  # as backends call their fit of one feature


def source_digest(backend: Backend) -> str:
    """Return a digest of the files that hold ``prepare`` and ``fit``, and of the build."""
    files = file_digest(*(sys.modules[name].__file__ for name in _modules(backend)))
    return f"{files} {backend.build}".strip()


def fit_lines(backend: Backend) -> int | None:
    """Count the lines that a learner would write: the fit for one feature, and its kernel.

    The kernel is what the fit uses of its own file. Docstrings, comments, blank lines, annotations
    and line breaks do not count. None where there is no source to read.
    """
    source = _source(backend.fit.__module__)
    if source is None:
        return None
    functions = {
        node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
    }
    waiting = [next((name for name in (ONE_FEATURE, "fit") if name in functions), "")]
    counted: dict[str, int] = {}
    while waiting:
        name = waiting.pop()
        if name in functions and name not in counted:
            bare = _Bare().visit(functions[name])
            counted[name] = sum(map(bool, ast.unparse(bare).splitlines()))
            waiting += [node.id for node in ast.walk(bare) if isinstance(node, ast.Name)]
    return sum(counted.values()) or None


class _Bare(ast.NodeTransformer):
    """Takes docstrings and annotations out of a function."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Take them out of this one and those in it."""
        self.generic_visit(node)
        node.returns = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Take the annotation out of a parameter."""
        node.annotation = None
        return node


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
