"""The log of a run, the file that it becomes, and what is found of a run that was cut short."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.runs import read_run
from npfs.harness.recorder import Recorder, is_left, read_log, recover
from npfs.schema import Case, LogEntry, write_whole
from tests import run_files


def repetition(rounds: list[float], **info: Any) -> dict[str, Any]:
    params = {"backend": "numpy", "n_samples": 10, "n_features": 1, "dtype": "float64"}
    extra: dict[str, Any] = {
        "id": "numpy-10",
        "group": "fit",
        "params": params,
        "repetitions": [len(rounds)],
    }
    extra |= {"timed_s": 0.5, "wall_s": 1.0, **info}
    stats = {"data": rounds, "iterations": 7}
    return {"name": "bench_fit[numpy-10]", "extra_info": extra, "stats": stats}


def head(**ours: Any) -> dict[str, Any]:
    document = run_files.document({("numpy", 10, 1): 1.0}, learning=None, **ours)
    return {**document, "benchmarks": []}


def write(folder: Path, *entries: dict[str, Any], number: int = 1) -> Path:
    path = folder / f"{number:04d}.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def files(folder: Path) -> list[Path]:
    """Return the files but the lock of the folder."""
    return [path for path in folder.iterdir() if path.name != ".lock"]


def test_the_finished_cases_become_a_run(tmp_path: Path) -> None:
    log = write(
        tmp_path,
        {"at_s": 0.1, "run": head()},
        {"at_s": 0.2, "begun": "numpy-10"},
        {"at_s": 1.2, "case": "numpy-10", "benchmark": repetition([1.0, 2.0, 9.0])},
        {"at_s": 1.3, "case": "numba-10", "skipped": "too large"},
        {"at_s": 1.4, "case": "python-10", "benchmark": repetition([5.0])},
        {"at_s": 1.4, "begun": "python-10"},
        {
            "at_s": 1.5,
            "case": "python-10",
            "failed": "wrong",
        },  # what was timed of it before as well
        {"at_s": 2.5, "case": "numpy-10", "benchmark": repetition([4.0])},
        {"at_s": 2.6, "begun": "numpy-10"},
    )
    [found] = recover(tmp_path)
    assert not log.exists()
    assert found.path is not None
    run = read_run(found.path)
    [case] = run.cases
    assert case.seconds == 2.0  # of the repetitions with the medians 2 and 4 the less disturbed one
    assert (case.rounds, case.case.timed_s, case.wall_s) == (4, 1.0, 2.0)
    assert run.interrupted
    assert run.wall_s == 2.6
    assert run.skipped == {"numba-10": "too large"}
    assert run.failed == {"python-10": "wrong"}
    stats = json.loads(found.path.read_text())["benchmarks"][0]["stats"]
    assert (stats["median"], stats["max"], stats["rounds"], stats["iterations"]) == (3.0, 9.0, 4, 7)
    assert str(found) == (
        "Run 1 had ended early, while numpy-10 was timed; its 1 finished cases were brought back."
    )


def test_a_case_that_ended_the_process_is_named_with_the_cause(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"run": head()},
        {"case": "numpy-10", "benchmark": repetition([1.0])},
        {"begun": "numba-10"},
    )
    [found] = recover(tmp_path, crash="the process ended by signal SIGSEGV", job="job")
    assert found.path is not None
    assert read_run(found.path).failed == {
        "numba-10": "the process ended by signal SIGSEGV while it was timed"
    }


def test_a_run_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    log = Recorder(tmp_path)
    log.write(LogEntry(run=head()))
    log.write(LogEntry(case="numpy-10", benchmark=repetition([1.0])))
    assert not is_left(log.path)
    assert recover(tmp_path) == []
    assert log.path.exists()
    log.release()


def test_probes_and_the_end_of_a_run_are_in_its_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"run": head()},
        {"case": "numpy-10", "benchmark": repetition([1.0])},
        {"begun": "layout"},
        {"probe": {"id": "layout", "group": "layout"}},
        {"run": head(wall_s=7.0)},
    )
    [found] = recover(tmp_path)
    assert found.path is not None
    run = read_run(found.path)
    assert run.probes == (Case(id="layout", group="layout"),)
    assert run.probes[0] in run.all_cases
    assert (run.interrupted, run.wall_s) == (False, 7.0)


def test_nothing_finished_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"run": head()})
    assert recover(tmp_path) == []
    write(tmp_path, {"run": head()}, {"begun": "numpy-10"})
    [found] = recover(tmp_path)
    assert (
        str(found)
        == "Run 1 had ended early, while numpy-10 was timed, before any case was finished."
    )
    assert files(tmp_path) == []
    assert recover(tmp_path / "absent") == []


def test_a_run_that_was_saved_is_not_replaced(tmp_path: Path) -> None:
    saved = tmp_path / "0001_20260101T000100Z.json"
    saved.write_text("all of it")
    write(tmp_path, {"run": head()}, {"case": "numpy-10", "benchmark": repetition([1.0])})
    recover(tmp_path)
    assert saved.read_text() == "all of it"
    assert files(tmp_path) == [saved]


def test_what_cannot_be_saved_stays_in_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    log = write(tmp_path, {"run": head()}, {"case": "numpy-10", "benchmark": repetition([1.0])})
    monkeypatch.setattr("npfs.harness.recorder.write_whole", full_disk)
    [found] = recover(tmp_path)
    assert str(found) == "0001.jsonl could not be brought back: No space left on device"
    monkeypatch.undo()
    assert recover(tmp_path)[0].cases == 1
    assert not log.exists()


@pytest.mark.parametrize(
    "entries",
    [
        [{"run": 1}, {"case": "a", "benchmark": repetition([1.0])}],
        [{"run": {}}, {"case": "a", "benchmark": repetition([1.0])}],
        [{"run": head()}, {"case": "a", "benchmark": {}}],
        [{"run": head(started="yesterday")}, {"case": "a", "benchmark": repetition([1.0])}],
        [{"benchmark": repetition([1.0])}],
    ],
)
def test_a_log_of_something_else_is_named_and_kept(
    tmp_path: Path, entries: list[dict[str, Any]]
) -> None:
    log = write(tmp_path, *entries)
    [found] = recover(tmp_path)
    assert "could not be brought back: it holds what npfs does not write" in str(found)
    assert log.exists()


def test_a_case_that_is_not_needed_is_not_blamed_for_a_crash_after_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"run": head()},
        {"case": "numpy-10", "benchmark": repetition([1.0])},
        {"begun": "more-epochs-numpy-10"},
        {"case": "more-epochs-numpy-10"},
    )
    [found] = recover(tmp_path, crash="the process ended by signal SIGSEGV", job="job")
    assert (found.in_progress, found.cases) == (None, 1)


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    log = Recorder(tmp_path)
    entries = [LogEntry(case="a", benchmark={"seconds": [1.5]}), LogEntry(begun="b\nß")]
    for entry in entries:
        log.write(entry)
    assert list(read_log(log.path)) == log.entries == entries
    log.release()
    assert files(tmp_path) == []


def test_a_line_cut_short_is_passed_over_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "0001.jsonl"
    path.write_text('{"case": "a"}\n{"case": \n{"case": "b"}\n[1]\n{"cas')
    assert list(read_log(path)) == [LogEntry(case="a"), LogEntry(case="b")]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_the_lock_ends_with_the_process_however_it_ends(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from npfs.harness.recorder import Recorder\n"
        "from npfs.schema import LogEntry\n"
        "log = Recorder(Path(sys.argv[1])); log.write(LogEntry(case='a'))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    log = tmp_path / "0001.jsonl"
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert not is_left(log)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    assert is_left(log)
    assert list(read_log(log)) == [LogEntry(case="a")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_does_not_end_the_run(tmp_path: Path) -> None:
    log = Recorder(tmp_path)
    log.write(LogEntry(case="a"))
    disk, full = log._file, os.open("/dev/full", os.O_WRONLY)
    log._file = full
    log.write(LogEntry(case="lost"))
    os.close(full)
    log._file = disk
    assert log.problem is not None
    assert log.problem.errno == 28
    os.write(disk, b'{"case": "hal')  # as a disk does that becomes full within a write
    log.write(LogEntry(case="b"))
    assert list(read_log(log.path)) == [LogEntry(case="a"), LogEntry(case="b")]
    assert [entry.case for entry in log.entries] == ["a", "lost", "b"]
    log.release()


def test_numbers_follow_each_other(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        log = Recorder(tmp_path / "new")
        assert log.number == expected
        path = log.close({"run": expected})
        assert path.name.startswith(f"000{expected}_")
        assert json.loads(path.read_text()) == {"run": expected}
    assert sorted(path.suffix for path in files(tmp_path / "new")) == [".json"] * 3


def test_two_commands_at_once_take_different_numbers(tmp_path: Path) -> None:
    first, second = Recorder(tmp_path), Recorder(tmp_path)
    assert {first.number, second.number} == {1, 2}
    second.close({})
    third = Recorder(tmp_path)
    assert third.number == 3
    for log in (first, third):
        log.close({})
    assert len(list(tmp_path.glob("*.json"))) == 3


def test_a_number_given_up_is_free_again(tmp_path: Path) -> None:
    Recorder(tmp_path).release()
    log = Recorder(tmp_path)
    assert log.number == 1
    log.release()


def test_what_another_version_writes_is_left_alone(tmp_path: Path) -> None:
    """It has a log of another name, and a file of a schema that this one does not know."""
    theirs = [tmp_path / "0007.journal", tmp_path / "0008_20260101T000000Z.json"]
    for path, text in zip(theirs, ("half a li", '{"npfs": {"schema": 99}}'), strict=True):
        path.write_text(text)
    log = Recorder(tmp_path)
    assert log.number == 9
    assert recover(tmp_path) == []
    log.release()
    assert sorted(files(tmp_path)) == theirs
    assert theirs[0].read_text() == "half a li"


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    path.write_text("before")

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "after")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
