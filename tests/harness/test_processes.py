"""Fresh processes and what they report: real ones, that end well, crash, hang or talk nonsense."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from npfs.harness.processes import Ended, fresh_process
from npfs.harness.reporter import PIPE, Reporter, Terminated

REPORTS = """
import os, sys, time
from npfs.harness.reporter import Reporter
reporter = Reporter()
reporter.report(share=0.5)
"""


def run(code: str, *, silence_s: float = 60.0, begin: str = REPORTS) -> tuple[Ended, list[Any]]:
    events: list[Any] = []
    command = [sys.executable, "-c", begin + code]
    return fresh_process(command, events.append, silence_s=silence_s), events


def test_events_are_heard_in_order_and_prints_are_kept_apart() -> None:
    ended, events = run("print('{\"share\": 9}'); reporter.report(saved='ä'); print('bye')")
    assert events == [{"share": 0.5}, {"saved": "ä"}]
    assert (ended.exit_code, ended.hung) == (0, False)
    assert ended.output.splitlines() == ['{"share": 9}', "bye"]


def test_a_crash_keeps_what_was_reported() -> None:
    ended, events = run("os.abort()")
    assert events == [{"share": 0.5}]
    assert ended.exit_code != 0
    if sys.platform != "win32":
        assert ended.cause == "signal SIGABRT"
    assert run("sys.exit(3)")[0].cause == "exit code 3"


@pytest.mark.parametrize("how", ["time.sleep(60)", "os.close(reporter._pipe); time.sleep(60)"])
def test_a_process_that_hangs_is_ended(how: str) -> None:
    began = time.monotonic()
    ended, events = run(how, silence_s=1.0)
    assert time.monotonic() - began < 30
    assert (ended.hung, ended.cause) == (True, "a hang")
    assert events == [{"share": 0.5}]


def test_what_is_no_event_is_kept_apart_from_those_that_are() -> None:
    ended, events = run("os.write(reporter._pipe, b'nonsense\\n[1]\\n'); reporter.report(a=1)")
    assert events == [{"share": 0.5}, {"a": 1}]
    assert ended.unreadable == "nonsense"


def test_a_process_that_was_started_by_it_and_lives_on_holds_nobody_up() -> None:
    began = time.monotonic()
    code = (
        "import subprocess; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'],"
    )
    ended, _ = run(code + " pass_fds=(reporter._pipe,) if os.name == 'posix' else ())")
    assert ended.exit_code == 0
    assert time.monotonic() - began < 15


JUMPS = """
import sys, time
from npfs.harness.processes import fresh_process
jumps = iter(range(0, 10**9, 10**4))
time.time = lambda: float(next(jumps))
ended = fresh_process([sys.executable, "-c", "import time; time.sleep(1.5)"], silence_s=30.0)
print(ended.exit_code, ended.hung)
"""


def test_a_clock_that_jumps_ends_no_process() -> None:
    """In a process of its own: threads of Dask in this one would wait for a year that is past."""
    command = [sys.executable, "-c", JUMPS]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.split() == ["0", "False"]


@pytest.mark.skipif(sys.platform == "win32", reason="its pipes have handles")
def test_nobody_who_listens_is_a_termination(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    monkeypatch.setenv(PIPE, str(writing))
    reporter = Reporter()
    assert PIPE not in os.environ  # what this process starts does not report for it
    assert not os.get_inheritable(writing)
    os.close(reading)
    with pytest.raises(Terminated):
        reporter.report(share=1.0)
    reporter.report(share=1.0)  # it is said once
    os.close(writing)


def test_without_a_pipe_nothing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PIPE, raising=False)
    Reporter().report(share=1.0)


def test_what_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0  # noqa: PTH208
    with pytest.raises(OSError, match="absent"):
        fresh_process([str(tmp_path / "absent")])
    if before:
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_a_killed_process_is_named_by_its_signal() -> None:
    ended, _ = run("os.kill(os.getpid(), 9)")
    assert ended.cause == f"signal {signal.Signals(9).name}"
