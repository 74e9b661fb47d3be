"""Run files that a git revision holds, read without touching the working tree."""

import subprocess
from pathlib import Path, PurePosixPath

from npfs.analysis.runs import RunFolder, parse_run, read_files

GIT_FORMS = "a git revision (REV or REV:FOLDER)"
REPORTS = "reports"


def runs_in_revision(name: str) -> RunFolder | None:
    """Read the runs of ``REV``, or of ``REV:path``; None if ``name`` is neither, or there is no git.

    Of ``REV`` those below a folder ``reports`` count: its ``reports/runs`` where there is one, else all.
    Paths of the result read ``REV:path``; there are no files behind them.
    """
    blobs = _blobs_of_path(name) if ":" in name else _blobs_of_revision(name)
    if blobs is None:
        return None
    contents = dict(zip((Path(path) for path, _ in blobs), _contents(blobs), strict=True))
    return read_files(contents, lambda path: parse_run(path, contents[path]))


def _blobs_of_revision(revision: str) -> list[tuple[str, str]] | None:
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    if commit is None:
        return None
    blobs = [
        (path, blob)
        for path, blob in _tree(commit.decode().strip())
        if REPORTS in PurePosixPath(path).parts[:-1]
    ]
    own = [(path, blob) for path, blob in blobs if path.startswith(f"{REPORTS}/runs/")]
    return [(f"{revision}:{path}", blob) for path, blob in own or blobs]


def _blobs_of_path(name: str) -> list[tuple[str, str]] | None:
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", name)
    if found is None:
        return None
    thing = found.decode().strip()
    kind = (_git("cat-file", "-t", thing) or b"").strip()
    if kind == b"blob":
        return [(name, thing)]
    if kind != b"tree":
        return None
    blobs = _tree(thing)
    own = [(path, blob) for path, blob in blobs if path.startswith("runs/")]
    return [(f"{name.rstrip('/')}/{path}", blob) for path, blob in own or blobs]


def _tree(thing: str) -> list[tuple[str, str]]:
    """Return path and blob of every plain ``*.json`` below a commit or tree."""
    blobs = []
    for entry in (_git("ls-tree", "-r", "-z", "--full-tree", thing) or b"").split(b"\0"):
        about, _, path = entry.decode("utf-8", "replace").partition("\t")
        if about.startswith("100") and path.endswith(".json"):  # neither a link nor a submodule
            blobs.append((path, about.split()[2]))
    return blobs


def _contents(blobs: list[tuple[str, str]]) -> list[bytes]:
    """Return the bytes of each blob, asked for in one call."""
    asked = "".join(f"{blob}\n" for _, blob in blobs).encode()
    answer = _git("cat-file", "--batch", given=asked) or b""
    contents, at = [], 0
    for _, blob in blobs:
        head, _, _ = answer[at:].partition(b"\n")
        words = head.split()
        if len(words) != 3:
            raise OSError(f"git could not read {blob}: {head.decode('utf-8', 'replace')}")
        start = at + len(head) + 1
        at = start + int(words[2]) + 1
        contents.append(answer[start : at - 1])
    return contents


def _git(*arguments: str, given: bytes = b"") -> bytes | None:
    """Return what git prints in the current folder; None if it fails or is not installed."""
    try:
        result = subprocess.run(["git", *arguments], input=given, capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return result.stdout if result.returncode == 0 else None
