"""``npfs advise`` on hand-made runs."""

import json
from pathlib import Path

import pytest

from tests import run_files
from tests.analysis.test_prediction import evidence, lists, numpy, seconds
from tests.cli.conftest import Npfs


def test_the_answer_names_the_fastest_and_the_table_ranks_all(npfs: Npfs, runs: Path) -> None:
    result = npfs("advise", "--samples", 100_000, "--epochs", 1000, "--fits", 10)
    assert (result.returncode, result.stderr) == (0, "")
    answer, shortcut, *rest = result.stdout.splitlines()
    assert answer.startswith("Use NumPy: 10 fits of 1,000 epochs on 100,000 rows take 2.65 s (")
    assert answer.endswith("550 ms of it for startup.")
    assert shortcut.startswith("A shortcut, numpy-gram, takes ")
    names = [line.split()[0] for line in rest if " ms" in line or " s " in line]
    assert [name for name in names if name in ("numpy-gram", "NumPy", "Python")] == [
        "numpy-gram",
        "NumPy",
        "Python",
    ]
    assert "Predicted from 3 runs" in " ".join(result.stdout.split())
    assert "Extrapolated" not in result.stdout
    assert "These runs do not tell" not in result.stdout


def test_what_lies_beyond_is_said_with_how_far(npfs: Npfs, runs: Path) -> None:
    result = npfs("advise", "--samples", 156_250, "--features", 127)
    beyond = " ".join(result.stdout.split())
    assert "Extrapolated for" in beyond
    assert "by a factor of 10 in size and 2.0 in features beyond the measured sizes" in beyond


def test_runs_that_do_not_tell_calls_say_so(npfs: Npfs, tmp_path: Path) -> None:
    evidence(tmp_path / "reports", runs=3, tells_calls=False)
    result = npfs("advise", "--samples", 10)
    said = " ".join(result.stdout.split())
    assert "These runs do not tell the cost of a call from that of an epoch" in said
    found = json.loads(npfs("advise", "--samples", 10, "--json").stdout)
    assert {of["call_s"] for of in found["predictions"]} == {None}


def test_programs_get_every_number(npfs: Npfs, runs: Path) -> None:
    result = npfs("advise", "--samples", 1000, "--features", 1, "--json")
    found = json.loads(result.stdout)
    assert found["question"] == {"n_samples": 1000, "n_features": 1, "epochs": 1000, "fits": 1}
    by_name = {of["backend"]: of for of in found["predictions"]}
    for name, work in (("python", lists), ("numpy", numpy)):
        expected = pytest.approx(seconds(work, 1000, 1, 1000), rel=1e-3)
        assert by_name[name]["fit_s"]["value"] == expected
    assert by_name["numpy"]["call_s"]["value"] == pytest.approx(20e-6)
    assert by_name["numpy"]["memory_bytes"] == pytest.approx(3 * 2000 * 8)
    assert by_name["python"]["memory_bytes"] is None


def test_quiet_is_the_answer_alone(npfs: Npfs, runs: Path) -> None:
    result = npfs("advise", "--samples", 10, "--epochs", 1, "--quiet")
    assert result.stdout.startswith("Use ")
    assert "Predicted" not in result.stdout
    assert "memory" not in result.stdout


def test_the_size_can_be_that_of_a_file(npfs: Npfs, runs: Path, tmp_path: Path) -> None:
    rows = "\n".join(f"{k},{k * k},{k % 7}" for k in range(500))
    (tmp_path / "own data.csv").write_text("a,b,c\n" + rows)
    result = npfs("advise", "--data", "own data.csv", "--target", "b", "--json")
    assert json.loads(result.stdout)["question"] == {
        "n_samples": 500,
        "n_features": 2,
        "epochs": 1000,
        "fits": 1,
    }


def test_columns_of_a_file_can_be_chosen(npfs: Npfs, runs: Path, tmp_path: Path) -> None:
    (tmp_path / "mixed.csv").write_text("a,name,c\n1,x,3\n2,y,5\n3,z,9\n")
    wrong = npfs("advise", "--data", "mixed.csv", "--target", "c")
    assert "--columns 'a'" in wrong.stderr
    right = npfs("advise", "--data", "mixed.csv", "--target", "c", "--columns", "a", "--json")
    assert json.loads(right.stdout)["question"]["n_features"] == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "Give --samples N"),
        (["--target", "y"], "give it with --data FILE"),
        (["--data", "x.csv"], "Give --target COLUMN"),
        (["--data", "x.csv", "--target", "y"], "x.csv"),
        (["--data", "x.csv", "--samples", "3", "--target", "y"], "leave --samples and --features"),
        (["--samples", "10", "--reports", "elsewhere"], "npfs bench"),
    ],
)
def test_a_wrong_question_is_answered_in_a_sentence(
    npfs: Npfs, runs: Path, options: list[str], says: str
) -> None:
    result = npfs("advise", *options)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("npfs advise: ")
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_runs_of_another_machine_are_said_to_be(npfs: Npfs, runs: Path) -> None:
    for path in runs.rglob("*.json"):
        path.write_text(path.read_text().replace('"numpy": "2.4.6"', '"numpy": "1.0.0"'))
    result = npfs("advise", "--samples", 10)
    assert "numpy 1.0.0 there, " in result.stdout


def test_names_are_there_on_a_narrow_terminal(
    npfs: Npfs, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = npfs("advise", "--samples", 1000)
    table = [line for line in result.stdout.splitlines() if " ms (" in line]
    assert any(line.lstrip().startswith("Python lists") for line in table)
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_more_than_the_memory_is_said(npfs: Npfs, runs: Path) -> None:
    result = npfs("advise", "--samples", 10**12)
    assert "of this machine's memory: NumPy." in " ".join(result.stdout.split())
    assert npfs("advise", "--samples", 10**13).returncode == 2


def test_a_later_run_of_one_size_does_not_end_advice(npfs: Npfs, runs: Path) -> None:
    """Such as one on a table, of other epochs: the runs before say how time depends on the size."""
    before = npfs("advise", "--samples", 1000, "--json").stdout
    later = run_files.document({("numpy", 10, 1): 1e-3}, 9, epochs=50)
    run_files.write(runs, [later])
    assert npfs("advise", "--samples", 1000, "--json").stdout == before


def test_predictions_are_checked_by_fits(
    npfs: Npfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("npfs.suite.advice_check.SECONDS", 0.0)
    monkeypatch.setattr("npfs.suite.advice_check.INSIDE", 2)
    monkeypatch.setattr("npfs.suite.advice_check.BEYOND", 1)
    monkeypatch.setattr("npfs.suite.advice_check.EPOCHS", (1, 2))
    evidence(tmp_path / "reports", runs=3, works={"numpy": lambda n, d: (1e-9, 1e-13 * n)})
    result = npfs("advise", "--check")
    assert result.stdout.startswith("Half of the predictions were off by less than ")
    assert "between measured sizes (4 fits) and " in result.stdout
    assert "0 of 6 intervals covered the measured time." in " ".join(result.stdout.split())
    rows = [line.split() for line in result.stdout.splitlines() if "inside" in line]
    assert [row[0] for row in rows] == ["numpy", "all"]
    document = json.loads(npfs("advise", "--check", "--json").stdout)
    assert len(document["fits"]) == 6
    assert document["summaries"][0]["median_errors"].keys() == {"1", "2"}
