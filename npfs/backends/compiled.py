"""What the Numba backends share: compiled code on disk where it can be kept, and threads."""

import os
import threading

import numba

NOT_CACHED = (
    "compiled anew in each process, as no folder for compiled code can be written; "
    "NUMBA_CACHE_DIR names one that can"
)
# What steers Numba's threads.
VARIABLES = ("NUMBA_THREADING_LAYER", "NUMBA_NUM_THREADS")
ONE_AT_A_TIME = threading.Lock()


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


CACHED = _can_be_kept()


def with_note(note: str = "") -> str:
    """Return the note of a backend, and that it is compiled anew, if it is."""
    return note if CACHED else "; ".join(filter(None, (note, NOT_CACHED)))


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
