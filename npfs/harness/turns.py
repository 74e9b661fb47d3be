"""Turns: two runs at a time, of which one times a pass over its cases while the other waits.

What changes on a machine within seconds then changes for both.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence


class Turn:
    """A run's end: it waits for its turn before each pass; where nobody gives turns it does not."""

    def __init__(self, port: int) -> None:
        self._socket: socket.socket | None = None
        with contextlib.suppress(OSError):
            self._socket = socket.create_connection(("localhost", port))

    def wait(self) -> None:
        """Give the turn back, and wait for the next one."""
        if self._socket:
            self._socket.sendall(b".")
            self._socket.recv(1)

    def end(self) -> None:
        """Give the turn back for good."""
        if self._socket:
            self._socket.close()


@contextlib.contextmanager
def take_turns() -> Iterator[list[int]]:
    """Give two ports, at each of which a run waits for its turns.

    Who starts a run connects to its port once more when it has ended: it may never have done so.
    """
    with contextlib.ExitStack() as opened:
        servers = [opened.enter_context(socket.create_server(("localhost", 0))) for _ in range(2)]
        giver = threading.Thread(target=_give_turns, args=(servers,), daemon=True)
        giver.start()
        yield [server.getsockname()[1] for server in servers]
        giver.join()


def _give_turns(servers: Sequence[socket.socket]) -> None:
    """Give turns to both: one and the other, then the other way round, until both have ended."""
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        runs = [opened.enter_context(server.accept()[0]) for server in servers]
        wants = {run: _hear(run) for run in runs}
        while any(wants.values()):
            for run in runs:
                if wants[run]:
                    run.sendall(b".")
                    wants[run] = _hear(run)
            runs.reverse()


def _hear(run: socket.socket) -> bytes:
    """Wait until a run has ended its turn; empty if it has ended, however it did."""
    with contextlib.suppress(OSError):
        return run.recv(1)
    return b""
