"""The benchmark as people call it: real processes, and what they leave."""

import json
import os
import signal
import subprocess
import sys
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
    *options: object, files: tuple[str, ...] = FITS, only: bool = True, figures: bool = False
) -> list[str]:
    flags = ["--benchmark-only"] if only else []
    if not figures:
        flags += ["-p", "tests.bench.without_figures"]
    return [sys.executable, "-m", "pytest", *files, *flags, *map(str, options)]


def bench(*options: object, **choice: Any) -> subprocess.CompletedProcess[str]:
    """Run the benchmark to its end; ``choice`` is that of ``command``."""
    return subprocess.run(command(*options, **choice), **STREAMS, check=False, timeout=300)


def start(*options: object, **choice: Any) -> subprocess.Popen[str]:
    """Start the benchmark in a group of processes of its own."""
    return subprocess.Popen(command(*options, **choice), **STREAMS, start_new_session=True)


def end(process: subprocess.Popen[str], how: int) -> str:
    """Send the signal to all processes of the command, and return its output."""
    os.killpg(process.pid, how)
    try:
        output, _ = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return output


def run_paths(reports: Path) -> list[Path]:
    return sorted((reports / "runs").rglob("*.json"))


def load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def timed(run: dict[str, Any]) -> set[str]:
    """Return the ids of the cases that a run timed."""
    return {benchmark["param"] for benchmark in run["benchmarks"]}


def install(folder: Path, name: str, source: str, *, entry: str | None = None) -> None:
    """Write a module that offers ``BACKEND``, as an installer leaves it in a folder of the path."""
    (folder / f"{name}.py").write_text(source)
    info = folder / f"{name}-1.dist-info"
    info.mkdir()
    package = name.replace("_", "-")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[npfs.backends]\n{entry or name} = {name}:BACKEND\n")
