"""``npfs bench``: the benchmark, as pytest runs it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

import npfs
from npfs.cli.shared import mistakes

SETTINGS = "settings.ini"  # of pytest, for the benchmarks


class CannotMeasure(RuntimeError):
    """Runs cannot be added here; the message says why and what to do."""


def bench(context: typer.Context) -> None:
    """Run the benchmark: the same as python -m pytest bench --benchmark-only, with its options.

    Such as --preset quick, --runs 10, --data FILE --target COLUMN; npfs bench -- --help lists all.
    """
    with mistakes(CannotMeasure):
        command = bench_command(context.args)
    raise typer.Exit(run_in_place(command))


def add_runs(number: int, reports: Path) -> None:
    """Add runs of the standard preset to a reports folder.

    Raises
    ------
    CannotMeasure
        If there is no bench here, or it fails.
    """
    command = bench_command([f"--runs={number}", f"--reports={reports}"])
    ended = subprocess.run(command, check=False)
    if ended.returncode != 0:
        raise CannotMeasure(f"the benchmark ended with exit code {ended.returncode}; see above")


def bench_command(options: Sequence[str]) -> list[str]:
    """Return the command that measures, with the benchmarks of this clone or of the package.

    They run with their own settings of pytest, whatever those of the folder are.

    Raises
    ------
    CannotMeasure
        If the benchmarks are neither here nor in the package.
    """
    package = Path(npfs.__file__).parent
    places = (Path("bench"), package.parent / "bench", package / "bench")
    found = [place.absolute() for place in places if (place / SETTINGS).is_file()]
    if not found:
        raise CannotMeasure(
            "the benchmarks are not in this installation of npfs; install it again, or go to your "
            "clone of npfs"
        )
    settings = ["-c", str(found[0] / SETTINGS), "--rootdir", str(found[0])]
    pytest = [sys.executable, "-m", "pytest", str(found[0]), *settings]
    return [*pytest, "--benchmark-only", *options]


def run_in_place(command: list[str]) -> int:
    """Replace this process by the command where the system can; else return its exit code."""
    if os.name == "posix":
        sys.stdout.flush()
        for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
            if stream.name == os.devnull:  # in place of one that was closed
                os.dup2(stream.fileno(), number)
                os.set_inheritable(number, True)
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode
