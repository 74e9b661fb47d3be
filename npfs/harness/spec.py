"""The specification of a run, and the settings of the command that it belongs to."""

import contextlib
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

VARIABLE = "NPFS_RUN"  # of the environment: the file with the specification of a further run
PADDING = "NPFS_PADDING"
REPETITIONS, REPETITION_S = 12, 0.0015  # of a case in a run; docs/measuring.md has the reason
LONGEST_PADDING = 4096  # a page: what the stack holds then begins anywhere in one


class Settings(Struct, frozen=True, kw_only=True):
    """What the command asks for, as far as the harness needs to know.

    Attributes
    ----------
    reports : Path
        The folder that holds ``runs``.
    runs : int
        Fresh processes that each time every case; the fewest if ``until_s`` is given.
    until_s : float or None
        Further runs are made as long as they end within so many seconds of the command.
    budget_s : float or None
        The command ends within it, with fewer runs or repetitions if need be.
    precision : float or None
        Further runs are made until every speedup, or time, is known to within it.
    repetitions, repetition_s : int, float
        Of each case in a run, and the seconds of rounds in each.
    seed : int
        Of the order.
    planned : dict
        Options by name, as far as ``--resume`` has to give them again.
    job : str
        The interrupted command whose runs are to be finished.
    passes : int or None
        Of them, those that the runs of the interrupted command made.
    arguments : tuple of str
        Of a further run's pytest.
    baseline : str or None
        What a suite's benchmarks are compared with.
    """

    reports: Path
    runs: int
    until_s: float | None = None
    budget_s: float | None = None
    precision: float | None = None
    repetitions: int
    repetition_s: float = REPETITION_S
    seed: int = 0
    planned: dict[str, str | None] = {}
    job: str = ""
    passes: int | None = None
    arguments: tuple[str, ...] = ()
    baseline: str | None = None


class RunSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one process is to measure; JSON hands it to a fresh one.

    Attributes
    ----------
    job : str
        The command that the run belongs to; empty for its first run, which makes the name.
    position : int
        Among the runs of the command, from 1.
    repetitions : int or None
        Of each case, as the first run made them; None to decide.
    only : tuple of str or None
        The cases that it times; None for all.
    skipped, failed : dict
        Cases that it leaves out, with the reason.
    seconds_left : float or None
        Of the budget.
    chosen : dict
        What the suite's first run found out about its cases.
    machine_info, commit_info : dict
        What pytest-benchmark records; to find it out again takes a fifth of a second.
    padding_bytes : int
        By which the environment of the process is longer.
    turns : int or None
        The port at which it waits for its turn with another run, before each pass.
    """

    job: str = ""
    position: int = 1
    repetitions: int | None = None
    only: tuple[str, ...] | None = None
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    seconds_left: float | None = None
    chosen: dict[str, Any] = {}
    machine_info: dict[str, Any] = {}
    commit_info: dict[str, Any] = {}
    padding_bytes: int = 0
    turns: int | None = None

    @property
    def is_first(self) -> bool:
        """Whether it is the first run of its command."""
        return not self.job

    @contextlib.contextmanager
    def environment(self) -> Iterator[dict[str, str]]:
        """Give the environment of a process that makes this run.

        Its size differs from run to run, as the order does: it moves what lies on the stack, which
        may change the time of the same code (Mytkowicz et al., "Producing wrong data without doing
        anything obviously wrong!", ASPLOS 2009).
        """
        with tempfile.TemporaryDirectory(prefix="npfs-") as folder:
            file = Path(folder, "run.json")
            file.write_bytes(msgspec.json.encode(self))
            yield {**os.environ, VARIABLE: str(file), PADDING: "x" * self.padding_bytes}


def given_spec() -> RunSpec:
    """Take the specification that this process was started with out of its environment."""
    file = os.environ.pop(VARIABLE, None)
    return RunSpec() if file is None else msgspec.json.decode(Path(file).read_bytes(), type=RunSpec)


def padding_of(seed: int, number: int) -> int:
    """Draw the padding of a run; the same for the same seed and number."""
    return random.Random(f"{seed}/{number}/padding").randrange(LONGEST_PADDING)


def order_of(
    cases: dict[str, int], repetitions: int, seed: int, run_number: int
) -> list[tuple[str, int]]:
    """Return the cases in the order in which a run times them, each with its pass from 1 on.

    ``cases`` says how many of the repetitions a case takes at most. They are made in passes over
    all cases, each in an order of its own; a case of fewer is timed in passes that lie evenly.
    """
    random_order = random.Random(f"{seed}/{run_number}")
    order: list[tuple[str, int]] = []
    for number in range(repetitions):
        ids = []
        for case, most in sorted(cases.items()):
            wanted = min(most, repetitions)
            before, after = (-(-wanted * k // repetitions) for k in (number, number + 1))
            if after > before:
                ids.append((case, number + 1))
        random_order.shuffle(ids)
        order += ids
    return order
