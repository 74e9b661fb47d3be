"""The child's end of the pipe to the process that started it.

It imports little: a process whose startup is measured reports too.
"""

import json
import os
import sys
from typing import Any

PIPE = "NPFS_EVENTS"  # the variable that names the child's end of the pipe


class Terminated(KeyboardInterrupt):
    """The process was asked to end, or nobody listens: it saves what it has, as after Ctrl-C."""


class Reporter:
    """Reports events to the process that started this one, if one listens."""

    def __init__(self) -> None:
        given = os.environ.pop(PIPE, None)
        self._pipe = None if given is None else _opened(int(given))

    def report(self, **event: Any) -> None:
        """Report an event.

        Raises
        ------
        Terminated
            If nobody listens any more.
        """
        if self._pipe is None:
            return
        try:
            os.write(self._pipe, json.dumps(event).encode() + b"\n")
        except OSError:
            self._pipe = None
            raise Terminated from None


def _opened(number: int) -> int:
    """Open the pipe for this process alone: what it starts would keep it open."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        return msvcrt.open_osfhandle(number, os.O_WRONLY)
    os.set_inheritable(number, False)
    return number
