"""``npfs advise`` on hand-made runs."""

import json
from pathlib import Path

import pytest

from npfs.analysis.advice_errors import Checked
from npfs.analysis.prediction import Estimate, Predictor
from npfs.analysis.records import Size
from npfs.analysis.surface import Reach
from npfs.backends.registry import load_backend
from npfs.cli import advice_check_text as check_words
from npfs.estimator import auto as advice
from npfs.suite import advice_check
from tests import run_files
from tests.analysis.test_prediction import Work, evidence, lists, numpy
from tests.cli.conftest import Npfs


def test_the_answer_names_the_fastest_and_the_table_ranks_all(npfs: Npfs, runs: Path) -> None:
    result = npfs("advise", "--samples", 100_000, "--epochs", 1000, "--fits", 10)
    assert (result.returncode, result.stderr) == (0, "")
    answer, shortcut, *rest = result.stdout.splitlines()
    assert answer.startswith("Use NumPy: 10 fits of 1,000 epochs on 100,000 samples take 2.65 s (")
    assert answer.endswith("550 ms of it to start.")
    assert shortcut.startswith("A shortcut, numpy-gram, takes ")
    names = [line.split()[0] for line in rest if " ms" in line or " s " in line]
    assert [name for name in names if name in ("numpy-gram", "NumPy", "Python")] == [
        "numpy-gram",
        "NumPy",
        "Python",
    ]
    assert "Foretold from 3 runs" in " ".join(result.stdout.split())
    assert "Extrapolated" not in result.stdout


def test_what_lies_beyond_is_said_with_how_far(npfs: Npfs, runs: Path) -> None:
    result = npfs("advise", "--samples", 10_000_000, "--features", 32)
    beyond = " ".join(result.stdout.split())
    assert "Extrapolated:" in beyond
    assert (
        "to 10 times the data and 2.0 times the features of the largest that was measured" in beyond
    )


def test_programs_get_every_number(npfs: Npfs, runs: Path) -> None:
    result = npfs("advise", "--samples", 1000, "--features", 2, "--json")
    found = json.loads(result.stdout)
    assert found["question"] == {"n_samples": 1000, "n_features": 2, "epochs": 1000, "fits": 1}
    by_name = {of["backend"]: of for of in found["predictions"]}
    for name, work in (("python", lists), ("numpy", numpy)):
        call_s, epoch_s = work(1000, 2)
        assert by_name[name]["fit_s"]["value"] == pytest.approx(call_s + 1000 * epoch_s, rel=1e-3)
    assert by_name["numpy"]["memory_bytes"] == pytest.approx(3 * 3000 * 8)
    assert by_name["python"]["memory_bytes"] is None


def test_quiet_is_the_answer_alone(npfs: Npfs, runs: Path) -> None:
    result = npfs("advise", "--samples", 10, "--epochs", 1, "--quiet")
    assert result.stdout.startswith("Use ")
    assert "Foretold" not in result.stdout
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


def test_auto_takes_the_fastest_that_is_no_shortcut(runs: Path) -> None:
    chosen = advice.choose_backend(100_000, 1, 1000, reports=runs)
    assert chosen.backend == "numpy"
    assert "foretold from stored runs" in chosen.reason


def test_auto_without_runs_is_numpy_and_says_why(tmp_path: Path) -> None:
    chosen = advice.choose_backend(100, 1, 10, reports=tmp_path)
    assert chosen.backend == "numpy"
    assert "holds no runs" in chosen.reason


def test_new_runs_are_read_again(tmp_path: Path) -> None:
    assert advice.choose_backend(10**6, 1, 1000, reports=tmp_path).backend == "numpy"
    evidence(tmp_path, runs=3, works={"python": lambda n, d: (0.0, 1e-9), "numpy": numpy})
    assert advice.choose_backend(10**6, 1, 1000, reports=tmp_path).backend == "python"


def test_check_times_real_fits_between_and_beyond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Foretold times that are a thousand times too short: every interval fails, and the error says so."""

    def short(n: int, d: int) -> tuple[float, float]:
        return 1e-9, 1e-13 * n * (d + 1)

    monkeypatch.setattr(advice_check, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(advice_check, "EPOCHS", (1,))
    monkeypatch.setattr(advice_check, "INSIDE", 3)
    monkeypatch.setattr(advice_check, "BEYOND", 1)
    monkeypatch.setattr(advice_check, "MOST_FEATURES", 16)
    predictor = Predictor(evidence(tmp_path, runs=3, works={"numpy": short}))
    backends = {"numpy": load_backend("numpy"), "not-foretold": load_backend("python")}
    visits = list(advice_check.check(predictor, backends, seed=0))
    assert len(visits) == advice_check.number_of_visits(predictor, backends) == 8
    checked = [visit for visit in visits if visit is not None]
    assert len(checked) == 4
    assert sum(one.reach.is_inside for one in checked) == 3
    assert not any(one.has_held for one in checked)
    assert min(one.error for one in checked) > 0.9


def _checked(backend: str, foretold_s: float, *, is_inside: bool) -> Checked:
    reach = Reach(1, 1) if is_inside else Reach(5, 1)
    return Checked(backend, Size(1, 100), 10, reach, Estimate(foretold_s, 0.05), 1.0)


def test_errors_are_told_as_medians_and_as_intervals_that_held() -> None:
    checked = [_checked("numpy", 1 + off / 100, is_inside=True) for off in (-20, 2, 4)]
    checked += [_checked("numpy", 1.3, is_inside=False)]
    assert check_words.sentence(checked) == (
        "Half of the predictions were off by less than 4.0 % between measured sizes (3 fits) and 30.0 % up to ten "
        "times beyond (1 fit); 2 of 4 intervals held what was measured."
    )
    inside, beyond = check_words.rows(checked)
    assert inside == ("numpy", "between measured sizes", "3", "4.0 %", "20 %", "2 of 3")
    assert beyond[3:] == ("30.0 %", "30 %", "0 of 1")
    assert check_words.document(checked)["fits"][0]["measured_s"] == 1.0


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


def test_runs_without_a_survey_that_came_later_do_not_end_advice(
    npfs: Npfs, runs: Path, tmp_path: Path
) -> None:
    """Such as a set within a budget, of other epochs: what was surveyed before still says how long fits take."""
    before = npfs("advise", "--samples", 1000, "--json").stdout
    later = run_files.document({("numpy", 10, 1): 1e-3}, 9, epochs=50)
    run_files.write(runs, [later])
    assert npfs("advise", "--samples", 1000, "--json").stdout == before


def test_a_backend_that_is_not_installed_here_is_not_chosen(tmp_path: Path) -> None:
    works: dict[str, Work] = {"gone": lambda n, d: (0.0, 1e-12), "numpy": numpy, "python": lists}
    evidence(tmp_path, runs=3, works=works)
    assert advice.choose_backend(10**5, 1, 1000, reports=tmp_path).backend == "numpy"


def test_one_fit_and_many_may_ask_for_different_backends(tmp_path: Path) -> None:
    """NumPy is ten times as fast and takes 10 ms to convert."""
    sizes = [(n, 1) for n in (10, 100, 1_000, 10_000, 100_000)]
    once = [
        run_files.survey("python", {(n, d): (0.0, 1e-6 * n) for n, d in sizes}, 1e-6),
        run_files.survey("numpy", {(n, d): (0.0, 1e-7 * n) for n, d in sizes}, 1e-2),
    ]
    cases = {("python", 7, 1): 1e-4, ("numpy", 7, 1): 1e-4}
    run_files.write(tmp_path, [run_files.document(cases, 1, once)])
    assert advice.choose_backend(1_000, 1, 1, reports=tmp_path).backend == "python"
    assert advice.choose_backend(1_000, 1, 1, fits=100, reports=tmp_path).backend == "numpy"


def test_auto_says_so_where_the_runs_are_of_another_machine(runs: Path) -> None:
    assert "measure anew" not in advice.choose_backend(10, 1, 1, reports=runs).reason
    for path in runs.rglob("*.json"):
        path.write_text(path.read_text().replace('"numba": "0.68.1"', '"numba": "0.1"'))
    chosen = advice.choose_backend(10, 1, 1, reports=runs)
    assert "numba 0.1 there" in chosen.reason


def test_the_less_disturbed_visit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = Predictor(evidence(tmp_path, runs=3, works={"numpy": numpy}))
    seconds = iter([2.0, 1.0] * 10)
    monkeypatch.setattr(advice_check, "_visit", lambda *task: next(seconds))
    monkeypatch.setattr(advice_check, "INSIDE", 1)
    monkeypatch.setattr(advice_check, "BEYOND", 0)
    backends = {"numpy": load_backend("numpy")}
    _, checked = advice_check.check(predictor, backends, seed=0)
    assert checked is not None
    assert checked.measured_s == 1.0
