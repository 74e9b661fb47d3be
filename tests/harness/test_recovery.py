import json
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.runs import read_run
from npfs.harness.journal import Journal
from npfs.harness.recovery import recover
from npfs.schema import LogEntry
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
    path = folder / f"{number:04d}.journal"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def test_the_finished_cases_become_a_run(tmp_path: Path) -> None:
    journal = write(
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
    assert not journal.exists()
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
    journal = Journal(tmp_path / "0001.journal")
    journal.write(LogEntry(run=head()))
    journal.write(LogEntry(case="numpy-10", benchmark=repetition([1.0])))
    assert recover(tmp_path) == []
    assert journal.path.exists()
    journal.close()


def test_nothing_finished_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"run": head()})
    assert recover(tmp_path) == []
    write(tmp_path, {"run": head()}, {"begun": "numpy-10"})
    [found] = recover(tmp_path)
    assert (
        str(found)
        == "Run 1 had ended early, while numpy-10 was timed, before any case was finished."
    )
    assert list(tmp_path.iterdir()) == []
    assert recover(tmp_path / "absent") == []


def test_a_run_that_was_saved_is_not_replaced(tmp_path: Path) -> None:
    saved = tmp_path / "0001_20260101T000100Z.json"
    saved.write_text("all of it")
    write(tmp_path, {"run": head()}, {"case": "numpy-10", "benchmark": repetition([1.0])})
    recover(tmp_path)
    assert saved.read_text() == "all of it"
    assert list(tmp_path.iterdir()) == [saved]


def test_what_cannot_be_saved_stays_in_its_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    journal = write(tmp_path, {"run": head()}, {"case": "numpy-10", "benchmark": repetition([1.0])})
    monkeypatch.setattr("npfs.harness.recovery.write_whole", full_disk)
    [found] = recover(tmp_path)
    assert str(found) == "0001.journal could not be brought back: No space left on device"
    monkeypatch.undo()
    assert recover(tmp_path)[0].cases == 1
    assert not journal.exists()


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
def test_a_journal_of_something_else_is_named_and_kept(
    tmp_path: Path, entries: list[dict[str, Any]]
) -> None:
    journal = write(tmp_path, *entries)
    [found] = recover(tmp_path)
    assert "could not be brought back: it holds what npfs does not write" in str(found)
    assert journal.exists()
