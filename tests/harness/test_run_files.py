import json
import os
from pathlib import Path

import pytest

from npfs.harness.run_files import RunNumber
from npfs.schema import write_whole


def test_numbers_follow_each_other(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        number = RunNumber(tmp_path / "new")
        assert number.value == expected
        path = number.save({"run": expected})
        assert path.name.startswith(f"000{expected}_")
        assert json.loads(path.read_text()) == {"run": expected}
    assert sorted(path.suffix for path in (tmp_path / "new").iterdir()) == [".json"] * 3


def test_two_commands_at_once_take_different_numbers(tmp_path: Path) -> None:
    first, second = RunNumber(tmp_path), RunNumber(tmp_path)
    assert {first.value, second.value} == {1, 2}
    second.save({})
    third = RunNumber(tmp_path)
    assert third.value == 3
    first.save({})
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_a_number_given_up_is_free_again(tmp_path: Path) -> None:
    RunNumber(tmp_path).release()
    assert RunNumber(tmp_path).value == 1


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


def test_a_run_saved_since_the_folder_was_read_keeps_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0001_20260101T000000Z.json").write_text("{}")
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter(()))  # as it was read before
    assert RunNumber(tmp_path).value == 2
