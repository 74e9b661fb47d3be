"""Finding backends: built-in and third-party ones by the entry-point group ``npfs.backends``."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from npfs.backends.base import Backend, BackendUnavailable

GROUP = "npfs.backends"
# Backends that are timed only where they are named; known without loading their libraries.
IF_NAMED = "npfs.backends_if_named"
_BUILT_IN_ORDER = (
    "python",
    "numpy",
    "numpy-inplace",
    "numpy-gram",
    "numba",
    "numba-simd",
    "numba-parallel",
    "memmap",
    "dask",
    "dask-gram",
    "c",
    "jax",
    "torch",
)


class UnknownBackend(ValueError):
    """No installed package offers a backend of that name."""


def backend_names(*, also_if_named: bool = True) -> list[str]:
    """Return the names of all registered backends: the built-in ones, then others by name.

    Without ``also_if_named`` those of a benchmark in which none are named.
    """
    return sorted(
        _entry_points() if also_if_named else {entry.name for entry in entry_points(group=GROUP)},
        key=lambda name: (
            _BUILT_IN_ORDER.index(name) if name in _BUILT_IN_ORDER else len(_BUILT_IN_ORDER),
            name,
        ),
    )


def load_backend(name: str) -> Backend:
    """Load the backend ``name``.

    Raises
    ------
    UnknownBackend
        If no such backend is registered; the message lists those that are.
    BackendUnavailable
        If a library it needs is missing; the message says which and how to install it. Any other
        error while loading is the backend's own and is not caught.
    """
    found = _entry_points()
    if name not in found:
        known = ", ".join(backend_names()) or "none; install npfs with: python -m pip install -e ."
        raise UnknownBackend(f"unknown backend {name!r}; known backends: {known}")
    entry = found[name]
    try:
        backend = entry.load()
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", entry.module.partition(".")[0]):
            raise
        raise BackendUnavailable(
            f"backend {name!r} needs the package {missing!r}, which is not installed; "
            f"install it with: python -m pip install {_requirement(entry, missing)}",
            package=missing,
        ) from error
    except BackendUnavailable:
        raise
    except Exception as error:
        if not entry.module.startswith("npfs."):
            raise
        raise BackendUnavailable(  # settings of a library, such as NUMBA_NUM_THREADS=0
            f"backend {name!r} cannot be loaded here ({type(error).__name__}: {error}); mend what "
            "that says, or choose another backend"
        ) from error
    if not isinstance(backend, Backend):
        raise TypeError(f"entry point {entry.value!r} must be an npfs Backend, got {backend!r}")
    if backend.name != name:
        raise ValueError(f"entry point {name!r} loads a backend that calls itself {backend.name!r}")
    return backend


def location(name: str) -> str:
    """Return the location of the registered backend ``name``, as ``"package.module:NAME"``."""
    entry = _entry_points()[name]
    return f"{entry.module}:{entry.attr}"


def load_all(
    names: Iterable[str] = (),
) -> tuple[dict[str, Backend], dict[str, BackendUnavailable]]:
    """Load these backends, or all registered ones; return those loaded, and the others' reasons.

    A broken one is named with its own error and does not keep the others from being used.
    """
    loaded: dict[str, Backend] = {}
    reasons: dict[str, BackendUnavailable] = {}
    for name in names or backend_names():
        try:
            loaded[name] = load_backend(name)
        except BackendUnavailable as error:
            reasons[name] = error
        except Exception as error:  # whatever a third party's module raises when it is imported
            reason = f"backend {name!r} failed to load: {type(error).__name__}: {error}"
            reasons[name] = BackendUnavailable(reason)
    return loaded, reasons


def _entry_points() -> dict[str, EntryPoint]:
    return {entry.name: entry for group in (IF_NAMED, GROUP) for entry in entry_points(group=group)}


def _requirement(entry: EntryPoint, missing: str) -> str:
    if entry.extras and entry.dist is not None:
        extras = ",".join(entry.extras)
        return f"'{entry.dist.name}[{extras}]' (in a clone: -e '.[{extras}]')"
    return missing
