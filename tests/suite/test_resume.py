from pathlib import Path

import pytest

from npfs.harness.runs import unfinished_set
from npfs.suite.options import options_with
from tests import run_files

ONE = {("numpy", 10, 1): 1.0}
PLANNED = {"runs": "3", "preset": "quick", "backends": "numpy"}


def test_the_newest_set_is_finished_with_its_own_options(tmp_path: Path) -> None:
    run_files.write(
        tmp_path,
        [
            run_files.document(ONE, 1, job="old", planned={**PLANNED, "runs": "9"}),
            run_files.document(ONE, 2, planned=PLANNED),
            run_files.document(ONE, 3, planned=PLANNED, interrupted=True),
        ],
    )
    unfinished = unfinished_set(tmp_path / "runs", [])
    assert (unfinished.job, unfinished.runs_missing) == ("job", 2)
    assert unfinished.options == PLANNED


def test_what_cannot_be_resumed_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="found no runs"):
        unfinished_set(tmp_path / "runs", [])
    with pytest.raises(ValueError, match="leave out --sizes"):
        unfinished_set(tmp_path / "runs", ["--sizes"])
    run_files.write(tmp_path, [run_files.document(ONE, 1)])
    with pytest.raises(ValueError, match="cannot read what was planned"):
        unfinished_set(tmp_path / "runs", [])
    run_files.write(tmp_path, [run_files.document(ONE, n, planned=PLANNED) for n in (1, 2, 3)])
    with pytest.raises(ValueError, match="has all its 3 runs"):
        unfinished_set(tmp_path / "runs", [])


def test_a_set_on_a_table_needs_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = {"file": "t.csv", "digest": "d", "n_samples": 9, "n_features": 1, "target": "y"}
    run_files.write(tmp_path, [run_files.document(ONE, 1, planned=PLANNED, data=data)])
    unfinished = unfinished_set(tmp_path / "runs", [])
    with pytest.raises(ValueError, match=r"finds no 't\.csv' here; say where the table is"):
        options_with(unfinished, None)
    table = tmp_path / "elsewhere.csv"
    table.write_text("x,y\n1,2\n")
    assert options_with(unfinished, str(table))["data"] == str(table)
