"""What the tests of the cluster share."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from distributed import Client

from npfs.data.columns import Column, Part, Reader
from npfs.regression.problem import Problem, make_problem


def problem(n_samples: int = 20_000) -> Problem:
    return make_problem(n_samples, 4, intercept=0.5, seed=1)


def reader_of(*parts: Part) -> Reader:
    """A reader of parts with four features."""
    return Reader(list(map(Column, "abcdy")), [(part, range(5)) for part in parts], path="'slow'")


def pids(client: Client) -> list[int]:
    return sorted(client.run(os.getpid).values())


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def wait_until(condition: Any, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.02)


@dataclass(eq=False)
class Started:
    """A scheduler and a worker as commands, so that they can be killed."""

    address: str
    scheduler: subprocess.Popen[str]
    worker: subprocess.Popen[str]


@contextmanager
def commands() -> Iterator[Started]:
    """Start ``dask scheduler`` and ``dask worker``; what is left of them is killed."""
    dask = [sys.executable, "-m", "dask"]
    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*dask, *arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        started.append(process)
        return process

    try:
        scheduler = start("scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard")
        assert scheduler.stderr is not None
        line = next(line for line in scheduler.stderr if "Scheduler at:" in line)
        address = line.split()[-1]
        # Without a nanny, which would replace a worker that is killed.
        worker = start("worker", address, "--nthreads=1", "--no-dashboard", "--no-nanny")
        yield Started(address, scheduler, worker)
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.communicate()
