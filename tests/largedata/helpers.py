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

import numpy as np
from distributed import Client

from npfs.data.pieces import Piece, Pieces
from npfs.largedata.block_descent import State, descend_by_sums
from npfs.largedata.cluster_blocks import ClusterBlocks
from npfs.regression.descent import Descent
from npfs.regression.problem import Array, Problem, make_problem

EPOCHS, RATE = 40, 0.1


def problem(n_samples: int = 20_000) -> Problem:
    return make_problem(n_samples, 4, intercept=0.5, seed=1)


def reference(X: Array, y: Array, epochs: int = EPOCHS) -> tuple[Array, float, Array]:
    """Gradient descent in NumPy, from the formulas."""
    weights, losses = np.zeros(X.shape[1]), []
    bias: Any = 0.0
    for _ in range(epochs):
        error = X @ weights + bias - y
        losses.append(np.mean(error**2))
        weights = weights - RATE * 2 * error @ X / len(y)
        bias -= RATE * 2 * np.mean(error)
    return weights, float(bias), np.array(losses)


def pieces_of(*pieces: Piece, n_samples: int = 1) -> Pieces:
    """Pieces of four features; what they say of their rows may be wrong."""
    return Pieces(pieces, n_samples, tuple("abcd"), "y")


def fit(
    blocks: ClusterBlocks, epochs: int = EPOCHS, after_epoch: Any = lambda state: None
) -> Descent:
    """Gradient descent on blocks that are laid out."""
    return descend_by_sums(
        blocks.total,
        blocks.n_samples,
        State.start(blocks.n_features),
        epochs=epochs,
        learning_rate=RATE,
        after_epoch=after_epoch,
    )


def assert_same(found: Descent, wanted: Any, rtol: float) -> None:
    weights, bias, losses = wanted[:3]
    np.testing.assert_allclose(found.weights, weights, rtol=rtol)
    np.testing.assert_allclose(found.bias, bias, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(found.loss_history, losses, rtol=rtol)


def pids(client: Client) -> list[int]:
    return sorted(client.run(os.getpid).values())


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def wait_until(condition: Any, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.02)


def held(client: Client) -> int:
    """How many blocks are in the workers' memory."""
    return sum(len(keys) for keys in client.has_what().values())


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
