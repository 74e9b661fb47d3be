"""``npfs compare-commits``: what it does, by faked steps; and once for real."""

import json
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from npfs.harness.processes import Ended, fresh_process
from npfs.plugin import commits
from npfs.schema import ANY
from tests import run_files
from tests.cli.conftest import Npfs

ROOT = Path(__file__).parents[2]
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "tiny"
version = "1"
[tool.hatch.build.targets.wheel]
only-include = ["tiny.py"]
"""
SOURCE = "def work():\n    return sum(range({}))\n"
BENCHMARK = "import tiny\n\n\ndef test_work(benchmark):\n    benchmark(tiny.work)\n"
FILE, CASE = "benchmarks/test_tiny.py", "benchmarks/test_tiny.py::test_work"
PYTEST = ("--", "pytest", "benchmarks", "--benchmark-only")
SITE = Path(sysconfig.get_path("purelib"))


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(**files: str) -> None:
    """Write files, named without their ending, and commit them."""
    for name, text in files.items():
        Path(f"{name}.py").write_text(text)
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "a change")


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a repository of two commits, ``HEAD~1`` and ``HEAD``."""
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet", "--initial-branch=main")
    Path("pyproject.toml").write_text(PROJECT)
    Path("benchmarks").mkdir()
    Path(FILE).write_text(BENCHMARK)
    Path(".gitignore").write_text("ignored\n")
    commit(tiny=SOURCE.format(20_000))
    commit(tiny=SOURCE.format(40_000))
    return tmp_path


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(commits, "end_on_sigterm", lambda: None)
    return folder


@dataclass
class Steps:
    """Stands for ``fresh_process``: a run of NEW takes ``factor`` times as long as one of BASE."""

    factor: float = 1.2
    answer: Callable[[list[str]], Ended | None] = lambda command: None
    commands: list[list[str]] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)
    files: list[dict[str, str]] = field(default_factory=list)

    def __call__(
        self,
        command: Sequence[str],
        hear: Callable[[dict[str, Any]], object],
        *,
        environment: Mapping[str, str],
        folder: Path,
        silence_s: float,
    ) -> Ended:
        self.commands.append(list(command))
        self.environments.append(environment)
        if ended := self.answer(self.commands[-1]):
            return ended
        if "pytest" in command:
            self.files.append({p.name: p.read_text() for p in folder.rglob("*.py")})
            saved = self._save(Path(option(command, "--npfs-reports")), environment)
            hear({"share": 0.5, "at": CASE})
            hear({"saved": str(saved)})
        return Ended(0, "")

    def _save(self, reports: Path, environment: Mapping[str, str]) -> Path:
        spec = json.loads(Path(environment["NPFS_RUN"]).read_text())
        number = spec.get("position", 1)
        seconds = (1 if reports.name == "BASE" else self.factor) * (1 + number % 3 / 100)
        timed = run_files.benchmark(CASE, ANY, {}, [seconds])
        document = run_files.document({}, number, [timed], job=spec["job"])
        return run_files.write(reports, [document])[0]

    @property
    def runs(self) -> list[str]:
        """The sides of the runs, in turn."""
        return [Path(option(c, "--npfs-reports")).name for c in self.commands if "pytest" in c]


def option(command: Sequence[str], name: str) -> str:
    return next(word for word in command if word.startswith(f"{name}=")).partition("=")[2]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    faked = Steps()
    monkeypatch.setattr(commits, "fresh_process", faked)
    return faked


def left(temporary: Path) -> list[str]:
    assert len(git("worktree", "list").splitlines()) == 1
    return sorted(path.name for path in temporary.iterdir())


def test_both_are_measured_in_turns_and_compared(
    npfs: Npfs, steps: Steps, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    result = npfs("compare-commits", "HEAD~1", "HEAD", "--fail-on-slower", "5%", *PYTEST)
    assert result.returncode == 1
    assert result.stdout.startswith("1 of 1 case is slower")
    named = f"BASE (HEAD~1, {git('rev-parse', 'HEAD~1')[:7]}) has 5 runs"
    assert named in " ".join(result.stdout.split())
    assert "source code" not in result.stdout  # of backends; there are none
    failed = (
        f"npfs compare-commits: 1 case is slower by more than 5 %, with the whole interval: {CASE}"
    )
    assert result.stderr.splitlines()[-1].startswith(failed)
    pairs = zip(steps.runs[::2], steps.runs[1::2], strict=True)
    assert [sorted(pair) for pair in pairs] == [["BASE", "NEW"]] * 5
    assert "in pairs of runs that took turns" in " ".join(result.stdout.split())
    assert not any("PYTHONPATH" in environment for environment in steps.environments)
    assert left(temporary) == []


def test_a_run_is_a_fresh_process_of_the_environment(npfs: Npfs, steps: Steps) -> None:
    npfs("compare-commits", "HEAD~1", "HEAD", "--runs", "2", *PYTEST)
    (venv, pip, *_), runs = steps.commands[:4], steps.commands[4:]
    assert venv[:3] == [sys.executable, "-m", "venv"]
    assert pip[:4] == [f"{venv[3]}/bin/python", "-m", "pip", "install"]
    assert pip[-2:] == [".", commits.this_npfs()]
    for run, environment in zip(runs, steps.environments[4:], strict=True):
        home = option(run, "--npfs-reports")
        assert run[:4] == [f"{home}/environment/bin/python", "-P", "-m", "pytest"]
        assert run[4:] == [
            "--rootdir=.", "--npfs-runs=1", f"--npfs-reports={home}",
            f"--npfs-repetitions={commits.REPETITIONS}", *PYTEST[2:],
        ]  # fmt: skip
        assert environment.keys() >= {"NPFS_RUN", "NPFS_PADDING"}
    padding = [environment["NPFS_PADDING"] for environment in steps.environments[4:]]
    assert padding[0] == padding[1] != padding[2] == padding[3]


def test_each_step_is_a_line_unless_quiet(npfs: Npfs, steps: Steps) -> None:
    base, new = (git("rev-parse", revision)[:7] for revision in ("HEAD~1", "HEAD"))
    result = npfs("compare-commits", "HEAD~1", "HEAD", "--runs", "2", *PYTEST)
    assert result.returncode == 0
    assert result.stderr.splitlines() == [
        f"BASE {base}: installing",
        f"NEW {new}: installing",
        f"Both sides run benchmarks as in NEW {new}.",
        "run 1 of 2, both sides in turns",
        "run 2 of 2, both sides in turns",
    ]
    quiet = npfs("compare-commits", "HEAD~1", "HEAD", "--quiet", *PYTEST)
    assert quiet.stderr == ""
    assert quiet.stdout.startswith("1 of 1 case is slower")
    assert len(quiet.stdout.splitlines()) == 1


def test_it_writes_what_compare_writes(npfs: Npfs, steps: Steps, repository: Path) -> None:
    form = ("--format", "github-action-benchmark", "--out", "out.json")
    assert npfs("compare-commits", "HEAD~1", "HEAD", *form, *PYTEST).returncode == 0
    [entry] = json.loads((repository / "out.json").read_text(encoding="utf-8"))
    assert (entry["name"], entry["unit"]) == (CASE, "s")
    assert entry["extra"].startswith("1.20× (")
    assert entry["extra"].endswith("the time of BASE, slower; 5 runs, 95 % interval")


def test_both_run_the_benchmarks_of_new(npfs: Npfs, steps: Steps) -> None:
    Path("benchmarks/test_old.py").write_text("old")
    commit()
    Path("benchmarks/test_old.py").unlink()
    Path(FILE).write_text("new")
    commit()
    npfs("compare-commits", "HEAD~1", "HEAD", "--runs", "1", "--", "pytest", f"{FILE}::test_work")
    assert [files["test_tiny.py"] for files in steps.files] == ["new", "new"]
    assert sum("test_old.py" in files for files in steps.files) == 1  # BASE keeps its others
    npfs("compare-commits", "HEAD~1", "HEAD", "--runs", "1", *PYTEST)
    assert not any("test_old.py" in files for files in steps.files[2:])


def test_benchmarks_that_new_lacks_are_those_of_the_current_folder(
    npfs: Npfs, steps: Steps
) -> None:
    Path("mine").mkdir()
    Path("mine/test_mine.py").write_text("mine")
    result = npfs("compare-commits", "HEAD~1", "HEAD", "--runs", "1", "--", "pytest", "mine")
    assert "Both sides run mine as in the current folder." in result.stderr
    assert [files["test_mine.py"] for files in steps.files] == ["mine", "mine"]
    assert steps.files[0]["tiny.py"] != steps.files[1]["tiny.py"]


@pytest.mark.parametrize("given", [(), (".",), ("-k", "work"), ("benchmarks/..",)])
def test_a_command_that_names_no_benchmarks_leaves_each_side_its_own(
    npfs: Npfs, steps: Steps, given: tuple[str, ...]
) -> None:
    Path(FILE).write_text("new")
    commit()
    result = npfs("compare-commits", "HEAD~1", "HEAD", "--", "python", "-m", "pytest", *given)
    assert "names no file or folder: each side runs its own benchmarks." in result.stderr
    assert {files["test_tiny.py"] for files in steps.files[:2]} == {BENCHMARK, "new"}


def test_a_subfolder_stands_for_the_same_one_on_both_sides(
    npfs: Npfs, steps: Steps, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("part/benchmarks").mkdir(parents=True)
    Path("part/benchmarks/test_part.py").write_text("part")
    commit()
    monkeypatch.chdir(repository / "part")
    result = npfs("compare-commits", "HEAD~1", "HEAD", "--runs", "1", *PYTEST)
    assert "Both sides run part/benchmarks as in NEW" in result.stderr
    assert steps.files == [{"test_part.py": "part"}] * 2


@pytest.mark.parametrize("change", [{}, {"benchmarks/test_tiny": "changed"}])
def test_the_same_code_twice_is_named(npfs: Npfs, steps: Steps, change: dict[str, str]) -> None:
    steps.factor = 1.0
    commit(**change)
    result = npfs("compare-commits", "HEAD~1", "HEAD", *PYTEST)
    assert "BASE and NEW are the same code: what differs is chance." in result.stderr
    assert result.returncode == 0
    assert npfs("compare-commits", "HEAD", "HEAD", *PYTEST).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["HEAD~1", "HEAD"], "after -- stands the command that measures; it begins with pytest"),
        (["HEAD~1", "HEAD", "--", "benchmarks"], "after -- stands the command that measures"),
        (["HEAD~1", "HEAD", "--", "python", "-m", "asv"], "after -- stands the command"),
        (["HEAD~1", "--", "pytest", "benchmarks"], "after -- stands the command that measures"),
        (["absent", "HEAD", *PYTEST], "BASE 'absent' is no commit here; a shallow clone lacks"),
        (["HEAD", "-x", *PYTEST], ""),
        (["HEAD", "", *PYTEST], "NEW '' is no commit here"),
        (["HEAD~1", "HEAD", *PYTEST, "--npfs-runs=3"], "--npfs-runs=3 is decided here; leave it"),
        (["HEAD~1", "HEAD", "--keep", "benchmarks", *PYTEST], "--keep takes a new folder; "),
        (["HEAD~1", "HEAD", "--keep", "tiny.py", *PYTEST], "tiny.py: File exists"),
        (["HEAD~1", "HEAD", "--out", "absent/a.md", *PYTEST], "--out takes a file in a folder"),
        (["HEAD~1", "HEAD", "--format", "xml", *PYTEST], "--format 'xml' is unknown"),
        (["HEAD~1", "HEAD", "--fail-on-slower", "5", *PYTEST], "--fail-on-slower '5' is not"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_installed(
    npfs: Npfs, steps: Steps, temporary: Path, arguments: list[str], sentence: str
) -> None:
    result = npfs("compare-commits", *arguments)
    assert result.returncode == 2
    if sentence:
        assert result.stderr.startswith(f"npfs compare-commits: {sentence}")
    assert "Traceback" not in result.stderr
    assert steps.commands == []
    assert left(temporary) == []


def test_a_git_repository_is_needed(
    npfs: Npfs, steps: Steps, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(temporary)
    nowhere = npfs("compare-commits", "HEAD~1", "HEAD", *PYTEST)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    needed = "npfs compare-commits: a folder of a git repository is needed"
    assert nowhere.stderr.startswith(f"{needed} (git says: not a git repository")
    monkeypatch.setenv("PATH", "")
    without = npfs("compare-commits", "HEAD~1", "HEAD", *PYTEST)
    assert without.stderr == f"{needed}, and git is not installed\n"
    assert steps.commands == []


@pytest.mark.parametrize(
    ("step", "side", "sentence"),
    [
        ("venv", "BASE", "has no environment (exit code 3); the end of the output:\nno room\n"),
        ("pip", "NEW", "cannot be installed (exit code 3); the end of the output:\nno room\n"),
        ("pytest", "BASE", "measured nothing in run 1 (exit code 3); the end of the output:\n"),
    ],
)
def test_a_side_that_fails_is_named_with_the_end_of_the_output(
    npfs: Npfs, steps: Steps, temporary: Path, step: str, side: str, sentence: str
) -> None:
    def fail(command: list[str]) -> Ended | None:
        is_side = step == "pytest" or f"/{side}/" in str(command)
        return Ended(3, "no room") if step in command and is_side else None

    steps.answer = fail
    result = npfs("compare-commits", "HEAD~1", "HEAD", *PYTEST)
    assert result.returncode == 2
    assert f"\nnpfs compare-commits: {side} " in result.stderr
    assert sentence in result.stderr
    assert "kept" not in result.stderr
    assert left(temporary) == []


@pytest.mark.parametrize("interrupted", [False, True])
def test_what_was_measured_before_a_failure_is_kept(
    npfs: Npfs, steps: Steps, temporary: Path, interrupted: bool
) -> None:
    def fail(command: list[str]) -> Ended | None:
        if len(steps.runs) < 6:
            return None
        if interrupted:
            raise KeyboardInterrupt
        return Ended(0, "1 skipped")

    steps.answer = fail
    result = npfs("compare-commits", "HEAD~1", "HEAD", *PYTEST)
    assert result.returncode == 2
    why = "it was interrupted" if interrupted else "measured nothing in run 3 (exit code 0)"
    assert why in result.stderr
    [home] = left(temporary)
    assert {path.name for path in (temporary / home / "NEW").iterdir()} == {"runs"}
    remedy = re.search(r"The runs so far are kept: npfs (compare .*)$", result.stderr, re.MULTILINE)
    assert remedy is not None
    steps.answer = lambda command: None
    compared = npfs(*shlex.split(remedy[1]))
    assert "has 3 runs" in compared.stdout
    assert "has 2 runs" in compared.stdout


def test_keep_keeps_all_in_a_new_folder(npfs: Npfs, steps: Steps, repository: Path) -> None:
    keep = ("--keep", "ignored/kept")
    assert npfs("compare-commits", "HEAD~1", "HEAD", *keep, *PYTEST).returncode == 0
    for side in ("BASE", "NEW"):
        kept = repository / "ignored" / "kept" / side
        assert {path.name for path in kept.iterdir()} == {"worktree", "runs"}
        assert len(list(kept.glob("runs/*/*.json"))) == 5
    again = npfs("compare-commits", "HEAD~1", "HEAD", *keep, *PYTEST)
    assert "--keep takes a new folder; 'ignored/kept' is not empty" in again.stderr


def test_arguments_of_pip_replace_the_folder(npfs: Npfs, steps: Steps) -> None:
    install = ("--install", "-e", "--install", ".[test]")
    npfs("compare-commits", "HEAD~1", "HEAD", *install, *PYTEST)
    assert steps.commands[1][-3:-1] == ["-e", ".[test]"]


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, "npfs==1.5"),
        ({"url": "file:///a%20b/npfs", "dir_info": {"editable": True}}, "/a b/npfs"),
        ({"url": "file:///a/npfs-1.5.whl", "archive_info": {}}, "/a/npfs-1.5.whl"),
        ({"url": "https://host/npfs-1.5.whl", "archive_info": {}}, "npfs==1.5"),
        (
            {"url": "https://host/npfs", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "npfs @ git+https://host/npfs@abc",
        ),
    ],
)
def test_each_environment_gets_this_npfs(
    monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any] | None, requirement: str
) -> None:
    found = SimpleNamespace(
        version="1.5", read_text=lambda name: None if origin is None else json.dumps(origin)
    )
    monkeypatch.setattr(commits, "distribution", lambda name: found)
    assert commits.this_npfs() == requirement


def test_the_recipe_of_the_docs_is_a_command(npfs: Npfs, steps: Steps, repository: Path) -> None:
    page = (ROOT / "docs" / "compare.md").read_text(encoding="utf-8")
    recipe = re.search(r"- run: >-\n\s+npfs (compare-commits .*?)\n\s+- run", page, re.DOTALL)
    assert recipe is not None
    words = ["HEAD~1" if word == "origin/main" else word for word in shlex.split(recipe[1])]
    assert npfs(*words).returncode == 1
    markdown = (repository / "comparison.md").read_text(encoding="utf-8")
    assert markdown.startswith("**1 of 1 case is slower")
    assert "\n| case | BASE | NEW |" in markdown


def test_a_change_is_found_for_real(
    npfs: Npfs, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NEW does twice the work; the environments see the packages of this one, to be quick."""

    def quick(command: Sequence[str], *hear: Any, **how: Any) -> Ended:
        ended = fresh_process(command, *hear, **how)
        if "venv" in command:
            [site] = Path(command[-1]).rglob("site-packages")
            (site / "shared.pth").write_text(f"import site; site.addsitedir({str(SITE)!r})\n")
        return ended

    monkeypatch.setattr(commits, "fresh_process", quick)
    monkeypatch.setattr(commits, "this_npfs", lambda: "npfs")
    words = ("--no-index", "--no-deps", "--no-build-isolation", ".")
    install = [word for argument in words for word in ("--install", argument)]
    result = npfs(
        "compare-commits", "HEAD~1", "HEAD", "--fail-on-slower", "5%", *install,
        *PYTEST, "--npfs-repetitions=40",
    )  # fmt: skip
    assert result.returncode == 1, result.stdout + result.stderr
    assert result.stdout.startswith("1 of 1 case is slower")
    assert re.search(rf"{CASE} .* 5, 5 +slower$", result.stdout, re.MULTILINE)
    assert left(temporary) == []
