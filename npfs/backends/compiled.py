"""What the Numba backends share: compiled code on disk where it can be kept, and threads."""

import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from npfs.backends.base import BackendUnavailable

try:
    import numba
    from numba import prange
except ModuleNotFoundError:
    raise
except Exception as error:  # settings that Numba refuses
    raise BackendUnavailable(
        f"Numba cannot be loaded ({str(error).rstrip('.')}); mend its settings, variables that "
        "begin with NUMBA_"
    ) from None

__all__ = ["ONE_AT_A_TIME", "count_threads", "njit", "prange", "thread_problem", "with_note"]

NOT_CACHED = (
    "compiled anew in each process, as no folder for compiled code can be written; "
    "NUMBA_CACHE_DIR names one that can"
)
# What steers Numba's threads.
VARIABLES = ("NUMBA_THREADING_LAYER", "NUMBA_NUM_THREADS")
ONE_AT_A_TIME = threading.Lock()
Function = TypeVar("Function", bound=Callable[..., Any])


def _can_be_kept() -> bool:
    """Return whether Numba finds a place for compiled code.

    That is beside the source, else the user's own cache folder, or ``NUMBA_CACHE_DIR``. Where it
    can write to none (installed by another user, no home) it refuses to compile at all.
    """
    try:
        numba.njit(cache=True)(_can_be_kept)
    except RuntimeError:  # "cannot cache function ...: no locator available"
        return False
    return True


IS_CACHED = _can_be_kept()


def njit(**options: Any) -> Callable[[Function], Function]:
    """Return Numba's decorator, which keeps what it compiles on disk if there is a place for it."""
    decorator: Callable[[Function], Function] = numba.njit(cache=IS_CACHED, **options)
    return decorator


def with_note(note: str = "") -> str:
    """Return the note of a backend, and that it is compiled anew, if it is."""
    return note if IS_CACHED else "; ".join(filter(None, (note, NOT_CACHED)))


def count_threads() -> int:
    """Return the number of threads that Numba computes with."""
    return int(numba.get_num_threads())


def thread_problem() -> tuple[str, str] | None:
    """Return why Numba cannot start threads, and what to do about it; None if it can."""
    try:
        numba.get_num_threads()
    except Exception as error:
        said = str(error).strip().splitlines()[0].rstrip(".")
        named = [f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ]
        remedy = f"unset {' and '.join(named)}" if named else "reinstall numba"
        return f"Numba cannot start its threads ({said})", remedy
    return None


class _Process:
    """Whether this process was forked from one that may have started threads."""

    is_forked = False


def _forked() -> None:
    _Process.is_forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def may_use_threads() -> bool:
    """Return False in a forked child: threads are not copied, and a call of them would not end."""
    return not _Process.is_forked
