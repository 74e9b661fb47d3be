import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from npfs.backends import registry
from npfs.backends.base import Backend, BackendUnavailable, Fit
from npfs.backends.registry import UnknownBackend, load_all, load_backend


def offer(monkeypatch: pytest.MonkeyPatch, module: str, source: str, name: str = "extra") -> None:
    """Register an entry point to a module made of ``source``, beside those installed."""
    made = ModuleType(module)

    class Finder:
        @staticmethod
        def find_spec(fullname: str, path: object, target: object = None) -> object:
            if fullname != module:
                return None
            from importlib.machinery import ModuleSpec

            return ModuleSpec(module, Finder)  # type: ignore[arg-type]

        @staticmethod
        def create_module(spec: object) -> ModuleType:
            return made

        @staticmethod
        def exec_module(module: ModuleType) -> None:
            exec(source, module.__dict__)

    load_all()  # some library may add a finder of its own, which must stay
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    monkeypatch.delitem(sys.modules, module, raising=False)
    entry = EntryPoint(name, f"{module}:BACKEND", registry.GROUP)
    installed = registry._entry_points()
    monkeypatch.setattr(registry, "_entry_points", lambda: {**installed, name: entry})


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        UnknownBackend,
        match="unknown backend 'nunpy'; known backends: python, numpy, numpy-inplace",
    ):
        load_backend("nunpy")


def test_a_missing_library_is_a_reason_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "plug", "import absent_library.part")
    with pytest.raises(
        BackendUnavailable, match=r"needs the package 'absent_library'.*pip install absent"
    ):
        load_backend("extra")
    loaded, reasons = load_all()
    assert "extra" not in loaded
    assert {"python", "numpy", "numba"} <= set(loaded)
    assert "extra" in reasons


def test_numba_missing_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "npfs.backends.numba_jit", raising=False)
    loaded, reasons = load_all()
    assert {"python", "numpy"} <= set(loaded)
    assert "needs the package 'numba'" in str(reasons["numba"])


def test_a_broken_backend_fails_loudly_but_not_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "plug", "1 / 0")
    with pytest.raises(ZeroDivisionError):
        load_backend("extra")
    _, reasons = load_all()
    assert str(reasons["extra"]) == (
        "backend 'extra' failed to load: ZeroDivisionError: division by zero"
    )


def test_a_missing_part_of_the_backend_itself_is_no_missing_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offer(monkeypatch, "plug", "import plug.kernel")
    with pytest.raises(ModuleNotFoundError) as caught:
        load_backend("extra")
    assert not isinstance(caught.value, BackendUnavailable)


def test_an_entry_point_must_load_a_backend_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "plug", "BACKEND = 3")
    with pytest.raises(
        TypeError, match="entry point 'plug:BACKEND' must be an npfs Backend, got 3"
    ):
        load_backend("extra")
    other = Backend("other", "Other", lambda X, y: X, lambda data, epochs, rate: Fit([], 0.0, []))
    monkeypatch.setattr(EntryPoint, "load", lambda self: other)
    with pytest.raises(ValueError, match="'extra' loads a backend that calls itself 'other'"):
        load_backend("extra")
