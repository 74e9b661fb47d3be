"""What a backend costs before it is run, against files and packages made for it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from npfs.backends import numba_parallel, numba_simd
from npfs.backends.base import Backend
from npfs.backends.registry import load_backend
from npfs.suite import costs

SOURCE = '''"""A docstring

of three lines is no code."""

import json  # code

from odd_library import deep


# a comment
def prepare(X, y):
    """Return both."""
    return (
        X,
        y,
    )


def fit(data, epochs, learning_rate):
    import other_library.part

    text = """a string
    that is code"""
'''


def package(folder: Path, name: str, requires: str, module: str, n_bytes: int) -> None:
    """Make an installed package: a module of a size, and what pip would keep of it."""
    (folder / f"{module}.py").write_text("x" * n_bytes)
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}")
    (info / "RECORD").write_text(f"{module}.py,,{n_bytes}\n")
    (info / "top_level.txt").write_text(module)


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Backend]]:
    """Make a backend of a source."""

    def make(source: str) -> Backend:
        (tmp_path / "odd_backend.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "odd_backend", raising=False)
        for name in ("odd_library", "other_library"):
            monkeypatch.setitem(sys.modules, name, type(sys)(name))
        vars(sys.modules["odd_library"])["deep"] = None
        module = importlib.import_module("odd_backend")
        costs._offered.cache_clear()
        return Backend("odd", "Odd", module.prepare, module.fit)

    yield make
    costs._offered.cache_clear()


def test_blank_lines_comments_and_docstrings_are_no_code(odd: Callable[[str], Backend]) -> None:
    assert costs.lines_of_code(odd(SOURCE)) == 11  # counted by hand


def test_packages_are_those_that_are_imported_and_what_they_require(
    odd: Callable[[str], Backend], tmp_path: Path
) -> None:
    package(
        tmp_path, "Odd", "Requires-Dist: Deep_Er>=1; python_version > '3'\n", "odd_library", 1000
    )
    package(tmp_path, "deep-er", "Requires-Dist: odd\n", "deeper", 200)
    package(tmp_path, "other", "Requires-Dist: not-chosen; extra == 'more'\n", "other_library", 30)
    package(tmp_path, "not-chosen", "", "not_chosen", 4)
    found = costs.installed_bytes(odd(SOURCE))
    assert found == {"odd": 1000, "deep-er": 200, "other": 30}


def test_lists_need_nothing_and_numpy_itself() -> None:
    assert costs.installed_bytes(load_backend("python")) == {}
    assert list(costs.installed_bytes(load_backend("numpy"))) == ["numpy"]
    needed = costs.installed_bytes(load_backend("numba"))
    assert needed.keys() == {"numba", "llvmlite", "numpy"}
    assert all(size > 1e6 for size in needed.values())


def test_without_source_the_lines_are_not_known() -> None:
    backend = Backend("odd", "Odd", max, min)
    assert costs.lines_of_code(backend) is None


def test_this_package_is_no_cost_of_its_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is found where it is installed from a wheel."""
    monkeypatch.setattr(costs, "_offered", lambda: {"npfs": ["numpy"]})
    assert costs.installed_bytes(load_backend("python")) == {}


def test_the_digest_covers_prepare_fit_and_build() -> None:
    backend = load_backend("numba-parallel")
    assert backend.fit is numba_simd.fit
    assert backend.prepare is numba_parallel.prepare
    digest = costs.source_digest(backend)
    assert digest != costs.source_digest(replace(backend, prepare=numba_simd.prepare))
    assert digest != costs.source_digest(replace(backend, build="other 1.0"))
    assert digest == costs.source_digest(replace(backend, title="Other"))
