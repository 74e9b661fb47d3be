"""Runs that are cut short, in every way that ends a process: what was measured is found again."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from npfs.harness.recorder import is_left, read_log, recover
from tests.bench import commands
from tests.bench.commands import FIT, ROOT, STREAMS, bench, end, install, load, run_paths, timed

BACKENDS = ("python", "numpy")  # none that takes long to load
SIZES = (10, 100, 1000, 2000)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such signals")


def start(reports: Path, *options: str) -> subprocess.Popen[str]:
    chosen = {
        "--sizes": ",".join(map(str, SIZES)),
        "--backends": ",".join(BACKENDS),
        "--npfs-repetitions": "5",
    }
    chosen |= dict(option.split("=") for option in options)
    given = (f"{name}={value}" for name, value in chosen.items())
    return commands.start(f"--reports={reports}", *given, files=FIT)


def rebuild(reports: Path) -> subprocess.CompletedProcess[str]:
    code = "from npfs.cli import main; main()"
    command = [sys.executable, "-c", code, "report", "--reports", str(reports)]
    return subprocess.run([*command, "--format=markdown"], **STREAMS, check=False, timeout=60)


def logs(reports: Path) -> list[Path]:
    return sorted((reports / "runs").rglob("*.jsonl"))


def finished(log: Path) -> dict[str, int]:
    """How many rounds each case has in a log."""
    rounds: dict[str, int] = {}
    for entry in read_log(log):
        if entry.benchmark is not None and entry.case is not None:
            data = entry.benchmark["stats"]["data"]
            rounds[entry.case] = rounds.get(entry.case, 0) + len(data)
    return rounds


def wait_for_a_finished_case(process: subprocess.Popen[str], reports: Path, run: int) -> None:
    """Wait until the log of a run holds a case."""
    deadline = time.monotonic() + 60
    while not any(path.stem == f"{run:04d}" and finished(path) for path in logs(reports)):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_for_a_log(process: subprocess.Popen[str], reports: Path) -> None:
    """Wait until a run has begun."""
    while not logs(reports):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)


# A backend that waits in the second repetition of its only case, for a signal, in the run that is named.
WAITING = """
import os, sys, time
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

made = []

def prepare(X, y):
    if len(y) == 10:  # in the first run for the pace as well, then for each repetition
        made.append(1)
    is_further = "NPFS_PADDING" in os.environ
    if len(y) == 10 and len(made) == 3 - is_further and os.environ.get("NPFS_WAIT") == str(1 + is_further):
        time.sleep(60)
    return numpy_vectorized.prepare(X, y)

BACKEND = Backend("waiting", "Waits", prepare, numpy_vectorized.fit)
"""
ONE_CASE = ("--sizes=10", "--backends=waiting", "-k=not more", "--npfs-repetitions=3")


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "waiting", WAITING)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_and_reports_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: int
) -> None:
    """Ctrl-C reaches both processes, SIGTERM the one that was started alone."""
    monkeypatch.setenv("NPFS_WAIT", "2")
    process = start(tmp_path, *ONE_CASE)
    wait_for_a_finished_case(process, tmp_path, 2)
    output = end(process, how, alone=how == signal.SIGTERM)
    assert process.returncode == 2, output
    whole, cut = (load(path) for path in run_paths(tmp_path))
    assert [whole["npfs"]["interrupted"], cut["npfs"]["interrupted"]] == [False, True]
    for run, repetitions in ((whole, 3), (cut, 1)):
        [benchmark] = run["benchmarks"]
        assert len(benchmark["extra_info"]["repetitions"]) == repetitions
    assert "index.html" in output
    assert "interrupted; the cases that were finished count" in output
    assert (tmp_path / "verdict.md").is_file()
    assert not logs(tmp_path)


@pytest.mark.usefixtures("waiting")
def test_two_commands_at_once_keep_all_their_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One makes two runs while the first run of the other is made, and that is interrupted."""
    monkeypatch.setenv("NPFS_WAIT", "1")
    process = start(tmp_path, *ONE_CASE)
    wait_for_a_finished_case(process, tmp_path, 1)
    monkeypatch.delenv("NPFS_WAIT")
    meanwhile = bench(*ONE_CASE, "--runs=2", f"--reports={tmp_path}", files=FIT)
    assert meanwhile.returncode == 0, meanwhile.stdout
    assert "brought back" not in meanwhile.stdout
    output = end(process, signal.SIGINT)
    assert process.returncode == 2, output
    runs = [load(path)["npfs"] for path in run_paths(tmp_path)]
    assert [(run["run"], run["interrupted"]) for run in runs] == [
        (1, True), (2, False), (3, False)
    ]  # fmt: skip
    assert len({run["job"] for run in runs}) == 2
    assert not logs(tmp_path)


def wait_until_no_process_holds(left: list[Path]) -> None:
    """A further run's process, which is not ours to wait for, may take a moment to end."""
    deadline = time.monotonic() + 30
    for log in left:
        while not is_left(log):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_killed_at_random_moments_every_finished_case_is_found(tmp_path: Path) -> None:
    """Each kill is followed by what every start does first: the killed run is brought back."""
    moments = random.Random(2)
    found_partial = 0
    for attempt in range(4):
        known = set(run_paths(tmp_path))
        process = start(tmp_path)
        if attempt % 2:  # in the first run, with something to lose
            number = 1 + max((int(path.name[:4]) for path in known), default=0)
            wait_for_a_finished_case(process, tmp_path, number)
            time.sleep(moments.uniform(0, 0.3))
        else:
            wait_for_a_log(process, tmp_path)
            time.sleep(moments.uniform(0, 1))
        end(process, signal.SIGKILL)
        wait_until_no_process_holds(logs(tmp_path))
        left = {log.stem: finished(log) for log in logs(tmp_path)}
        saved = set(run_paths(tmp_path)) - known
        brought_back = [str(found) for found in recover(tmp_path / "runs")]
        assert not logs(tmp_path)
        recovered = {path.name[:4]: path for path in set(run_paths(tmp_path)) - known - saved}
        assert recovered.keys() == {stem for stem, cases in left.items() if cases}
        for stem, path in recovered.items():
            document = load(path)
            rounds = {b["param"]: b["stats"]["rounds"] for b in document["benchmarks"]}
            assert rounds == left[stem]
            assert document["npfs"]["interrupted"]
            assert any(f"its {len(rounds)} finished cases were" in said for said in brought_back)
            found_partial += 1
        for path in saved:
            assert {f"{name}-{n}" for name in BACKENDS for n in SIZES} <= timed(load(path))
    assert found_partial >= 2


@pytest.mark.usefixtures("waiting")
def test_resume_finishes_an_interrupted_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NPFS_WAIT", "2")
    process = start(tmp_path, *ONE_CASE, "--runs=2", "--seed=7")
    wait_for_a_finished_case(process, tmp_path, 2)
    end(process, signal.SIGKILL)
    monkeypatch.delenv("NPFS_WAIT")
    result = bench("--resume", f"--reports={tmp_path}", files=FIT)
    assert result.returncode == 0, result.stdout
    assert "brought back" in result.stdout
    runs = [load(path)["npfs"] for path in run_paths(tmp_path)]
    assert [run["interrupted"] for run in runs] == [False, True, False]
    assert len({run["job"] for run in runs}) == 1
    assert {run["seed"] for run in runs} == {7}
    assert "3 runs in fresh processes" in result.stdout


CRASHING = """
import os
from npfs.backends import numpy_vectorized
from npfs.backends.base import Backend

def fit(data, epochs, learning_rate):
    if len(data[1]) == 100 and "NPFS_CRASH" in os.environ:
        os.abort()
    return numpy_vectorized.fit(data, epochs, learning_rate)

BACKEND = Backend("crashing", "Crashes at 100 samples", numpy_vectorized.prepare, fit)
"""


def test_a_backend_that_ends_the_process_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "crashing", CRASHING)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    monkeypatch.setenv("NPFS_CRASH", "1")
    process = start(tmp_path, "--backends=crashing,numpy", "--sizes=10,100",
                    "-k=not more")  # fmt: skip
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGABRT
    rebuilt = rebuild(tmp_path)
    assert "Run 1 had ended early, while crashing-100 was timed" in rebuilt.stdout


def test_a_further_run_that_crashes_leaves_the_others_going(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It crashes in further runs alone, which have a variable that the first one has not."""
    source = CRASHING.replace('"NPFS_CRASH" in os.environ', '"NPFS_PADDING" in os.environ')
    install(tmp_path, "crashing", source)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    process = start(tmp_path, "--backends=crashing,numpy", "--sizes=10,100", "--runs=3",
                    "-k=not more")  # fmt: skip
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    assert "while crashing-100 was timed" in output
    assert "A run ended by signal SIGABRT, while crashing-100 was timed" in output
    assert "crashing-100 failed: an earlier run's process ended while it was timed" in output
    last = load(run_paths(tmp_path)[-1])
    assert timed(last) == {"crashing-10", "numpy-10", "numpy-100"}


@pytest.mark.usefixtures("waiting")
def test_a_further_run_that_hangs_is_ended_and_keeps_its_cases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NPFS_WAIT", "2")
    process = start(tmp_path, *ONE_CASE, "--runs=3", "--npfs-silence=4")
    output, _ = process.communicate(timeout=120)
    assert "A run ended by a hang, while waiting-10 was timed" in " ".join(output.split())
    runs = [load(path) for path in run_paths(tmp_path)]
    whole, cut = (run["benchmarks"][0]["extra_info"]["repetitions"] for run in runs)
    assert (len(whole), len(cut)) == (3, 1)
    assert "by a hang" in runs[1]["npfs"]["failed"]["waiting-10"]
    assert not logs(tmp_path)


def test_a_full_disk_keeps_what_fitted(tmp_path: Path) -> None:
    """No file may have more than 20 kB: neither the log nor the run file of all cases fits."""
    import resource

    result = subprocess.run(
        commands.command(
            "--runs=2", "--sizes=10,100,1000,2000", f"--backends={','.join(BACKENDS)}",
            f"--reports={tmp_path}", files=FIT,
        ),
        **STREAMS, check=False, timeout=120, env=commands.quick_environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )  # fmt: skip
    assert result.returncode == 1
    assert "The run could not be saved (File too large)" in result.stdout
    [log] = logs(tmp_path)
    fitted = finished(log)
    assert 1 <= len(fitted) <= 16
    [found] = recover(tmp_path / "runs")
    assert found.cases == len(fitted)
    assert not logs(tmp_path)
