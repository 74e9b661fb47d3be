"""The runs that a word on the command line names: a file, folder, pattern or git revision."""

import glob
import subprocess
from pathlib import Path, PurePosixPath

from npfs.analysis.runs import RunFolder, parse_run, read_files, read_runs

REPORTS = "reports"
POSSIBLE = (
    "a run file, a folder of runs, a pattern in quotes, or a git revision (REV or REV:FOLDER)"
)
TWO_SELECTIONS = "npfs compare 'reports/runs/*/000[1-5]_*.json' 'reports/runs/*/000[6-9]_*.json'"


class NoRunsFound(ValueError):
    """A word stands for no runs; the message says what was searched and what is possible."""


def select_both(base: str, new: str | None, reports: Path) -> tuple[RunFolder, RunFolder]:
    """Read the runs of both sides; NEW is the newest job of ``reports`` unless given.

    Raises
    ------
    NoRunsFound
        Says which side has no runs and what to give.
    """
    if new is not None:
        return select(base, "BASE"), select(new, "NEW")
    if any(_is_same(Path(base), folder) for folder in (reports, reports / "runs")):
        raise NoRunsFound(
            f"BASE is {base!r}, where NEW is taken from when it is not given; give another BASE (a "
            f"folder, a file or a git revision) or both sides, such as: {TWO_SELECTIONS}"
        )
    return select(base, "BASE"), _newest_job(reports)


def select(name: str, side: str) -> RunFolder:
    """Read the runs that ``name`` stands for: a path first, then a pattern, then a revision.

    Raises
    ------
    NoRunsFound
        Says what was searched for that ``side``.
    """
    path = Path(name)
    if not name:
        raise NoRunsFound(f"{side} is empty; give {POSSIBLE}")
    if path.is_dir():  # a reports folder may hold other reports beside its runs
        folder = path / "runs" if (path / "runs").is_dir() else path
        return _not_empty(read_runs(folder), f"{side}: no run file in the folder {str(folder)!r}")
    if path.exists():
        return _not_empty(read_files([path]), f"{side} {name!r} is not a run file")
    # Path.glob refuses an absolute pattern.
    matches = [Path(match) for match in sorted(glob.glob(name, recursive=True))]  # noqa: PTH207
    if matches:
        files = [f for match in matches for f in (match.rglob("*") if match.is_dir() else [match])]
        found = read_files(sorted({file for file in files if file.suffix == ".json"}))
        return _not_empty(found, f"{side}: no run file among what matches {name!r}")
    in_revision = runs_in_revision(name)
    if in_revision is None:
        raise NoRunsFound(
            f"{side} {name!r} is no file or folder, matches nothing as a pattern, and is no git "
            f"revision (or path in one) here{_why_no_git()}; give {POSSIBLE}"
        )
    elsewhere = "" if ":" in name else f" under a folder 'reports'; name another as {name}:FOLDER"
    if in_revision.rejected:
        elsewhere = " that this version of npfs can read"
    return _not_empty(
        in_revision, f"{side}: the git revision {name!r} holds no run file{elsewhere}"
    )


def _newest_job(reports: Path) -> RunFolder:
    """Read the runs that the last command to measure left in ``reports``."""
    folder = _not_empty(
        read_runs(reports / "runs"),
        f"NEW was not given, and there is no run in {str(reports / 'runs')!r}, where it is taken "
        f"from; give NEW ({POSSIBLE}), or --reports DIR",
    )
    job = folder.runs[-1].job
    return RunFolder(tuple(run for run in folder.runs if run.job == job), folder.rejected)


def _not_empty(found: RunFolder, otherwise: str) -> RunFolder:
    if found.runs:
        return found
    why = "".join(f"\n{path} {reason}" for path, reason in found.rejected)
    raise NoRunsFound(otherwise + why)


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def runs_in_revision(name: str) -> RunFolder | None:
    """Read the runs of ``REV``, or of ``REV:path``; None if it is neither, or there is no git.

    The working tree is not touched. Of ``REV`` those below a folder ``reports`` count: its
    ``reports/runs`` where there is one, else all. Paths of the result read ``REV:path``; there are
    no files behind them.
    """
    has_path = ":" in name
    revision = name if has_path else f"{name}^{{commit}}"
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", revision)
    if found is None:
        return None
    thing = found.decode().strip()
    listing = _git("ls-tree", "-r", "-z", "--full-tree", thing)
    if listing is None:  # a file
        blobs = {name: thing}
    else:
        start = f"{name.rstrip('/')}/" if has_path else f"{name}:"
        files = _run_files(listing, is_reports=has_path)
        blobs = {start + path: blob for path, blob in files.items()}
    contents = {Path(path): _git("cat-file", "blob", blob) for path, blob in blobs.items()}
    return read_files(contents, lambda path: parse_run(path, contents[path] or b""))


def _run_files(listing: bytes, *, is_reports: bool) -> dict[str, str]:
    """Return the blobs of a commit's reports, or of a tree, that may be run files, by path."""
    blobs = {}
    for entry in listing.split(b"\0"):
        about, _, path = entry.decode("utf-8", "replace").partition("\t")
        is_report = is_reports or REPORTS in PurePosixPath(path).parts[:-1]
        # A mode of 100... is neither a link nor a submodule.
        if is_report and about.startswith("100") and path.endswith(".json"):
            blobs[path] = about.split()[2]
    runs = "runs/" if is_reports else f"{REPORTS}/runs/"
    return {path: blob for path, blob in blobs.items() if path.startswith(runs)} or blobs


def _why_no_git() -> str:
    """Return git's own reason, where it knows no revision at all."""
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "--git-dir"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return " (git is not installed)"
    if asked.returncode == 0:
        return ""
    return f" (git says: {asked.stderr.strip().splitlines()[0].removeprefix('fatal: ')})"


def _git(*arguments: str) -> bytes | None:
    """Return the output of git in the current folder; None if it fails or is not installed."""
    try:
        result = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return result.stdout if result.returncode == 0 else None
