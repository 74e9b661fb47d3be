"""Two commits of a git repository, each in an environment of its own, measured alternately.

Two jobs run on two machines, or on one at two times. Where both sides take turns within each run,
what changes on the machine changes for both, and runs are compared in pairs.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib.metadata import distribution
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from npfs.analysis.comparison import CannotCompare
from npfs.harness.processes import Event, end_on_sigterm, fresh_process
from npfs.harness.recorder import recover
from npfs.harness.spec import RunSpec, padding_of
from npfs.harness.turns import Turn, take_turns

EXAMPLE = "npfs compare-commits origin/main HEAD -- pytest benchmarks --benchmark-only"
# Of each case in a run. On a busy machine with two speeds, which changed within seconds, 40 gave
# intervals of ± 3 % where 12 gave ± 25 %.
REPETITIONS = 40
# Options of pytest whose value may look like a path.
VALUED = ("-k", "-m", "-p", "-c", "-o", "-W", "--ignore", "--deselect", "--rootdir", "--confcutdir")
SILENCE_S = 1800.0  # an installation, which may compile, reports no events
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
# A command, and the options by which an interpreter starts the same: pytest as a program of its own
# does not look for modules in the current folder.
STARTS = ((["pytest"], ["-P", "-m", "pytest"]), (["python", "-m", "pytest"], ["-m", "pytest"]))
DECIDED = tuple(f"--npfs-{name}" for name in ("runs", "reports", "budget", "precision", "resume"))


@dataclass(frozen=True)
class Commit:
    """A side of the comparison.

    Attributes
    ----------
    role : str
        "BASE" or "NEW".
    home : Path
        Holds its worktree, environment and runs.
    folder : Path
        What stands in its worktree for the current folder.
    """

    role: str
    id: str
    home: Path
    folder: Path

    def __str__(self) -> str:
        return f"{self.role} {self.id[:7]}"

    @property
    def worktree(self) -> Path:
        """Return the folder that the commit is checked out into."""
        return self.home / "worktree"

    @property
    def python(self) -> str:
        """Return the interpreter of its environment."""
        programs = "Scripts" if os.name == "nt" else "bin"
        return str(self.home / "environment" / programs / "python")


def pytest_command(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the options by which an interpreter starts pytest, and the arguments of pytest.

    Raises
    ------
    CannotCompare
        If the command begins otherwise, or has an option that is decided here.
    """
    for word in words:
        if word.startswith(DECIDED):
            raise CannotCompare(f"{word} is decided here; leave it out, or give --runs before --")
    for start, options in STARTS:
        if list(words[: len(start)]) == start:
            return options, list(words[len(start) :])
    raise CannotCompare(
        "after -- stands the command that measures; it begins with pytest or python -m pytest, "
        f"such as: {EXAMPLE}"
    )


@contextlib.contextmanager
def check_out(base: str, new: str, keep: Path | None = None) -> Iterator[tuple[Commit, Commit]]:
    """Check both commits out, into ``keep`` or a temporary folder, which is removed in the end.

    Raises
    ------
    CannotCompare
        If a commit cannot be checked out, or what is done with them fails or is interrupted; saved
        runs are kept then, and the message says where.
    """
    inside = _git("rev-parse", "--show-prefix", otherwise="a folder of a git repository is needed")
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise CannotCompare(f"--keep takes a new folder; {str(keep)!r} is not empty")
    home = Path(tempfile.mkdtemp(prefix="npfs-") if keep is None else keep).resolve()
    is_kept, sides = keep is not None, list[Commit]()
    try:
        for role, given in (("BASE", base), ("NEW", new)):
            revision = "rev-parse", "--verify", "--end-of-options", f"{given}^{{commit}}"
            none = f"{role} {given!r} is no commit here; a shallow clone lacks older ones"
            at = home / role / "worktree" / inside
            sides.append(Commit(role, _git(*revision, otherwise=none), home / role, at))
        for side in sides:
            command = "worktree", "add", "--quiet", "--detach", str(side.worktree), side.id
            _git(*command, otherwise=f"{side} cannot be checked out")
            side.folder.mkdir(parents=True, exist_ok=True)
        yield sides[0], sides[1]
    except (CannotCompare, OSError, KeyboardInterrupt) as error:
        where = ""
        if any(home.glob("*/runs/*/*.json")):
            is_kept = True
            where = f"\nThe runs so far are kept: npfs compare {home / 'BASE'} {home / 'NEW'}"
        raise CannotCompare(f"{str(error) or 'it was interrupted'}{where}") from None
    finally:
        for side in sides if keep is None else ():
            with contextlib.suppress(CannotCompare):
                _git("worktree", "remove", "--force", str(side.worktree), otherwise="")
            shutil.rmtree(side.home / "environment", ignore_errors=True)
        if not is_kept:
            shutil.rmtree(home, ignore_errors=True)


def measure(
    base: Commit,
    new: Commit,
    command: tuple[list[str], list[str]],
    *,
    runs: int,
    install: Sequence[str],
    say: Callable[[str], object],
) -> None:
    """Install both sides, then make their runs, two at a time that take turns after each pass.

    ``command`` is of ``pytest_command``, ``install`` are arguments of pip, and ``say`` gets a
    sentence for each step.

    Raises
    ------
    CannotCompare
        If a side cannot be installed, or measures nothing.
    """
    end_on_sigterm()
    for side in (base, new):
        say(f"{side}: installing")
        _start(side, "has no environment", sys.executable, "-m", "venv", f"{side.home}/environment")
        _start(side, "cannot be installed", side.python, *PIP, *install, this_npfs())
    for sentence in share_benchmarks(base, new, command[1]):
        say(sentence)
    for number in range(1, runs + 1):
        say(f"run {number} of {runs}, both sides in turns")
        with take_turns() as ports, ThreadPoolExecutor() as both:
            started = [
                both.submit(_run, side, command, number, port)
                for side, port in zip((base, new), ports, strict=True)
            ]
            try:
                wait(started)
            except KeyboardInterrupt:  # both save what they have
                wait(started)
                raise
        for run in started:
            run.result()


def _run(side: Commit, command: tuple[list[str], list[str]], number: int, port: int) -> None:
    start, arguments = command
    # A further run of a command: it writes its own file alone.
    padding = padding_of(0, number)
    spec = RunSpec(job=str(side), position=number, padding_bytes=padding, turns=port)
    options = (
        "--rootdir=.", "--npfs-runs=1", f"--npfs-reports={side.home}",
        f"--npfs-repetitions={REPETITIONS}",
    )  # fmt: skip
    run = side.python, *start, *options, *arguments
    try:
        with spec.environment() as variables:
            _start(side, f"measured nothing in run {number}", *run, of_run=variables)
    finally:
        Turn(port).end()  # of a run that never asked for one


def share_benchmarks(base: Commit, new: Commit, arguments: Sequence[str]) -> Iterator[str]:
    """Copy what the command names from NEW, or else from the current folder, to both sides.

    So both run the same benchmarks. Yield sentences on what was copied.
    """
    copied: dict[str, str] = {}
    for before, argument in pairwise(("", *arguments)):
        if before in VALUED:
            continue
        name = argument.partition("::")[0]
        path = Path(os.path.normpath(new.folder / name))
        # The whole folder is the code that is measured.
        if not path.is_relative_to(new.worktree) or new.folder.is_relative_to(path):
            continue
        inside = path.relative_to(new.worktree).as_posix()
        if inside not in copied and (path.exists() or Path(name).exists()):
            copied[inside] = str(new) if path.exists() else "the current folder"
            if not path.exists():
                _copy(Path(name), path)
            _copy(path, base.worktree / inside)
    if not copied:
        yield "The command names no file or folder: each side runs its own benchmarks."
    for inside, origin in copied.items():
        yield f"Both sides run {inside} as in {origin}."
    others = [f":(top,exclude){inside}" for inside in copied]
    compared = "diff", "--name-only", base.id, new.id, "--", ":/", *others
    if not _git(*compared, otherwise="the commits cannot be compared"):
        yield "BASE and NEW are the same code: what differs is chance."


def this_npfs() -> str:
    """Return what pip installs this npfs from: a folder, file or repository, or the index."""
    installed = distribution("npfs")
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    url = origin.get("url", "")
    if vcs := origin.get("vcs_info"):
        return f"npfs @ {vcs['vcs']}+{url}@{vcs['commit_id']}"
    is_local = url.startswith("file:")
    return url2pathname(urlparse(url).path) if is_local else f"npfs=={installed.version}"


def _start(
    side: Commit, otherwise: str, *command: str, of_run: Mapping[str, str] | None = None
) -> None:
    """Run a command to its end; with the variables ``of_run`` it must save one."""
    variables = dict(of_run or os.environ)
    variables.pop("PYTHONPATH", None)  # both sides would import the same code
    events: list[Event] = []
    ended = fresh_process(
        command, events.append, environment=variables, folder=side.folder, silence_s=SILENCE_S
    )
    if not any("saved" in event for event in events) if of_run else ended.exit_code:
        recover(side.home / "runs")
        end = f"the end of the output:\n{ended.output}"
        raise CannotCompare(f"{side} {otherwise} ({ended.cause}); {end}")


def _copy(source: Path, target: Path) -> None:
    """Copy a file or folder in place of what is there."""
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target, symlinks=True, ignore=ignored)
    else:
        shutil.copy2(source, target)


def _git(*arguments: str, otherwise: str) -> str:
    """Return the output of git in the current folder; where it fails, raise with its reason."""
    try:
        ended = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CannotCompare(f"{otherwise}, and git is not installed") from None
    if ended.returncode:
        why = "".join(ended.stderr.strip().splitlines()[-1:]).removeprefix("fatal: ")
        raise CannotCompare(f"{otherwise} (git says: {why})")
    return ended.stdout.strip()
