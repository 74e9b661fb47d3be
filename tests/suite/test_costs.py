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

SOURCE = '''"""A docstring."""

import json

from odd_library import deep


# a comment
def prepare(X, y):
    """Return both."""
    return X, y


def fit(data, epochs, learning_rate):
    import other_library.part

    return fit_many_features(data)


def fit_many_features(data):
    return data
'''
# What a learner would write of it is counted beside each line: 3 + 4 + 2.
ONE_FEATURE = '''
def fit_one_feature(
    data: tuple[list[float], list[float]],
    epochs: int,  # and a comment
    learning_rate: float,
) -> list[float]:  # 1
    """Return the losses.

    At length.
    """
    losses = kernel(
        data,
        epochs,
    )  # 2
    return deep(losses)  # 3


def kernel(data: object, epochs: int) -> list[float]:  # 4
    # as the formula reads

    def inner(x: float) -> float:  # 5
        """Double."""
        return twice(x)  # 6

    return [inner(x) for x in data]  # 7


def twice(x):  # 8
    return twice(x) if x < 0 else 2 * x  # 9


def not_used(x):
    return fit(x, 1, 1)
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


def test_the_fit_for_one_feature_and_its_kernel_count_without_what_explains_them(
    odd: Callable[[str], Backend],
) -> None:
    assert costs.fit_lines(odd(SOURCE + ONE_FEATURE)) == 9


def test_without_a_fit_for_one_feature_that_for_all_counts(odd: Callable[[str], Backend]) -> None:
    assert costs.fit_lines(odd(SOURCE)) == 3 + 2


@pytest.mark.parametrize(("name", "lines"), [("python", 15), ("numpy", 12), ("numba", 20)])
def test_a_learner_writes_some_lines(name: str, lines: int) -> None:
    """As counted by hand in the files; the order is what ``good enough`` goes by."""
    assert costs.fit_lines(load_backend(name)) == lines


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
    assert costs.fit_lines(backend) is None


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
