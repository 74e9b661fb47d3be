"""What a word on the command line stands for: a run file, a folder, a pattern or a git revision."""

import glob
from pathlib import Path

from npfs.analysis.git_runs import GIT_FORMS, runs_in_revision
from npfs.analysis.runs import RunFolder, read_files, read_runs

POSSIBLE = f"a run file, a folder of runs, a pattern in quotes, or {GIT_FORMS}"
TWO_SIDES = "npfs compare 'reports/runs/*/000[1-5]_*.json' 'reports/runs/*/000[6-9]_*.json'"


class NoRunsFound(ValueError):
    """A side stands for no runs; the message says what was searched and what is possible."""


def find_sides(base: str, new: str | None, reports: Path) -> tuple[RunFolder, RunFolder]:
    """Read the runs of both sides; NEW is the newest job of ``reports`` unless given.

    Raises
    ------
    NoRunsFound
        Says which side has no runs and what to give.
    """
    if new is not None:
        return find_runs(base, "BASE"), find_runs(new, "NEW")
    if any(_is_same(Path(base), folder) for folder in (reports, reports / "runs")):
        raise NoRunsFound(
            f"BASE is {base!r}, where NEW is taken from when it is not given; give another BASE (a "
            f"folder, a file or a git revision) or both sides, such as: {TWO_SIDES}"
        )
    return find_runs(base, "BASE"), newest_job(reports)


def find_runs(name: str, side: str) -> RunFolder:
    """Read the runs that ``name`` stands for: a path first, then a pattern, then a revision."""
    path = Path(name)
    if not name:
        raise NoRunsFound(f"{side} is empty; give {POSSIBLE}")
    if path.is_dir():
        folder = run_folder(path)
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
            f"revision (or path in one) here; give {POSSIBLE}"
        )
    elsewhere = "" if ":" in name else f" under a folder 'reports'; name another as {name}:FOLDER"
    if in_revision.rejected:
        elsewhere = " that this version of npfs can read"
    return _not_empty(
        in_revision, f"{side}: the git revision {name!r} holds no run file{elsewhere}"
    )


def newest_job(reports: Path) -> RunFolder:
    """Read the runs that the last command to measure left in ``reports``."""
    folder = _not_empty(
        read_runs(reports / "runs"),
        f"NEW was not given, and there is no run in {str(reports / 'runs')!r}, where it is taken "
        f"from; give NEW ({POSSIBLE}), or --reports DIR",
    )
    job = folder.runs[-1].job
    return RunFolder(tuple(run for run in folder.runs if run.job == job), folder.rejected)


def run_folder(path: Path) -> Path:
    """Return where a folder keeps its runs: a reports folder may hold other reports beside them."""
    return path / "runs" if (path / "runs").is_dir() else path


def _not_empty(found: RunFolder, otherwise: str) -> RunFolder:
    if found.runs:
        return found
    why = "".join(f"\n{path} {reason}" for path, reason in found.rejected)
    raise NoRunsFound(otherwise + why)


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
