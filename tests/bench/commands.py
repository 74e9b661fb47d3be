"""The benchmark as people call it: real processes, and what they leave."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FIT = ("bench/bench_fit.py",)  # without read passes, which load Numba
FITS = (*FIT, "bench/bench_read.py")
WHOLE = ("bench",)
STREAMS: dict[str, Any] = {
    "cwd": ROOT, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT
}  # fmt: skip


def command(
    *options: object, files: tuple[str, ...] = FITS, only: bool = True, quick: bool = True
) -> list[str]:
    """Return the command; a ``quick`` one loads the plugins it needs and draws no figures."""
    flags = ["--benchmark-only"] if only else []
    if quick:
        plugins = ("pytest_benchmark.plugin", "npfs.plugin.entry", "tests.bench.without_figures")
        flags += [word for plugin in plugins for word in ("-p", plugin)]
    return [sys.executable, "-m", "pytest", *files, *flags, *map(str, options)]


def quick_environment() -> dict[str, str]:
    """Return the environment of a quick command."""
    return os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def bench(*options: object, **choice: Any) -> subprocess.CompletedProcess[str]:
    """Run a quick benchmark to its end; ``choice`` is that of ``command``."""
    whole, environment = command(*options, **choice), quick_environment()
    return subprocess.run(whole, **STREAMS, env=environment, check=False, timeout=900)


def start(*options: object, **choice: Any) -> subprocess.Popen[str]:
    """Start a quick benchmark in a group of processes of its own."""
    whole, environment = command(*options, **choice), quick_environment()
    return subprocess.Popen(whole, **STREAMS, env=environment, start_new_session=True)


def end(process: subprocess.Popen[str], how: int, *, alone: bool = False) -> str:
    """Send the signal to all processes of the command, or the first; return its output."""
    (os.kill if alone else os.killpg)(process.pid, how)
    try:
        output, _ = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return output


@dataclass(frozen=True)
class Job:
    """A benchmark that has ended well; ``modules`` is the folder of ``tests.loaded_modules``."""

    reports: Path
    process: subprocess.CompletedProcess[str]
    modules: Path = Path()

    def __post_init__(self) -> None:
        assert self.process.returncode == 0, self.process.stdout

    @cached_property
    def runs(self) -> list[dict[str, Any]]:
        """The run files, in the order of the runs."""
        return list(map(load, run_paths(self.reports)))

    @property
    def output(self) -> str:
        """What was printed, in one line."""
        return " ".join(self.process.stdout.split())


def run_paths(reports: Path) -> list[Path]:
    return sorted((reports / "runs").rglob("*.json"))


def load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def timed(run: dict[str, Any]) -> set[str]:
    """Return the ids of the cases that a run timed."""
    return {benchmark["param"] for benchmark in run["benchmarks"]}


def probed(run: dict[str, Any], group: str) -> dict[str, dict[str, Any]]:
    """Return what a run measured of a group in processes of its own, by id."""
    return {probe["id"]: probe for probe in run["npfs"]["probes"] if probe["group"] == group}


def install(folder: Path, name: str, source: str, *, entry: str | None = None) -> None:
    """Write a module that offers ``BACKEND``, as an installer leaves it in a folder of the path."""
    (folder / f"{name}.py").write_text(source)
    info = folder / f"{name}-1.dist-info"
    info.mkdir()
    package = name.replace("_", "-")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[npfs.backends]\n{entry or name} = {name}:BACKEND\n")
