"""What a variable costs NumPy: fits in fresh processes, with it and without it.

OpenBLAS reads its variables when it is loaded, so each time needs a process. Run as a module, this
file is that process.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from npfs.schema import Size
from npfs.suite.own_data import Synthetic
from npfs.suite.plan import EPOCHS

# Where BLAS counts: with OPENBLAS_CORETYPE=Haswell on a processor with AVX-512 a fit of 64 features
# takes 1.13 times as long, one of 16 features 0.96 times.
SIZE = Size(10_000, 64)
PAIRS = 5
TIMED_S = 0.1
PROCESS_LIMIT_S = 30.0


class LossNotMeasured(RuntimeError):
    """A process gave no time."""


def seconds_with_and_without(
    variables: Sequence[str], pairs: int = PAIRS
) -> tuple[list[float], list[float]]:
    """Return the seconds of NumPy's fit with ``variables`` as set, and without them, in pairs.

    The first of a pair is once the one and once the other, so that a drift of the machine favours
    neither.

    Raises
    ------
    LossNotMeasured
        If a process fails; the message ends with the last line that it said.
    """
    as_set = dict(os.environ)
    unset = {name: value for name, value in as_set.items() if name not in variables}
    with_them: list[float] = []
    without: list[float] = []
    for pair in range(pairs):
        both = [(as_set, with_them), (unset, without)]
        for environment, seconds in both if pair % 2 == 0 else reversed(both):
            seconds.append(_seconds_in_fresh_process(environment))
    return with_them, without


def _seconds_in_fresh_process(environment: dict[str, str]) -> float:
    try:
        result = subprocess.run(
            [sys.executable, "-m", "npfs.suite.blas_loss"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=PROCESS_LIMIT_S,
        )
        return float(result.stdout.split()[-1])
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or [f"exit code {error.returncode}"]
        raise LossNotMeasured(f"a process that timed NumPy failed: {said[-1]}") from None
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise LossNotMeasured(f"a process that timed NumPy gave no time: {error}") from None


def seconds_of_a_fit() -> float:
    """Return the least time of NumPy's fit in this process, the one least disturbed by others."""
    # only in the process that times
    from npfs.backends.numpy_vectorized import BACKEND  # noqa: PLC0415
    from npfs.suite import timing  # noqa: PLC0415

    X, y, rate = timing.fresh_data(SIZE, Synthetic(seed=0))
    data = BACKEND.prepare(X, y)
    BACKEND.fit(data, EPOCHS, rate)
    seconds: list[float] = []
    while sum(seconds) < TIMED_S:
        start = time.perf_counter()
        BACKEND.fit(data, EPOCHS, rate)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    print(seconds_of_a_fit())
