import os
import subprocess
from pathlib import Path

import pytest

from npfs.analysis.run_selection import NoRunsFound, select, select_both
from npfs.analysis.runs import RunFolder
from tests import run_files

ONE = {("numpy", 1000, 1): 2.0}


def numbers(found: RunFolder) -> list[int]:
    return [run.number for run in found.runs]


def git(*arguments: str, folder: Path) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "core.autocrlf=false", *arguments]
    subprocess.run(command, cwd=folder, env=clean | who, check=True, capture_output=True)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reports folder of two jobs, as the current folder's."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    documents = [run_files.document(ONE, number=n, job=f"job{n > 2}") for n in (1, 2, 3, 4)]
    run_files.write(tmp_path / "reports", documents)
    return tmp_path


@pytest.fixture
def repository(here: Path) -> Path:
    """Its first commit holds four runs, its second none, its third one of another number."""
    git("init", "-q", "-b", "main", folder=here)
    (here / "reports" / "settings.json").write_text("{}")
    git("add", ".", folder=here)
    git("commit", "-q", "-m", "four", folder=here)
    git("tag", "four", folder=here)
    git("rm", "-q", "-r", "reports", folder=here)
    git("commit", "-q", "--allow-empty", "-m", "none", folder=here)
    git("tag", "none", folder=here)
    run_files.write(here / "docs" / "reports", [run_files.document(ONE, number=9)])
    run_files.write(here / "other", [run_files.document(ONE, number=8)])
    git("add", ".", folder=here)
    git("commit", "-q", "-m", "nine", folder=here)
    return here


def test_a_file_a_folder_and_a_pattern(here: Path) -> None:
    [file] = here.glob("reports/runs/*/0002_*")
    assert numbers(select(str(file), "BASE")) == [2]
    assert numbers(select("reports/runs", "BASE")) == [1, 2, 3, 4]
    assert numbers(select("reports/runs/*/000[13]_*.json", "BASE")) == [1, 3]
    assert numbers(select("rep*", "BASE")) == [1, 2, 3, 4]
    assert numbers(select(str(here / "reports" / "**" / "0004*"), "BASE")) == [4]


def test_a_reports_folder_stands_for_its_runs_alone(here: Path) -> None:
    run_files.write(here / "reports" / "reference", [run_files.document(ONE, number=7)])
    assert numbers(select("reports", "BASE")) == [1, 2, 3, 4]
    assert numbers(select("reports/reference", "BASE")) == [7]


def test_what_is_no_run_is_named_and_the_rest_is_used(here: Path) -> None:
    (here / "reports" / "runs" / "bad.json").write_text("{")
    found = select("reports", "BASE")
    assert numbers(found) == [1, 2, 3, 4]
    assert [path.name for path, _ in found.rejected] == ["bad.json"]


def test_without_new_the_newest_job_is_judged(here: Path) -> None:
    run_files.write(here / "before", [run_files.document(ONE, number=9)])
    base, new = select_both("before", None, Path("reports"))
    assert (numbers(base), numbers(new)) == ([9], [3, 4])


@pytest.mark.parametrize("base", ["reports", "reports/runs", "./reports/"])
@pytest.mark.usefixtures("here")
def test_without_new_base_is_not_the_same_folder(base: str) -> None:
    with pytest.raises(NoRunsFound, match=r"where NEW is taken from .* give another BASE"):
        select_both(base, None, Path("reports"))


@pytest.mark.usefixtures("here")
def test_without_new_there_must_be_runs_to_judge() -> None:
    with pytest.raises(NoRunsFound, match="NEW was not given, and there is no run in 'absent"):
        select_both("reports", None, Path("absent"))


@pytest.mark.usefixtures("repository")
def test_a_revision_stands_for_the_runs_it_holds() -> None:
    found = select("four", "BASE")
    assert numbers(found) == [1, 2, 3, 4]
    assert found.rejected == ()
    assert found.runs[0].path.as_posix().startswith("four:reports/runs/")
    assert numbers(select("main", "NEW")) == [9]
    assert numbers(select("HEAD~2", "NEW")) == [1, 2, 3, 4]


@pytest.mark.usefixtures("repository")
def test_a_path_in_a_revision() -> None:
    assert numbers(select("HEAD:other", "BASE")) == [8]
    assert numbers(select("four:reports/runs", "BASE")) == [1, 2, 3, 4]
    [path] = Path("other/runs").rglob("*.json")
    assert numbers(select(f"HEAD:{path.as_posix()}", "BASE")) == [8]


def test_a_path_goes_before_a_revision_of_that_name(repository: Path) -> None:
    run_files.write(repository / "four", [run_files.document(ONE, number=5)])
    assert numbers(select("four", "BASE")) == [5]


def test_a_revision_is_found_from_a_folder_below(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "other")
    assert numbers(select("four", "BASE")) == [1, 2, 3, 4]


@pytest.mark.usefixtures("repository")
def test_bad_files_of_a_revision_are_named_by_it() -> None:
    found = select("four:reports", "BASE")
    assert found.rejected == ()  # reports/runs is what counts
    Path("reports").mkdir()
    Path("reports/bad.json").write_text("{")
    run_files.write(Path("reports"), [run_files.document(ONE, number=1)])
    copy = next(Path("reports/runs").rglob("0001*"))
    (copy.parent / "zcopy.json").write_bytes(copy.read_bytes())
    Path("reports/runs/bad.json").write_text("{")
    git("add", ".", folder=Path())
    git("commit", "-q", "-m", "bad", folder=Path())
    rejected = {path.as_posix(): why for path, why in select("HEAD", "BASE").rejected}
    assert sorted(name.rpartition("/")[2] for name in rejected) == ["bad.json", "zcopy.json"]
    assert rejected["HEAD:reports/runs/bad.json"].startswith("is not valid JSON")
    assert f"is a copy of {copy.name}" in rejected.values()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing", "BASE 'nothing' is no file or folder, matches nothing .* no git revision"),
        ("nothing*", r"BASE 'nothing\*' is no file"),
        ("--help", "BASE '--help' is no file"),
        ("HEAD:nothing", "BASE 'HEAD:nothing' is no file"),
        ("", "BASE is empty; give a run file"),
        ("none", "revision 'none' holds no run file under a folder 'reports'; name .* none:FOLDER"),
        ("empty", "BASE: no run file in the folder 'empty'"),
        ("text.json", "BASE 'text.json' is not a run file\ntext.json is not valid JSON"),
        ("*.txt", "no run file among what matches"),
    ],
)  # fmt: skip
def test_nothing_found_is_one_sentence(repository: Path, name: str, sentence: str) -> None:
    (repository / "empty").mkdir()
    (repository / "text.json").write_text("text")
    (repository / "a.txt").write_text("text")
    with pytest.raises(NoRunsFound, match=sentence):
        select(name, "BASE")


@pytest.mark.usefixtures("here")
def test_outside_a_repository_a_revision_is_nothing() -> None:
    with pytest.raises(NoRunsFound, match="no git revision"):
        select("HEAD", "BASE")


@pytest.mark.usefixtures("repository")
def test_without_git_a_revision_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoRunsFound, match="no git revision"):
        select("HEAD", "BASE")
