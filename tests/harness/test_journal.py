import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from npfs.harness.journal import Journal, read_journal, taken
from npfs.schema import LogEntry


def may_be_taken(path: Path) -> bool:
    with taken(path) as is_ours:
        return is_ours


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "0001.journal")
    entries = [LogEntry(case="a", benchmark={"seconds": [1.5]}), LogEntry(begun="b\nß")]
    for entry in entries:
        journal.write(entry)
    assert list(read_journal(journal.path)) == entries
    journal.close()
    assert not journal.path.exists()


def test_a_line_cut_short_is_passed_over_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "0001.journal"
    path.write_text('{"case": "a"}\n{"case": \n{"case": "b"}\n[1]\n{"cas')
    assert list(read_journal(path)) == [LogEntry(case="a"), LogEntry(case="b")]


def test_only_one_process_has_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "0001.journal")
    with pytest.raises(FileExistsError):
        Journal(journal.path)
    assert not may_be_taken(journal.path)
    journal.close(keep=True)
    assert may_be_taken(journal.path)
    with taken(journal.path) as ours, taken(journal.path) as theirs:
        assert (ours, theirs) == (True, False)
    assert not may_be_taken(tmp_path / "absent.journal")


def test_a_journal_that_another_process_takes_between_two_steps_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made, and before it is locked another process takes it for one that was left."""
    path = tmp_path / "0001.journal"

    def lock_after_it_was_removed(file: int) -> bool:
        path.unlink()
        return True

    monkeypatch.setattr("npfs.harness.journal._try_to_lock", lock_after_it_was_removed)
    with pytest.raises(FileExistsError):
        Journal(path)
    monkeypatch.setattr("npfs.harness.journal._try_to_lock", lambda file: False)
    with pytest.raises(FileExistsError):
        Journal(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_the_lock_ends_with_the_process_however_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "0001.journal"
    code = (
        "import sys, time; from pathlib import Path; from npfs.harness.journal import Journal\n"
        "from npfs.schema import LogEntry\n"
        "journal = Journal(Path(sys.argv[1])); journal.write(LogEntry(case='a'))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert not may_be_taken(path)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    assert may_be_taken(path)
    assert list(read_journal(path)) == [LogEntry(case="a")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_does_not_end_the_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "0001.journal")
    journal.write(LogEntry(case="a"))
    disk, full = journal._file, os.open("/dev/full", os.O_WRONLY)
    journal._file = full
    journal.write(LogEntry(case="lost"))
    os.close(full)
    journal._file = disk
    assert journal.problem is not None
    assert journal.problem.errno == 28
    os.write(disk, b'{"case": "hal')  # as a disk does that becomes full within a write
    journal.write(LogEntry(case="b"))
    assert list(read_journal(journal.path)) == [LogEntry(case="a"), LogEntry(case="b")]
    assert json.loads(journal.path.read_bytes().splitlines()[-1]) == {"case": "b"}
